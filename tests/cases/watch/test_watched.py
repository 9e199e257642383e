"""What is watched: each kind of thing with its words, its ladder, whom it concerns and what its timer must say."""

from datetime import timedelta

import pytest

from cases import detours, handoffs, lifecycle, results, to_do
from cases.models import Escalation, Task
from cases.watch import escalations, sweep, watched
from cases.watch.ladders import HANDOFF_LADDER, RESULT_LADDER, TASK_LADDER
from cases.watch.time_rules import calendars_of
from cases.watch.watched import Kind
from pathways.models import Team
from tests.factories import MONDAY, a_case, a_detour_pathway, a_manager, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
DUE = MONDAY + 10 * DAY
ANSWERED = [("breach", "after", "0 days", {"answer_amount": 4, "answer_unit": "hours"})]


@pytest.fixture
def manager():
    return a_manager("booking")


@pytest.fixture
def nurse(manager):
    return a_member("booking")


def seen(thing, kind):
    """``thing`` as the sweep reads it."""
    (one,) = watched.READ[kind](watched.OPEN[kind]().filter(pk=thing.pk))
    return one


def test_a_task_is_named_by_the_map_alone_since_what_somebody_typed_may_name_the_patient(nurse):
    tasks = [{"code": "ring", "title": "Ring the patient", "limit_amount": 2, "limit_unit": "days"}]
    case = a_case(a_pathway(tasks=tasks, ladder=ANSWERED))
    typed = to_do.add_task(case, "Ring Mrs Jones", by=nurse, owner=nurse, due_at=MONDAY + DAY, at=MONDAY)
    sweep.run(DUE + SECOND)
    escalations.acknowledge(
        case.escalations.get(rung_code="breach"), by=nurse, answer="I ring.", by_when=DUE + DAY, at=DUE + HOUR
    )
    titles = {task.title: seen(task, Kind.TASK).title for task in Task.objects.all()}
    assert titles == {
        "Ring the patient": "task “Ring the patient”",
        "Ring Mrs Jones": "a task",
        "I ring.": "a promise",
    }
    one = seen(typed, Kind.TASK)
    assert (one.team_id, one.owner, one.since, one.steps, one.limit) == (case.team_id, nurse, MONDAY, TASK_LADDER, "")
    assert [rung.code for rung in one.stay.ladder] == ["task-due", "task-late"]


def test_a_task_and_a_handoff_with_the_longest_names_there_may_be_are_raised_and_ended(nurse):
    longest = "x" * 200
    tasks = [{"code": "ring", "title": longest, "limit_amount": 2, "limit_unit": "days"}]
    case = a_case(a_pathway(tasks=tasks, handoff="2 days"))
    Team.objects.filter(code="clinic").update(name=longest)
    handoffs.offer(case, the_move(case, "review"), by=nurse, note="Needs a lift", at=MONDAY + DAY)

    run = sweep.run(MONDAY + 3 * DAY + SECOND)

    assert (run.escalations, run.set_aside) == (2 + 1, 0)
    assert set(case.escalations.values_list("stage_name", flat=True)) == {
        f"task “{longest[:191]}...",
        f"handoff to {longest[:186]}...",
    }
    late = a_case(case.version.pathway, at=MONDAY)
    to_do.complete_task(late.tasks.get(), by=nurse, at=MONDAY + 9 * DAY)
    assert late.escalations.filter(kind=Kind.TASK).count() == 2, "settled"


def test_a_handoff_concerns_its_senders(nurse):
    case = a_case(a_pathway(handoff="2 days"))
    lifecycle.assign_case(case, nurse, by=nurse)
    handoff = handoffs.offer(case, the_move(case, "review"), by=nurse, note="Needs a lift", at=MONDAY + DAY)
    one = seen(handoff, Kind.HANDOFF)
    assert (one.title, one.team_id, one.owner) == ("handoff to Clinic team", case.team_id, nurse)
    assert (one.since, one.due_at, one.steps, one.limit) == (MONDAY + DAY, MONDAY + 3 * DAY, HANDOFF_LADDER, "")


def test_a_result_concerns_its_reader_and_is_not_named(nurse):
    case = a_case()
    result = results.request_result(case, "Echo of Mrs Jones", nurse, by=nurse, at=MONDAY)
    results.record_arrival(result, "Normal.", by=nurse, at=MONDAY + DAY)
    one = seen(result, Kind.RESULT)
    assert (one.title, one.team_id, one.owner) == ("a result to be read", case.team_id, nurse)
    assert (one.since, one.due_at, one.steps, one.limit) == (MONDAY + DAY, MONDAY + 3 * DAY, RESULT_LADDER, "")


def test_an_escalation_to_be_answered_is_named_by_its_stage(nurse):
    a_case(a_pathway(ladder=ANSWERED))
    sweep.run(DUE + SECOND)
    told = Escalation.objects.get()
    one = seen(told, Kind.ESCALATION)
    assert (one.title, one.since, one.due_at, one.limit) == ("Triage", told.raised_at, told.answer_by, "")


def test_of_an_answer_that_is_missing_only_its_own_rung_is_passed_and_those_above_it_stand_in(nurse):
    ladder = [*ANSWERED, ("far", "after", "3 days"), ("farther", "after", "5 days"), ("farthest", "after", "9 days")]
    case = a_case(a_pathway(ladder=ladder))
    sweep.run(DUE + SECOND)
    one = seen(case.escalations.get(rung_code="breach"), Kind.ESCALATION)
    assert [rung.code for rung in one.stay.ladder] == ["unanswered"]
    assert [step.code for step in one.steps] == ["unanswered", "farther", "farthest"]


def test_while_a_case_is_held_the_end_of_the_hold_is_what_its_timer_waits_for(nurse):
    case = a_case()
    hold = lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 4 * DAY, by=nurse, at=MONDAY + DAY)
    assert watched.stay(case.open_entry).timer() == {
        "kind": Kind.HOLD,
        "thing_id": hold.pk,
        "fires_at": MONDAY + 4 * DAY,
        "rung": "",
    }


def test_what_owes_nothing_more_has_a_timer_that_never_fires(nurse):
    entry = a_case(a_pathway(ladder=[])).open_entry
    never = {"kind": Kind.STAGE, "thing_id": entry.pk, "fires_at": None, "rung": ""}
    assert watched.stay(entry).timer() == never


def test_every_hold_of_a_stay_moves_its_due_time_and_no_hold_of_another(nurse):
    held, beside = a_case(), a_case()
    for start in (1, 5):
        at = MONDAY + start * DAY
        lifecycle.hold_case(held, reason="Holiday", until=at + 3 * DAY, by=nurse, at=at)
        lifecycle.resume_case(held, by=nurse, at=at + 2 * DAY)
    both = watched.stays([held.open_entry, beside.open_entry])
    assert [one.due_at for one in both] == [DUE + 4 * DAY, DUE]
    assert [len(one.holds) for one in both] == [2, 0]


def test_a_stay_that_an_urgent_detour_shortened_is_due_as_that_says(nurse):
    rule = {"shorten_amount": 4, "shorten_unit": "hours", "raises_priority": True}
    case = a_case(a_pathway(detours=[(a_detour_pathway("urgent"), rule)]))
    detours.take(case, case.version_map.detour_rules["urgent"], by=nurse, note="NEWS2 of 7.", at=MONDAY + DAY)
    one = watched.stay(fresh(case).open_entry)
    assert (one.stay.shortened_at, one.stay.due_by) == (MONDAY + DAY, MONDAY + DAY + 4 * HOUR)
    assert one.due_at == MONDAY + DAY + 4 * HOUR


def test_what_is_recorded_of_another_thing_with_the_same_number_is_not_of_this_one(nurse):
    case = a_case()
    entry = case.open_entry
    recorded = {
        "rung_name": "Breach",
        "level": 2,
        "stage_name": "",
        "due_at": DUE,
        "reached_at": DUE,
        "raised_at": DUE,
    }
    for kind, number, code in (
        (Kind.TASK, entry.pk, "breach"),
        (Kind.STAGE, entry.pk + 1, "breach"),
        (Kind.STAGE, entry.pk, "warn"),
    ):
        Escalation.objects.create(case=case, kind=kind, thing_id=number, rung_code=code, **recorded)
    one = watched.stay(entry)
    assert one.recorded == {("warn", 0)}
    assert [passed.rung.code for passed in one.passed(DUE + SECOND)] == ["breach"]


def test_calendars_that_are_known_are_not_read_again(nurse, django_assert_num_queries):
    case = a_case(a_pathway(limit="10 working days"))
    entry = case.entries.select_related("case").get()
    stage = case.version_map.by_pk[entry.stage_id]
    calendars = calendars_of(stage)
    with django_assert_num_queries(0):
        begun = watched.new_stay(entry, calendars)
        ended = watched.ending_stay(entry, holds=[], raised=[], calendars=calendars)
    assert begun.due_at == ended.due_at == case.due_at
    assert watched.new_stay(entry).due_at == case.due_at
