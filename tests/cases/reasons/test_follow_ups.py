"""Reasons that lie in what is owed: tasks, results, and what came back from a detour."""

from datetime import UTC, datetime

import pytest

from cases import detours, lifecycle, recording, results, to_do
from pathways.models import system_user
from tests.cases.reasons.asking import DAY, HOUR, TUESDAY, a_filled_in_form, codes_of, mine, page, row_of
from tests.factories import MONDAY, a_case, a_detour_pathway, a_member, a_pathway, the_move

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("due_at", "codes"),
    [
        (TUESDAY - HOUR, ["task"]),
        (datetime(2026, 3, 3, 23, 59, tzinfo=UTC), ["task"]),
        (datetime(2026, 3, 4, 0, 0, tzinfo=UTC), ["on-track"]),
        (None, ["on-track"]),
    ],
)
def test_a_task_is_a_reason_from_the_morning_of_the_day_it_is_due(nurse, due_at, codes):
    case = mine(a_case(), nurse)
    to_do.add_task(case, "Ring the patient", owner=nurse, by=nurse, due_at=due_at, at=MONDAY)

    assert codes_of(case, nurse) == codes


def test_a_task_says_what_it_is_and_leads_to_it(nurse):
    case = mine(a_case(), nurse)
    task = to_do.add_task(case, "Ring the patient", owner=nurse, by=nurse, due_at=TUESDAY - HOUR, at=MONDAY)

    _, row = row_of(case, nurse)

    assert row.why == ["Task: Ring the patient, was due today 8am."]
    assert (row.next.text, row.next.url) == ("Do the task", page("tasks", case, task.pk))


@pytest.mark.parametrize(("title", "said"), [("Ring them.", "Ring them"), ("I ring the...", "I ring the...")])
def test_the_full_stop_of_a_tasks_title_does_not_stand_inside_the_sentence(nurse, title, said):
    case = mine(a_case(), nurse)
    to_do.add_task(case, title, owner=nurse, by=nurse, due_at=TUESDAY - HOUR, at=MONDAY)
    assert row_of(case, nurse)[1].why == [f"Task: {said}, was due today 8am."]


def test_the_oldest_of_several_tasks_is_named(nurse):
    case = mine(a_case(), nurse)
    for title, due_at in (("Second", TUESDAY + HOUR), ("First", TUESDAY - HOUR), ("Later", TUESDAY + 9 * DAY)):
        to_do.add_task(case, title, owner=nurse, by=nurse, due_at=due_at, at=MONDAY)

    assert row_of(case, nurse)[1].why == ["Task: First, was due today 8am."]


def test_a_task_of_my_team_that_nobody_in_it_owes_is_mine_too_and_one_of_a_colleague_is_not(nurse):
    colleague = a_member("booking")
    for owner, codes in ((None, ["task"]), (colleague, ["on-track"])):
        case = mine(a_case(a_pathway(f"with-{bool(owner)}".lower())), colleague)
        to_do.add_task(case, "Ring", owner=owner, by=nurse, due_at=TUESDAY, at=MONDAY)
        assert codes_of(case, nurse) == codes


def test_a_task_that_is_done_or_cancelled_is_no_reason(nurse):
    case = mine(a_case(), nurse)
    done, cancelled = (to_do.add_task(case, "Ring", owner=nurse, by=nurse, due_at=TUESDAY, at=MONDAY) for _ in "ab")
    to_do.complete_task(done, by=nurse, at=MONDAY)
    to_do.cancel_task(cancelled, by=nurse, why="Not needed", at=MONDAY)

    assert codes_of(case, nurse) == ["on-track"]


def a_result(case, reader, *, arrived=None):
    result = results.request_result(case, "Echocardiogram", reader, by=system_user(), at=MONDAY)
    return results.record_arrival(result, "Normal", by=system_user(), at=arrived) if arrived else result


def test_a_result_is_a_reason_when_it_has_arrived_and_for_its_reader_alone(nurse):
    colleague, case = a_member("booking"), mine(a_case(), nurse)
    result = a_result(case, nurse)
    assert codes_of(case, nurse) == ["on-track"]

    result = results.record_arrival(result, "Normal", by=nurse, at=MONDAY)
    assert (codes_of(case, nurse), codes_of(case, colleague)) == (["result"], ["on-track"])

    results.read_result(result, by=nurse, at=TUESDAY)
    assert codes_of(case, nurse) == ["on-track"]


def test_a_result_that_lies_too_long_says_so(nurse):
    case = mine(a_case(), nurse)
    result = a_result(case, nurse, arrived=MONDAY)

    _, soon = row_of(case, nurse)
    _, late = row_of(case, nurse, MONDAY + 5 * DAY)

    assert soon.why == ["Result not read: Echocardiogram, arrived yesterday."]
    assert late.why == ["Result not read: Echocardiogram, arrived 5 days ago. You were to read it by 4 March 9am."]
    assert (soon.next.text, soon.next.url) == ("Read the result", page("results", case, result.pk, "read"))


def test_a_case_is_back_from_a_detour_that_has_ended(nurse, detour):
    codes, row = row_of(detour, nurse, TUESDAY + HOUR)

    assert codes == codes_of(detour, nurse, TUESDAY + HOUR) == ["back"]
    assert row.why == ["Back from “Did not attend” (Over) since today 9am."]
    assert (row.next.text, row.next.url) == ("Decide what comes next", detour.get_absolute_url())


def test_back_from_a_detour_is_said_for_a_week(nurse, detour):
    assert codes_of(detour, nurse, TUESDAY + 7 * DAY) == ["back"]
    assert codes_of(detour, nurse, TUESDAY + 7 * DAY + HOUR) == ["on-track"]


def a_note(case, nurse, at):
    recording.write_note(case, "Rang her", by=nurse, at=at)


def a_task_done(case, nurse, at):
    to_do.complete_task(to_do.add_task(case, "Ring", by=nurse, at=at), by=nurse, at=at)


def a_hold(case, nurse, at):
    lifecycle.hold_case(case, reason="Away", until=at + DAY, by=nurse, at=at)


def a_move_on(case, nurse, at):
    lifecycle.move_case(case, the_move(case, "review"), by=nurse, at=at)


@pytest.mark.parametrize("act", [a_note, a_filled_in_form, a_task_done, a_hold, a_move_on])
def test_back_from_a_detour_is_said_until_somebody_acts(nurse, detour, act):
    act(detour, nurse, TUESDAY + HOUR)

    assert "back" not in codes_of(detour, nurse, TUESDAY + 2 * HOUR)


@pytest.mark.parametrize("act", [a_note, a_filled_in_form, a_task_done])
def test_what_was_done_before_the_detour_ended_does_not_count(nurse, act):
    case = mine(a_case(a_pathway(detours=[(a_detour_pathway(), {})])), nurse)
    child = detours.take(case, case.version_map.detour_rules["dna"], note="Did not come", by=nurse, at=MONDAY)
    act(case, nurse, MONDAY + HOUR)
    lifecycle.move_case(child, the_move(child, "over"), by=nurse, at=TUESDAY)

    assert codes_of(case, nurse, TUESDAY + HOUR) == ["back"]


def test_that_a_restricted_detour_has_ended_is_for_its_own_teams(nurse):
    detour = a_detour_pathway("safeguarding", team="safeguarding")
    case = mine(a_case(a_pathway(detours=[(detour, {"restricted": True})])), nurse)
    child = detours.take(case, case.version_map.detour_rules["safeguarding"], note="Did not come", by=nurse, at=MONDAY)
    guard = a_member("safeguarding")
    lifecycle.move_case(child, the_move(child, "over"), by=guard, at=TUESDAY)

    assert codes_of(case, nurse, TUESDAY + HOUR) == ["on-track"]
    assert codes_of(case, guard, TUESDAY + HOUR) == ["back"]
