"""The radar: what is wrong with a case before it is late; when each begins and ends, and what mends it."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from cases import detours, events, handoffs, lifecycle, my_day, results, to_do
from cases.models import Hold, Timer
from cases.reasons import Reason
from cases.watch import differing, timers
from pathways.models import Absence, Membership
from tests.cases.reasons.asking import DAY, HOUR, TUESDAY, codes_of, mine, page, row_of
from tests.factories import (
    MONDAY,
    a_case,
    a_detour_pathway,
    a_manager,
    a_member,
    a_pathway,
    a_restricted_case,
    the_move,
)

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


@pytest.fixture
def unlimited(nurse):
    """A case of the nurse in a stage that has no limit: nothing will bring it up again."""
    return mine(a_case(a_pathway(limit=None)), nurse)


def group_of(case, user, now=TUESDAY):
    """The group in which a case stands on somebody's day, if it does."""
    found = {row.case.pk: group.reason for group in my_day.my_day(user, now).groups for row in group.rows}
    return found.get(case.pk)


# No next step


def test_a_case_that_nothing_will_bring_up_again_has_no_next_step(unlimited, nurse):
    codes, row = row_of(unlimited, nurse)

    assert codes == codes_of(unlimited, nurse) == ["no-step"]
    assert row.why == ["No next step: nothing is planned, and nobody will be told of it."]
    assert (row.next.text, row.next.url) == ("Plan the next step", page("tasks", unlimited))


def test_a_case_whose_limit_will_end_has_a_next_step(nurse):
    assert codes_of(mine(a_case(), nurse), nurse) == ["on-track"]


def test_a_task_without_a_date_is_a_next_step_until_it_is_done(unlimited, nurse):
    task = to_do.add_task(unlimited, "Ring", owner=nurse, by=nurse, due_at=None, at=MONDAY)
    assert codes_of(unlimited, nurse) == ["on-track"]
    to_do.complete_task(task, by=nurse, at=MONDAY + HOUR)
    assert codes_of(unlimited, nurse) == ["no-step"]


def test_an_appointment_is_a_next_step_until_its_time(unlimited, nurse):
    expected = MONDAY + 3 * DAY
    events.book_appointment(unlimited, "first", expected, by=nurse, at=MONDAY)
    assert codes_of(unlimited, nurse, expected) == ["on-track"]
    assert codes_of(unlimited, nurse, expected + SECOND) == ["no-step"]


def test_an_appointment_that_was_cancelled_is_no_next_step(unlimited, nurse):
    booked = events.book_appointment(unlimited, "first", MONDAY + 3 * DAY, by=nurse, at=MONDAY)
    events.record_outcome(booked, "cancelled-by-us", by=nurse, at=MONDAY + HOUR)
    assert codes_of(unlimited, nurse) == ["no-step"]


def test_a_hold_is_a_next_step(unlimited, nurse):
    lifecycle.hold_case(unlimited, reason="Away", until=MONDAY + 9 * DAY, by=nurse, at=MONDAY)
    assert codes_of(unlimited, nurse) == ["on-track"]


def test_an_offer_is_a_next_step(nurse):
    case = mine(a_case(a_pathway(limit=None, handoff="2 days")), nurse)
    handoffs.offer(case, the_move(case, "review"), by=nurse, note="Please", at=MONDAY)
    assert codes_of(case, nurse) == ["on-track"]


def test_a_late_case_without_a_next_step_is_late_first_and_has_both_to_say(nurse):
    case = mine(a_case(a_pathway(ladder=[("breach", "after", "0 days")])), nurse)
    Timer.objects.filter(case=case).update(fires_at=None)
    codes, row = row_of(case, nurse, MONDAY + 12 * DAY)
    assert codes == ["breached", "no-step"]
    assert row.next.text == "Plan the next step"


def test_what_lacks_a_next_step_is_on_the_day_of_who_has_it_and_on_no_other(unlimited, nurse):
    assert group_of(unlimited, nurse) == Reason.NO_STEP
    colleague = a_member("booking")
    assert group_of(unlimited, colleague) is None
    lifecycle.assign_case(unlimited, None, by=nurse, at=MONDAY)
    assert group_of(unlimited, colleague) == Reason.NOBODYS


def test_what_another_team_has_is_not_on_my_radar(unlimited):
    assert codes_of(unlimited, a_member("imaging")) == ["on-track"]


# Whoever has it is not there


def an_absence(user, deputy=None):
    return Absence.objects.create(user=user, starts_at=MONDAY, ends_at=MONDAY + 5 * DAY, deputy=deputy)


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
    assert (row.next.text, row.next.url) == ("Chase Clinic team", page("chase", case))
    assert "not-accepted" not in codes_of(case, a_member("clinic"), MONDAY + after + SECOND)


# On hold for too long


def test_a_hold_past_its_ceiling_is_on_the_radar(nurse):
    case = mine(a_case(), nurse)
    lifecycle.hold_case(case, reason="Away", until=TUESDAY, by=nurse, at=MONDAY)
    assert codes_of(case, nurse, TUESDAY) == ["on-track"]

    codes, row = row_of(case, nurse, TUESDAY + SECOND)

    assert codes == codes_of(case, nurse, TUESDAY + SECOND) == ["hold-over"]
    assert row.why == ["Still on hold, although it was to resume today 9am."]
    assert (row.next.text, row.next.url) == ("Resume the case", page("resume", case))
    assert Hold.objects.get().ended_at is None


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
    assert ("Finish it or take it up", child.get_absolute_url()) in [(n.text, n.url) for n in (row.next, *row.also)]


def test_a_child_case_in_which_nothing_happens_for_four_weeks_is_forgotten_its_parent_is_not(family, nurse):
    case, child = family
    later = MONDAY + 28 * DAY
    assert "forgotten" not in codes_of(child, nurse, later)
    assert "forgotten" in codes_of(child, nurse, later + SECOND)
    assert "Nothing has happened in it for four weeks." in row_of(child, nurse, later + SECOND)[1].why
    assert "forgotten" not in codes_of(case, nurse, later + SECOND)
    events.record_contact(child, "phone", MONDAY.date(), text="Rang", by=nurse, at=MONDAY + DAY)
    assert "forgotten" not in codes_of(child, nurse, later + SECOND)


# Watched otherwise than the record says


@pytest.fixture
def wrong(nurse):
    """A case whose timer was lost, as the night has found."""
    case = mine(a_case(), nurse)
    Timer.objects.filter(case=case).update(fires_at=MONDAY + 90 * DAY)
    differing.keep(timers.rebuild(check=True))
    yield case
    cache.delete(differing._key())


def test_a_case_whose_timer_differs_is_on_the_radar_until_it_is_set_right(wrong, nurse):
    other = mine(a_case(wrong.version.pathway), nurse)
    codes, row = row_of(wrong, nurse)

    assert (codes, codes_of(other, nurse)) == (["differs"], ["on-track"])
    assert row.why == ["Its dates are not watched as they should be: nobody may be told when it is late."]
    assert (row.next.text, row.next.url) == ("Set it right", page("set-right", wrong))
    assert len(differing.set_right(wrong, by=nurse)) == 1
    assert codes_of(wrong, nurse) == ["on-track"]
    assert timers.rebuild(check=True) == []


def test_without_the_cache_nothing_is_said_to_differ(wrong, nurse, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    assert codes_of(wrong, nurse) == ["on-track"]


# No contact for 12 weeks


WEEKS_12 = timedelta(weeks=12)


@pytest.fixture
def waiting(nurse):
    """A case that waits for long."""
    return mine(a_case(a_pathway(limit="300 days")), nurse)


def test_a_patient_without_contact_for_12_weeks_is_on_the_radar(waiting, nurse):
    assert codes_of(waiting, nurse, MONDAY + WEEKS_12) == ["on-track"]

    codes, row = row_of(waiting, nurse, MONDAY + WEEKS_12 + DAY)

    assert codes == codes_of(waiting, nurse, MONDAY + WEEKS_12 + DAY) == ["no-contact"]
    assert row.why == ["No contact with the patient is recorded since it was opened on 2 March."]
    assert (row.next.text, row.next.url) == ("Record a contact", page("contacts", waiting))


@pytest.mark.parametrize("how", ["contact", "attended", "contact of a detour"])
def test_a_contact_or_an_appointment_that_was_attended_counts_for_12_weeks(nurse, how):
    pathway = a_pathway(limit="300 days", detours=[(a_detour_pathway(), {})])
    case = mine(a_case(pathway), nurse)
    on = MONDAY + 10 * DAY
    about = case
    if how == "contact of a detour":
        about = detours.take(case, case.version_map.detour_rules["dna"], note="x", by=nurse, at=MONDAY)
    if how == "attended":
        booked = events.book_appointment(case, "first", on, by=nurse, at=MONDAY)
        events.record_outcome(booked, "attended", by=nurse, at=on + HOUR)
    else:
        events.record_contact(about, "phone", on.date(), text="Rang", by=nurse, at=on)
    assert "no-contact" not in codes_of(case, nurse, on + WEEKS_12)
    assert "no-contact" in codes_of(case, nurse, on + WEEKS_12 + DAY)
    assert f"No contact with the patient since {on.day} March." in row_of(case, nurse, on + WEEKS_12 + DAY)[1].why


def test_a_missed_appointment_and_a_contact_that_was_struck_out_are_no_contact(waiting, nurse):
    on = MONDAY + 10 * DAY
    booked = events.book_appointment(waiting, "first", on, by=nurse, at=MONDAY)
    events.record_outcome(booked, "did-not-attend", by=nurse, at=on + HOUR)
    contact = events.record_contact(waiting, "phone", on.date(), text="Rang", by=nurse, at=on)
    events.strike(contact, by=nurse, why="Another patient")
    assert "no-contact" in codes_of(waiting, nurse, MONDAY + WEEKS_12 + DAY)


def test_a_restricted_case_is_on_the_radar_of_its_own_team_alone():
    case = a_restricted_case(a_pathway(limit=None))
    assert "no-step" in codes_of(case, a_member("booking"))
    assert codes_of(case, a_member("clinic")) == ["on-track"]


def test_the_reasons_of_the_radar_stand_behind_all_others():
    assert Reason.values[-1] == "on-track"
    assert Reason.values.index("back") < Reason.values.index("owner-gone")
