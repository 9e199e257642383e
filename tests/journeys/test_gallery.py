"""A pathway administrator begins with a shipped pathway."""

import pytest
from playwright.sync_api import expect

from pathways import groups
from pathways.models import Pathway
from tests import browser
from tests.factories import in_group


@pytest.fixture
def administrator(transactional_db):
    return in_group(groups.PATHWAY_ADMINISTRATOR, is_staff=True)


def then_all_is_well(page):
    browser.then_the_page_is_accessible(page)
    browser.then_the_page_fits_a_phone(page)


def test_a_shipped_pathway_is_read_and_becomes_a_draft(page, administrator):
    browser.begin(page, administrator)
    page.get_by_role("link", name="Pathways", exact=True).first.click()
    expect(page.get_by_role("heading", name="Pathways that come with Midwatch")).to_be_visible()
    then_all_is_well(page)

    page.get_by_text("The 9 stages of Elective care, 18 weeks").click()
    expect(page.get_by_text("Awaiting Specialist Review")).to_be_visible()
    then_all_is_well(page)

    page.get_by_role("button", name="Use this pathway: Elective care, 18 weeks").click()
    expect(page.get_by_text("Version 1 of Elective care, 18 weeks is a draft now.")).to_be_visible()
    assert Pathway.objects.get(code="elective-18-weeks").versions.get().is_draft

    page.goto("/pathways/")
    expect(page.get_by_role("link", name="Go on with the draft of Elective care, 18 weeks")).to_be_visible()
    then_all_is_well(page)
