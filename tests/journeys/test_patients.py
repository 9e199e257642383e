"""One patient, two records: found, changed, merged, and taken apart; another team asked; a result that lies unread."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases import patients, results
from cases.watch import sweep
from pathways.models import Role, Team
from tests import browser
from tests.factories import PatientFactory, a_case, a_member, a_pathway, fresh


@pytest.fixture
def pathway(transactional_db):
    return a_pathway("falls", handoff="2 days")


@pytest.fixture
def caseworker(pathway):
    return a_member("booking", first_name="Priya", last_name="Shah")


@pytest.fixture
def manager(pathway):
    return a_member("booking", Role.MANAGER, first_name="Grace", last_name="Okafor")


@pytest.fixture
def joan(pathway):
    """Joan Abbott, whose case came into triage three days ago."""
    patient = PatientFactory(family_name="Abbott", given_name="Joan", born_on="1963-05-04", nhs_number="9990000018")
    a_case(pathway, at=timezone.now() - timedelta(days=3), patient=patient)
    return fresh(patient)


@pytest.fixture
def page_without_script(chromium, live_server):
    context = chromium.new_context(base_url=live_server.url, viewport=browser.DESK, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()


def test_a_patient_entered_twice_becomes_one_and_two_again(page, joan, caseworker, manager):
    given_i_am(page, caseworker)
    when_i_enter_a_new_patient(page, family_name="Abbot", given_name="Joan")
    expect(page.get_by_role("heading", name="Is it one of these?")).to_be_visible()
    expect(page.get_by_text("ABBOTT, Joan", exact=True)).to_be_visible()
    then_all_is_well(page)

    page.get_by_label("None of these: enter a new patient").check()
    page.get_by_role("button", name="Open the case").click()
    then_it_says(page, "is open in Triage, with Booking team.")
    page.get_by_role("link", name="About this patient").click()
    then_all_is_well(page)
    expect(page.get_by_role("link", name="Merge with another record…")).to_have_count(0)
    twin = page.url

    given_i_am(page, manager)
    page.goto(twin)
    page.get_by_role("link", name="Merge with another record…").click()
    then_all_is_well(page)
    page.get_by_label("NHS number of the other record").fill("999 000 0018")
    page.get_by_role("button", name="Find the other record").click()
    then_all_is_well(page)
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("table", name="The two records side by side")).to_be_visible()
    then_all_is_well(page)
    expect(page.get_by_label("ABBOTT, Joan, with an NHS number")).to_be_checked()
    page.get_by_label("How do you know that both are one person?").fill("Same address and GP")
    page.get_by_role("button", name="Merge these records").click()
    then_it_says(page, "Merged. All cases are with the record of ABBOTT, Joan.")
    expect(page.get_by_role("region", name="Cases that you may see").get_by_role("link")).to_have_count(2)
    then_all_is_well(page)

    page.get_by_role("link", name="Take them apart again").click()
    then_all_is_well(page)
    page.get_by_label("Why are they taken apart again?").fill("They are sisters")
    page.get_by_role("button", name="Take them apart").click()
    then_it_says(page, "Taken apart again")
    expect(page.get_by_role("region", name="Cases that you may see").get_by_role("link")).to_have_count(1)


def test_what_two_people_change_at_once_is_not_lost(page, joan, caseworker, manager):
    given_i_am(page, caseworker)
    page.goto(f"/patients/{joan.pk}/change/")
    then_all_is_well(page)
    page.get_by_label("What they need").fill("Needs an interpreter (Polish)")
    page.get_by_label("Why is it changed?").fill("As her son told us")
    somebody_else_has_changed(joan, by=manager)

    page.get_by_role("button", name="Save").click()
    expect(
        page.get_by_text("Grace Okafor has changed “why they are at risk” since you opened this page")
    ).to_be_visible()
    then_all_is_well(page)
    expect(page.get_by_label("What they need")).to_have_value("Needs an interpreter (Polish)")
    expect(page.get_by_label("Why they are at risk")).to_have_value("Lives alone")
    page.get_by_role("button", name="Save").click()
    then_it_says(page, "Saved what is known of ABBOTT, Joan.")

    page.goto(joan.cases.get().get_absolute_url())
    expect(page.get_by_text("At risk: Lives alone")).to_be_visible()
    then_all_is_well(page)


def test_a_second_case_is_opened_only_when_it_is_meant(page_without_script, joan, caseworker):
    page = page_without_script
    given_i_am(page, caseworker)
    page.goto("/cases/open/")
    page.get_by_label("NHS number").fill("999 000 0018")
    page.get_by_role("button", name="Find the patient").click()
    expect(page.get_by_text("This patient is on this pathway already.")).to_be_visible()
    page.get_by_role("button", name="Open the case").click()
    expect(page.get_by_role("link", name="Tick “Open another case all the same")).to_be_visible()
    assert joan.cases.count() == 1
    page.get_by_label("Open another case all the same").check()
    page.get_by_role("button", name="Open the case").click()
    then_it_says(page, "is open in Triage, with Booking team.")
    assert joan.cases.count() == 2


@pytest.mark.parametrize("script", [True, False])
def test_another_team_is_asked_and_answers(page, page_without_script, joan, caseworker, script):
    page = page if script else page_without_script
    clinician = a_member("clinic", first_name="Ada", last_name="Reed")
    case = joan.cases.get()
    given_i_am(page, caseworker)
    page.goto(case.get_absolute_url())
    page.get_by_role("link", name="Ask another team…").click()
    expect(page.get_by_label("What do you ask them?")).to_have_value(re_contains("has been in Triage since"))
    if script:
        then_all_is_well(page)
    page.get_by_label("Which team?").select_option("Clinic team")
    page.get_by_role("button", name="Send").click()
    then_it_says(page, "Clinic team is asked to answer by")

    given_i_am(page, clinician)
    page.goto("/my-day/")
    page.goto(f"{case.get_absolute_url()}tasks/{case.tasks.get().pk}/")
    expect(page.get_by_text("Please tell us what holds it up")).to_be_visible()
    if script:
        then_all_is_well(page)
    page.get_by_label("What came of it?").fill("Seen on Monday")
    page.get_by_role("button", name="Done").click()
    then_it_says(page, "is done.")
    assert page.goto(case.get_absolute_url()).status == 404, "what is done is no reason to read the case any more"


def test_an_agency_without_accounts_is_written_to(page, joan, caseworker):
    Team.objects.create(
        code="care",
        name="Social care",
        phone="0300 123 4567",
        email="care@council.example",
        organisation=Team.objects.get(code="booking").organisation,
    )
    given_i_am(page, caseworker)
    page.goto(f"{joan.cases.get().get_absolute_url()}chase/")
    page.get_by_label("Which team?").select_option("Social care")
    page.get_by_role("button", name="Send").click()
    then_it_says(page, "Social care does not work with Midwatch. Ring or write to them")
    expect(page.get_by_role("link", name="care@council.example")).to_be_visible()
    expect(page.get_by_text("0300 123 4567")).to_be_visible()
    then_all_is_well(page)


def test_a_result_that_lies_unread_is_given_to_who_is_there_and_read(page, joan, caseworker, manager):
    case = joan.cases.get()
    result = results.request_result(case, "Echo", caseworker, by=manager, read_within_days=1)
    results.record_arrival(result, "A shadow.", by=manager)
    given_i_am(page, manager)
    page.goto(case.get_absolute_url())
    page.get_by_role("link", name="Close here…").click()
    page.get_by_label("Why is the case closed here?").fill("Moved away")
    page.get_by_role("button", name="Close the case").click()
    expect(page.get_by_text("“Echo” has arrived and was not read. Priya Shah reads it")).to_be_visible()

    page.goto(case.get_absolute_url())
    page.get_by_role("link", name="Give it to another reader").click()
    page.get_by_label("Who reads it?").select_option("Grace Okafor")
    page.get_by_label("Why?").fill("Priya is away")
    then_all_is_well(page)
    page.get_by_role("button", name="Save").click()
    then_it_says(page, "Grace Okafor reads “Echo”.")
    page.get_by_role("link", name="Read it…").click()
    then_all_is_well(page)
    page.get_by_role("button", name="I have read it").click()
    then_it_says(page, "You have read “Echo”.")
    sweep.run(timezone.now() + timedelta(days=9))
    assert not case.escalations.filter(kind="result").exists()


def given_i_am(page, user):
    page.context.clear_cookies()
    browser.begin(page, user)


def when_i_enter_a_new_patient(page, *, family_name, given_name):
    page.goto("/cases/open/")
    page.get_by_role("button", name="Find the patient").click()
    page.get_by_label("Family name").fill(family_name)
    page.get_by_label("Given names").fill(given_name)
    for part, value in (("Day", "4"), ("Month", "5"), ("Year", "1963")):
        page.get_by_label(part, exact=True).fill(value)
    page.get_by_role("button", name="Open the case").click()


def somebody_else_has_changed(patient, *, by):
    patients.change_patient(patient, by=by, at_risk="Lives alone", reason="Told by the ward")


def re_contains(words):
    return re.compile(re.escape(words))


def then_it_says(page, words):
    expect(page.get_by_role("alert").first).to_contain_text(words)


def then_all_is_well(page):
    browser.then_the_page_is_accessible(page)
    browser.then_the_page_fits_a_phone(page)
