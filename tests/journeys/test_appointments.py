"""A patient does not come; somebody worries about a patient; a patient gets worse: each recorded in two clicks."""

import os
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from cases import events, lifecycle, recording
from cases.models import Case
from pathways import exchange
from pathways.models import Pathway, Role, Team, system_user
from portal.models import User
from tests import browser
from tests.cases.test_worker import a_worker, until
from tests.factories import PatientFactory, a_case, a_member, fresh, the_move
from tests.mail_server import MailServer
from tests.pathways.walking import filled_in

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHIPPED = ("safeguarding", "urgent-review", "dna", "elective-18-weeks")


@dataclass
class Clinic:
    """A clinic on the shipped pathway for elective care, and those who help it when something goes wrong."""

    nurse: User
    manager: User
    lead: User  # of safeguarding
    responder: User  # of acute response

    def case(self, family_name, **patient):
        """A case that has waited for the specialist since yesterday."""
        patient = PatientFactory(given_name="Test", family_name=family_name, **patient)
        case = a_case(Pathway.objects.get(code="elective-18-weeks"), at=timezone.now() - 2 * DAY, patient=patient)
        by, form = system_user(), case.version_map.forms["referral"]
        recording.complete_form(case, form, filled_in(form), by=by, at=timezone.now() - 2 * DAY)
        for stage in ("triage", "awaiting-specialist-review"):
            case = lifecycle.move_case(case, the_move(case, stage), by=by, at=timezone.now() - DAY)
        return fresh(case)

    def appointment(self, case, ago=2 * HOUR):
        now = timezone.now()
        return events.book_appointment(case, "first", now - ago, by=self.nurse, where="Clinic 4", told="letter")


@pytest.fixture
def clinic(transactional_db):
    files = [exchange.LIBRARY / f"{code}.yaml" for code in SHIPPED]
    call_command("load_pathway", *files, stdout=StringIO(), stderr=StringIO())

    def of(team, role, first, last):
        return a_member(Team.objects.get(code=team), role, first_name=first, last_name=last)

    return Clinic(
        nurse=of("specialist-clinic", Role.CASEWORKER, "Priya", "Shah"),
        manager=of("specialist-clinic", Role.MANAGER, "Grace", "Okafor"),
        lead=of("safeguarding-team", Role.MANAGER, "Ama", "Boateng"),
        responder=of("acute-response", Role.MANAGER, "Tom", "Reid"),
    )


def given_i_am_on_the_page_of(page, case, user):
    browser.begin(page, user, case.get_absolute_url())
    then_all_is_well(page)


def then_all_is_well(page):
    browser.then_the_page_is_accessible(page)
    browser.then_the_page_fits_a_phone(page)
    if folder := os.environ.get("MIDWATCH_SHOTS"):
        page.screenshot(path=f"{folder}/{len(os.listdir(folder)):02}.png", full_page=True)


def then_i_am_told(page, *sentences):
    for sentence in sentences:
        expect(page.get_by_role("alert")).to_contain_text(sentence)


# A patient did not come


def test_a_patient_did_not_come_to_the_first_appointment(page, clinic):
    case = clinic.case("Absent", at_risk="Has dementia and lives alone")
    clinic.appointment(case)
    given_i_am_on_the_page_of(page, case, clinic.nurse)

    when_i_say_that_the_patient_did_not_come(page)
    then_the_page_tells_who_is_at_risk_and_what_the_rules_are(page)
    page.get_by_role("button", name="Save the outcome").click()

    child = case.children.get()
    then_i_am_told(page, "Did not attend: recorded.", "has begun, with Booking office.", "Think of safeguarding.")
    then_all_is_well(page)
    assert (child.stage, fresh(case).stage, fresh(case).status) == ("missed", "awaiting-specialist-review", "open")
    assert "This patient is at risk: Has dementia and lives alone." in child.notes.get().text


def when_i_say_that_the_patient_did_not_come(page):
    page.get_by_role("link", name="Did not attend… First appointment").click()


def then_the_page_tells_who_is_at_risk_and_what_the_rules_are(page):
    expect(page.get_by_label("Did not attend")).to_be_checked()
    expect(page.get_by_text("Has dementia and lives alone. Was not brought may be")).to_be_visible()
    expect(page.get_by_role("link", name="Raise a safeguarding concern").first).to_be_visible()
    page.get_by_text("What counts as missed, and what follows").click()
    expect(page.get_by_text("Midwatch discharges nobody by itself.")).to_be_visible()
    then_all_is_well(page)


def test_an_appointment_is_booked_rearranged_and_missed_the_second_time(page, clinic):
    case = clinic.case("Twice")
    events.record_outcome(clinic.appointment(case, ago=3 * HOUR), "was-not-brought", by=clinic.nurse)
    given_i_am_on_the_page_of(page, case, clinic.nurse)

    when_i_book(page, timezone.now() + DAY, "2:30pm")
    then_i_am_told(page, "First appointment booked for")
    page.get_by_role("link", name="Rearranged or cancelled").click()
    when_i_rearrange_it(page, timezone.now() + 2 * DAY, "9am")
    then_i_am_told(page, "Rearranged: recorded.", "Nothing was missed.")
    assert events.missed(case) == 1

    clinic.appointment(case)
    page.reload()
    when_i_say_that_the_patient_did_not_come(page)
    expect(page.get_by_text("1 appointment missed on this case before.")).to_be_visible()
    page.get_by_role("button", name="Save the outcome").click()
    then_i_am_told(page, "Did not attend for the 2nd time: recorded.", "goes on, with Booking office.")
    then_all_is_well(page)


def when_i_book(page, day, time):
    page.get_by_role("link", name="Book an appointment…").click()
    then_all_is_well(page)
    page.get_by_role("button", name="Save the appointment").click()
    expect(page.get_by_role("alert")).to_contain_text("Fill in “On which date?”.")
    then_all_is_well(page)
    page.get_by_label("First appointment").check()
    fill_date(page, "On which date?", day)
    page.get_by_label("At what time?").fill(time)
    page.get_by_role("button", name="Save the appointment").click()


def when_i_rearrange_it(page, day, time):
    expect(page.get_by_label("At what time is the new appointment?")).to_be_hidden()
    page.get_by_label("Rearranged").check()
    fill_date(page, "On which date is the new appointment?", day)
    page.get_by_label("At what time is the new appointment?").fill(time)
    then_all_is_well(page)
    page.get_by_role("button", name="Save the outcome").click()


def fill_date(page, label, day):
    group = page.get_by_role("group", name=label)
    for part, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        group.get_by_label(part).fill(str(value))


def test_a_decision_is_recorded_and_struck_out_again(page, clinic):
    case = clinic.case("Decided")
    given_i_am_on_the_page_of(page, case, clinic.nurse)
    page.get_by_role("link", name="Record a decision…").click()
    then_all_is_well(page)
    page.get_by_label("What was decided?").select_option(label="Decision not to treat")
    fill_date(page, "On which date?", timezone.localdate())
    page.get_by_role("button", name="Save the decision").click()
    expect(page.get_by_role("alert")).to_contain_text("Say how the patient was told.")
    then_all_is_well(page)
    page.get_by_label("How was the patient told?").select_option(label="By letter")
    page.get_by_role("button", name="Save the decision").click()
    then_i_am_told(page, "Decision: decision not to treat")

    page.get_by_role("link", name="Recorded in error").click()
    then_all_is_well(page)
    page.get_by_label("Why is it struck out?").fill("It was another patient.")
    page.get_by_role("button", name="Strike it out").click()
    then_i_am_told(page, "is struck out. It stays to be read, and counts no more.")
    expect(page.get_by_role("region", name="Appointments and decisions")).not_to_contain_text("not to treat")
    then_all_is_well(page)


# Somebody worries


def test_a_safeguarding_concern_is_raised_in_two_clicks_and_seen_by_the_right_people_only(page, clinic):
    case = clinic.case("Quiet")
    given_i_am_on_the_page_of(page, case, clinic.nurse)

    page.get_by_role("link", name="Raise a safeguarding concern…").click()
    expect(page.get_by_text("Told at once by e-mail: Ama Boateng.")).to_be_visible()
    then_all_is_well(page)
    when_i_write_the_concern(page)
    page.get_by_role("button", name="Record “Raise a safeguarding concern”").click()
    then_i_am_told(page, "“Raise a safeguarding concern” has begun, with Safeguarding team. Only they see it.")

    child = case.children.get()
    then_nothing_of_it_is_seen_by_others(page, child)
    for other in (clinic.manager, clinic.responder):
        when_somebody_else_signs_in(page, other)
        then_nothing_of_it_is_seen_by_others(page, child)

    when_somebody_else_signs_in(page, clinic.lead)
    then_it_is_seen(page, child)


def when_i_write_the_concern(page):
    page.get_by_label("An adult who needs care and support").check()
    page.get_by_label("What was seen, and what was said?").fill("A bruise on the left arm. “I fell”, she said.")
    page.get_by_role("group", name="Is somebody in danger now?").get_by_label("No").check()
    page.get_by_role("group", name="Does the person, or the parent, know").get_by_label("Yes").check()


def when_somebody_else_signs_in(page, user):
    page.get_by_role("button", name="Sign out").click()
    browser.begin(page, user)


def then_nothing_of_it_is_seen_by_others(page, child):
    reference = child.reference
    parent = child.parent.get_absolute_url()
    assert page.goto(child.get_absolute_url()).status == 404
    page.goto(parent)
    assert reference not in page.content()
    assert "bruise" not in page.content()
    page.goto("/my-day/")
    assert reference not in page.content()
    when_i_search_for(page, reference)
    expect(page.get_by_role("link", name=reference)).to_have_count(0)
    assert page.request.get(f"/api/v1/cases/{reference}/").status == 404
    assert reference not in page.request.get("/api/v1/cases/").text()
    assert reference not in page.request.get(f"/api/v1{parent}").text()


def when_i_search_for(page, words):
    page.goto("/cases/")
    page.get_by_label("Search by name, NHS number or reference").fill(words)
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def then_it_is_seen(page, child):
    when_i_search_for(page, child.reference)
    page.get_by_role("link", name=child.reference).first.click()
    expect(page.get_by_text("Only the teams that have it can see this case.")).to_be_visible()
    assert page.request.get(f"/api/v1/cases/{child.reference}/").status == 200
    then_all_is_well(page)
    page.get_by_role("link", name="Safeguarding concern filled in").click()
    expect(page.get_by_text("A bruise on the left arm.")).to_be_visible()
    then_all_is_well(page)


# A patient gets worse


def test_a_patient_who_gets_worse_comes_first_in_two_clicks_and_the_managers_are_told_at_once(page, clinic, tmp_path):
    case = clinic.case("Worse")
    given_i_am_on_the_page_of(page, case, clinic.nurse)
    server, log = MailServer(), tmp_path / "worker.log"

    with server.running(), a_worker(server, log) as worker:
        until(lambda: "ready." in log.read_text(), worker, log)
        page.get_by_role("link", name="Urgent clinical escalation…").click()
        then_i_read_what_it_presses(page)
        when_i_record_the_score(page)
        then_i_am_told(page, "has begun: Urgent clinical escalation.", "This case is urgent now, and due on")
        until(lambda: len(server.mails) == 2, worker, log)

    then_all_is_well(page)
    child = case.children.get()
    assert fresh(case).priority == Case.Priority.URGENT
    subjects = {mail["To"]: mail["Subject"] for mail in server.mails}
    assert subjects == {
        clinic.responder.email: f"Urgent: {child}, Urgent clinical escalation, look at it now",
        clinic.manager.email: f"Urgent: {case}, Urgent clinical escalation, look at it now",
    }
    for mail in server.mails:
        said = mail.as_string().lower()
        assert not any(word in said for word in ("worse", case.patient.nhs_number, "pale"))


def then_i_read_what_it_presses(page):
    expect(page.get_by_text("This case is due by")).to_be_visible()
    expect(page.get_by_text("This case is urgent, and comes first on every list")).to_be_visible()
    expect(page.get_by_text("Told at once by e-mail: Tom Reid, Grace Okafor.")).to_be_visible()
    expect(page.get_by_label("What is the worry?")).to_be_hidden()
    then_all_is_well(page)


def when_i_record_the_score(page):
    page.get_by_label("No score, but somebody is worried").check()
    page.get_by_label("What is the worry?").fill("Very pale, says nothing.")
    page.get_by_label("At what time was it measured").fill("2:30pm")
    page.get_by_label("Who has been told, and how?").fill("The nurse in charge, by telephone")
    page.get_by_role("button", name="Record “Urgent clinical escalation”").click()


@pytest.mark.browser
def test_all_of_it_works_without_javascript_on_a_phone(chromium, live_server, clinic):
    case = clinic.case("Plain")
    clinic.appointment(case)
    context = chromium.new_context(
        base_url=live_server.url, viewport=browser.PHONE, java_script_enabled=False, locale="en-GB"
    )
    try:
        page = context.new_page()
        page.set_default_timeout(15_000)
        browser.begin(page, clinic.nurse, case.get_absolute_url())
        when_i_say_that_the_patient_did_not_come(page)
        expect(
            page.get_by_text("Answer this only if the answer to “What happened?” is “Rearranged”.").first
        ).to_be_visible()
        page.get_by_role("button", name="Save the outcome").click()
        then_i_am_told(page, "Did not attend: recorded.")

        page.get_by_role("link", name="Urgent clinical escalation…").click()
        when_i_record_the_score(page)
        then_i_am_told(page, "This case is urgent now")
    finally:
        context.close()
    assert case.children.count() == 2
