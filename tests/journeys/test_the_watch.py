"""Looking at the watch: why somebody was told, what was set aside, what a draft would mean, and while it sleeps."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases.models import Notice, SweepRun, Timer
from pathways import groups, publishing
from portal import last_look
from tests.browser import begin, then_the_page_fits_a_phone, then_the_page_is_accessible
from tests.factories import in_group


@pytest.fixture
def case(ward):
    case = ward.case(days=9, family_name="Late")
    ward.swept()
    return case


@pytest.fixture
def administrator(ward):
    return in_group(groups.PATHWAY_ADMINISTRATOR, is_staff=True)


def given_the_watch_sleeps_since(minutes, monkeypatch):
    at = timezone.now() - timedelta(minutes=minutes)
    SweepRun.objects.all().delete()
    SweepRun.objects.create(as_of=at, started_at=at, finished_at=at)
    monkeypatch.setattr(last_look, "LOOK", last_look.LastLook())


def then_the_page_is_well_made(page):
    expect(page.locator("h1")).to_have_count(1)
    then_the_page_is_accessible(page)
    then_the_page_fits_a_phone(page)


def test_a_manager_asks_why_a_case_was_escalated(page, ward, case):
    begin(page, ward.manager, case.get_absolute_url())
    page.get_by_role("link", name="Why was it escalated, or not").first.click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Why was it escalated, or not?")
    expect(page.get_by_text("The watch was awake")).to_be_visible()
    expect(page.locator(".nhsuk-tag", has_text="Escalated").first).to_be_visible()
    then_the_page_is_well_made(page)

    page.get_by_label("At which moment?").fill(f"{timezone.localtime() - timedelta(days=5):%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Explain").click()
    expect(
        page.get_by_text("Reached, not escalated yet").or_(page.get_by_text("Not yet", exact=True)).first
    ).to_be_visible()
    then_the_page_is_well_made(page)


def test_a_manager_has_what_was_set_aside_tried_again(page, ward, case):
    Timer.objects.filter(case=case).update(
        fires_at=timezone.now() - timedelta(hours=1),
        error="ValueError: The schedule never opens: give at least one weekday opening hours.",
        retry_at=timezone.now() + timedelta(minutes=9),
    )
    Notice.objects.create(
        kind="escalation",
        recipient=ward.caseworker,
        attempts=2,
        error="SMTPRecipientsRefused: 550",
        retry_at=timezone.now() + timedelta(minutes=9),
    )
    begin(page, ward.manager, "/supervision/watch/")
    then_the_page_is_well_made(page)
    page.get_by_role("link", name="What was set aside, and why").click()
    expect(page.get_by_role("link", name=case.reference)).to_be_visible()
    expect(page.get_by_text("The calendar it is counted with is never open.")).to_be_visible()
    then_the_page_is_well_made(page)

    button = page.get_by_role("button", name=case.reference)
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("It is tried again with the next sweep")
    expect(button).to_have_count(0)


def test_an_administrator_tries_a_draft_out_before_it_is_published(page, ward, case, administrator):
    draft = publishing.revise(ward.pathway, by=administrator)
    draft.stages.filter(limit_amount__isnull=False).update(limit_amount=1)

    begin(page, administrator, f"/admin/pathways/pathwayversion/{draft.pk}/publish/")
    page.get_by_role("link", name="What would it have meant for the cases of the last 90 days?").click()

    expect(page.get_by_role("heading", name="The last 90 days, with version 2 (draft)")).to_be_visible()
    expect(page.get_by_role("table", name="By stage")).to_contain_text("Ward Care")
    then_the_page_is_well_made(page)
    page.get_by_label("Days to look back").fill("0")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    then_the_page_is_well_made(page)


def test_while_the_watch_sleeps_everyone_reads_what_to_do(page, ward, case, monkeypatch):
    given_the_watch_sleeps_since(47, monkeypatch)
    begin(page, ward.manager, "/cases/")

    banner = page.get_by_role("region", name="Nobody is told of what is late just now")
    expect(banner).to_contain_text("Midwatch last looked 47 minutes ago")
    then_the_page_is_well_made(page)
    banner.get_by_role("link", name="See how the watch stands").click()
    expect(page.get_by_role("heading", name="It sleeps")).to_be_visible()
    then_the_page_is_well_made(page)
