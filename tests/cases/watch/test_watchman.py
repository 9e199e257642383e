"""How the watch itself stands, in numbers and in sentences that say what to do."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from cases import lifecycle
from cases.models import Escalation, Notice, SweepRun, Timer
from cases.watch import set_aside, sweep, watchman
from tests.factories import MONDAY, a_case, a_manager, a_member, a_pathway

pytestmark = pytest.mark.django_db

DUE, MINUTE = MONDAY + timedelta(days=10), timedelta(minutes=1)


def swept(finished_at, **values):
    return SweepRun.objects.create(as_of=finished_at, started_at=finished_at, finished_at=finished_at, **values)


def numbers_at(now):
    return watchman.standing(now).numbers()


def test_a_watch_that_has_just_swept_has_nothing_to_say():
    swept(MONDAY)
    standing = watchman.standing(MONDAY + 5 * MINUTE)

    assert standing.problems() == []
    assert standing.numbers()["seconds_since_last_sweep"] == 300


def test_a_watch_that_has_not_swept_for_more_than_five_minutes_sleeps():
    swept(MONDAY)
    SweepRun.objects.create(as_of=MONDAY + 9 * MINUTE)  # it was killed, or goes on still

    (problem,) = watchman.standing(MONDAY + 10 * MINUTE).problems()

    assert problem.startswith("The last sweep finished 10 minutes ago")
    assert "Check that a worker and beat are running" in problem


def test_a_watch_that_has_never_swept_says_so():
    assert numbers_at(MONDAY)["seconds_since_last_sweep"] is None
    assert watchman.standing(MONDAY).problems()[0].startswith("No sweep has finished yet.")


def test_a_sweep_that_a_clock_ahead_has_recorded_in_the_future_hides_no_sleep():
    swept(MONDAY + timedelta(days=3))
    swept(MONDAY)

    now = MONDAY + 10 * MINUTE
    asleep, ahead = watchman.standing(now).problems()

    assert asleep.startswith("The last sweep finished 10 minutes ago")
    assert ahead.startswith("A sweep is recorded for 5 March 2026, 9am, which has not come yet: the clock of a worker")
    assert watchman.is_late(watchman.last_sweep(now), now)
    swept(now + 4 * MINUTE)  # by a clock that is nearly right
    assert watchman.standing(now).problems() == []


def test_timers_that_are_due_lag_from_the_oldest_on():
    case = a_case()
    Timer.objects.filter(case=case).update(fires_at=MONDAY + MINUTE)
    Timer.objects.filter(case=a_case()).update(fires_at=MONDAY)
    a_case()
    now = MONDAY + 7 * MINUTE
    swept(now)

    numbers = numbers_at(now)

    assert (numbers["due_timers"], numbers["lag_seconds"]) == (2, 420)
    assert (
        watchman.standing(now).problems()[0].startswith("2 timers passed and not looked at yet, the oldest 7 minutes")
    )


def test_a_row_that_was_set_aside_is_counted_apart_and_is_no_lag():
    Timer.objects.filter(case=a_case()).update(fires_at=MONDAY, error="KeyError: 'x'", retry_at=MONDAY + 15 * MINUTE)
    now = MONDAY + 10 * MINUTE
    swept(now)

    assert numbers_at(now) | {"set_aside": 1, "due_timers": 0, "lag_seconds": 0} == numbers_at(now)
    assert watchman.standing(now).problems()[0].startswith("1 row set aside with an error")


def test_an_e_mail_waits_from_the_time_it_could_have_gone():
    someone = a_manager("booking")
    owed = {"kind": "digest", "recipient": someone, "created_at": MONDAY - timedelta(days=1)}
    notice = Notice.objects.create(**owed, send_at=MONDAY, error="SMTPRecipientsRefused: x")
    swept(MONDAY)

    assert numbers_at(MONDAY - MINUTE)["unsent"] == 0, "a digest that waits for its hour is not late"
    now = MONDAY + 16 * MINUTE
    swept(now)
    assert numbers_at(now)["oldest_unsent_seconds"] == 16 * 60
    (problem,) = watchman.standing(now).problems()
    assert problem.startswith(
        "1 e-mail not sent yet, the oldest owed for 16 minutes. The mail server refused 1 e-mail: see “Set aside”."
    )
    notice.sent_at = now
    notice.save()
    assert watchman.standing(now).problems() == []


def test_the_end_of_a_hold_is_no_e_mail_and_what_was_refused_is_counted_also_where_it_waits_for_its_hour():
    someone, by = a_manager("booking"), a_member("booking")
    case = a_case()
    lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 60 * MINUTE, by=by, at=MONDAY)
    now = MONDAY + 61 * MINUTE
    sweep.run(now)
    Notice.objects.filter(kind="hold_ended").update(send_at=now)
    Notice.objects.filter(kind="digest").update(error="SMTPRecipientsRefused: x", retry_at=now)

    standing = watchman.standing(now)

    assert Notice.objects.count() == 2
    assert (standing.unsent, standing.oldest_unsent, standing.refused) == (0, None, 1)
    assert set_aside.notices_for(someone).count() == standing.refused
    assert not [problem for problem in standing.problems() if "not sent yet" in problem], "it waits for its hour"


def test_an_escalation_that_nobody_could_be_told_of_is_a_fault_and_a_lower_one_is_not():
    a_manager("booking")
    a_case()
    a_case(a_pathway("lonely", team="lonely"))
    sweep.run(DUE + timedelta(days=2))

    assert Escalation.objects.count() == 6
    assert [e.case.team.code for e in watchman.untold()] == ["lonely"]
    assert watchman.standing(timezone.now()).untold == 1


def test_readiness_costs_three_statements(django_assert_num_queries):
    with django_assert_num_queries(3):
        watchman.standing(MONDAY, faults=False)


def status(**options):
    out = StringIO()
    try:
        call_command("supervision_status", stdout=out, **options)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), None


def test_the_command_says_that_all_is_well():
    swept(timezone.now())
    said, wrong = status()

    assert wrong is None
    assert said.splitlines()[1].split() == ["Timers", "to", "be", "looked", "at", "0"]


def test_the_command_fails_with_what_is_wrong_and_prints_it_as_json():
    a_manager("booking")
    a_manager("clinic")
    a_case()  # late since months
    said, wrong = status(json=True)

    assert wrong.startswith("No sweep has finished yet.")
    report = json.loads(said)
    assert (report["ok"], report["last_sweep"], report["due_timers"]) == (False, None, 1)
    assert report["problems"] == [wrong[: wrong.index(" 1 timer")], wrong[wrong.index("1 timer") :]]


def test_the_command_fails_when_somebody_cannot_be_told():
    swept(timezone.now())
    a_manager("clinic")
    a_pathway()

    assert status()[1] == "Booking team has no manager. Make somebody the manager of it."
