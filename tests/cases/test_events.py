"""Appointments, decisions and contacts: recorded once, never rewritten, struck out in the open."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from cases import codes, events, lifecycle
from cases.models import CaseEvent
from cases.refusals import Refused
from tests.factories import (
    MONDAY,
    PatientFactory,
    a_case,
    a_detour_pathway,
    a_manager,
    a_member,
    a_pathway,
    fresh,
    the_move,
)

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = MONDAY + 2 * DAY


@pytest.fixture
def caseworker():
    return a_member("booking")


@pytest.fixture
def case():
    return a_case()


def booked(case, by, *, kind="first", expected_at=LATER, at=MONDAY, **values):
    return events.book_appointment(case, kind, expected_at, by=by, at=at, **values)


def missed(appointment, by, outcome="did-not-attend", **values):
    return events.record_outcome(appointment, outcome, by=by, **{"at": appointment.appointment_at + HOUR, **values})


def with_a_detour(**rule):
    return a_pathway(detours=[(a_detour_pathway(), {"on_dna": True, **rule})])


# Appointments


def test_an_appointment_says_when_where_with_whom_and_how_the_patient_was_told(case, caseworker):
    event = booked(case, caseworker, where="Clinic 4", whom="Dr Rao", told="letter", text=" Bring your tablets. ")
    assert (event.kind, event.code, event.appointment_at, event.happened_on) == (
        "appointment",
        "first",
        LATER,
        MONDAY.date(),
    )
    assert event.data == {"where": "Clinic 4", "whom": "Dr Rao", "told": "letter"}
    assert (event.text, event.recorded_by, event.entry) == ("Bring your tablets.", caseworker, case.open_entry)


@pytest.mark.parametrize("outcome", codes.Outcome.values)
def test_an_outcome_is_recorded_of_its_appointment_on_its_day(case, caseworker, outcome):
    again_at = LATER + DAY if outcome == "rearranged" else None
    event = missed(booked(case, caseworker), caseworker, outcome, again_at=again_at).event
    assert (event.kind, event.code, event.about.code) == ("outcome", outcome, "first")
    assert event.happened_on == LATER.date()


@pytest.mark.parametrize("outcome", codes.KNOWN_AFTERWARDS)
def test_nobody_has_come_or_not_come_before_the_time_of_the_appointment(case, caseworker, outcome):
    with pytest.raises(Refused, match=r"on 4 March 2026, 9am\. Record afterwards"):
        missed(booked(case, caseworker), caseworker, outcome, at=LATER - HOUR)
    assert not CaseEvent.objects.filter(kind="outcome").exists()


@pytest.mark.parametrize("outcome", ["cancelled-by-patient", "cancelled-by-us"])
def test_a_cancelled_appointment_is_over_before_its_time_and_may_be_booked_again(case, caseworker, outcome):
    recorded = missed(booked(case, caseworker), caseworker, outcome, at=MONDAY + HOUR)
    assert recorded.event.happened_on == MONDAY.date()
    booked(case, caseworker)
    assert events.missed(case) == 0


def test_a_rearranged_appointment_books_the_new_one_in_the_same_act_and_is_not_missed(caseworker):
    case = a_case(with_a_detour())
    recorded = missed(booked(case, caseworker, where="Clinic 4"), caseworker, "rearranged", again_at=LATER + 7 * DAY)
    again = recorded.again
    assert (again.code, again.appointment_at, again.data) == ("first", LATER + 7 * DAY, {"where": "Clinic 4"})
    assert (events.missed(case), recorded.times_missed, case.children.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"again_at": None}, "Say when the new appointment is"),
        ({"again_at": LATER}, "at the same time as the old one"),
        ({"again_at": LATER + 800 * DAY}, "two years or more away"),
    ],
)
def test_a_rearranged_appointment_needs_another_time(case, caseworker, values, sentence):
    appointment = booked(case, caseworker)
    with pytest.raises(Refused, match=sentence):
        missed(appointment, caseworker, "rearranged", **values)
    assert not appointment.outcomes.exists()


def test_an_appointment_has_one_outcome(case, caseworker):
    appointment = booked(case, caseworker)
    missed(appointment, caseworker, "attended")
    with pytest.raises(Refused, match=f"{caseworker} has recorded the outcome already: Attended. Strike that one out"):
        missed(appointment, caseworker)


def test_what_is_sent_twice_is_recorded_once(case, caseworker):
    booked(case, caseworker)
    with pytest.raises(Refused, match="This appointment is booked already"):
        booked(case, caseworker)
    events.record_decision(case, "declined", MONDAY.date(), by=caseworker, told="phone", at=MONDAY)
    with pytest.raises(Refused, match="This decision is recorded already"):
        events.record_decision(case, "declined", MONDAY.date(), by=caseworker, told="letter", at=MONDAY)
    events.record_contact(case, "phone", MONDAY.date(), by=caseworker, text="Is well", at=MONDAY)
    with pytest.raises(Refused, match="This contact is recorded already"):
        events.record_contact(case, "phone", MONDAY.date(), by=caseworker, text="Is well ", at=MONDAY)
    events.record_contact(case, "phone", MONDAY.date(), by=caseworker, text="Rang again", at=MONDAY)
    assert case.events.count() == 4


def test_a_year_that_was_mistyped_is_refused(case, caseworker):
    with pytest.raises(Refused, match="two years or more away"):
        booked(case, caseworker, expected_at=MONDAY + 800 * DAY)


# Missed


@pytest.mark.parametrize("outcome", codes.MISSED)
def test_a_missed_appointment_begins_its_detour_whoever_may_take_it_by_hand(caseworker, outcome):
    case = a_case(with_a_detour(roles=["manager"]))
    recorded = missed(booked(case, caseworker), caseworker, outcome, text="Rang at 10am, no answer.")
    child = recorded.detour
    assert (child.parent, child.stage, child.detour.code, recorded.times_missed) == (case, "rang", "dna", 1)
    said = codes.Outcome(outcome).label
    assert child.notes.get().text == f"{said}: first appointment, 4 March 2026, 9am. Rang at 10am, no answer."
    assert (fresh(case).status, fresh(case).stage) == ("open", "triage"), "nobody is discharged by a count"


def test_a_second_one_is_counted_and_goes_into_the_detour_that_is_open(caseworker):
    case = a_case(with_a_detour())
    first = missed(booked(case, caseworker), caseworker)
    second = missed(booked(case, caseworker, expected_at=LATER + 7 * DAY), caseworker, "was-not-brought")
    assert (second.detour, second.times_missed, case.children.count()) == (first.detour, 2, 1)
    told = {note.text for note in first.detour.notes.all()}
    assert "Was not brought for the 2nd time: first appointment, 11 March 2026, 9am." in told


def test_when_the_first_detour_has_ended_another_one_begins(caseworker):
    case = a_case(with_a_detour())
    first = missed(booked(case, caseworker), caseworker).detour
    lifecycle.close_case(first, by=caseworker, reason="Offered again", at=LATER + DAY)
    second = missed(booked(case, caseworker, expected_at=LATER + 7 * DAY), caseworker)
    assert second.detour not in (None, first)
    assert second.times_missed == 2


def test_what_was_struck_out_or_rearranged_does_not_count(caseworker):
    case = a_case(with_a_detour())
    wrong = missed(booked(case, caseworker), caseworker).event
    events.strike(wrong, by=caseworker, why="She was in the waiting room")
    missed(wrong.about, caseworker, "attended")
    missed(booked(case, caseworker, expected_at=LATER + DAY), caseworker, "rearranged", again_at=LATER + 3 * DAY)
    assert events.missed(case) == 0
    assert missed(booked(case, caseworker, expected_at=LATER + 2 * DAY), caseworker).times_missed == 1


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: a_pathway(), "No detour is set up for a missed appointment in Triage. Decide what comes next."),
        (lambda: with_a_detour(on_dna=False), "No detour is set up for a missed appointment in Triage."),
        (lambda: with_a_detour(stages=["review"]), "No detour is set up for a missed appointment in Triage."),
    ],
)
def test_where_no_detour_is_set_up_it_is_said_and_the_outcome_recorded(caseworker, make, sentence):
    case = a_case(make())
    recorded = missed(booked(case, caseworker), caseworker)
    assert recorded.detour is None
    assert recorded.no_detour.startswith(sentence)
    assert (events.missed(case), case.children.count()) == (1, 0)


def test_a_detour_without_an_active_version_does_not_keep_the_outcome_off_the_record(caseworker):
    pathway = a_detour_pathway()
    case = a_case(a_pathway(detours=[(pathway, {"on_dna": True})]))
    version = pathway.active_version
    version.status, version.retired_at, version.retired_by = "retired", MONDAY, caseworker
    version.save()
    assert "Dna has no active version" in missed(booked(case, caseworker), caseworker).no_detour


def test_an_outcome_of_a_closed_case_is_recorded_and_begins_nothing(caseworker):
    case = a_case(with_a_detour())
    appointment = booked(case, caseworker)
    lifecycle.close_case(case, by=caseworker, reason="Moved away", at=MONDAY + DAY)
    assert missed(appointment, caseworker).no_detour == "The case is closed, so that no detour begins."
    with pytest.raises(Refused, match="This case is closed"):
        booked(case, caseworker, expected_at=LATER + DAY)


def test_a_patient_at_risk_is_flagged_where_the_detour_begins(caseworker):
    case = a_case(with_a_detour(), patient=PatientFactory(at_risk="has dementia and lives alone"))
    note = missed(booked(case, caseworker), caseworker).detour.notes.get()
    assert (
        "This patient is at risk: has dementia and lives alone. Was not brought may be a safeguarding matter."
    ) in note.text


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (1, ""),
        (2, " for the 2nd time"),
        (3, " for the 3rd time"),
        (4, " for the 4th time"),
        (11, " for the 11th time"),
        (13, " for the 13th time"),
        (21, " for the 21st time"),
        (112, " for the 112th time"),
    ],
)
def test_how_often_is_said_in_words(times, said):
    assert events.again(times) == said


# Decisions and contacts


@pytest.mark.parametrize("code", codes.Decision.values)
def test_every_decision_is_recorded_with_the_day_on_which_the_patient_knew(case, caseworker, code):
    told = "" if code in codes.NOTHING_TO_TELL else "phone"
    event = events.record_decision(
        case, code, date(2026, 2, 27), by=caseworker, told=told, text="By Dr Rao", at=MONDAY
    )
    assert (event.kind, event.code, event.happened_on, event.text) == (
        "decision",
        code,
        date(2026, 2, 27),
        "By Dr Rao",
    )
    assert event.data == ({"told": "phone"} if told else {})


@pytest.mark.parametrize("code", [code for code in codes.Decision if code not in codes.NOTHING_TO_TELL])
def test_a_decision_counts_only_when_the_patient_was_told(case, caseworker, code):
    with pytest.raises(Refused, match="Say how the patient was told"):
        events.record_decision(case, code, MONDAY.date(), by=caseworker, at=MONDAY)


@pytest.mark.parametrize(
    ("day", "sentence"),
    [(date(2026, 3, 3), "This date is in the future"), (date(1963, 5, 3), "before the patient was born")],
)
def test_a_day_that_cannot_be_is_refused(case, caseworker, day, sentence):
    with pytest.raises(Refused, match=sentence):
        events.record_decision(case, "died", day, by=caseworker, at=MONDAY)
    with pytest.raises(Refused, match=sentence):
        events.record_contact(case, "phone", day, by=caseworker, text="Is well", at=MONDAY)


def test_the_day_is_the_one_in_london(case, caseworker):
    late_in_the_evening = MONDAY.replace(month=6, hour=23, minute=30)  # midnight has passed in London
    events.record_decision(case, "died", date(2026, 6, 3), by=caseworker, at=late_in_the_evening)


def test_a_contact_says_what_was_said(case, caseworker):
    event = events.record_contact(case, "letter", MONDAY.date(), by=caseworker, text=" Wrote that we wait ", at=MONDAY)
    assert (event.kind, event.code, event.text) == ("contact", "letter", "Wrote that we wait")
    with pytest.raises(Refused, match="Say what was said or written"):
        events.record_contact(case, "phone", MONDAY.date(), by=caseworker, text=" ", at=MONDAY)


def test_decisions_and_contacts_may_be_recorded_after_the_case_has_closed(case, caseworker):
    lifecycle.close_case(case, by=caseworker, reason="Treated elsewhere", at=MONDAY)
    event = events.record_decision(case, "first-treatment", MONDAY.date(), by=caseworker, at=MONDAY + DAY)
    assert event.entry is None


# Struck out


def test_what_was_recorded_in_error_is_struck_out_and_stays_to_be_read(case, caseworker):
    event = events.record_decision(case, "died", MONDAY.date(), by=caseworker, at=MONDAY)
    struck = events.strike(event, by=caseworker, why=" It was the patient in the next bed ", at=MONDAY + HOUR)
    assert (struck.struck_at, struck.struck_by, struck.struck_why) == (
        MONDAY + HOUR,
        caseworker,
        "It was the patient in the next bed",
    )
    with pytest.raises(Refused, match=f"{caseworker} has struck this out"):
        events.strike(event, by=caseworker, why="Again")
    events.record_decision(case, "died", MONDAY.date(), by=caseworker, at=MONDAY + DAY)


def test_it_is_struck_out_by_who_recorded_it_or_by_a_manager(case, caseworker):
    event = events.record_decision(case, "died", MONDAY.date(), by=caseworker, at=MONDAY)
    with pytest.raises(PermissionDenied, match="by who recorded it, or by a manager of Booking team"):
        events.strike(event, by=a_member("booking"), why="Wrong")
    with pytest.raises(Refused, match="Say why it is struck out"):
        events.strike(event, by=caseworker, why=" ")
    assert events.strike(event, by=a_manager("booking"), why="Wrong").struck_at is not None


def test_what_something_rests_on_is_struck_out_last(case, caseworker):
    appointment = booked(case, caseworker)
    recorded = missed(appointment, caseworker, "rearranged", again_at=LATER + DAY)
    with pytest.raises(Refused, match="An outcome of this appointment is recorded"):
        events.strike(appointment, by=caseworker, why="Wrong")
    with pytest.raises(Refused, match="Another appointment was booked in its place"):
        events.strike(recorded.event, by=caseworker, why="Wrong")
    for event in (recorded.again, recorded.event, appointment):
        events.strike(event, by=caseworker, why="Wrong")
    with pytest.raises(Refused, match="has struck this out"):
        missed(appointment, caseworker)


def test_only_an_appointment_has_an_outcome(case, caseworker):
    event = events.record_decision(case, "died", MONDAY.date(), by=caseworker, at=MONDAY)
    with pytest.raises(Refused, match="Only an appointment has an outcome"):
        events.record_outcome(event, "attended", by=caseworker)


def test_the_database_lets_no_event_be_rewritten_or_deleted(case, caseworker):
    event = booked(case, caseworker)
    for change in (
        lambda: CaseEvent.objects.filter(pk=event.pk).update(code="test"),
        lambda: CaseEvent.objects.filter(pk=event.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="What happened"), transaction.atomic():
            change()


# Who may


@pytest.mark.parametrize(
    "act",
    [
        lambda case, event, by: events.book_appointment(case, "test", LATER + DAY, by=by, at=MONDAY),
        lambda case, event, by: events.record_outcome(event, "cancelled-by-us", by=by, at=MONDAY),
        lambda case, event, by: events.record_decision(case, "died", MONDAY.date(), by=by, at=MONDAY),
        lambda case, event, by: events.record_contact(case, "phone", MONDAY.date(), by=by, text="Is well", at=MONDAY),
        lambda case, event, by: events.strike(event, by=by, why="Wrong"),
    ],
    ids=["book", "outcome", "decision", "contact", "strike"],
)
def test_only_the_team_that_has_the_case_records_what_happened(case, caseworker, act):
    event = booked(case, caseworker)
    moved = lifecycle.move_case(case, the_move(case, "review"), by=caseworker, at=MONDAY + HOUR)
    for stranger in (caseworker, a_manager("imaging")):
        with pytest.raises(PermissionDenied, match="It is with Clinic team now"):
            act(moved, event, stranger)
    act(moved, event, a_manager("clinic"))
