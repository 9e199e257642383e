"""The morning round: a caseworker opens My day, sees what to do first, and does it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases import handoffs, lifecycle, recording, results, to_do
from pathways.models import system_user
from tests import browser
from tests.factories import (
    PatientFactory,
    a_case,
    a_draft,
    a_form,
    a_manager,
    a_member,
    a_move,
    a_stage,
    fresh,
    publish,
    the_move,
)

PASSWORD = "correct horse battery"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Ward:
    """A booking office in the morning: a pathway of its own, and a case for everything that can wait for somebody."""

    def __init__(self):
        self.now = timezone.now()
        self.nurse = a_member("booking", first_name="Priya", last_name="Shah")
        self.manager = a_manager("booking", first_name="Grace", last_name="Okafor")
        self.clinician = a_member("clinic", first_name="Tom", last_name="Reid")
        version = a_draft("heart", "Heart clinic")
        a_form(version)
        triage = a_stage(version, "triage", name="Triage", is_first=True, limit="10 days")
        seen = a_stage(version, "seen", name="Seen", limit=None, kind="final")
        review = a_stage(version, "review", name="Specialist review", team="clinic", limit="5 days", by_handoff=True)
        back = a_stage(version, "booking", name="Booking", limit="3 days")
        a_move(triage, review, requires=[("form completed", {"form": "risk-assessment"})])
        a_move(triage, seen)
        a_move(review, back)
        a_move(back, review)
        self.pathway = publish(version)

    def case(self, family_name, *, days, owner=None):
        patient = PatientFactory(given_name="Test", family_name=family_name)
        case = a_case(self.pathway, at=self.now - days * DAY + HOUR, patient=patient, recorded_at=self.now)
        return lifecycle.assign_case(case, owner, by=system_user()) if owner else case


@pytest.fixture
def ward(transactional_db):
    return Ward()


@pytest.fixture
def page_without_script(chromium, live_server):
    context = chromium.new_context(base_url=live_server.url, viewport=browser.DESK, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()


def test_the_morning_round(page, ward):
    late = given_a_case_two_days_over_its_limit(ward)
    new = given_a_case_that_nobody_has(ward)
    result = given_a_result_that_i_have_not_read(ward)
    given_a_task_for_today(ward)
    given_a_case_on_track(ward)

    when_i_sign_in(page, ward.nurse)
    then_my_day_is_the_first_page(page)
    then_the_chips_say(page, ["1 late", "1 nobody's", "1 task due", "1 result not read"])
    then_the_late_case_is_first(page, late, because="2 days over its limit of 10.")

    when_i_take_the_case_that_nobody_has(page, new)
    then_it_is_mine_and_i_am_still_on_my_day(page, new, ward)
    then_the_chips_say(page, ["1 late", "1 task due", "1 result not read"])

    when_i_do_the_task(page)
    when_i_open_my_day(page)
    then_the_chips_say(page, ["1 late", "1 result not read"])

    when_i_read_the_result(page, result)
    when_i_open_my_day(page)
    then_the_chips_say(page, ["1 late"])

    when_i_fill_in_what_the_late_case_lacks(page, late)
    when_i_open_my_day(page)
    then_the_late_case_is_first(page, late, because="2 days over its limit of 10.")
    then_the_next_thing_is(page, "Late", "Open the case")


def test_the_morning_round_without_a_script(page_without_script, ward):
    page = page_without_script
    late = given_a_case_two_days_over_its_limit(ward)
    new = given_a_case_that_nobody_has(ward)

    when_i_sign_in(page, ward.nurse)
    then_the_late_case_is_first(page, late, because="2 days over its limit of 10.", accessible=False)
    when_i_follow_a_chip(page, "1 nobody's")
    when_i_take_the_case_that_nobody_has(page, new)

    expect(page.get_by_text(f"{new} is yours now.")).to_be_visible()
    assert fresh(new).owner == ward.nurse


def test_a_quiet_morning(page, ward):
    browser.begin(page, ward.nurse)
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    then_all_is_well(page)

    given_a_case_on_track(ward)
    when_i_open_my_day(page)
    expect(page.get_by_text("Nothing is late. 1 case is on track.")).to_be_visible()
    then_all_is_well(page)


def test_a_handoff_is_answered_from_my_day_and_its_sender_sees_what_became_of_it(page, ward):
    case = given_a_case_that_was_offered_to_the_clinic(ward)

    browser.begin(page, ward.nurse)
    when_i_open_the_handoffs(page)
    then_it_waits_for_an_answer(page, case, "Clinic team")

    browser.begin(page, ward.clinician)
    then_the_chips_say(page, ["1 handed to you"])
    when_i_decline_it(page, "She is known to the heart failure team.")

    browser.begin(page, ward.nurse)
    when_i_open_the_handoffs(page)
    then_it_was_declined(page, case, "She is known to the heart failure team.")


# Given


def given_a_case_two_days_over_its_limit(ward):
    return ward.case("Late", days=12.5, owner=ward.nurse)


def given_a_case_that_nobody_has(ward):
    return ward.case("New", days=1)


def given_a_case_on_track(ward):
    return ward.case("Calm", days=2, owner=ward.nurse)


def given_a_result_that_i_have_not_read(ward):
    case = ward.case("Waiting", days=3, owner=ward.nurse)
    result = results.request_result(case, "Echocardiogram", ward.nurse, by=ward.nurse)
    return results.record_arrival(result, "Normal.", by=ward.manager)


def given_a_task_for_today(ward):
    case = ward.case("Ringing", days=3, owner=ward.nurse)
    soon = ward.now + timedelta(minutes=1)  # still today, but for one minute of the day
    return to_do.add_task(case, "Ring the patient", owner=ward.nurse, by=ward.nurse, due_at=soon)


def given_a_case_that_was_offered_to_the_clinic(ward):
    case = ward.case("Moving", days=3, owner=ward.nurse)
    form = case.version_map.forms["risk-assessment"]
    recording.complete_form(case, form, {"falls": "no"}, by=ward.nurse)
    handoffs.offer(case, the_move(case, "review"), by=ward.nurse, note="Breathless on the stairs")
    return case


# When


def when_i_sign_in(page, user):
    browser.sign_in(page, user, PASSWORD)


def when_i_open_my_day(page):
    page.get_by_role("link", name="My day", exact=True).click()


def when_i_open_the_handoffs(page):
    page.get_by_role("link", name="Handoffs", exact=True).click()
    then_all_is_well(page)


def when_i_follow_a_chip(page, name):
    page.get_by_role("link", name=name).click()
    expect(page).to_have_url(re.compile("#nobodys$"))


def when_i_take_the_case_that_nobody_has(page, case):
    region = page.get_by_role("region", name="Nobody has it")
    expect(region).to_contain_text(str(case))
    region.get_by_role("button", name="Take it").click()


def when_i_do_the_task(page):
    page.get_by_role("link", name="Do the task").click()
    then_all_is_well(page)
    page.get_by_role("button", name="Done").click()


def when_i_read_the_result(page, result):
    page.get_by_role("link", name="Read the result").click()
    expect(page.get_by_text("Normal.")).to_be_visible()
    page.get_by_role("button", name="I have read it").click()


def when_i_fill_in_what_the_late_case_lacks(page, case):
    page.get_by_role("link", name="Fill in the Risk assessment").first.click()
    page.get_by_role("group", name="Is there a risk of falls?").get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Save the answers").click()
    expect(page.get_by_text("The Risk assessment is saved.")).to_be_visible()


def when_i_decline_it(page, why):
    page.get_by_role("link", name="Handoffs", exact=True).click()
    page.get_by_role("link", name="Decline").click()
    then_all_is_well(page)
    page.get_by_label("Why").fill(why)
    page.get_by_role("button", name="Decline the case").click()


# Then


def then_my_day_is_the_first_page(page):
    expect(page.get_by_role("heading", level=1, name="My day")).to_be_visible()
    then_all_is_well(page)


def then_the_chips_say(page, chips):
    expect(page.get_by_role("list", name="What waits for you").get_by_role("link")).to_have_text(chips)
    then_all_is_well(page)


def then_the_late_case_is_first(page, case, because, accessible=True):
    row = page.get_by_role("main").locator("tbody tr").first
    expect(row).to_contain_text(str(case))
    expect(row).to_contain_text(f"Late {because}")
    if accessible:
        then_all_is_well(page)


def then_it_is_mine_and_i_am_still_on_my_day(page, case, ward):
    expect(page.get_by_text(f"{case} is yours now.")).to_be_visible()
    then_my_day_is_the_first_page(page)
    assert fresh(case).owner == ward.nurse


def then_the_next_thing_is(page, group, text):
    expect(page.get_by_role("region", name=group).locator("tbody tr").first).to_contain_text(text)


def then_it_waits_for_an_answer(page, case, team):
    region = page.get_by_role("region", name="Offered by your teams, not answered yet")
    expect(region).to_contain_text(str(case))
    expect(region.get_by_role("link", name=f"Chase {team}")).to_be_visible()


def then_it_was_declined(page, case, why):
    region = page.get_by_role("region", name="Answered in the last 14 days")
    expect(region).to_contain_text(str(case))
    expect(region).to_contain_text(f"Clinic team declined it just now: {why}")


def then_all_is_well(page):
    browser.then_the_page_is_accessible(page)
    browser.then_the_page_fits_a_phone(page)
