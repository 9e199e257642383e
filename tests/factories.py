"""Worlds for tests, each made in one line."""

from datetime import UTC, date, datetime, time, timedelta

import factory
import nhs_number
import time_machine
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from cases import lifecycle, results, stays
from cases.models import Patient
from pathways.limits import Span, Unit
from pathways.models import (
    Calendar,
    DetourRule,
    EscalationStep,
    FormDefinition,
    Membership,
    OpeningHours,
    Organisation,
    Pathway,
    PathwayVersion,
    Question,
    Requirement,
    Role,
    Stage,
    TaskTemplate,
    Team,
    Transition,
    system_user,
)
from portal.models import User

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a working Monday without bank holidays near it, in winter time


def unrecorded(make):
    """Make parts of a map without their history, for which nobody asks here and which takes as long as they do."""
    return override_settings(SIMPLE_HISTORY_ENABLED=False)(make)


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user-{n}")
    first_name = factory.Faker("first_name", locale="en_GB")
    last_name = factory.Faker("last_name", locale="en_GB")
    email = factory.LazyAttribute(lambda o: f"{o.username}@trust.example")
    password = factory.django.Password("correct horse battery")


class OrganisationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organisation
        django_get_or_create = ["code"]

    code = "trust"
    name = "Northshire NHS Trust"
    is_own = factory.LazyAttribute(lambda o: o.code == "trust")


class TeamFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Team
        django_get_or_create = ["code"]

    organisation = factory.SubFactory(OrganisationFactory)
    code = "booking"
    name = factory.LazyAttribute(lambda o: f"{o.code.replace('-', ' ').capitalize()} team")


def synthetic_nhs_number(n):
    """The n-th or a later valid number of the range 999, which is given to nobody."""
    numbers = (f"999{middle:06}{digit}" for middle in range(n * 2, n * 2 + 2) for digit in range(10))
    return next(filter(nhs_number.is_valid, numbers))


class PatientFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Patient

    nhs_number = factory.Sequence(lambda n: synthetic_nhs_number(n))
    given_name = "Test"
    family_name = "Patient"
    born_on = date(1963, 5, 4)


def a_member(team, role=Role.CASEWORKER, **values):
    """A user in ``team`` (its code, or the row)."""
    team = TeamFactory(code=team) if isinstance(team, str) else team
    user = UserFactory(**values)
    Membership.objects.create(team=team, user=user, role=role)
    return user


def a_manager(team, **values):
    return a_member(team, Role.MANAGER, **values)


def in_group(name, **values):
    user = UserFactory(**values)
    user.groups.add(Group.objects.get(name=name))
    return user


@unrecorded
def office_hours(code="office", nation="ENG"):
    calendar, made = Calendar.objects.get_or_create(code=code, defaults={"name": code, "nation": nation})
    if made:
        for weekday in range(5):
            OpeningHours.objects.create(calendar=calendar, weekday=weekday, opens=time(9), closes=time(17))
    return calendar


def never_open(case):
    """From now on nothing can be counted with the calendar of the case's first stage."""
    calendar = case.version.stages.get(code="triage").calendar
    calendar.opening_hours.all().delete()
    calendar.touch()


def span(words):
    """A Span out of words such as "10 working days"."""
    number, _, unit = words.partition(" ")
    unit = unit.replace(" ", "_")
    return Span(int(number), Unit(unit if unit.endswith("s") else f"{unit}s"))


WARN, BREACH = ("warn", "before", "2 days"), ("breach", "after", "0 days")
LADDER = [WARN, BREACH, ("again", "after", "1 day")]


@unrecorded
def a_stage(version, code, *, team="booking", limit="10 days", ladder=LADDER, calendar=None, **values):
    """A stage with a ladder of (code, when, span) rungs that tell the managers; each may carry a repeat (span, times),
    and at last a dict of other values.
    """
    length = span(limit) if limit else None
    stage = Stage.objects.create(
        version=version,
        code=code,
        name=values.pop("name", code.replace("-", " ").title()),
        position=Stage.objects.filter(version=version).count(),
        team=TeamFactory(code=team) if isinstance(team, str) else team,
        limit_amount=length.amount if length else None,
        limit_unit=length.unit if length else "",
        calendar=calendar or (office_hours() if length and length.is_working else None),
        **values,
    )
    rungs = []
    for position, (rung, when, offset, *repeat) in enumerate(ladder if length else ()):
        others = repeat.pop() if repeat and isinstance(repeat[-1], dict) else {}
        known = {
            "code": rung,
            "name": rung.capitalize(),
            "when": when,
            "amount": offset if when == "share" else span(offset).amount,
            "unit": "" if when == "share" else span(offset).unit,
            "tells": ["managers"],
            "repeat_amount": span(repeat[0]).amount if repeat else None,
            "repeat_unit": span(repeat[0]).unit if repeat else "",
            "repeat_at_most": repeat[1] if repeat else 0,
        }
        rungs.append(EscalationStep(stage=stage, position=position, **known | others))
    EscalationStep.objects.bulk_create(rungs)
    return stage


@unrecorded
def a_move(source, target, *, roles=("caseworker", "manager"), requires=()):
    """A move between two stages; ``requires`` are (check, options), and who may override it, if anybody."""
    move = Transition.objects.create(source=source, target=target, name=f"Move to {target.name}", roles=list(roles))
    for position, (check, options, *roles) in enumerate(requires):
        Requirement.objects.create(
            transition=move, position=position, check_name=check, options=options, override_roles=roles
        )
    return move


@unrecorded
def a_detour_pathway(code="dna", *, team="booking"):
    """A short pathway: rang (1 day) → over (final)."""
    version = a_draft(code)
    rang = a_stage(version, "rang", is_first=True, team=team, limit="1 day")
    over = a_stage(version, "over", team=team, limit=None, kind="final")
    a_move(rang, over)
    return publish(version)


@unrecorded
def a_rule(version, pathway, **values):
    """A detour rule of ``version`` that every caseworker and manager may take, from every stage."""
    values = {"code": pathway.code, "name": f"Begin {pathway.code}", "roles": ["caseworker", "manager"]} | values
    return DetourRule.objects.create(version=version, pathway=pathway, **values)


@unrecorded
def a_draft(code="review", name=None):
    pathway, _ = Pathway.objects.get_or_create(code=code, defaults={"name": name or code.capitalize()})
    return PathwayVersion.objects.create(pathway=pathway, number=pathway.versions.count() + 1)


@unrecorded
def publish(version):
    """Make a draft the active version without asking what is wrong with it."""
    PathwayVersion.objects.filter(pathway=version.pathway, status="active").update(
        status="retired", retired_at=timezone.now(), retired_by=system_user()
    )
    version.status, version.published_at, version.published_by = "active", timezone.now(), system_user()
    version.save()
    return version.pathway


@unrecorded
def a_form(version, code="risk-assessment", name="Risk assessment"):
    form = FormDefinition.objects.create(version=version, code=code, name=name)
    Question.objects.create(form=form, code="falls", text="Is there a risk of falls?", kind="yes_no", position=1)
    Question.objects.create(form=form, code="notes", text="Notes", kind="long_text", required=False, position=2)
    return form


@unrecorded
def a_pathway(code="review", *, requires=(), detours=(), handoff=None, tasks=(), facts=(), **first):
    """Triage (booking team, 10 days) → review (clinic, 5 working days) → done (final), and straight from triage to
    done.

    ``requires`` guards the move to review; ``first`` changes the first stage (limit, ladder, team ...). ``detours``:
    pathways, each with the values of its rule; ``handoff``: review is entered by one, with this acceptance limit;
    ``tasks`` (values of their templates) are made on entering triage; ``facts``: values of their definitions.
    """
    version = a_draft(code)
    a_form(version)
    for values in facts:
        version.facts.create(**values)
    triage = a_stage(version, "triage", is_first=True, **first)
    accept = span(handoff) if handoff else None
    by_handoff = {"by_handoff": True, "accept_amount": accept.amount, "accept_unit": accept.unit} if accept else {}
    review = a_stage(version, "review", team="clinic", limit="5 working days", kind="waiting", **by_handoff)
    for pathway, values in detours:
        a_rule(version, pathway, **values)
    for position, values in enumerate(tasks):
        TaskTemplate.objects.create(stage=triage, position=position, **values)
    done = a_stage(version, "done", team="clinic", limit=None, kind="final")
    a_move(triage, review, requires=requires)
    a_move(triage, done)
    a_move(review, triage)
    a_move(review, done)
    return publish(version)


def a_case(pathway=None, *, at=MONDAY, recorded_at=None, **values):
    """A case opened at ``at`` by the system in the first stage of ``pathway``, and known to Midwatch since
    ``recorded_at`` (by default since then, as when a person opens it).
    """
    pathway, patient = pathway or a_pathway(), values.pop("patient", None) or PatientFactory()
    with time_machine.travel(recorded_at or at, tick=False):
        return lifecycle.open_case(pathway, patient, by=system_user(), at=at, **values)


def a_restricted_case(pathway=None, *, at=MONDAY):
    """A case that only those teams see that have or have had it."""
    version, patient = (pathway or a_pathway()).active_version, PatientFactory()
    with transaction.atomic():
        return stays.begin(version, patient, now=at, by=system_user(), reason="Safeguarding", restricted=True)


def a_closed_case_with_an_unread_result(pathway, reader, at):
    """A case closed an hour after it was opened ``at``, of which a result has arrived another hour later."""
    case, by, hour = a_case(pathway, at=at), system_user(), timedelta(hours=1)
    result = results.request_result(case, "Echo", reader, by=by, at=at)
    case = lifecycle.close_case(case, reason="Moved away", by=by, at=at + hour)
    results.record_arrival(result, "Normal", by=by, at=at + 2 * hour)
    return case


def fresh(thing):
    """The row as the database has it now. (``refresh_from_db`` would write past the protected fields.)"""
    return type(thing).objects.get(pk=thing.pk)


def the_move(case, target):
    """The move out of the case's stage that leads to the stage with the code ``target``."""
    return next(move for move in fresh(case).possible_moves if move.target.code == target)
