"""The sweep at its edges: batches, what is over, what is locked, holds that cannot end, who is told of what."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from cases import lifecycle
from cases.models import Notice, NoticeLine, Task, Timer
from cases.watch import sweep, swept, timers, watched
from pathways.models import Absence
from tests.cases.test_races import at_once
from tests.factories import MONDAY, UserFactory, a_case, a_manager, a_member, a_pathway, fresh, never_open

pytestmark = pytest.mark.django_db

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
DUE = MONDAY + 10 * DAY  # a Thursday at 9am
NEXT_8 = DUE + 23 * HOUR
BREACH = [("breach", "after", "0 days")]


@pytest.fixture(autouse=True)
def manager():
    return a_manager("booking")


# Batches


@pytest.fixture
def batches(monkeypatch):
    """How many stays each batch of the sweep read."""
    sizes, read = [], swept.read

    def note(kind, keys):
        if kind == Timer.Kind.STAGE:
            sizes.append(len(keys))
        return read(kind, keys)

    monkeypatch.setattr(swept, "read", note)
    return sizes


def test_no_batch_is_larger_than_it_may_be(batches, monkeypatch):
    monkeypatch.setattr(sweep, "BATCH_SIZE", 2)
    pathway = a_pathway(ladder=BREACH)
    for _ in range(5):
        a_case(pathway)
    assert sweep.run(DUE + SECOND).escalations == 5
    assert batches == [2, 2, 1]


def test_a_bad_row_behind_good_ones_is_found_by_halving_and_what_is_done_lets_batches_grow_again(batches, monkeypatch):
    monkeypatch.setattr(sweep, "BATCH_SIZE", 8)
    good = a_pathway(ladder=BREACH)
    for _ in range(6):
        a_case(good, at=MONDAY - DAY)  # due before the bad one
    bad = a_case(a_pathway("never", limit="8 working days", ladder=BREACH))
    for _ in range(9):
        a_case(good, at=MONDAY + 5 * DAY)
    never_open(bad)

    run = sweep.run(MONDAY + 15 * DAY + SECOND)

    assert (run.escalations, run.set_aside) == (15, 1)
    assert Timer.objects.exclude(error="").get().case == bad
    assert batches == [8, 4, 8, 4, 2, 4, 2, 1, 1, 2, 4, 2]


def test_what_fell_due_first_is_raised_first(monkeypatch):
    monkeypatch.setattr(sweep, "BATCH_SIZE", 1)
    pathway = a_pathway(ladder=BREACH)
    cases = [a_case(pathway, at=MONDAY - days * DAY) for days in (0, 3, 1, 2)]
    sweep.run(DUE + SECOND)
    raised = sorted(cases, key=lambda case: case.escalations.get().pk)
    assert raised == [cases[1], cases[3], cases[2], cases[0]]


# What has fired and owes nothing


def test_a_timer_that_fired_too_early_raises_nothing_and_is_set_right():
    case = a_case()
    Timer.objects.update(fires_at=MONDAY, rung="breach")
    assert sweep.run(MONDAY + DAY).escalations == 0
    assert (Timer.objects.get().fires_at, Timer.objects.get().rung) == (DUE - 2 * DAY, "warn")
    assert not case.escalations.exists()


def test_the_timer_of_what_is_over_fires_no_more_and_keeps_what_it_was_about():
    case = a_case()
    said = {"title": "Ring", "team": case.team, "made_by": UserFactory(), "made_at": MONDAY, "due_at": MONDAY}
    done = {"done_at": MONDAY, "done_by": UserFactory()}
    task = Task.objects.create(case=case, **said, **done)
    lost = Timer.objects.create(
        case=case, kind="task", thing_id=task.pk, fires_at=MONDAY, rung="task-due", error="Lost", retry_at=MONDAY
    )

    run = sweep.run(MONDAY + DAY)

    assert (run.escalations, run.set_aside) == (0, 0)
    lost = fresh(lost)
    assert (lost.kind, lost.thing_id, lost.fires_at, lost.rung) == ("task", task.pk, None, "task-due")
    assert (lost.error, lost.retry_at) == ("", None)


def given_a_task_recorded_by_a_clock_that_is_ahead(case, made_at):
    said = {"title": "Ring", "team": case.team, "made_by": UserFactory(), "due_at": MONDAY}
    task = Task.objects.create(case=case, **said, made_at=made_at)
    timers.watch_thing(watched.tasks([task])[0])
    return task


def test_what_has_fired_and_is_not_passed_yet_is_looked_at_once_in_a_sweep_and_raised_by_the_next(monkeypatch):
    looked, read = [], swept.read

    def note(kind, keys):
        looked.append(kind)
        if len(looked) > 9:
            pytest.fail("The same timer is claimed again and again.")
        return read(kind, keys)

    monkeypatch.setattr(swept, "read", note)
    task = given_a_task_recorded_by_a_clock_that_is_ahead(a_case(), MONDAY + DAY)

    assert sweep.run(MONDAY + DAY - SECOND).escalations == 0
    assert looked == [Timer.Kind.TASK]
    assert Timer.objects.get(kind="task", thing_id=task.pk).fires_at == MONDAY
    assert sweep.run(MONDAY + DAY + SECOND).escalations > 0


@pytest.mark.django_db(transaction=True)
def test_a_sweep_waits_for_nobody_who_holds_a_timer_and_raises_the_others():
    pathway = a_pathway(ladder=BREACH)
    held, free = a_case(pathway), a_case(pathway)

    def impatient():
        connection.cursor().execute("SET lock_timeout = '10s'")  # should it wait after all, it says so
        return sweep.run(DUE + SECOND)

    with transaction.atomic():
        timers.lock(held)
        (run,) = at_once(impatient)

    assert (run.escalations, held.escalations.count(), free.escalations.count()) == (1, 0, 1)
    assert sweep.run(DUE + 2 * SECOND).escalations == 1


# Holds


def test_a_hold_that_cannot_end_is_set_aside_with_its_error_and_the_others_end(caplog):
    by = a_member("booking")
    bad, good = a_case(a_pathway("never", limit="8 working days")), a_case()
    for case in (bad, good):
        lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 4 * DAY, by=by, at=MONDAY + DAY)
    never_open(bad)

    run = sweep.run(MONDAY + 5 * DAY)

    assert run.set_aside == 1
    timer = Timer.objects.get(case=bad)
    assert timer.error.startswith("ValueError: ")
    assert timer.retry_at == MONDAY + 5 * DAY + sweep.SET_ASIDE_FOR
    assert (fresh(bad).status, fresh(good).status) == ("on_hold", "open")
    assert [line.getMessage() for line in caplog.records if line.levelname == "ERROR"] == [
        f"Timer {timer.pk} is set aside."
    ]


def test_a_case_resumed_by_a_clock_that_is_ahead_ends_no_sweep_in_a_circle_and_is_raised_once_that_time_has_come():
    by, resumed_at = a_member("booking"), MONDAY + 25 * DAY
    case = a_case(a_pathway(ladder=[("warn", "share", 80), *BREACH]))
    lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 30 * DAY, by=by, at=MONDAY + 5 * DAY)
    lifecycle.resume_case(case, by=by, at=resumed_at)

    assert sweep.run(resumed_at - SECOND).escalations == 0
    assert Timer.objects.get().fires_at == resumed_at
    assert sweep.run(resumed_at + SECOND).escalations == 1
    assert case.escalations.get().reached_at == resumed_at


# Who is told of what, and when


def told(case):
    return [
        (line.escalation.rung_code, line.recipient)
        for line in NoticeLine.objects.filter(escalation__case=case).order_by("escalation__level")
    ]


def test_who_is_away_at_the_time_of_the_sweep_is_not_told_whatever_time_it_is_now(manager):
    deputy = UserFactory()
    Absence.objects.create(user=manager, starts_at=DUE - DAY, ends_at=DUE + DAY, deputy=deputy)
    case = a_case(a_pathway(ladder=BREACH))
    sweep.run(DUE + SECOND)
    assert told(case) == [("breach", deputy)]


def test_each_of_two_rungs_of_one_stage_is_told_to_its_own_people_in_one_sweep(manager):
    owner = a_member("booking")
    ladder = [("warn", "before", "2 days", {"tells": ["owner"]}), *BREACH]
    pathway = a_pathway(ladder=ladder)
    early, late = a_case(pathway), a_case(pathway, at=MONDAY - 2 * DAY)
    for case in (early, late):
        lifecycle.assign_case(case, owner, by=owner)
    sweep.run(DUE - 2 * DAY + SECOND)
    assert (told(early), told(late)) == ([("warn", owner)], [("breach", manager)])


URGENT = [("breach", "after", "0 days", {"urgent": True})]


def test_what_is_reached_the_moment_it_begins_to_be_watched_is_no_backlog(manager):
    at_that_moment, before = a_pathway(ladder=URGENT), a_pathway("before", ladder=URGENT)
    case = a_case(at_that_moment, recorded_at=DUE)
    late = a_case(before, recorded_at=DUE + SECOND)
    sweep.run(DUE + 2 * SECOND)
    alone = Notice.objects.get(kind="escalation")
    assert (alone.case, alone.recipient) == (case, manager)
    assert Notice.objects.get(kind="digest").lines.get().escalation.case == late


def test_a_backlog_that_is_not_urgent_waits_for_the_hour_of_the_digest(manager):
    a_case(a_pathway(ladder=BREACH), recorded_at=DUE + HOUR)
    sweep.run(DUE + 2 * HOUR)
    assert (Notice.objects.get().kind, Notice.objects.get().send_at) == ("digest", NEXT_8)
