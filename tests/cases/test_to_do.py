"""Tasks: made by a stage or by hand, given, done, cancelled, and late."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from cases import lifecycle, to_do
from cases.models import Notice, Timer
from cases.refusals import Refused, TransitionRefused
from cases.watch import sweep, timers
from tests.factories import MONDAY, a_case, a_manager, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
RING = {"code": "ring", "title": "Ring the patient", "limit_amount": 2, "limit_unit": "days"}


@pytest.fixture
def caseworker():
    return a_member("booking")


def test_entering_a_stage_makes_its_tasks_with_their_due_times(caseworker):
    case = a_case(a_pathway(tasks=[RING, {"code": "check", "title": "Check the letter"}]))
    ring, check = case.tasks.order_by("code").reverse()
    assert (ring.title, ring.team.code, ring.owner, ring.due_at) == (
        "Ring the patient",
        "booking",
        None,
        MONDAY + 2 * DAY,
    )
    assert check.due_at is None
    assert Timer.objects.get(kind="task", thing_id=ring.pk).fires_at == MONDAY + 2 * DAY
    assert timers.rebuild(check=True) == []


def test_the_tasks_of_the_owner_go_with_the_case(caseworker):
    case = a_case(a_pathway(tasks=[RING | {"whose": "owner"}]))
    lifecycle.assign_case(case, caseworker, by=caseworker)
    assert case.tasks.get().owner == caseworker


def test_a_task_is_done_once_and_then_watched_no_more(caseworker):
    case = a_case(a_pathway(tasks=[RING]))
    task = to_do.complete_task(case.tasks.get(), by=caseworker, outcome="Rang, all well", at=MONDAY + DAY)
    assert (task.done_by, task.done_as, task.outcome) == (caseworker, "caseworker", "Rang, all well")
    assert not Timer.objects.filter(kind="task").exists()
    with pytest.raises(Refused, match="This task is over already"):
        to_do.complete_task(task, by=caseworker)


def test_a_task_by_hand_says_what_and_by_when(caseworker):
    case = a_case()
    task = to_do.add_task(case, "Chase the report", by=caseworker, owner=caseworker, due_at=MONDAY + DAY, at=MONDAY)
    assert fresh(task).owner == caseworker
    for wrong, sentence in [
        ({"title": " "}, "Say what is to be done."),
        ({"due_at": MONDAY}, "Choose a date in the future by which it is to be done."),
        ({"owner": a_member("clinic")}, "is not in Booking team"),
    ]:
        with pytest.raises(Refused, match=sentence):
            to_do.add_task(case, **{"title": "Chase", **wrong}, by=caseworker, at=MONDAY)
    with pytest.raises(PermissionDenied):
        to_do.add_task(case, "Chase", by=a_member("clinic"))


def test_a_task_is_cancelled_with_a_reason(caseworker):
    task = a_case(a_pathway(tasks=[RING])).tasks.get()
    with pytest.raises(Refused, match="Say why the task is cancelled"):
        to_do.cancel_task(task, by=caseworker, why="")
    assert to_do.cancel_task(task, by=caseworker, why="Came in person").outcome == "Came in person"


def test_closing_a_case_cancels_what_is_owed_about_it(caseworker):
    case = a_case(a_pathway(tasks=[RING]))
    lifecycle.close_case(case, by=caseworker, reason="Moved away")
    task = case.tasks.get()
    assert (task.cancelled_by, task.outcome) == (caseworker, "The case was closed.")
    assert timers.rebuild(check=True) == []


def test_a_late_task_tells_whoever_owes_it_and_a_day_later_the_managers(caseworker):
    manager = a_manager("booking")
    case = a_case(a_pathway(tasks=[RING], ladder=[]))
    to_do.give_task(case.tasks.get(), caseworker, by=caseworker)
    sweep.run(MONDAY + 2 * DAY)
    assert not case.escalations.exists()
    sweep.run(MONDAY + 2 * DAY + SECOND)
    sweep.run(MONDAY + 3 * DAY + SECOND)
    told = [(n.recipient, n.lines.get().escalation.rung_code) for n in Notice.objects.order_by("pk")]
    assert told == [(caseworker, "task-due"), (manager, "task-late")]
    to_do.complete_task(case.tasks.get(), by=caseworker, at=MONDAY + 3 * DAY + 2 * SECOND)
    assert not case.escalations.filter(resolved_at=None).exists()


def test_a_move_waits_for_the_second_pair_of_eyes(caseworker):
    requires = [("task done", {"task": "ring", "by_role": "manager"})]
    case = a_case(a_pathway(tasks=[RING], requires=requires))

    def reasons():
        with pytest.raises(TransitionRefused) as refused:
            lifecycle.move_case(case, the_move(case, "review"), by=caseworker)
        return refused.value.reasons

    assert reasons() == ["Do the task “Ring the patient” first."]
    to_do.complete_task(case.tasks.get(), by=caseworker)
    assert reasons() == ["The task “Ring the patient” must be done by a manager too: the second pair of eyes."]


def test_a_task_of_the_map_is_asked_for_again_for_the_second_pair_of_eyes(caseworker):
    requires = [("task done", {"task": "ring", "by_role": "manager"})]
    case = a_case(a_pathway(tasks=[RING], requires=requires))
    with pytest.raises(Refused, match="This task is owed already"):
        to_do.ask_again(case, "ring", by=caseworker)
    to_do.complete_task(case.tasks.get(), by=caseworker, at=MONDAY + DAY)

    again = to_do.ask_again(case, "ring", by=caseworker, at=MONDAY + DAY)

    assert (again.title, again.due_at, again.is_open) == ("Ring the patient", MONDAY + 3 * DAY, True)
    assert timers.rebuild(check=True) == []
    to_do.complete_task(again, by=a_manager("booking"))
    assert lifecycle.move_case(case, the_move(case, "review"), by=caseworker).stage == "review"


def test_asking_again_is_for_the_cases_team_while_it_is_open(caseworker):
    case = a_case(a_pathway(tasks=[RING]))
    to_do.cancel_task(case.tasks.get(), by=caseworker, why="By mistake")
    with pytest.raises(PermissionDenied):
        to_do.ask_again(case, "ring", by=a_member("clinic"))
    lifecycle.close_case(case, by=caseworker, reason="Moved away")
    with pytest.raises(Refused, match="This case is closed"):
        to_do.ask_again(case, "ring", by=caseworker)
