"""Who would have been told by another map: whom the sweep would have told at that moment, and nobody else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from cases import lifecycle
from cases.models import NoticeLine
from cases.watch import sweep
from pathways.models import Absence, Duty, EscalationStep, MailPreference
from tests.cases.test_what_if import a_shorter_draft, try_it
from tests.factories import (
    MONDAY,
    TeamFactory,
    UserFactory,
    a_case,
    a_draft,
    a_manager,
    a_member,
    a_pathway,
    a_restricted_case,
    a_stage,
    office_hours,
    publish,
    the_move,
)

pytestmark = pytest.mark.django_db

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def a_pathway_that_tells(*tells, limit="10 days", team="booking", **values):
    draft = a_draft("review")
    stage = a_stage(draft, "triage", is_first=True, limit=limit, team=team, ladder=[("late", "after", "0 days")])
    EscalationStep.objects.filter(stage=stage).update(tells=list(tells), **values)
    return publish(draft)


def told(pathway, until=MONDAY + 30 * DAY):
    """How often each would have been told by the rules there are."""
    office_hours("other")  # which counts nothing here: there must be something to try
    return try_it(pathway, until=until, calendar="other").now.told


def test_each_hour_is_counted_to_who_was_on_duty_then():
    pathway = a_pathway_that_tells("on_duty")
    early, late = a_member("booking"), a_member("booking")
    due = MONDAY + 10 * DAY
    for user, starts_at in ((early, due - HOUR), (late, due + 8 * HOUR)):
        Duty.objects.create(
            team=TeamFactory(code="booking"), user=user, starts_at=starts_at, ends_at=starts_at + 9 * HOUR
        )
    for hours in (0, 1, 9, 10, 11):  # all within one day
        a_case(pathway, at=MONDAY + hours * HOUR)

    assert told(pathway) == {early.pk: 2, late.pk: 3}


def test_an_absence_begins_at_midnight_in_london_and_not_in_greenwich():
    pathway = a_pathway_that_tells("managers")
    manager, deputy = a_manager("booking"), UserFactory()
    midnight = datetime(2026, 6, 9, 23, tzinfo=UTC)  # of 10 June, summer time
    Absence.objects.create(user=manager, starts_at=midnight, ends_at=midnight + 7 * DAY, deputy=deputy)
    for minutes in (-30, 30):  # both on one day in UTC, and on two in London
        a_case(pathway, at=midnight - 10 * DAY + timedelta(minutes=minutes))

    assert told(pathway, until=midnight + DAY) == {manager.pk: 1, deputy.pk: 1}


def test_of_a_restricted_case_nobody_outside_is_told():
    outside = a_member("elsewhere")
    pathway = a_pathway_that_tells("named_team", "managers", named_team=outside.memberships.get().team)
    inside = a_manager("booking")
    a_restricted_case(pathway)
    a_case(pathway)

    assert told(pathway) == {outside.pk: 1, inside.pk: 2}


def test_a_team_that_has_had_a_restricted_case_may_know_of_it():
    clinician, by = a_member("clinic"), a_manager("booking")
    to_clinic = {"tells": ["named_team"], "named_team": clinician.memberships.get().team}
    pathway = a_pathway(ladder=[("late", "after", "0 days", to_clinic)])
    case = a_restricted_case(pathway)
    lifecycle.move_case(case, the_move(case, "review"), by=by, at=MONDAY + 12 * DAY)

    assert told(pathway, until=MONDAY + 13 * DAY) == {clinician.pk: 1}


def test_in_the_place_of_an_owner_who_has_left_the_team_its_managers_are_told_as_by_the_sweep():
    pathway, manager, owner = a_pathway_that_tells("owner"), a_manager("booking"), a_member("booking")
    lifecycle.assign_case(a_case(pathway), owner, by=manager, at=MONDAY)
    assert told(pathway) == {owner.pk: 1}
    owner.memberships.update(team=TeamFactory(code="site"))

    assert told(pathway) == {manager.pk: 1}
    sweep.run(MONDAY + 11 * DAY)
    assert NoticeLine.objects.get().recipient == manager


def e_mails(pathway, until):
    """How many e-mails each would have got by the rules there are."""
    office_hours("other")
    now = try_it(pathway, until=until, calendar="other").now
    return {person: now.e_mails(person) for person in now.told}


def test_who_has_chosen_nothing_gets_one_digest_for_all_of_a_weekend():
    pathway, manager = a_pathway_that_tells("managers"), a_manager("booking")
    saturday = MONDAY + 12 * DAY
    for hours in (0, 24, 46):  # Saturday 9am, Sunday 9am, Monday 7am
        a_case(pathway, at=saturday + timedelta(hours=hours) - 10 * DAY)
    assert e_mails(pathway, saturday + 3 * DAY) == {manager.pk: 1}

    MailPreference.objects.create(user=manager, working_days_only=False)
    assert e_mails(pathway, saturday + 3 * DAY) == {manager.pk: 2}


def test_who_has_switched_the_digest_off_gets_what_is_urgent_alone():
    pathway, manager = a_pathway_that_tells("managers"), a_manager("booking")
    MailPreference.objects.create(user=manager, digest=False)
    a_case(pathway)
    assert e_mails(pathway, MONDAY + 11 * DAY) == {manager.pk: 0}


def test_a_draft_with_a_limit_that_cannot_be_counted_is_refused_in_a_sentence():
    a_case(a_pathway())
    a_shorter_draft("99999 working days")
    with pytest.raises(CommandError, match="A time of Triage cannot be counted"):
        call_command("what_if", "review")
