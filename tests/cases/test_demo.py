"""The demo: an invented trust whose cases kept every rule."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
import time_machine
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.test import RequestFactory

from cases.demo import SIGN_INS, history, loading, people
from cases.demo.patients import numbers
from cases.demo.stories import HISTORY, WORKING_WEEK
from cases.demo.telling import Telling
from cases.models import Case, CaseEvent, Escalation, FormRecord, Hold, Notice, Patient, Result, StageEntry, SweepRun
from cases.models.patient import validate_nhs_number
from cases.watch import differing, timers
from pathways.models import Organisation, PathwayVersion, Team
from pathways.publishing import problems

pytestmark = pytest.mark.django_db

MIDWEEK = datetime(2026, 6, 10, 10, 30, tzinfo=UTC)


def tell_some(now, one_in):
    """Tell one in so many of the stories, as they stand at ``now``."""
    staff, rng = people.engage(), Random(1)
    stories = loading.invent(now, rng)[::one_in]
    Telling(staff, now, rng).tell(stories, numbers(set(), rng))
    return stories


def test_the_demo_is_a_trust_at_work(capsys):
    now = MIDWEEK
    with time_machine.travel(now, tick=False):
        call_command("load_demo")
    assert "The demo is loaded: 200 cases" in capsys.readouterr().out
    assert differing.kept() == differing.Found(now, []), "as if the nights before had looked"

    assert Patient.objects.count() == Case.objects.filter(parent=None, log_id="").count() == 200
    assert_one_lab_is_slow(now)
    assert set(Case.objects.exclude(parent=None).values_list("detour__code", flat=True)) == {
        "dna",
        "urgent",
        "safeguarding",
    }
    for patient in Patient.objects.all():
        validate_nhs_number(patient.nhs_number)
        assert patient.nhs_number.startswith("999")
    assert 0 < Patient.objects.exclude(needs="").count() < 50

    counts = dict(Case.objects.filter(parent=None, log_id="").values_list("status").annotate(Count("pk")))
    assert counts["closed"] == 68
    assert counts["on_hold"] >= 5
    late = [now - case.due_at for case in Case.objects.late(now).filter(parent=None)]
    assert 20 <= len(late) <= 30
    assert sum(lateness > timedelta(days=14) for lateness in late) == 5
    ended = Hold.objects.filter(ended_at__isnull=False)
    assert {hold.ended_by.username == "midwatch" for hold in ended} == {True, False}, "by itself, and by somebody"

    unresolved = Escalation.objects.filter(resolved_at=None, case__in=Case.objects.late(now).filter(parent=None))
    assert unresolved.values("case").distinct().count() == len(late), "whatever is late has been escalated"
    assert unresolved.filter(acknowledged_at=None).exists()
    assert unresolved.exclude(acknowledged_at=None).exists()

    for case in Case.objects.open().filter(stage="ward-care", form_records=None):
        to_planning = case.possible_moves[0]
        assert case.refusals(to_planning, now) == ["Complete the Risk assessment first."]
    assert Case.objects.late(now).filter(stage="ward-care", form_records=None).exists()
    moved_on = Case.objects.filter(entries__stage__code="discharge-planning").distinct()
    assert FormRecord.objects.filter(case__in=moved_on).values("case").distinct().count() == moved_on.count()

    told = StageEntry.objects.filter(case__log_id="")
    assert told.filter(entered_at__lt=now - HISTORY - timedelta(days=1)).count() == 0
    assert Case.objects.filter(log_id="", opened_at__lt=now - timedelta(days=90)).exists()
    assert Case.objects.exclude(log_id="").open().count() == 0
    assert timers.rebuild(check=True) == []
    outcomes = CaseEvent.objects.filter(kind=CaseEvent.Kind.OUTCOME)
    assert outcomes.filter(code="attended").exists()
    assert outcomes.filter(code="did-not-attend").count() == 3
    awaited = Result.objects.filter(read_at=None)
    assert awaited.filter(arrived_at=None).exists()
    assert awaited.exclude(arrived_at=None).exists()
    booked = CaseEvent.objects.filter(kind=CaseEvent.Kind.APPOINTMENT)
    assert booked.filter(appointment_at__gt=now).exists()
    assert booked.filter(appointment_at__lt=now, outcomes=None).count() == 2, "to be recorded on My day"
    promises = unresolved.exclude(promise=None).values("promise").distinct()
    assert promises.filter(promise__due_at__gt=now).exists()
    assert not SweepRun.objects.exists(), "only the watch itself may say that it is awake"

    told = Notice.objects.filter(kind=Notice.Kind.DIGEST).values("recipient").annotate(digests=Count("pk"))
    assert {row["digests"] for row in told} == {1}
    assert not Notice.objects.filter(kind=Notice.Kind.ESCALATION).exists()

    call_command("load_demo")
    assert capsys.readouterr().out == "The demo is here already. Nothing was added.\n"
    assert Case.objects.filter(parent=None, log_id="").count() == 200
    assert get_user_model().objects.count() == len(people.STAFF) + 1


def assert_one_lab_is_slow(now):
    """The stage in which most time is lost has a healthy mean, and a few waits of weeks of one lab."""
    stages = PathwayVersion.objects.get(pathway__code=history.PATHWAY, status="active").stages.all()
    left = StageEntry.objects.filter(ends_journey=False, left_at__gt=now - timedelta(days=90))
    lost = {
        stage.code: sum((beyond(entry.left_at, entry.due_at) for entry in left.filter(stage=stage)), timedelta())
        + sum((beyond(now, case.due_at) for case in Case.objects.open().filter(stage=stage.code)), timedelta())
        for stage in stages
    }
    assert max(lost, key=lost.get) == "awaiting-diagnostic-report"

    reports = sorted(left.filter(stage__code="awaiting-diagnostic-report"), key=lambda e: e.left_at - e.entered_at)
    mean = sum((entry.left_at - entry.entered_at for entry in reports), timedelta()) / len(reports)
    assert timedelta(days=2) < mean < timedelta(days=4)
    longest = [entry for entry in reports if entry.left_at - entry.entered_at > timedelta(days=14)]
    assert len(longest) >= 2
    assert {entry.facts["lab"] for entry in longest} == {history.SLOW_LAB}
    assert sum(entry.facts["lab"] == history.SLOW_LAB for entry in reports) < len(reports) / 2
    waiting = StageEntry.objects.filter(stage__code="awaiting-diagnostic-report", left_at=None)
    weeks = waiting.filter(entered_at__lt=now - timedelta(days=14))
    assert {entry.facts["lab"] for entry in weeks} == {history.SLOW_LAB}
    assert len(weeks) == 3


def beyond(end, due_at):
    return max(end - due_at, timedelta()) if due_at else timedelta()


# A quiet Sunday night, Boxing Day, the Monday after the clocks changed before anybody has begun, the evening before
# a long weekend, the first minutes of a working day.
@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 6, 14, 2, 0, tzinfo=UTC),
        datetime(2026, 12, 26, 12, 0, tzinfo=UTC),
        datetime(2026, 3, 30, 6, 0, tzinfo=UTC),
        datetime(2026, 4, 2, 19, 0, tzinfo=UTC),
        datetime(2027, 1, 4, 8, 31, tzinfo=UTC),
    ],
)
def test_the_stories_can_be_told_at_any_moment(now):
    tell_some(now, one_in=23)
    assert timers.rebuild(check=True) == []
    assert Case.objects.open().exists()


def test_every_act_is_done_in_working_hours_by_somebody_of_the_team_that_has_the_case():
    stories = tell_some(MIDWEEK, one_in=11)

    entries = StageEntry.objects.filter(case__parent=None).select_related("via__source__team", "team", "entered_by")
    assert entries.count() == sum(len(story.stays) for story in stories)
    for entry in entries:
        assert WORKING_WEEK.open_time(entry.entered_at, entry.entered_at + timedelta(minutes=1)), entry.entered_at
        # A handoff is answered by those who receive it.
        team = entry.via.source.team if entry.via and not entry.stage.by_handoff else entry.team
        assert entry.entered_by.memberships.filter(team=team).exists()
    assert entries.filter(entered_at__gt=MIDWEEK).count() == 0


def test_the_demo_is_the_same_whenever_it_is_loaded_but_for_the_present_moment():
    def invented():
        return [
            (story.pathway, story.standing, [(stay.stage.code, stay.entered_at) for stay in story.stays])
            for story in loading.invent(MIDWEEK, Random(loading.SEED))
        ]

    people.engage()
    assert invented() == invented()


def test_the_trust_has_eight_teams_and_the_agency_one():
    people.engage()
    trust, agency = Organisation.objects.order_by("-is_own")
    assert (trust.name, trust.teams.count()) == ("Northshire NHS Trust", 8)
    assert (agency.name, agency.teams.count()) == ("Northshire Council adult social care", 1)


def test_teams_that_are_here_already_stay_as_they_are():
    trust = Organisation.objects.create(code="ours", name="Our trust", is_own=True)
    Team.objects.create(organisation=trust, code=people.WARD, name="Ward 12")
    people.engage()
    assert Team.objects.get(code=people.WARD).name == "Ward 12"
    assert Team.objects.filter(organisation=trust).count() == 8


def test_every_pathway_of_the_demo_has_people_who_can_work_on_it():
    people.engage()
    loading.invent(MIDWEEK, Random(1))

    for version in PathwayVersion.objects.filter(status="active"):
        assert problems(version) == []


def test_everybody_who_is_shown_can_sign_in_and_nobody_else():
    people.engage()
    request = RequestFactory().post("/sign-in/")
    for username, password, _ in SIGN_INS:
        assert authenticate(request, username=username, password=password).username == username
    others = {person.username for person in people.STAFF} - {username for username, _, _ in SIGN_INS}
    assert others
    for user in get_user_model().objects.filter(username__in=others):
        assert not user.has_usable_password()


def test_the_demo_is_not_loaded_beside_real_patients(settings):
    settings.EMBEDDED = False
    with pytest.raises(CommandError, match="only into the embedded database"):
        call_command("load_demo")
    assert not Patient.objects.exists()
