"""Why a case is on somebody's list: when each reason holds, its words, and the next thing to do."""

from datetime import UTC, datetime, timedelta

import pytest

from cases import detours, handoffs, lifecycle, ownership, reasons, recording, results, to_do
from cases.models import Case, StageEntry
from cases.reasons import REASONS, Reason
from cases.refusals import Refused
from pathways.models import system_user
from tests.factories import (
    MONDAY,
    a_case,
    a_detour_pathway,
    a_member,
    a_pathway,
    fresh,
    in_group,
    the_move,
)

pytestmark = pytest.mark.django_db

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TUESDAY = MONDAY + DAY


@pytest.fixture
def nurse():
    return a_member("booking", first_name="Priya", last_name="Shah")


def row_of(case, user, now=TUESDAY):
    """The row of a case on the list of ``user``, with its codes."""
    found = Case.objects.visible_to(user).with_reasons(user, now).get(pk=case.pk)
    return found.reasons, reasons.rows([found], user, now)[0]


def codes_of(case, user, now=TUESDAY):
    """The codes of a case, which say the same in the list and in the filter."""
    found = Case.objects.with_reasons(user, now).get(pk=case.pk).reasons
    filtered = [code for code in Reason.values if Case.objects.because(code, user, now).filter(pk=case.pk).exists()]
    assert found == filtered
    return found


def mine(case, user):
    return lifecycle.assign_case(case, user, by=system_user(), at=MONDAY)


def page(name, case, *more):
    return f"/cases/{case}/{name}/{''.join(f'{part}/' for part in more)}"


# Times


@pytest.mark.parametrize(
    ("now", "codes"),
    [
        (datetime(2026, 3, 11, 23, 59, 59, tzinfo=UTC), ["on-track"]),
        (datetime(2026, 3, 12, 0, 0, tzinfo=UTC), ["today"]),
        (datetime(2026, 3, 12, 9, 0, tzinfo=UTC), ["today"]),  # a limit may be used up
        (datetime(2026, 3, 12, 9, 0, 0, 1, tzinfo=UTC), ["breached"]),
    ],
)
def test_a_case_is_late_today_until_it_is_late(nurse, now, codes):
    assert codes_of(mine(a_case(), nurse), nurse, now) == codes


def test_today_ends_at_midnight_in_london_also_in_summer(nurse):
    # Due on 12 June at 00:30 in London, which is 23:30 on the 11th in UTC.
    case = mine(a_case(at=datetime(2026, 6, 1, 23, 30, tzinfo=UTC)), nurse)

    assert codes_of(case, nurse, datetime(2026, 6, 11, 22, 59, tzinfo=UTC)) == ["on-track"]
    assert codes_of(case, nurse, datetime(2026, 6, 11, 23, 0, tzinfo=UTC)) == ["today"]


def test_a_late_case_says_by_how_much_in_the_unit_of_its_limit(nurse):
    case = mine(a_case(a_pathway(limit="10 working days")), nurse)

    _, row = row_of(case, nurse, MONDAY + 16 * DAY)

    assert row.why == ["2 working days over its limit of 10."]


def test_over_a_weekend_a_limit_in_working_days_is_not_exceeded_further(nurse):
    case = mine(a_case(a_pathway(limit="4 working days"), at=MONDAY + 7 * HOUR), nurse)  # due on Friday at 4pm

    _, friday = row_of(case, nurse, MONDAY + 4 * DAY + 8 * HOUR)
    _, sunday = row_of(case, nurse, MONDAY + 6 * DAY)

    assert friday.why == sunday.why == ["1 working hour over its limit of 4 working days."]


def test_a_case_that_is_late_today_says_until_when(nurse):
    _, row = row_of(mine(a_case(), nurse), nurse, MONDAY + 10 * DAY - HOUR)

    assert row.why == ["Its limit of 10 days ends today 9am."]


@pytest.mark.parametrize(
    ("limit", "words"), [("10 days", "Due Thursday 9am."), (None, "No limit."), ("2 days", "Due tomorrow 9am.")]
)
def test_a_case_on_track_says_when_it_is_due(nurse, limit, words):
    now = MONDAY + 7 * DAY if limit == "10 days" else TUESDAY

    codes, row = row_of(mine(a_case(a_pathway(limit=limit)), nurse), nurse, now)

    assert (codes, row.why) == (["on-track"], [words])


def test_a_case_on_hold_is_on_track_and_says_until_when(nurse):
    case = mine(a_case(), nurse)
    lifecycle.hold_case(case, reason="Away", until=MONDAY + 20 * DAY, by=nurse, at=TUESDAY)

    codes, row = row_of(case, nurse, MONDAY + 15 * DAY)

    assert (codes, row.why) == (["on-track"], ["On hold until 22 March 9am."])
    assert row.next.text == "Open the case"


def test_an_urgent_case_is_first_of_all(nurse):
    case = mine(a_case(), nurse)
    Case.objects.filter(pk=case.pk).update(priority=Case.Priority.URGENT)

    codes, row = row_of(case, nurse, MONDAY + 12 * DAY)

    assert codes == ["urgent", "breached"]
    assert row.why == ["Urgent.", "2 days over its limit of 10."]


def test_a_stay_that_was_shortened_does_not_claim_the_limit_of_its_stage(nurse):
    case = mine(a_case(), nurse)
    due = TUESDAY + 4 * HOUR
    Case.objects.filter(pk=case.pk).update(due_at=due)
    StageEntry.objects.filter(case=case).update(shortened_at=TUESDAY, shortened_by=nurse, due_by=due)

    _, row = row_of(case, nurse, due + 2 * HOUR)

    assert row.why == ["2 hours over its limit."]


# People


def test_a_case_of_my_team_without_an_owner_is_nobodys_and_can_be_taken(nurse):
    case = a_case()

    codes, row = row_of(case, nurse)

    assert codes == codes_of(case, nurse) == ["nobodys"]
    assert (row.why, row.who) == (["Nobody has it."], "")
    assert (row.next.text, row.next.url, row.next.is_act) == ("Take it", page("take", case), True)


def test_a_case_on_hold_that_nobody_has_is_nobodys_too(nurse):
    case = a_case()
    lifecycle.hold_case(case, reason="Away", until=MONDAY + 20 * DAY, by=nurse, at=TUESDAY)

    assert codes_of(case, nurse) == ["nobodys"]


def test_what_nobody_has_in_another_team_is_not_my_reason(nurse):
    assert codes_of(a_case(), a_member("clinic")) == ["on-track"]


def test_a_closed_case_has_no_reason(nurse):
    case = lifecycle.close_case(a_case(), reason="Moved away", by=nurse)

    assert codes_of(case, nurse) == []


def an_offer(case, at=MONDAY):
    return handoffs.offer(case, the_move(case, "review"), by=system_user(), note="Needs a review", at=at)


def test_a_case_that_is_offered_to_my_team_is_handed_to_me(nurse):
    clinician, case = a_member("clinic"), mine(a_case(a_pathway(handoff="2 days")), nurse)
    offer = an_offer(case)

    codes, row = row_of(case, clinician)

    assert codes == codes_of(case, clinician) == ["handed"]
    assert row.why == ["Booking team offers it to Clinic team. Your answer is wanted by tomorrow 9am."]
    assert (row.next.text, row.next.url) == ("Answer the handoff", page("handoffs", case, offer.pk, "accept"))
    assert row_of(case, clinician, MONDAY + 3 * DAY)[1].why == [
        "Booking team offers it to Clinic team. Your answer was wanted by yesterday 9am."
    ]


def test_the_sender_is_told_whom_the_case_waits_for_and_can_chase_them(nurse):
    a_member("clinic")
    case = mine(a_case(a_pathway(handoff="2 days")), nurse)
    an_offer(case)

    codes, row = row_of(case, nurse, MONDAY + 3 * DAY)

    assert codes == ["on-track"]
    assert row.why[1:] == ["Offered to Clinic team 3 days ago: their answer was wanted by yesterday 9am."]
    assert (row.next.text, row.next.url) == ("Chase Clinic team", page("chase", case))


def test_an_answered_offer_is_no_reason_any_more(nurse):
    clinician, case = a_member("clinic"), a_case(a_pathway(handoff="2 days"))
    handoffs.decline(an_offer(case), by=clinician, why="Not ours")

    assert codes_of(case, clinician) == ["on-track"]


# Follow-ups


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


@pytest.fixture
def detour(nurse):
    """A case of the nurse with a detour that has ended on Tuesday at 9am."""
    case = mine(a_case(a_pathway(detours=[(a_detour_pathway(), {"name": "Did not attend"})])), nurse)
    child = detours.take(case, case.version_map.detour_rules["dna"], note="Did not come", by=nurse, at=MONDAY)
    assert codes_of(case, nurse) == ["on-track"]
    lifecycle.move_case(child, the_move(child, "over"), by=nurse, at=TUESDAY)
    return case


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


def a_filled_in_form(case, nurse, at):
    form = case.version_map.forms["risk-assessment"]
    recording.complete_form(case, form, {"falls": "no"}, by=nurse, at=at)


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


# The next thing to do


def test_the_form_that_the_next_move_needs_is_offered_until_it_is_there(nurse):
    pathway = a_pathway(requires=[("form completed", {"form": "risk-assessment"})])
    case = mine(a_case(pathway), nurse)

    _, row = row_of(case, nurse)
    assert (row.next.text, row.next.url) == ("Fill in the Risk assessment", page("forms", case, "risk-assessment"))

    a_filled_in_form(case, nurse, MONDAY)
    assert row_of(case, nurse)[1].next.url == case.get_absolute_url()


def test_nobody_is_asked_to_fill_in_a_form_about_a_case_of_another_team(nurse):
    pathway = a_pathway(requires=[("form completed", {"form": "risk-assessment"})])
    inspector = in_group("inspector")

    _, row = row_of(a_case(pathway), inspector)

    assert (row.why, row.next.text) == (["Due 12 March 9am."], "Open the case")


def test_a_late_case_in_a_stage_that_waits_is_chased():
    clinician, case = a_member("clinic"), a_case()
    case = lifecycle.move_case(case, the_move(case, "review"), by=a_member("booking"), at=MONDAY)
    case = mine(case, clinician)

    assert row_of(case, clinician)[1].next.text == "Open the case"
    _, late = row_of(case, clinician, MONDAY + 20 * DAY)
    assert (late.next.text, late.next.url) == ("Ask what holds it up", page("chase", case))


def test_what_is_owed_comes_before_what_the_case_could_do_next(nurse):
    case = a_case(a_pathway(handoff="2 days"))
    to_do.add_task(case, "Ring", by=nurse, due_at=TUESDAY, at=MONDAY)

    codes, row = row_of(case, nurse)

    assert codes == ["nobodys", "task"]
    assert row.next.text == "Take it"
    assert row_of(mine(case, nurse), nurse)[1].next.text == "Do the task"


# Taking a case


def test_whoever_is_second_to_take_a_case_is_told_who_was_quicker(nurse):
    colleague, case = a_member("booking"), a_case()
    ownership.take_case(case, by=nurse)

    with pytest.raises(Refused) as refused:
        ownership.take_case(case, by=colleague)

    assert refused.value.reasons == ["Priya Shah has this case already. Ask them, or use “Give to…” on its page."]
    assert fresh(case).owner == nurse


# The registry


def test_every_reason_stands_in_the_registry_in_the_order_of_its_code():
    assert [*REASONS, Reason.ON_TRACK] == list(Reason)


def test_one_query_reads_all_that_a_row_shows(nurse, detour, django_assert_num_queries):
    reasons.rows(Case.objects.with_reasons(nurse, TUESDAY), nurse, TUESDAY)  # reads the maps

    with django_assert_num_queries(1):
        reasons.rows(Case.objects.visible_to(nurse).with_reasons(nurse, TUESDAY), nurse, TUESDAY)


def test_calendars_are_read_once_for_all_rows(nurse, django_assert_num_queries):
    pathway, later = a_pathway(limit="2 working days"), MONDAY + 20 * DAY
    for _ in range(3):
        mine(a_case(pathway), nurse)
    reasons.rows(Case.objects.with_reasons(nurse, later), nurse, later)

    with django_assert_num_queries(2):
        rows = reasons.rows(Case.objects.with_reasons(nurse, later), nurse, later)

    assert {row.why[0] for row in rows} == {"12 working days over its limit of 2."}
