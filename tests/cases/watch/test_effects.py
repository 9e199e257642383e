"""What a rung does besides telling: it makes the case urgent while it stays, and gives its team a task, once."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cases import detours, lifecycle
from cases.models import Case, Escalation, Task, Timer
from cases.watch import sweep, timers
from pathways.models import system_user
from tests.factories import (
    MONDAY,
    a_case,
    a_detour_pathway,
    a_manager,
    a_member,
    a_pathway,
    fresh,
    the_move,
)

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
DUE = MONDAY + 10 * DAY  # a Thursday at 9am
LADDER = [
    ("warn", "before", "1 day", {"task_title": "Ring the patient about the delay"}),
    ("breach", "after", "0 days", "1 day", 3, {"raises_priority": True, "task_title": "Find a clinic"}),
]


@pytest.fixture
def pathway():
    a_manager("booking")
    return a_pathway(ladder=LADDER)


@pytest.mark.django_db
def test_the_case_becomes_urgent_and_its_team_gets_a_task_with_its_timer(pathway):
    case = a_case(pathway)
    sweep.run(DUE - DAY + SECOND)
    assert fresh(case).priority == Case.Priority.ROUTINE
    sweep.run(DUE + SECOND)
    assert fresh(case).priority == Case.Priority.URGENT
    row = case.history.latest()
    assert (row.history_user, row.priority) == (system_user(), 1)
    assert row.history_change_reason == "A rung was passed that makes the case urgent"
    ring, find = Task.objects.order_by("pk")
    assert (ring.title, find.title) == ("Ring the patient about the delay", "Find a clinic")
    assert (find.team, find.owner, find.entry) == (case.team, None, case.open_entry)
    assert find.due_at == DUE + DAY + SECOND, "the same hour of the next working day"
    assert find.history.get().history_user == system_user()
    assert Timer.objects.filter(kind="task").count() == 2
    assert timers.rebuild(check=True) == []


@pytest.mark.django_db
def test_a_repeat_tells_again_and_does_nothing_else(pathway):
    case = a_case(pathway)
    for days in range(6):
        sweep.run(DUE + days * DAY + SECOND)
    assert case.escalations.filter(kind="stage").count() == 5
    assert sorted(Task.objects.values_list("title", flat=True)) == [
        "Find a clinic",
        "Ring the patient about the delay",
    ]


@pytest.mark.django_db
def test_all_rungs_passed_at_once_take_effect(pathway):
    case = a_case(pathway)
    sweep.run(DUE + SECOND)
    assert fresh(case).priority == Case.Priority.URGENT
    assert Task.objects.count() == 2


@pytest.mark.django_db
def test_the_priority_is_set_back_when_the_stay_ends(pathway):
    case, by = a_case(pathway), a_member("booking")
    sweep.run(DUE + SECOND)
    lifecycle.move_case(case, the_move(case, "review"), by=by, at=DUE + DAY)
    assert fresh(case).priority == Case.Priority.ROUTINE
    assert case.history.latest().priority == Case.Priority.ROUTINE


@pytest.mark.django_db
def test_it_stays_urgent_while_an_urgent_detour_is_open_and_after_one_while_the_rung_stands():
    by = a_manager("booking")
    urgent = a_detour_pathway("urgent")
    pathway = a_pathway(ladder=LADDER, detours=[(urgent, {"raises_priority": True})])
    case = a_case(pathway)
    child = detours.take(case, case.version.detour_rules.get(), by=by, note="Chest pain", at=DUE - DAY)
    sweep.run(DUE + SECOND)
    lifecycle.close_case(child, by=by, reason="Seen", at=DUE + DAY)
    assert fresh(case).priority == Case.Priority.URGENT, "its rung stands"
    again = detours.take(fresh(case), case.version.detour_rules.get(), by=by, note="Worse", at=DUE + DAY)
    lifecycle.move_case(case, the_move(case, "review"), by=by, at=DUE + 2 * DAY)
    assert fresh(case).priority == Case.Priority.URGENT, "its detour is open"
    lifecycle.close_case(again, by=by, reason="Seen", at=DUE + 3 * DAY)
    assert fresh(case).priority == Case.Priority.ROUTINE


@pytest.mark.django_db(transaction=True)
def test_a_case_that_somebody_works_on_is_left_for_the_next_sweep_and_nobody_waits(pathway):
    from threading import Thread

    busy, free = a_case(pathway), a_case(pathway)

    def in_a_thread(work):
        thread = Thread(target=lambda: (work(), connection.close()))
        thread.start()
        thread.join(20)
        assert not thread.is_alive(), "the sweep waits"

    with transaction.atomic():
        Case.objects.lock(busy.pk)
        in_a_thread(lambda: sweep.run(DUE + SECOND))
    assert (free.escalations.count(), busy.escalations.count()) == (2, 0)
    run = sweep.run(DUE + 2 * SECOND)
    assert (run.escalations, run.set_aside) == (2, 0)
    assert Task.objects.count() == 4


@pytest.mark.django_db
def test_effects_cost_a_fixed_number_of_statements(pathway):
    def statements(cases):
        for _ in range(cases):
            a_case(pathway)
        with CaptureQueriesContext(connection) as queries:
            sweep.run(DUE + SECOND)
        return len(queries)

    statements(1)
    assert statements(2) == statements(20)
    assert Escalation.objects.filter(kind="stage").count() == 46
