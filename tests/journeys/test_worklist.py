"""The worklist in a browser: searched, narrowed, saved; a leaver's forty cases handed over; with JavaScript and
without, on a desk and on a phone.
"""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases import lifecycle, to_do
from cases.models import ListExport
from tests import browser
from tests.factories import PatientFactory, a_case, a_manager, a_member, a_pathway, fresh

NUMBER = "9991234594"
DAY = timedelta(days=1)


@pytest.fixture
def office(transactional_db):
    """A booking office: Sam, who leaves with forty cases, Ceri, who gets them, and their manager."""
    pathway = a_pathway()
    people = {
        "sam": a_member("booking", first_name="Sam", last_name="Leaver"),
        "ceri": a_member("booking", first_name="Ceri", last_name="Colleague"),
        "manager": a_manager("booking", first_name="Grace", last_name="Okafor"),
    }
    for number in range(40):
        patient = PatientFactory(given_name="Test", family_name=f"Patient{number}")
        case = a_case(pathway, at=timezone.now() - number % 14 * DAY, patient=patient)
        lifecycle.assign_case(case, people["sam"], by=people["sam"])
    to_do.add_task(case, "Ring the patient", owner=people["sam"], by=people["sam"])
    patient = PatientFactory(given_name="Margaret", family_name="Johnson", nhs_number=NUMBER)
    people["johnson"] = a_case(pathway, at=timezone.now(), patient=patient)
    return people


def given_the_worklist(page, office, who="manager"):
    browser.begin(page, office[who])
    page.get_by_role("link", name="Cases", exact=True).click()
    expect(page.locator("#list-count")).to_contain_text("41 cases")
    browser.settle(page)  # no person is quicker than the script


def when_i_choose(page, label, choice):
    page.get_by_label(label, exact=True).select_option(label=choice)


def when_i_search(page, words):
    page.get_by_role("searchbox").fill(words)
    page.get_by_role("button", name="Search").click()


def then_the_count_is(page, words):
    expect(page.locator("#list-count")).to_have_text(re.compile(words))


def then_the_address_names_nobody(page):
    for part in ("johnson", "jonson", "9991234594", "999 123", "999+123"):
        assert part not in page.url.lower()


def test_bulk_hand_over_of_a_leavers_forty_cases(page, office):
    given_the_worklist(page, office)
    when_i_choose(page, "Who has it", "Sam Leaver")
    then_the_count_is(page, "40 cases, the most late first")
    quicker = office["sam"].owned_cases.order_by("pk").first()

    page.get_by_role("button", name="Give all 40 to somebody").click()
    browser.then_the_page_is_accessible(page)
    page.get_by_label("Who gets them?").select_option(label="Ceri Colleague")
    page.get_by_label("Note").fill("Sam has left us.")
    page.get_by_label("Also what those who have them now owe").check()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Give 40 cases to Ceri Colleague?")
    browser.then_the_page_is_accessible(page)

    lifecycle.assign_case(quicker, office["manager"], by=office["manager"])  # somebody is quicker with one of them
    page.get_by_role("button", name="Give 40 cases").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("39 cases given to Ceri Colleague, 1 skipped")
    skipped = page.get_by_role("row").filter(has_text="Skipped")
    expect(skipped).to_contain_text(quicker.reference)
    expect(skipped).to_contain_text("Somebody was quicker: Grace Okafor has it now. Look at it again.")
    browser.then_the_page_is_accessible(page)
    browser.then_the_page_fits_a_phone(page)
    assert office["ceri"].owned_cases.count() == 39
    assert office["ceri"].tasks.get().title == "Ring the patient"
    assert fresh(quicker).owner == office["manager"]

    page.reload()  # which sends it again
    expect(page.get_by_role("heading", level=1)).to_have_text("39 cases given to Ceri Colleague, 1 skipped")
    page.get_by_role("link", name="Go back to the list").click()
    then_the_count_is(page, "0 cases")


def test_a_patient_is_searched_by_a_misspelt_name_and_by_number(page, office):
    given_the_worklist(page, office)
    when_i_search(page, "Jonson")
    then_the_count_is(page, "No case has this name. 1 has a name like it")
    expect(page.get_by_role("link", name=office["johnson"].reference)).to_be_visible()
    expect(page.get_by_role("button", name="Search")).to_be_focused()
    then_the_address_names_nobody(page)
    browser.then_the_page_is_accessible(page)

    page.get_by_role("searchbox").fill("999 123 4594")
    page.keyboard.press("Enter")
    then_the_count_is(page, r"^1 case\s*$")
    expect(page.get_by_role("searchbox")).to_be_focused()
    then_the_address_names_nobody(page)
    kept = page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    assert "Johnson" not in kept, "the browser keeps no page with patients"

    when_i_search(page, "999 123 4595")
    then_the_count_is(page, "This is not a valid NHS number.")


def test_a_list_is_narrowed_paged_saved_and_downloaded(page, office):
    given_the_worklist(page, office)
    browser.then_the_page_is_accessible(page)
    browser.then_the_page_fits_a_phone(page)
    page.get_by_label("Pathway").focus()
    when_i_choose(page, "Pathway", "Review")
    expect(page.locator("#id_stage option")).to_have_text(["All stages", "Triage", "Review", "Done"])
    expect(page.get_by_label("Pathway")).to_be_focused()
    when_i_choose(page, "Who has it", "Sam Leaver")
    then_the_count_is(page, "40 cases")
    assert page.url.endswith(f"/cases/?pathway=review&owner={office['sam'].pk}")

    page.get_by_role("link", name="Next page").click()
    expect(page.locator("tbody tr")).to_have_count(15)
    expect(page.get_by_role("heading", name="The list")).to_be_focused()
    page.get_by_role("link", name="Previous page").click()
    expect(page.locator("tbody tr")).to_have_count(25)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(15)
    expect(page.get_by_label("Who has it")).to_have_value(str(office["sam"].pk))

    page.get_by_role("link", name="Save this list").click()
    page.get_by_label("What is the list called?").fill("Sam's cases")
    page.get_by_label("Who sees it?").select_option(label="Everybody in Booking team")
    browser.then_the_page_is_accessible(page)
    page.get_by_role("button", name="Save the list").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sam's cases")
    then_the_count_is(page, "40 cases")
    browser.then_the_page_is_accessible(page)

    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Download as a file (CSV)").click()
    assert downloaded.value.suggested_filename.startswith("cases-")
    assert ListExport.objects.get().rows == 40

    page.get_by_role("link", name="Change saved lists").click()
    browser.then_the_page_is_accessible(page)
    browser.then_the_page_fits_a_phone(page)
    page.get_by_role("link", name="Delete Sam's cases").click()
    page.get_by_role("button", name="Delete the list").click()
    expect(page.get_by_text("No list is saved.")).to_be_visible()


@pytest.mark.parametrize("viewport", [browser.DESK, browser.PHONE], ids=["desk", "phone"])
def test_all_of_it_works_without_javascript(chromium, live_server, office, viewport, request):
    request.node.add_marker(pytest.mark.browser)
    context = chromium.new_context(
        base_url=live_server.url, viewport=viewport, java_script_enabled=False, locale="en-GB"
    )
    page = context.new_page()
    browser.begin(page, office["manager"], "/cases/")

    when_i_search(page, "Jonson")
    then_the_count_is(page, "1 has a name like it")
    then_the_address_names_nobody(page)
    page.get_by_role("link", name="Show all").click()
    when_i_choose(page, "Who has it", "Sam Leaver")
    when_i_choose(page, "Order", "Newest first")
    page.get_by_role("button", name="Show", exact=True).click()
    then_the_count_is(page, "40 cases, the newest first")
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("tbody tr")).to_have_count(15)

    for box in page.get_by_role("checkbox", name="Choose MW-").all()[:2]:
        box.check()
    page.get_by_role("button", name="Give the ticked cases to somebody").click()
    page.get_by_label("Who gets them?").select_option(label="Ceri Colleague")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Give 2 cases").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 cases given to Ceri Colleague")
    assert office["ceri"].owned_cases.count() == 2
    context.close()
