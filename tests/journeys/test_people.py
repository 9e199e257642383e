"""People come and go: somebody is away and somebody stands in; somebody leaves and hands over."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases import lifecycle
from cases.showing import LONDON
from pathways.models import Role
from tests.browser import DESK, begin, then_the_page_fits_a_phone, then_the_page_is_accessible
from tests.factories import UserFactory, a_member, fresh


@pytest.fixture
def deputy(ward):
    team = ward.manager.memberships.get().team
    return a_member(team, Role.MANAGER, first_name="Alex", last_name="Doe")


@pytest.fixture
def case(ward):
    return ward.case(days=1, family_name="Waiting")


def then_the_page_is_well_made(page):
    expect(page.locator("h1")).to_have_count(1)
    then_the_page_is_accessible(page)
    then_the_page_fits_a_phone(page)


def when_i_fill_in_the_day(page, label, day):
    group = page.get_by_role("group", name=label)
    for part in ("day", "month", "year"):
        group.get_by_label(part.capitalize(), exact=True).fill(str(getattr(day, part)))


def when_i_say_that_i_am_away_until(page, day, *, deputy):
    when_i_fill_in_the_day(page, "First day away", timezone.now().astimezone(LONDON).date())
    when_i_fill_in_the_day(page, "Last day away", day)
    page.get_by_label("Who stands in?").select_option(label=deputy)
    page.get_by_role("button", name="Save").click()


def a_fortnight_on():
    return (timezone.now().astimezone(LONDON) + timedelta(days=14)).date()


def test_a_manager_goes_on_holiday_and_the_case_page_names_the_deputy(page, ward, case, deputy):
    deputy.memberships.update(role=Role.CASEWORKER)  # so that only the one who is away would be told
    begin(page, ward.manager)
    page.get_by_role("link", name="Grace Okafor").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your e-mails and absences")
    expect(page.get_by_text("Urgent e-mails always come")).to_be_visible()
    then_the_page_is_well_made(page)

    page.get_by_role("link", name="Say when you are away").click()
    then_the_page_is_well_made(page)
    when_i_say_that_i_am_away_until(page, a_fortnight_on(), deputy="Alex Doe")
    expect(page.get_by_role("alert")).to_contain_text("You are away from")
    expect(page.get_by_text("Alex Doe stands in.")).to_be_visible()
    then_the_page_is_well_made(page)

    page.goto(case.get_absolute_url())
    expect(page.locator("body")).to_contain_text("tells Alex Doe")
    page.goto("/teams/ward-team/")
    expect(page.get_by_text("Alex Doe stands in.")).to_be_visible()
    then_the_page_is_well_made(page)

    page.get_by_role("button", name="Is back").click()
    expect(page.get_by_role("alert")).to_contain_text("You are there again from now on.")
    page.goto(case.get_absolute_url())
    expect(page.locator("body")).to_contain_text("tells Grace Okafor")


def test_a_digest_is_moved_to_the_evening(page, ward):
    begin(page, ward.caseworker, "/me/")
    page.get_by_label("When does the digest come?").fill("half past five")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".nhsuk-error-summary")).to_contain_text("Write the time such as 2:30pm or 14:30.")
    then_the_page_is_well_made(page)

    page.get_by_label("When does the digest come?").fill("5:30pm")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Saved.")
    assert f"{ward.caseworker.mail_preference.digest_at:%H:%M}" == "17:30"


def test_a_duty_is_planned_and_absence_is_set_without_a_script(chromium, live_server, ward, deputy):
    context = chromium.new_context(base_url=live_server.url, viewport=DESK, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(15_000)
    begin(page, ward.manager, "/teams/ward-team/")
    page.get_by_role("link", name="Plan a duty").click()
    page.get_by_label("Who is on duty?").select_option(label="Priya Shah")
    for label in ("First day", "Last day"):
        when_i_fill_in_the_day(page, label, a_fortnight_on())
    page.get_by_label("From what time?").fill("8am")
    page.get_by_label("Until what time?").fill("8pm")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Priya Shah is on duty from")).to_be_visible()
    expect(page.get_by_role("heading", name="When nobody is on duty in the next 14 days")).to_be_visible()

    page.get_by_role("link", name="Somebody is away").click()
    page.get_by_label("Who is away?").select_option(label="Priya Shah")
    when_i_say_that_i_am_away_until(page, a_fortnight_on(), deputy="Alex Doe")
    expect(page.get_by_text("Priya Shah is on duty for Ward team in that time. Plan somebody else.")).to_be_visible()
    context.close()


def test_a_page_of_the_team_that_plans_a_duty_is_well_made(page, ward):
    begin(page, ward.manager)
    for address in ("/teams/ward-team/duties/add/", "/teams/ward-team/absences/add/"):
        page.goto(address)
        then_the_page_is_well_made(page)


def test_a_leaver_is_refused_hands_over_and_leaves(page, ward, case, deputy):
    lifecycle.assign_case(case, ward.caseworker, by=ward.caseworker)
    chief = UserFactory(is_staff=True, is_superuser=True)
    begin(page, chief, f"/admin/portal/user/{ward.caseworker.pk}/change/")
    page.get_by_label("Active").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Priya Shah still has: 1 open case. Name who takes over first.")).to_be_visible()

    page.get_by_role("link", name="Hand over and leave").click()
    expect(page.get_by_text(f"{case.reference}, Ward Care")).to_be_visible()
    page.get_by_label("Who takes over?").select_option(label="Alex Doe")
    page.get_by_role("button", name="Hand over and close the account").click()

    expect(page.get_by_text("Priya Shah has left. Alex Doe took over:")).to_be_visible()
    assert fresh(case).owner == deputy
    assert not fresh(ward.caseworker).is_active
