"""The radar: cases that depend on somebody who is not there, or did not answer; when each begins and ends."""

import pytest

from cases import detours, events, handoffs, lifecycle, results, to_do
from cases.reasons import Reason
from pathways.models import Absence, Membership
from tests.cases.reasons.asking import DAY, HOUR, SECOND, TUESDAY, codes_of, group_of, mine, page, row_of
from tests.factories import (
    MONDAY,
    TeamFactory,
    a_case,
    a_detour_pathway,
    a_manager,
    a_member,
    a_pathway,
    fresh,
    the_move,
)

pytestmark = pytest.mark.django_db


# Whoever has it is not there


def an_absence(user, deputy=None):
    return Absence.objects.create(user=user, starts_at=MONDAY, ends_at=MONDAY + 5 * DAY, deputy=deputy)


def join(user, team):
    Membership.objects.create(user=user, team=TeamFactory(code=team), role="caseworker")


def test_a_case_of_somebody_who_is_away_without_a_deputy_is_for_the_managers_to_give_away(nurse):
    case, manager = mine(a_case(), nurse), a_manager("booking")
    an_absence(nurse)

    codes, row = row_of(case, manager)

    assert codes == codes_of(case, manager) == ["owner-gone"]
    assert row.why == ["Priya Shah has it, who is away until 7 March 2026, 9am, and nobody stands in."]
    assert (row.next.text, row.next.url) == ("Give it to somebody", page("assign", case))
    assert (group_of(case, manager), group_of(case, nurse)) == (Reason.OWNER_GONE, Reason.ON_TRACK)


def test_a_deputy_stands_in_unless_their_account_is_closed(nurse):
    case, deputy = mine(a_case(), nurse), a_member("booking")
    an_absence(nurse, deputy)
    assert codes_of(case, nurse) == ["on-track"]
    deputy.is_active = False
    deputy.save()
    assert codes_of(case, nurse) == ["owner-gone"]


def test_a_deputy_who_is_away_too_stands_in_only_if_there_is_somebody_in_their_place(nurse):
    case, deputy, second = mine(a_case(), nurse), a_member("booking"), a_member("booking")
    an_absence(nurse, deputy)
    away = an_absence(deputy)
    assert codes_of(case, second) == ["owner-gone"]
    for stands_in, codes in ((second, ["on-track"]), (nurse, ["owner-gone"])):
        away.deputy = stands_in
        away.save()
        assert codes_of(case, a_member("booking")) == codes


def why_of(case, user):
    return row_of(case, user)[1].why


def test_a_deputy_of_another_team_does_not_stand_in_and_the_row_says_so(nurse):
    case_of_imaging = a_case(a_pathway("scan", team="imaging"))
    join(nurse, "imaging")
    imaging, booking = mine(case_of_imaging, nurse), mine(a_case(), nurse)
    manager, deputy = a_manager("imaging"), a_member("booking", first_name="Owen", last_name="Price")
    an_absence(nurse, deputy)

    assert codes_of(imaging, manager) == ["owner-gone"]
    assert group_of(imaging, manager) == Reason.OWNER_GONE
    assert why_of(imaging, manager) == [
        "Priya Shah has it, who is away until 7 March 2026, 9am, and their deputy Owen Price is not in Imaging team."
    ]
    assert (codes_of(booking, nurse), group_of(booking, deputy)) == (["on-track"], Reason.STAND_IN)
    join(deputy, "imaging")
    assert (codes_of(imaging, nurse), group_of(imaging, fresh(deputy))) == (["on-track"], Reason.STAND_IN)
    Membership.objects.filter(user=deputy).delete()
    assert codes_of(imaging, nurse) == codes_of(booking, nurse) == ["owner-gone"]


@pytest.mark.parametrize("ends", ["with nobody", "with who is away too", "in a circle", "in another team"])
def test_a_chain_of_deputies_that_ends_with_nobody_who_is_there_covers_nothing(nurse, ends):
    case, deputy, second = mine(a_case(), nurse), a_member("booking"), a_member("booking")
    an_absence(nurse, deputy)
    an_absence(deputy, second)
    assert (codes_of(case, nurse), group_of(case, second)) == (["on-track"], Reason.STAND_IN)
    if ends == "in another team":
        Membership.objects.filter(user=second).delete()
        join(second, "imaging")
    else:
        last = {"with nobody": None, "with who is away too": a_member("booking"), "in a circle": deputy}[ends]
        an_absence(second, last)

    assert codes_of(case, nurse) == ["owner-gone"]
    assert why_of(case, nurse)[0].endswith(f"and their deputy {deputy} is away too.")


def test_a_deputy_whose_account_is_closed_is_named(nurse):
    case = mine(a_case(), nurse)
    deputy = a_member("booking", first_name="Owen", last_name="Price", is_active=False)
    an_absence(nurse, deputy)
    assert why_of(case, nurse)[0].endswith("and the account of their deputy Owen Price is closed.")


def test_an_absence_counts_from_its_first_moment_and_before_its_end(nurse):
    case = mine(a_case(), nurse)
    absence = an_absence(nurse)
    for now, code in (
        (absence.starts_at - SECOND, "on-track"),
        (absence.starts_at, "owner-gone"),
        (absence.ends_at - SECOND, "owner-gone"),
        (absence.ends_at, "on-track"),
    ):
        assert codes_of(case, nurse, now) == [code], now


def test_a_case_of_somebody_whose_account_is_closed_or_who_left_the_team_is_on_the_radar(nurse):
    case, leaver = mine(a_case(), nurse), a_member("booking", first_name="Lee", last_name="Moss")
    other = mine(a_case(case.version.pathway), leaver)
    nurse.is_active = False
    nurse.save()
    Membership.objects.filter(user=leaver).delete()
    colleague = a_member("booking")
    assert row_of(case, colleague)[1].why == ["Priya Shah has it, whose account is closed."]
    assert row_of(other, colleague)[1].why == ["Lee Moss has it, who is not in Booking team any more."]


# Handed over and never accepted


@pytest.mark.parametrize(("handoff", "after"), [("2 days", 2 * DAY), (None, 7 * DAY)])
def test_an_offer_that_nobody_answers_is_on_the_radar_after_its_time(nurse, handoff, after):
    case = mine(a_case(a_pathway(handoff="2 days", limit="90 days")), nurse)
    offer = handoffs.offer(case, the_move(case, "review"), by=nurse, note="Please", at=MONDAY)
    if handoff is None:
        type(offer).objects.update(due_at=None)
    assert codes_of(case, nurse, MONDAY + after) == ["on-track"]

    codes, row = row_of(case, nurse, MONDAY + after + SECOND)

    assert codes == ["not-accepted"]
    assert row.why[0] == "Handed over and never accepted."
    assert (row.next.text, row.next.url) == ("Go to the offer", f"{case.get_absolute_url()}#offer")
    assert [(also.text, also.url) for also in row.also] == [("Chase Clinic team", page("chase", case))]
    assert "not-accepted" not in codes_of(case, a_member("clinic"), MONDAY + after + SECOND)


# A result that lies unread


def test_a_result_unread_past_its_time_is_on_the_radar_of_the_team_and_needs_another_reader(nurse):
    case, reader = mine(a_case(), nurse), a_member("booking", first_name="Tom", last_name="Reid")
    result = results.request_result(case, "Echo", reader, by=nurse, at=MONDAY)
    result = results.record_arrival(result, "Normal", by=nurse, at=MONDAY)
    due_at = type(result).objects.get().due_at
    assert codes_of(case, nurse, due_at) == ["on-track"]

    codes, row = row_of(case, nurse, due_at + SECOND)

    assert codes == ["unread"]
    assert row.why == ["Result not read: Tom Reid was to read Echo by today 9am."]
    assert (row.next.text, row.next.url) == ("Choose another reader", page("results", case, result.pk, "reader"))
    codes, row = row_of(case, reader, due_at + SECOND)
    assert (codes, len(row.why), row.next.text) == (["result", "unread"], 1, "Read the result")
    assert group_of(case, nurse, due_at + SECOND) == Reason.ON_TRACK, "it is not the nurse's to read"


def test_of_two_results_it_says_that_of_a_colleague_although_ones_own_is_older(nurse):
    case, other = mine(a_case(), nurse), a_member("booking", first_name="Tom", last_name="Reid")
    for what, reader, at in (("Echo", nurse, MONDAY), ("CT", other, MONDAY + HOUR)):
        result = results.request_result(case, what, reader, by=nurse, at=MONDAY)
        result = results.record_arrival(result, "Normal", by=nurse, at=at)

    codes, row = row_of(case, nurse, result.due_at + SECOND)

    assert codes == ["result", "unread"]
    assert "Result not read: Tom Reid was to read CT by today 10am." in row.why
    assert page("results", case, result.pk, "reader") in [n.url for n in (row.next, *row.also)]


def test_a_result_that_came_after_the_case_was_closed_lies_unread_all_the_same(nurse):
    case, reader = mine(a_case(), nurse), a_member("booking", first_name="Tom", last_name="Reid")
    result = results.request_result(case, "Echo", reader, by=nurse, at=MONDAY)
    lifecycle.close_case(case, reason="Moved away", by=nurse, at=MONDAY + HOUR)
    result = results.record_arrival(result, "Normal", by=nurse, at=MONDAY + DAY)
    assert codes_of(case, nurse, result.due_at) == []

    codes, row = row_of(case, nurse, result.due_at + SECOND)

    assert codes == codes_of(case, nurse, result.due_at + SECOND) == ["unread"]
    assert (row.next.text, row.next.url) == ("Choose another reader", page("results", case, result.pk, "reader"))
    results.change_reader(result, nurse, why="Tom is away", by=nurse)
    assert codes_of(case, nurse, result.due_at + SECOND) == ["result", "unread"]


# A child case that was forgotten


@pytest.fixture
def family(nurse):
    """A case with a detour that is open."""
    case = mine(a_case(a_pathway(detours=[(a_detour_pathway(), {"blocks_closing": False})])), nurse)
    child = detours.take(case, case.version_map.detour_rules["dna"], note="Did not come", by=nurse, at=MONDAY)
    return case, mine(child, nurse)


def test_a_child_case_of_a_closed_case_is_forgotten(family, nurse):
    case, child = family
    assert "forgotten" not in codes_of(child, nurse)
    lifecycle.close_case(case, reason="Moved away", by=nurse, at=TUESDAY)

    codes, row = row_of(child, nurse)

    assert "forgotten" in codes
    assert "Still open, although the case it belongs to is closed." in row.why
    assert ("Finish it", child.get_absolute_url()) in [(n.text, n.url) for n in (row.next, *row.also)]


def test_a_child_case_in_which_nothing_happens_for_four_weeks_is_forgotten_its_parent_is_not(family, nurse):
    case, child = family
    later = MONDAY + 28 * DAY
    assert "forgotten" not in codes_of(child, nurse, later)
    assert "forgotten" in codes_of(child, nurse, later + SECOND)
    row = row_of(child, nurse, later + SECOND)[1]
    assert "Nothing has happened in it for four weeks, and nothing is planned." in row.why
    assert "Finish it or plan the next step" in [found.text for found in (row.next, *row.also)]
    assert "forgotten" not in codes_of(case, nurse, later + SECOND)
    events.record_contact(child, "phone", MONDAY.date(), text="Rang", by=nurse, at=MONDAY + DAY)
    assert "forgotten" not in codes_of(child, nurse, later + SECOND)


LATER = MONDAY + 29 * DAY  # four weeks and a day after the child case was opened


def a_task(child, nurse):
    to_do.add_task(child, "Ring", owner=nurse, by=nurse, due_at=LATER + DAY, at=MONDAY)


def an_appointment(child, nurse):
    events.book_appointment(child, "first", LATER + DAY, by=nurse, at=MONDAY)


def a_hold(child, nurse):
    lifecycle.hold_case(child, reason="Away", until=LATER + DAY, by=nurse, at=MONDAY)


@pytest.mark.parametrize("plan", [a_task, an_appointment, a_hold])
def test_a_child_case_for_which_something_is_planned_is_not_forgotten_until_that_has_passed(family, nurse, plan):
    _, child = family
    plan(child, nurse)
    assert "forgotten" not in codes_of(child, nurse, LATER + DAY)
    assert "forgotten" in codes_of(child, nurse, LATER + DAY + SECOND)


def test_an_appointment_that_was_cancelled_and_a_task_without_a_date_plan_nothing(family, nurse):
    _, child = family
    booked = events.book_appointment(child, "first", LATER + DAY, by=nurse, at=MONDAY)
    events.record_outcome(booked, "cancelled-by-us", by=nurse, at=MONDAY)
    to_do.add_task(child, "Ring", owner=nurse, by=nurse, due_at=None, at=MONDAY)
    assert "forgotten" in codes_of(child, nurse, LATER)


def test_a_task_that_is_added_a_hold_that_ends_and_a_result_that_is_read_show_that_it_was_taken_up(family, nurse):
    _, child = family
    result = results.request_result(child, "Echo", nurse, by=nurse, at=MONDAY)
    lifecycle.hold_case(child, reason="Away", until=LATER + 9 * DAY, by=nurse, at=MONDAY)

    lifecycle.resume_case(child, by=nurse, at=MONDAY + 5 * DAY)
    assert "forgotten" not in codes_of(child, nurse, MONDAY + 33 * DAY)
    assert "forgotten" in codes_of(child, nurse, MONDAY + 33 * DAY + SECOND)
    to_do.add_task(child, "Ring", owner=nurse, by=nurse, due_at=None, at=MONDAY + 10 * DAY)
    assert "forgotten" not in codes_of(child, nurse, MONDAY + 38 * DAY)
    assert "forgotten" in codes_of(child, nurse, MONDAY + 38 * DAY + SECOND)
    result = results.record_arrival(result, "Normal", by=nurse, at=MONDAY + 15 * DAY)
    results.read_result(result, by=nurse, at=MONDAY + 20 * DAY)
    assert "forgotten" not in codes_of(child, nurse, MONDAY + 48 * DAY)
    assert "forgotten" in codes_of(child, nurse, MONDAY + 48 * DAY + SECOND)
