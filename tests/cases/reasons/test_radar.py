"""The radar: what is wrong with a case before it is late; when each begins and ends, and what mends it."""

from datetime import timedelta

import pytest

from cases import detours, events, handoffs, lifecycle, to_do
from cases.models import Hold, Timer
from cases.reasons import Reason
from cases.watch import differing, timers
from tests.cases.reasons.asking import DAY, HOUR, SECOND, TUESDAY, codes_of, group_of, mine, page, row_of
from tests.factories import (
    MONDAY,
    a_case,
    a_detour_pathway,
    a_member,
    a_pathway,
    a_restricted_case,
    the_move,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def unlimited(nurse):
    """A case of the nurse in a stage that has no limit: nothing will bring it up again."""
    return mine(a_case(a_pathway(limit=None)), nurse)


# No next step


def test_a_case_that_nothing_will_bring_up_again_has_no_next_step(unlimited, nurse):
    codes, row = row_of(unlimited, nurse)

    assert codes == codes_of(unlimited, nurse) == ["no-step"]
    assert row.why == ["No next step: nothing is planned, and nobody will be told of it."]
    assert (row.next.text, row.next.url) == ("Plan the next step", page("tasks", unlimited))


def test_a_case_whose_limit_will_end_has_a_next_step(nurse):
    assert codes_of(mine(a_case(), nurse), nurse) == ["on-track"]


def test_a_task_with_a_date_is_a_next_step_until_it_is_done(unlimited, nurse):
    task = to_do.add_task(unlimited, "Ring", owner=nurse, by=nurse, due_at=MONDAY + 9 * DAY, at=MONDAY)
    Timer.objects.update(fires_at=None)  # not the timer that it has: the task itself
    assert codes_of(unlimited, nurse) == ["on-track"]
    to_do.complete_task(task, by=nurse, at=MONDAY + HOUR)
    assert codes_of(unlimited, nurse) == ["no-step"]


def test_a_task_without_a_date_is_no_next_step_since_nothing_ever_brings_it_up(unlimited, nurse):
    to_do.add_task(unlimited, "Ring", owner=nurse, by=nurse, due_at=None, at=MONDAY)
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


# Watched otherwise than the record says


@pytest.fixture
def wrong(nurse):
    """A case whose timer was lost, as the night has found."""
    case = mine(a_case(), nurse)
    Timer.objects.filter(case=case).update(fires_at=MONDAY + 90 * DAY)
    differing.keep(timers.rebuild(check=True))
    yield case
    differing.forget()


def test_a_case_whose_timer_differs_is_on_the_radar_until_it_is_set_right(wrong, nurse):
    other = mine(a_case(wrong.version.pathway), nurse)
    codes, row = row_of(wrong, nurse)

    assert (codes, codes_of(other, nurse)) == (["differs"], ["on-track"])
    assert row.why == ["Its dates are not watched as they should be: nobody may be told when it is late."]
    assert (row.next.text, row.next.url) == ("Set it right", page("set-right", wrong))
    assert len(differing.set_right(wrong, by=nurse)) == 1
    assert codes_of(wrong, nurse) == ["on-track"]
    assert timers.rebuild(check=True) == []


def test_a_closed_case_that_is_still_watched_is_on_the_radar_until_it_is_set_right(wrong, nurse):
    lifecycle.close_case(wrong, reason="Moved away", by=nurse, at=TUESDAY)
    Timer.objects.create(case=wrong, kind="stage", thing_id=wrong.entries.get().pk, fires_at=MONDAY)
    differing.keep(timers.rebuild(check=True))

    codes, row = row_of(wrong, nurse)

    assert codes == codes_of(wrong, nurse) == ["differs"]
    assert (row.next.text, row.next.url) == ("Set it right", page("set-right", wrong))
    assert len(differing.set_right(wrong, by=nurse)) == 1
    assert codes_of(wrong, nurse) == []


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
