"""A manager finds where patients are stuck, who they are, and begins the chart anew after something was changed."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser import PHONE, begin, then_the_page_fits_a_phone, then_the_page_is_accessible

pytestmark = pytest.mark.django_db


@pytest.fixture
def stuck(ward):
    """Two cases in Ward Care, one of them long past its limit."""
    late = ward.case(days=30, family_name="Late")
    ward.case(days=1, family_name="Early")
    return late


def test_from_my_teams_to_the_one_who_is_stuck(page, ward, stuck):
    begin(page, ward.manager)

    then_the_board_stands_on_the_first_page(page)
    page.get_by_role("link", name=re.compile("All stages, who is stuck there")).click()
    then_ward_care_comes_first_and_its_longest_wait_is_read_aloud(page)
    page.get_by_role("link", name="Ward Care", exact=True).click()
    then_the_stage_says_what_is_owed(page, stuck)
    page.get_by_role("link", name="1 waiting late").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Waiting past their limit")
    page.get_by_role("link", name=stuck.reference).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("LATE")


def test_the_chart_begins_anew_by_a_decision_with_a_reason(page, ward, stuck):
    begin(page, ward.manager, "/durations/discharge-to-assess/stages/ward-care/limits/")
    page.get_by_role("button", name="Decide it").click()
    expect(page.get_by_role("alert")).to_contain_text("Fill in “What was changed?”.")
    then_all_is_well(page)


def test_without_javascript_on_a_phone(chromium, live_server, ward, stuck):
    context = chromium.new_context(base_url=live_server.url, viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    begin(page, ward.manager, "/supervision/")
    page.get_by_role("link", name="See in which stages time is lost, and who is stuck there").click()
    page.get_by_role("link", name="Work it out").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What the long waits have in common")
    expect(page.get_by_text("What goes together need not be the cause.")).to_be_visible()
    context.close()


def then_the_board_stands_on_the_first_page(page):
    expect(page.get_by_role("heading", name="Where patients are stuck")).to_be_visible()
    expect(page.get_by_role("region", name=re.compile("20"))).to_be_visible()  # its dates: it came by itself
    then_all_is_well(page)


def then_ward_care_comes_first_and_its_longest_wait_is_read_aloud(page):
    first = page.locator(".mw-stuck tbody tr").first
    expect(first.get_by_role("rowheader")).to_contain_text("Ward Care")
    expect(first.get_by_role("group", name=re.compile("The oldest still waiting has waited 30 days"))).to_be_visible()
    then_all_is_well(page)


def then_the_stage_says_what_is_owed(page, stuck):
    expect(page.get_by_role("row", name=re.compile(stuck.reference))).to_contain_text("still waiting")
    expect(
        page.get_by_text("There are too few stays to compare").or_(page.locator("#explained")).first
    ).to_be_visible()
    then_all_is_well(page)


def then_all_is_well(page):
    then_the_page_is_accessible(page)
    then_the_page_fits_a_phone(page)
