"""Timers: each is set, cleared, compared and mended for its own thing, and never for another beside it."""

from datetime import timedelta

import pytest

from cases import lifecycle, results, to_do
from cases.models import Case, Task, Timer
from cases.watch import timers, watched
from cases.watch.watched import Kind
from tests.factories import MONDAY, a_case, a_member, a_pathway, fresh, never_open

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
DUE = MONDAY + 10 * DAY


@pytest.fixture
def nurse():
    return a_member("booking")


@pytest.fixture
def case(nurse):
    return a_case()


@pytest.fixture
def beside(case):
    """Another case in the same stage, with a task: of what is done about the first, nothing is its matter."""
    return a_case(case.version.pathway)


def a_task(case, nurse, due_at=MONDAY + DAY):
    return to_do.add_task(case, "Ring the ward", by=nurse, due_at=due_at, at=MONDAY)


def of(thing, kind):
    return Timer.objects.filter(kind=kind, thing_id=thing.pk).first()


def journey(case):
    return Timer.objects.get(case=case, kind__in=timers.JOURNEY)


def state(**which):
    """The timers, as they can be compared."""
    return list(Timer.objects.filter(**which).order_by("pk").values())


def set_aside(**which):
    """As the sweep leaves a timer whose thing it could not read."""
    Timer.objects.filter(**which).update(error="ValueError: never open", retry_at=DUE)


def test_what_is_set_anew_is_tried_again_at_once(case, nurse):
    task = a_task(case, nurse)
    set_aside(case=case)

    timers.watch(case, watched.stay(case.open_entry), journey(case))
    timers.watch_thing(*watched.tasks([task]))

    for timer in (journey(case), of(task, Kind.TASK)):
        assert (timer.error, timer.retry_at) == ("", None)


def test_a_thing_that_is_watched_already_keeps_its_one_timer_whatever_else_has_its_number(case, nurse):
    task, other = a_task(case, nurse), a_task(case, nurse)
    same_number = Timer.objects.create(case=case, kind=Kind.RESULT, thing_id=task.pk, fires_at=DUE)
    before = state()

    timers.watch_thing(*watched.tasks([task]))

    assert state() == before
    assert of(other, Kind.TASK)
    assert same_number in Timer.objects.all()


def test_what_has_another_timer_of_its_number_gets_its_own(case, nurse):
    task = a_task(case, nurse)
    Timer.objects.filter(kind=Kind.TASK).update(kind=Kind.RESULT)

    timers.watch_thing(*watched.tasks([task]))

    assert of(task, Kind.TASK).fires_at == MONDAY + DAY
    assert of(task, Kind.RESULT)


def test_the_end_of_a_journey_clears_its_own_timer_and_leaves_the_results_of_the_case_and_other_cases(
    case, beside, nurse
):
    result = results.request_result(case, "Echo", nurse, by=nurse, at=MONDAY)
    results.record_arrival(result, "Normal.", by=nurse, at=MONDAY)

    timers.clear(case)

    assert list(Timer.objects.filter(case=case)) == [of(result, Kind.RESULT)]
    assert journey(beside)


def test_what_is_over_is_cleared_for_itself_alone(case, nurse):
    task, other = a_task(case, nurse), a_task(case, nurse)
    same_number = Timer.objects.create(case=case, kind=Kind.RESULT, thing_id=task.pk)

    timers.clear_thing(Kind.TASK, task)

    assert of(task, Kind.TASK) is None
    assert of(other, Kind.TASK)
    assert fresh(same_number)


def test_many_stays_are_watched_anew_and_nothing_beside_them(case, beside, nurse):
    task = a_task(case, nurse)
    untouched = {of(task, Kind.TASK).pk, journey(beside).pk}
    left = state(pk__in=untouched)
    Timer.objects.filter(pk=journey(case).pk).update(fires_at=MONDAY)
    Case.objects.filter(pk=case.pk).update(due_at=None)

    timers.watch_many(case.entries.select_related("case"))

    assert (journey(case).fires_at, journey(case).rung) == (DUE - 2 * DAY, "warn")
    assert fresh(case).due_at == DUE
    assert state(pk__in=untouched) == left


def test_held_cases_are_watched_by_their_hold_also_when_many_are_set_at_once(case, nurse):
    hold = lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 4 * DAY, by=nurse, at=MONDAY + DAY)
    Timer.objects.all().delete()

    timers.watch_many(case.entries.select_related("case"))

    assert (journey(case).kind, journey(case).thing_id) == (Kind.HOLD, hold.pk)


@pytest.fixture
def crowd(case, nurse):
    """Eleven cases, each with two tasks: their numbers are not those of the stays, and none is their batch's last."""
    cases = [case, *(a_case(case.version.pathway) for _ in range(10))]
    return [(one, a_task(one, nurse), a_task(one, nurse)) for one in cases]


@pytest.fixture
def suspects(monkeypatch):
    """The cases that are looked at under their lock: there may be a million of the others."""
    found, look = [], timers._mend
    monkeypatch.setattr(timers, "_mend", lambda pk, check: found.append(pk) or look(pk, check))
    return found


@pytest.mark.parametrize("size", [1, 3, 2000])
def test_where_all_is_right_no_case_is_locked(crowd, suspects, size):
    assert timers.rebuild(batch_size=size) == []
    assert suspects == []


@pytest.mark.parametrize("size", [1, 4, 2000])
def test_whatever_differs_is_found_in_whichever_batch_it_is(crowd, size):
    wrong = [crowd[0], crowd[4], crowd[-1]]
    for one, first, _second in wrong:
        Timer.objects.filter(pk=journey(one).pk).update(rung="another")
        Timer.objects.filter(pk=of(first, Kind.TASK).pk).update(rung="another")

    found = timers.rebuild(batch_size=size)

    assert [sentence.partition(":")[0] for sentence in found] == [str(one) for one, _, _ in wrong for _ in range(2)]
    assert timers.rebuild(check=True) == []


@pytest.mark.parametrize("size", [1, 4, 2000])
def test_a_case_that_cannot_be_computed_is_found_and_keeps_no_other_from_it(crowd, size, caplog):
    stuck = a_case(a_pathway("plan", limit="5 working days"))
    never_open(stuck)
    wrong = crowd[-1][0]
    Timer.objects.filter(pk=journey(wrong).pk).update(rung="another")

    found = timers.rebuild(check=True, batch_size=size)

    assert [sentence.partition(":")[0] for sentence in found] == [str(wrong), str(stuck)]
    assert found[1] == (
        f"{stuck}: Its times cannot be computed. The calendar it is counted with is never open. Give it opening "
        "hours, then try again."
    )
    assert f"The timers of case {stuck.pk} cannot be computed." in caplog.messages
    assert timers.cannot_be_mended(timers.rebuild(batch_size=size)) == found[1:]
    assert timers.rebuild(check=True) == found[1:], "the other is mended"


def test_only_the_kinds_that_are_named_are_looked_through(crowd):
    Timer.objects.update(rung="another")
    only_tasks = timers.rebuild(check=True, kinds=[Kind.TASK], batch_size=1)
    assert len(only_tasks) == 3 * len(crowd), "a case that is looked at is looked at whole"
    Timer.objects.exclude(kind=Kind.TASK).update(rung="warn")
    assert timers.rebuild(check=True, kinds=[Kind.STAGE]) == []


def test_what_differs_is_said_in_a_sentence_with_what_is_and_what_must_be(case, nurse):
    entry = case.open_entry
    Timer.objects.filter(case=case).update(fires_at=None, rung="")
    Case.objects.filter(pk=case.pk).update(due_at=DUE - DAY)

    assert timers.rebuild(check=True) == [
        f"{case}: the timer says stage {entry.pk} nothing at no time, but it must say stage {entry.pk} warn at "
        f"{(DUE - 2 * DAY).isoformat()}.",
        f"{case}: the list says due {DUE - DAY}, but it is due {DUE}.",
    ]


def test_one_case_is_mended_and_the_wrong_one_beside_it_is_not(case, beside, nurse):
    task = a_task(case, nurse)
    Timer.objects.all().delete()
    Case.objects.update(due_at=None)

    assert len(timers.mend(case)) == 3

    assert of(task, Kind.TASK).fires_at == MONDAY + DAY
    assert (journey(case).fires_at, fresh(case).due_at) == (DUE - 2 * DAY, DUE)
    assert (Timer.objects.filter(case=beside).count(), fresh(beside).due_at) == (0, None)
    assert timers.mend(case) == []


@pytest.mark.parametrize("kind", [Kind.TASK, Kind.HANDOFF, Kind.RESULT, Kind.ESCALATION])
def test_a_timer_of_what_is_no_more_is_found_and_taken_away_and_the_others_stay(case, beside, nurse, kind):
    task, other = a_task(case, nurse), a_task(beside, nurse)
    stray = Timer.objects.create(case=case, kind=kind, thing_id=task.pk + 1000, fires_at=DUE)
    words = f"{case}: {kind.label} {stray.thing_id} is over, but it is still watched."

    assert timers.rebuild(check=True) == [words]
    assert fresh(stray), "looking changes nothing"
    assert timers.rebuild() == [words]
    assert not Timer.objects.filter(pk=stray.pk).exists()
    assert {of(task, Kind.TASK).case, of(other, Kind.TASK).case, journey(case).case} == {case, beside}


def test_the_result_that_waits_for_its_reader_keeps_its_timer_after_the_case_was_closed(case, nurse, suspects):
    result = results.request_result(case, "Echo", nurse, by=nurse, at=MONDAY)
    lifecycle.close_case(case, by=nurse, reason="Moved away")
    results.record_arrival(result, "Normal.", by=nurse, at=MONDAY)

    assert timers.rebuild() == []
    assert suspects == []
    assert of(result, Kind.RESULT).fires_at == MONDAY + 2 * DAY


def a_task_numbered(number, case, nurse):
    said = {"title": "Ring", "team": case.team, "made_by": nurse, "made_at": MONDAY, "due_at": MONDAY + DAY}
    return Task.objects.create(pk=number, case=case, **said)


def test_a_task_and_a_result_of_one_number_have_a_timer_each(case, nurse, suspects):
    result = results.request_result(case, "Echo", nurse, by=nurse, at=MONDAY)
    results.record_arrival(result, "Normal.", by=nurse, at=MONDAY)
    task = a_task_numbered(result.pk, case, nurse)
    assert len(timers.rebuild()) == 1
    suspects.clear()

    assert timers.rebuild() == []
    assert suspects == []
    assert (of(task, Kind.TASK).fires_at, of(result, Kind.RESULT).fires_at) == (MONDAY + DAY, MONDAY + 2 * DAY)


def test_the_very_first_task_is_found_like_every_other(case, nurse):
    first = a_task_numbered(1, case, nurse)
    assert len(timers.rebuild()) == 1
    assert of(first, Kind.TASK)
