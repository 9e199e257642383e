"""Every page, for who may see it, and for who may not: accessible, and narrow enough for a phone."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from cases import lifecycle, recording
from pathways import groups
from tests.browser import DESK, begin, then_the_page_fits_a_phone, then_the_page_is_accessible
from tests.factories import fresh, in_group, the_move


@pytest.fixture
def case(ward):
    """A late case that has a bit of everything."""
    case = ward.case(days=9, family_name="Late", needs="Needs an interpreter (Polish)")
    ward.swept()
    lifecycle.assign_case(case, ward.caseworker, by=ward.caseworker)
    recording.write_note(case, "Rang the family.\n\nThey agree.", by=ward.caseworker)
    return case


@pytest.fixture
def on_hold(ward):
    case = ward.case(days=3, family_name="Held")
    lifecycle.hold_case(case, reason="On holiday", until=timezone.now() + timedelta(days=9), by=ward.caseworker)
    return case


@pytest.fixture
def closed(ward):
    case = ward.case(days=3, family_name="Closed")
    lifecycle.close_case(case, reason="Moved away", by=ward.caseworker)
    return case


def visit(page, *addresses, status=200):
    for address in addresses:
        answer = page.goto(address)
        assert answer.status == status, address
        expect(page.locator("h1")).to_have_count(1)
        then_the_page_is_accessible(page)
        then_the_page_fits_a_phone(page)


def pages_of(case, *names):
    return [reverse(name, args=[case.reference]) for name in names]


def test_the_pages_of_a_caseworker(page, ward, case, on_hold, closed):
    begin(page, ward.caseworker)
    form = reverse("form", args=[case.reference, "risk-assessment"])
    move = reverse("move", args=[case.reference, the_move(case, "discharge-planning").pk])
    answer = reverse("acknowledge", args=[case.reference, case.escalations.first().pk])

    visit(
        page, "/cases/", "/cases/?late=on", "/cases/?status=closed", "/cases/?status=on_hold&late=on", "/cases/open/"
    )
    visit(page, *pages_of(case, "case", "patient_page", "hold", "close", "assign", "note"), form, move, answer)
    visit(page, *pages_of(on_hold, "case", "resume"), *pages_of(closed, "case"))
    visit(page, "/mail-sent/")
    visit(page, *pages_of(closed, "reopen"), "/durations/", status=403)
    visit(page, "/cases/nothing/", status=404)


def test_the_pages_of_a_manager(page, ward, case, closed):
    begin(page, ward.manager)

    board, stage = "/durations/discharge-to-assess/", "/durations/discharge-to-assess/stages/ward-care/"
    visit(page, "/durations/", board, f"{board}?as_of_day=1", stage, f"{stage}explained/", f"{stage}limits/")
    visit(page, f"{board}cases/?stage=ward-care&which=waiting")
    visit(page, *pages_of(closed, "case", "reopen"))


def test_the_pages_of_who_reads_only(page, ward, case):
    begin(page, in_group(groups.INSPECTOR))
    visit(page, "/cases/", *pages_of(case, "case"))


def test_the_counts_of_a_pathway_administrator(page, ward, case):
    begin(page, in_group(groups.PATHWAY_ADMINISTRATOR))
    visit(page, "/cases/")


def test_a_page_that_comes_back_with_errors(page, ward, case):
    begin(page, ward.caseworker, reverse("hold", args=[case.reference]))
    page.get_by_role("button", name="Put on hold").click()

    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    then_the_page_is_accessible(page)
    then_the_page_fits_a_phone(page)


def test_opening_a_case_for_a_new_and_for_a_known_patient(page, ward):
    begin(page, ward.caseworker)

    for _ in range(2):
        page.get_by_role("link", name="Open a case").click()
        page.get_by_label("NHS number").fill("999 000 0018")
        page.get_by_role("button", name="Find the patient").click()
        then_the_page_is_accessible(page)
        then_the_page_fits_a_phone(page)
        if page.get_by_label("Family name").count():
            page.get_by_label("Family name").fill("Abbott")
            page.get_by_label("Given names").fill("Joan")
            for part, number in (("Day", "4"), ("Month", "5"), ("Year", "1963")):
                page.get_by_label(part, exact=True).fill(number)
        if (although := page.get_by_label("Open another case all the same")).count():
            although.check()
        page.get_by_role("button", name="Open the case").click()
        expect(page.get_by_role("alert")).to_contain_text("is open in Ward Care, with Ward team.")

    page.get_by_role("link", name="Cases", exact=True).first.click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody")).to_contain_text("ABBOTT, Joan")


def test_everything_works_without_a_script(chromium, live_server, ward):
    case = ward.case(days=1, family_name="Plain")
    recording.complete_form(case, case.version_map.forms["risk-assessment"], ANSWERS, by=ward.caseworker)
    context = chromium.new_context(base_url=live_server.url, viewport=DESK, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(15_000)

    begin(page, ward.caseworker)
    page.get_by_role("link", name=case.reference).click()
    page.get_by_role("link", name="Move to Discharge Planning").click()
    page.get_by_role("button", name="Move to Discharge Planning").click()

    expect(page.get_by_text("Moved to Discharge Planning, which is with Discharge team.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()
    assert fresh(case).stage == "discharge-planning"


ANSWERS = {
    "assessed-on": "2026-03-02",
    "mobility": "Alone, without help",
    "falls": "0",
    "cognition": "As well as ever",
    "carer": "yes",
    "safeguarding": "no",
    "capacity": "Yes",
    "overall-risk": "Low",
    "plan": "Nothing",
    "consulted": "The person",
}
