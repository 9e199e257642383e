"""Everything that happened to a case, in one list: complete, in order, told to each reader as far as it is theirs."""

from datetime import timedelta

import pytest
import time_machine

from cases import case_record, detours, events, handoffs, lifecycle, recording, results, to_do
from cases.models import Notice, Override, Patient
from cases.timeline import Kind, timeline
from cases.watch import escalations, sweep
from pathways import groups
from tests.factories import (
    MONDAY,
    PatientFactory,
    a_case,
    a_detour_pathway,
    a_manager,
    a_member,
    a_pathway,
    fresh,
    in_group,
    the_move,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = MONDAY + 20 * DAY


@pytest.fixture
def caseworker(db):
    return a_member("booking", first_name="Priya", last_name="Shah")


@pytest.fixture
def case(db):
    rules = [
        (a_detour_pathway(), {"name": "Did not attend", "clock": "held", "hold_amount": 10, "hold_unit": "days"}),
        (a_detour_pathway("safeguarding", team="safeguarding"), {"name": "Safeguarding", "restricted": True}),
    ]
    return a_case(a_pathway(detours=rules))


def told(case, reader, kind=None, now=NOW):
    return [item for item in timeline(case_record.read(fresh(case), reader), now) if kind in (None, item.kind)]


def titles(case, reader, kind=None, now=NOW):
    return [item.title for item in told(case, reader, kind, now)]


def test_a_new_case_tells_that_it_was_opened(case, caseworker):
    [opened] = told(case, caseworker)

    assert (opened.at, opened.title, opened.kind) == (MONDAY, "Triage", Kind.MOVES)
    assert opened.about == ("Case opened, with Booking team", "here for 20 days")


def test_a_move_tells_its_note_and_how_long_the_stay_lasted(case, caseworker):
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker, note="The letter is here.", at=MONDAY + 2 * DAY)

    review, triage = told(case, caseworker)

    assert (review.title, review.text, review.by) == ("Review", "The letter is here.", caseworker)
    assert review.about == ("Move to Review, with Clinic team", "here for 18 days")
    assert triage.about[1] == "stayed 2 days"


def test_a_move_without_a_note_does_not_say_its_own_name_twice(case, caseworker):
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker, at=MONDAY + DAY)

    assert told(case, caseworker)[0].text == ""


def test_closing_and_reopening_tell_their_reasons(case, caseworker):
    lifecycle.close_case(case, by=caseworker, reason="Moved away.", at=MONDAY + DAY)
    lifecycle.reopen_case(case, by=a_manager("booking"), reason="Came back.", at=MONDAY + 2 * DAY)

    assert [(item.title, item.text) for item in told(case, caseworker)] == [
        ("Triage", "Came back."),
        ("Closed", "Moved away."),
        ("Triage", ""),
    ]


def test_the_end_of_the_journey_is_one_item(case, caseworker):
    lifecycle.move_case(case, the_move(case, "done"), by=caseworker, note="All well.", at=MONDAY + DAY)

    end, _ = told(case, caseworker)

    assert (end.title, end.text, end.about[1]) == ("Done", "All well.", "the journey ended")


def test_an_overridden_requirement_is_marked_on_its_move(caseworker):
    case = a_case(a_pathway(requires=[("note written", {})]))
    recording.write_note(case, "Rang.", by=caseworker, at=MONDAY)
    move = the_move(case, "review")
    lifecycle.move_case(case, move, by=caseworker, at=MONDAY + DAY)
    [requirement] = move.requirements.all()
    values = {"sentence": "Write a note first.", "reason": "No time.", "overridden_by": caseworker}
    Override.objects.create(case=case, entry=case.open_entry, requirement=requirement, **values)

    [marked] = [item for item in told(case, caseworker) if item.tag]

    assert (marked.title, marked.text) == ("Moved although this was not met: Write a note first.", "No time.")


def test_a_hold_begins_and_ends(case, caseworker):
    lifecycle.hold_case(case, reason="On holiday.", until=MONDAY + 9 * DAY, by=caseworker, at=MONDAY + DAY)
    lifecycle.resume_case(case, by=caseworker, at=MONDAY + 3 * DAY)

    ended, begun = told(case, caseworker, Kind.HOLDS)

    assert (begun.title, begun.text, begun.about) == (
        "Put on hold",
        "On holiday.",
        ("at most until 11 March 2026, 9am",),
    )
    assert (ended.title, ended.at) == ("Hold ended after 2 days", MONDAY + 3 * DAY)


def test_an_escalation_tells_who_was_told_and_what_they_answered(case, caseworker):
    a_manager("booking", first_name="Grace", last_name="Okafor")
    sweep.run(MONDAY + 8 * DAY + HOUR)
    Notice.objects.update(sent_at=MONDAY + 8 * DAY + 2 * HOUR, sent_to="grace@trust.example")
    escalations.acknowledge(case.escalations.get(), by=caseworker, answer="I ring them.", at=MONDAY + 9 * DAY)

    answered, reached = told(case, caseworker, Kind.ESCALATIONS)

    assert reached.about == ("level 1, in Triage", "told Grace Okafor")
    assert (answered.title, answered.text, answered.by) == ("Answered: Warn", "I ring them.", caseworker)


def test_appointments_decisions_and_contacts_are_told_and_what_is_struck_out_stays_to_be_read(case, caseworker):
    first = events.book_appointment(
        case, events.Appointment.FIRST, MONDAY + 5 * DAY, by=caseworker, where="Clinic 3", at=MONDAY + DAY
    )
    events.record_outcome(first, events.Outcome.ATTENDED, by=caseworker, at=MONDAY + 6 * DAY)
    spoken = events.record_contact(
        case, events.Contact.PHONE, (MONDAY + DAY).date(), by=caseworker, text="Rang.", at=MONDAY + 7 * DAY
    )
    events.strike(spoken, by=caseworker, why="Another patient.", at=MONDAY + 8 * DAY)

    contact, outcome, booked = told(case, caseworker, Kind.CONTACTS)

    assert (booked.title, booked.about) == ("First appointment booked for 7 March 2026, 9am", ("Clinic 3",))
    assert outcome.title == "Attended: first appointment, 7 March 2026, 9am"
    assert contact.about == ("on 3 March 2026, recorded later",)
    assert (contact.struck, contact.text) == ((MONDAY + 8 * DAY, caseworker, "Another patient."), "Rang.")


def test_handoffs_tell_what_was_asked_and_answered(caseworker):
    case = a_case(a_pathway(handoff="2 days"))
    nurse = a_member("clinic")
    offer = handoffs.offer(case, the_move(case, "review"), by=caseworker, note="Needs a lift.", at=MONDAY + DAY)
    handoffs.decline(offer, by=nurse, why="Nobody is free.", at=MONDAY + 2 * DAY)

    answer, offered = told(case, caseworker, Kind.HANDOFFS)

    assert (offered.title, offered.text) == ("Offered to Clinic team", "Needs a lift.")
    assert (answer.title, answer.text, answer.by) == ("Clinic team declined it", "Nobody is free.", nurse)


def test_who_had_it_is_told_by_its_changes(case, caseworker):
    colleague = a_member("booking", first_name="Tom", last_name="Reid")
    lifecycle.assign_case(case, caseworker, by=caseworker, at=MONDAY + DAY)
    lifecycle.assign_case(case, colleague, by=caseworker, note="I am on leave.", at=MONDAY + 2 * DAY)
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker, at=MONDAY + 3 * DAY)  # it is taken from him

    found = told(case, caseworker, Kind.OWNERS)

    assert [(item.at - MONDAY, item.title, item.text) for item in found] == [
        (2 * DAY, "Given to Tom Reid", "I am on leave."),
        (DAY, "Priya Shah took it", ""),
    ]


def test_a_change_of_the_patients_record_is_told(case, caseworker):
    case.patient = PatientFactory()
    case._history_user, case._change_reason = caseworker, "One person, two records."
    case.save()

    [moved] = told(case, caseworker, Kind.OWNERS)

    assert (moved.title, moved.text) == ("Moved to another record of the patient", "One person, two records.")
    assert Patient.objects.count() == 2


def test_tasks_results_forms_documents_and_notes_are_told(case, caseworker):
    at = MONDAY + DAY
    to_do.complete_task(to_do.add_task(case, "Ring", by=caseworker, at=at), by=caseworker, outcome="Done.", at=at)
    with time_machine.travel(at, tick=False):
        result = results.request_result(case, "Echo", caseworker, by=caseworker)
        results.record_arrival(result, "Normal.", by=caseworker)
    recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=caseworker, at=at)
    recording.attach_document(case, "Letter.pdf", b"%PDF-1.7", by=caseworker, at=at)
    recording.write_note(case, "Rang the family.", by=caseworker, at=at)

    assert titles(case, caseworker, Kind.TASKS) == [
        "Result arrived: Echo",
        "Result asked for: Echo",
        "Done: Ring",
        "Task: Ring",
    ]
    assert titles(case, caseworker, Kind.PAPERS) == ["Letter.pdf attached", "Risk assessment filled in"]
    assert [note.text for note in told(case, caseworker, Kind.NOTES)] == ["Rang the family."]


def test_everything_stands_in_the_order_of_time_the_newest_first(case, caseworker):
    recording.write_note(case, "First.", by=caseworker, at=MONDAY + DAY)
    lifecycle.hold_case(case, reason="Away.", until=MONDAY + 9 * DAY, by=caseworker, at=MONDAY + 2 * DAY)
    lifecycle.resume_case(case, by=caseworker, at=MONDAY + 3 * DAY)
    recording.write_note(case, "Second.", by=caseworker, at=MONDAY + 4 * DAY)

    times = [item.at for item in told(case, caseworker)]

    assert times == sorted(times, reverse=True)
    assert len(times) == 5


# What is not everybody's ---------------------------------------------------------------------------------------------


def test_a_detour_begins_and_ends(case, caseworker):
    child = detours.take(case, case.version_map.detour_rules["dna"], by=caseworker, note="Was not there.", at=MONDAY)
    lifecycle.move_case(child, the_move(child, "over"), by=caseworker, at=MONDAY + DAY)

    ended, begun = told(case, caseworker, Kind.DETOURS)

    assert (begun.title, ended.title) == (f"Did not attend began: {child}", f"Did not attend ended: {child}")
    assert ended.url == child.get_absolute_url()


def test_a_restricted_detour_is_in_no_word_of_the_list_for_those_who_may_not_see_it(case, caseworker):
    rule = case.version_map.detour_rules["safeguarding"]
    rule.clock, rule.hold_amount, rule.hold_unit = "held", 10, "days"  # in memory: the strictest case
    child = detours.take(case, rule, by=caseworker, note="A bruise.", at=MONDAY + DAY)
    lead = a_manager("safeguarding")
    lifecycle.move_case(child, the_move(child, "over"), by=lead, at=MONDAY + 2 * DAY)

    everything = str([(item.title, item.text, item.about, item.url) for item in told(case, caseworker)])

    assert titles(case, caseworker, Kind.DETOURS) == []
    for word in ("afeguarding", child.reference, "bruise"):
        assert word not in everything
    assert titles(case, in_group(groups.INSPECTOR), Kind.DETOURS) == [
        f"Safeguarding ended: {child}",
        f"Safeguarding began: {child}",
    ]


def test_a_detour_with_a_team_one_is_not_in_is_named_and_no_more(caseworker):
    case = a_case(a_pathway(detours=[(a_detour_pathway(team="dna-office"), {"name": "Did not attend"})]))
    child = detours.take(case, case.version_map.detour_rules["dna"], by=caseworker, note="Not there.", at=MONDAY)

    [begun] = told(case, caseworker, Kind.DETOURS)

    assert (begun.url, begun.about) == ("", ("with a team you are not in",))
    assert begun.title == f"Did not attend began: {child}"


def test_becoming_urgent_is_told_without_the_detour_that_made_it_so(case, caseworker):
    case.priority = 1
    case._history_user, case._change_reason = caseworker, "Safeguarding"
    case.save()

    [urgent] = told(case, caseworker, Kind.DETOURS)

    assert (urgent.title, urgent.by, urgent.text) == ("Became urgent", caseworker, "")
