"""What the patient sees: their own words, and nothing that is meant for staff or for others."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cases import detours, events, lifecycle, recording
from cases.models import Case, StageEntry
from cases.watch import sweep
from pathways.models import system_user
from tests.cases.web.reading import words
from tests.factories import (
    PatientFactory,
    TeamFactory,
    a_case,
    a_detour_pathway,
    a_draft,
    a_manager,
    a_member,
    a_move,
    a_pathway,
    a_rule,
    a_stage,
    publish,
    the_move,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def pathway(db):
    """Referral → tests or decision → well (final), each with its wording but the referral's neighbour."""
    team = TeamFactory(code="booking")
    team.phone = "0300 123 4567, Monday to Friday 8am to 6pm"
    team.save()
    version = a_draft("clinic")
    referral = a_stage(version, "referral", is_first=True, patient_wording="We have your referral.")
    tests = a_stage(version, "tests", patient_wording="You need a test.")
    decision = a_stage(version, "decision", patient_wording="We decide with you.")
    well = a_stage(version, "well", limit=None, kind="final", patient_wording="You do not need us any more.")
    for source, target in ((referral, tests), (referral, decision), (referral, well), (tests, decision)):
        a_move(source, target)
    a_move(tests, referral)
    a_move(decision, well)
    safeguarding = a_detour_pathway("safeguarding", team="safeguarding")
    a_rule(version, safeguarding, name="Safeguarding", restricted=True)
    return publish(version)


@pytest.fixture
def case(pathway, now):
    patient = PatientFactory(given_name="Ada", family_name="Brook")
    return a_case(pathway, at=now - 12.5 * DAY, patient=patient)


def page(client, case):
    return client.get(reverse("patient_page", args=[case.reference]))


def test_it_says_where_they_are_and_whom_to_ask(signed_in, case):
    said = words(page(signed_in, case))

    assert "Ada Brook" in said
    assert "Where you are now We have your referral." in said
    assert "Ask Booking team: 0300 123 4567, Monday to Friday 8am to 6pm ." in said
    assert f"Tell them this number, so that they find you quickly: {case.reference}." in said
    assert "Ring us, or 111 at any time. In an emergency, call 999." in said


def test_it_says_what_may_come_next_but_never_an_end(signed_in, case, caseworker):
    said = words(page(signed_in, case))
    assert "The next thing that you hear from us may be: “You need a test.” “We decide with you.”" in said
    assert "You do not need us any more." not in said

    lifecycle.move_case(case, the_move(case, "tests"), by=caseworker)
    said = words(page(signed_in, case))
    # And not the way back.
    assert "For many people the next thing that they hear from us is: “We decide with you.”" in said


def test_it_says_what_was_before(signed_in, case, caseworker):
    lifecycle.move_case(case, the_move(case, "tests"), by=caseworker)

    said = words(page(signed_in, case)).split("What has happened so far")[1]

    assert "We have your referral." in said
    assert "You need a test." not in said


def test_appointments_to_come_are_on_it_and_no_others(signed_in, case, caseworker, now):
    def booked(at, where):
        return events.book_appointment(case, events.Appointment.FIRST, at, by=caseworker, where=where)

    booked(now - DAY, "Past clinic")
    events.strike(booked(now + 2 * DAY, "Wrong clinic"), by=caseworker, why="Another patient.")
    events.record_outcome(booked(now + 3 * DAY, "Off clinic"), events.Outcome.CANCELLED_BY_US, by=caseworker)
    booked(now + 4 * DAY, "Right clinic")

    said = words(page(signed_in, case))

    assert "Right clinic" in said
    for other in ("Past clinic", "Wrong clinic", "Off clinic"):
        assert other not in said


def test_nothing_that_is_meant_for_staff_is_on_it(signed_in, case, caseworker, now):
    manager = a_manager("booking", first_name="Grace", last_name="Okafor")
    sweep.run(now)
    recording.write_note(case, "The family is difficult.", by=caseworker)
    lifecycle.assign_case(case, caseworker, by=caseworker)
    detours.take(case, case.version_map.detour_rules["safeguarding"], by=caseworker, note="A bruise.")
    lifecycle.hold_case(case, reason="Cannot be reached.", until=now + DAY, by=caseworker)

    said = words(page(signed_in, case)).lower()

    for word in (*("difficult", "safeguarding", "bruise", "reached", "hold", "late", "limit", "escalat", "over"),):
        assert f" {word}" not in said, word
    assert str(manager).lower() not in said
    assert str(caseworker).lower() not in said


def test_a_closed_case_says_how_it_ended_and_still_whom_to_ask(signed_in, case, caseworker):
    lifecycle.move_case(case, the_move(case, "well"), by=caseworker)

    said = words(page(signed_in, case))

    assert "How it ended You do not need us any more." in said
    assert "What comes next" not in said
    assert "Ask Booking team" in said


def test_a_stage_without_wording_says_who_looks_after_them(signed_in):
    case = a_case(a_pathway())

    said = words(page(signed_in, case))

    assert "You are being looked after by Booking team. Ask them what is happening now." in said
    assert "We will tell you what comes next." in said
    assert "Their number is on the letters that you have from us." in said
    assert "Ring 111 at any time." in said


def test_a_case_without_a_patient_is_printed_for_nobody(signed_in, case):
    Case.objects.filter(pk=case.pk).update(patient=None, log_id="visit 17")

    said = words(page(signed_in, case))

    assert "names no patient, so that there is nobody to print this for" in said
    assert "We have your referral." not in said


def test_nothing_is_printed_from_a_restricted_case(client, case, caseworker):
    child = detours.take(case, case.version_map.detour_rules["safeguarding"], by=caseworker, note="A bruise.")
    client.force_login(a_member("safeguarding"))

    said = words(page(client, child))
    assert "Nothing is printed for the patient from a restricted case" in said
    assert "Brook" not in said

    client.force_login(caseworker)
    assert page(client, child).status_code == 404


# How long people usually wait ----------------------------------------------------------------------------------------


@pytest.fixture
def waited(pathway, now):
    """Give stays in the first stage that took these times and have ended."""

    def give(*lengths):
        stage = pathway.active_version.stages.get(code="referral")
        for length in lengths:
            case = a_case(pathway, at=now - length - DAY)
            entry = case.entries.get()
            entry.left_at, entry.left_by = now - DAY, system_user()
            entry.save(update_fields=["left_at", "left_by"])
            assert StageEntry.objects.filter(stage=stage, left_at__isnull=False).exists()

    return give


def test_how_long_people_usually_wait_is_the_middle_half_of_those_who_did(signed_in, case, waited):
    waited(*(days * DAY for days in range(1, 21)))

    assert "People usually wait between 5 and 16 days here." in words(page(signed_in, case))


def test_it_is_left_out_while_too_few_have_waited(signed_in, case, waited):
    waited(*(days * DAY for days in range(1, 20)))

    assert "People usually wait" not in words(page(signed_in, case))


def test_it_is_left_out_when_the_case_is_closed(signed_in, case, waited, caseworker):
    waited(*[3 * DAY] * 25)
    lifecycle.move_case(case, the_move(case, "well"), by=caseworker)

    assert "People usually wait" not in words(page(signed_in, case))
