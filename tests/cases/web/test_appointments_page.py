"""Appointments, decisions and contacts: their section on the case page, and the pages that record them."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from cases import events, lifecycle
from cases.showing import LONDON
from cases.web.time_input import TimeField, instant
from tests.cases.web.reading import reasons, words
from tests.factories import PatientFactory, a_case, a_detour_pathway, a_member, a_pathway, fresh

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DNA = {"on_dna": True, "name": "Did not attend", "code": "dna"}


@pytest.fixture
def case(db):
    """A case of a patient at risk, with a detour for missed appointments and a restricted one."""
    safeguarding = {"restricted": True, "name": "Raise a safeguarding concern"}
    detours = [(a_detour_pathway(), DNA), (a_detour_pathway("safeguarding", team="safeguarding"), safeguarding)]
    patient = PatientFactory(at_risk="Has dementia and lives alone")
    return a_case(a_pathway(detours=detours), at=timezone.now() - 3 * DAY, patient=patient)


@pytest.fixture
def appointment(case, caseworker):
    """A first appointment, an hour ago."""
    return a_booking(case, caseworker)


def a_booking(case, by, ago=HOUR, kind="first"):
    now = timezone.now()
    return events.book_appointment(case, kind, now - ago, by=by, at=now - 2 * DAY, where="Clinic 4", told="letter")


def address(name, case, *more):
    return reverse(name, args=[case.reference, *more])


def on(day, name):
    return {f"{name}_day": day.day, f"{name}_month": day.month, f"{name}_year": day.year}


def of_tomorrow():
    tomorrow = (timezone.now() + DAY).astimezone(LONDON).date()
    return tomorrow, instant(tomorrow, time(14, 30))


# Booking


def test_an_appointment_is_booked_and_stands_on_the_case_page(signed_in, case):
    day, when = of_tomorrow()
    sent = {"kind": "first", **on(day, "on"), "at": "2:30pm", "where": "Clinic 4", "whom": "Dr Rao", "told": "phone"}

    answer = signed_in.post(address("book_appointment", case), sent, follow=True)

    event = case.events.get()
    assert (event.code, event.appointment_at, event.data) == (
        "first",
        when,
        {"where": "Clinic 4", "whom": "Dr Rao", "told": "phone"},
    )
    assert "First appointment booked for" in words(answer)
    assert "Clinic 4 Dr Rao told by phone Rearranged or cancelled" in words(answer)
    assert "Did not attend… First appointment" not in words(answer), "its time has not come"


def test_what_is_missing_or_cannot_be_is_said(signed_in, case):
    assert reasons(signed_in.post(address("book_appointment", case), {})) == [
        "Choose an answer for “What is the appointment for?”.",
        "Fill in “On which date?”.",
        "Fill in “At what time?”.",
    ]
    day, _ = of_tomorrow()
    sent = {"kind": "first", **on(day, "on"), "at": "half past"}
    assert reasons(signed_in.post(address("book_appointment", case), sent)) == [
        "Write the time such as 2:30pm or 14:30."
    ]
    sent |= {"at": "2:30pm", "on_year": day.year + 3}
    assert reasons(signed_in.post(address("book_appointment", case), sent)) == [
        "This date is two years or more away. Check the year."
    ]


def test_nothing_is_booked_on_a_closed_case(signed_in, case, caseworker):
    lifecycle.close_case(case, by=caseworker, reason="Moved away")
    assert "This case is closed: no appointment is booked any more." in words(
        signed_in.get(address("book_appointment", case))
    )
    assert "Book an appointment" not in words(signed_in.get(case.get_absolute_url()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2:30pm", time(14, 30)),
        ("2.30 PM", time(14, 30)),
        ("9am", time(9)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("12:15am", time(0, 15)),
        ("14:30", time(14, 30)),
        ("00:05", time(0, 5)),
        ("midday", time(12)),
        ("Midnight", time(0)),
    ],
)
def test_a_time_of_day_as_people_write_it(text, expected):
    assert TimeField().clean(text) == expected


@pytest.mark.parametrize("text", ["9", "13pm", "0am", "25:00", "9:60", "9:5am", "٩am", "soon"])
def test_a_time_that_is_none(text):
    with pytest.raises(ValidationError, match=r"Write the time such as 2:30pm or 14:30\."):
        TimeField().clean(text)


def test_a_time_of_the_hospital_is_an_instant():
    assert instant(datetime(2026, 7, 1, tzinfo=UTC).date(), time(9)) == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert instant(None, time(9)) is None


# What came of it


def test_a_missed_appointment_is_two_clicks_from_the_case_page(signed_in, case, appointment):
    page = signed_in.get(case.get_absolute_url()).content.decode()
    link = f"{address('outcome', case, appointment.pk)}?outcome=did-not-attend"
    assert page.count(f'href="{link}"') == 2, "at the appointment, and among what goes wrong"

    page = signed_in.get(link).content.decode()
    assert 'value="did-not-attend"' in page.split("checked")[0].rsplit("<input", 1)[1]
    answer = signed_in.post(link, {"outcome": "did-not-attend"}, follow=True)

    child = case.children.get()
    assert f"Did not attend: recorded. {child} has begun, with Booking team." in words(answer)
    assert "This patient is at risk: Has dementia and lives alone. Think of safeguarding." in words(answer)
    assert "1 appointment missed on this case." in words(answer)
    assert "Did not attend: first appointment" in words(answer)


def test_the_page_tells_the_rules_who_is_at_risk_and_where_safeguarding_is(signed_in, case, appointment, caseworker):
    page = signed_in.get(address("outcome", case, appointment.pk))
    said = words(page)
    assert (
        "Important: This patient is at risk Has dementia and lives alone. Was not brought may be a safeguarding"
        in said
    )
    assert f'href="{address("detour", case, "safeguarding")}"' in page.content.decode()
    assert "A first appointment: if we can show that it was clearly communicated" in said
    assert "A later appointment:" not in said
    assert "A rule that discharges everybody after two missed appointments is not acceptable." in said
    later = a_booking(case, caseworker, kind="follow-up")
    said = words(signed_in.get(address("outcome", case, later.pk)))
    assert "A later appointment: the waiting time runs on, unless the patient is discharged." in said
    assert "A first appointment:" not in said


def test_the_second_time_is_said_and_the_open_detour_goes_on(signed_in, case, appointment, caseworker):
    events.record_outcome(a_booking(case, caseworker, ago=DAY), "was-not-brought", by=caseworker)
    page = address("outcome", case, appointment.pk)
    assert "1 appointment missed on this case before." in words(signed_in.get(page))

    answer = signed_in.post(page, {"outcome": "did-not-attend"}, follow=True)

    assert f"Did not attend for the 2nd time: recorded. {case.children.get()} goes on" in words(answer)
    assert "2 appointments missed on this case." in words(answer)


def test_a_rearranged_one_asks_for_the_new_time_only(signed_in, case, appointment):
    page = address("outcome", case, appointment.pk)
    assert reasons(signed_in.post(page, {"outcome": "rearranged"})) == [
        "Fill in “On which date is the new appointment?”.",
        "Fill in “At what time is the new appointment?”.",
    ]
    day, when = of_tomorrow()

    answer = signed_in.post(
        page, {"outcome": "rearranged", **on(day, "again_on"), "again_time": "2:30pm"}, follow=True
    )

    assert "Rearranged: recorded. The new appointment is on" in words(answer)
    assert "Nothing was missed." in words(answer)
    assert case.events.get(kind="appointment", about=None, appointment_at=when).data == {"where": "Clinic 4"}
    assert not case.children.exists()


def test_an_outcome_that_is_known_is_shown_instead_of_asked(signed_in, case, appointment, manager):
    page = address("outcome", case, appointment.pk)
    events.record_outcome(appointment, "attended", by=manager)
    assert "Grace Okafor has recorded the outcome: Attended." in words(signed_in.get(page))
    assert reasons(signed_in.post(page, {"outcome": "did-not-attend"})) == [
        "Grace Okafor has recorded the outcome already: Attended. Strike that one out first."
    ]


def test_who_did_not_come_is_known_only_afterwards(signed_in, case, caseworker):
    appointment = a_booking(case, caseworker, ago=-DAY)
    page = address("outcome", case, appointment.pk)
    assert "This appointment is still to come." in words(signed_in.get(page))
    (said,) = reasons(signed_in.post(page, {"outcome": "did-not-attend"}))
    assert said.endswith("Record afterwards whether the patient came.")


def test_one_that_was_booked_elsewhere_is_recorded_as_missed_in_one_act(signed_in, case):
    page = address("missed", case)
    assert f'href="{page}"' in signed_in.get(case.get_absolute_url()).content.decode()
    yesterday = (timezone.now() - DAY).astimezone(LONDON).date()
    sent = {"outcome": "was-not-brought", "kind": "test", **on(yesterday, "on"), "at": "10am", "told": "letter"}

    answer = signed_in.post(page, sent, follow=True)

    assert f"Was not brought: recorded. {case.children.get()} has begun" in words(answer)
    assert [event.code for event in case.events.order_by("pk")] == ["test", "was-not-brought"]


def test_one_that_is_to_come_was_not_missed_and_nothing_is_recorded(signed_in, case):
    day, _ = of_tomorrow()
    sent = {"outcome": "did-not-attend", "kind": "test", **on(day, "on"), "at": "10am"}
    assert "Record afterwards" in reasons(signed_in.post(address("missed", case), sent))[0]
    assert not case.events.exists()


# Decisions, contacts, and what was wrong


def test_a_decision_is_recorded_with_the_day_and_how_the_patient_was_told(signed_in, case):
    page, today = address("decision", case), timezone.localdate()
    sent = {"code": "not-to-treat", **on(today, "happened_on")}
    assert reasons(signed_in.post(page, sent)) == [
        "Say how the patient was told. It counts from the day on which they know."
    ]
    answer = signed_in.post(page, sent | {"told": "letter", "text": "By Dr Rao"}, follow=True)
    assert "Decision: decision not to treat" in words(answer)
    assert case.events.get().data == {"told": "letter"}


def test_a_contact_is_recorded(signed_in, case):
    sent = {"code": "phone", **on(timezone.localdate(), "happened_on"), "text": "She is well and waits."}
    answer = signed_in.post(address("contact", case), sent, follow=True)
    assert "The contact is recorded." in words(answer)
    assert "“She is well and waits.”" in words(answer)


def test_what_was_recorded_in_error_is_struck_out_and_asked_why(signed_in, case, appointment):
    page = address("strike", case, appointment.pk)
    assert f'href="{page}"' not in signed_in.get(case.get_absolute_url()).content.decode(), "first say what came of it"
    assert reasons(signed_in.post(page, {"why": " "})) == ["Fill in “Why is it struck out?”."]
    answer = signed_in.post(page, {"why": "It was another patient"}, follow=True)
    assert "is struck out. It stays to be read, and counts no more." in words(answer)
    assert "No appointment is booked." in words(answer)
    assert "has struck this out: It was another patient" in words(signed_in.get(page))


def test_others_of_the_team_read_it_and_are_told_who_may_strike_it_out(client, case, appointment):
    client.force_login(a_member("booking"))
    page = address("strike", case, appointment.pk)
    assert "This can be struck out by who recorded it, or by a manager of Booking team." in words(client.get(page))
    assert client.post(page, {"why": "Wrong"}).status_code == 403
    assert fresh(appointment).struck_at is None


@pytest.mark.parametrize("name", ["book_appointment", "missed", "decision", "contact", "outcome", "strike"])
@pytest.mark.parametrize(("who", "status"), [("inspector", 403), ("stranger", 404), ("nobody", 302)])
def test_only_the_team_of_the_case_comes_to_these_pages(client, case, appointment, request, name, who, status):
    if who != "nobody":
        client.force_login(request.getfixturevalue(who))
    page = address(name, case, *([appointment.pk] if name in ("outcome", "strike") else []))
    assert client.get(page).status_code == status
    assert client.post(page, {}).status_code == status
    assert case.events.count() == 1


def test_an_event_of_another_case_is_not_found(signed_in, case, caseworker):
    other = a_booking(a_case(case.version.pathway, at=timezone.now() - 3 * DAY), caseworker)
    for name in ("outcome", "strike"):
        assert signed_in.get(address(name, case, other.pk)).status_code == 404


def test_who_may_only_read_the_case_reads_what_is_booked_without_buttons(client, case, appointment, inspector):
    client.force_login(inspector)
    said = words(client.get(case.get_absolute_url()))
    assert "First appointment booked for" in said
    assert "Record what happened" not in said
    assert "Record a decision" not in said
