"""A caseworker's morning: the late case is found, its risk assessed, and it goes on."""

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from tests import browser
from tests.factories import fresh


def test_a_late_case_is_found_its_risk_assessed_and_it_goes_on(page, ward):
    case = given_a_case_one_day_over_its_limit(ward)

    when_i_sign_in(page, ward.caseworker)
    then_the_late_case_is_the_first_of_the_list(page, case)

    when_i_open_it(page, case)
    then_discharge_planning_is_refused(page, because="Complete the Risk assessment first.")
    then_its_manager_has_been_told(page, "Grace Okafor")

    when_i_answer_the_escalation(page, "I assess the risk this morning.")
    then_it_is_answered(page, "Priya Shah", "I assess the risk this morning.")

    when_i_fill_in_the_risk_assessment_but_forget_the_date(page)
    then_i_am_asked_for_it_and_nothing_i_typed_is_lost(page)

    when_i_fill_in_the_date(page)
    then_discharge_planning_is_possible(page)

    when_i_move_the_case(page)
    then_it_has_gone_on(page, case)


def given_a_case_one_day_over_its_limit(ward):
    ward.case(days=1, family_name="Fresh")
    late = ward.case(days=8.5, family_name="Late")
    ward.case(days=6.5, family_name="Close")
    ward.swept()
    return late


def when_i_sign_in(page, user):
    browser.sign_in(page, user, "correct horse battery")


def then_the_late_case_is_the_first_of_the_list(page, case):
    expect(page).to_have_title(re.compile("^My day"))
    first = page.locator("tbody tr").first
    expect(first).to_contain_text(f"{case.reference} LATE, Test")
    expect(first).to_contain_text("Late 1 day over its limit of 7")
    then_all_is_well(page)


def when_i_open_it(page, case):
    page.get_by_role("link", name=case.reference).click()


def then_discharge_planning_is_refused(page, because):
    move = page.get_by_role("listitem").filter(has_text="Move to Discharge Planning").first
    expect(move).to_contain_text("Not yet")
    expect(move).to_contain_text(because)
    # The link leads to the move's page, where what is missing is asked.
    expect(page.get_by_role("link", name="Move to Discharge Planning…", exact=True)).to_be_visible()
    then_all_is_well(page)


def then_its_manager_has_been_told(page, name):
    escalations = page.get_by_role("region", name="Escalations")
    expect(escalations).to_contain_text("Late: tell the ward manager")
    expect(escalations).to_contain_text(f"Told {name}")


def when_i_answer_the_escalation(page, answer):
    page.get_by_role("link", name="Answer Late: tell the ward manager").click()
    then_all_is_well(page)
    page.get_by_label("What will be done?").fill(answer)
    day = timezone.localdate() + timedelta(days=2)
    for part, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        page.get_by_label(part, exact=True).fill(str(value))
    page.get_by_role("button", name="Save the answer").click()


def then_it_is_answered(page, name, answer):
    expect(page.get_by_role("alert")).to_contain_text("Your answer is saved")
    expect(page.get_by_role("region", name="Escalations")).to_contain_text(f"{name} answered")
    expect(page.get_by_role("region", name="Escalations")).to_contain_text(answer)
    then_all_is_well(page)


def when_i_fill_in_the_risk_assessment_but_forget_the_date(page):
    page.get_by_role("link", name="Fill in the Risk assessment").click()
    then_all_is_well(page)
    page.get_by_label("With one other person").check()
    page.get_by_label("How many times has the person fallen").fill("2")
    page.get_by_label("Needs reminding").check()
    page.get_by_label("Opening packs or bottles").check()
    page.get_by_role("group", name="Is there somebody who is able").get_by_label("Yes").check()
    page.get_by_role("group", name="Is there a safeguarding concern").get_by_label("No").check()
    page.get_by_role("group", name="Can the person decide").get_by_label("Yes").check()
    page.get_by_label("Medium").check()
    page.get_by_label("What must be in place").fill("A rail by the bed.")
    page.get_by_label("Who was asked?").fill("The person and their daughter")
    page.get_by_role("button", name="Save the answers").click()


def then_i_am_asked_for_it_and_nothing_i_typed_is_lost(page):
    expect(page).to_have_title(re.compile("^Error: "))
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("There is a problem")
    expect(page.get_by_label("What must be in place")).to_have_value("A rail by the bed.")
    expect(page.get_by_label("Opening packs or bottles")).to_be_checked()
    then_all_is_well(page)
    problem.get_by_role("link").first.click()
    expect(page.get_by_label("Day")).to_be_focused()


def when_i_fill_in_the_date(page):
    for part, number in (("Day", "2"), ("Month", "3"), ("Year", "2026")):
        page.get_by_label(part, exact=True).fill(number)
    page.get_by_role("button", name="Save the answers").click()


def then_discharge_planning_is_possible(page):
    expect(page.get_by_role("alert")).to_contain_text("The Risk assessment is saved.")
    expect(page.get_by_role("link", name="Move to Discharge Planning")).to_be_visible()
    expect(page.get_by_role("region", name="Forms")).to_contain_text("Risk assessment Done")
    then_all_is_well(page)


def when_i_move_the_case(page):
    page.get_by_role("link", name="Move to Discharge Planning").click()
    expect(page.get_by_text("It makes Discharge team responsible, after Ward team.")).to_be_visible()
    expect(page.get_by_text("It starts a limit of 2 working days")).to_be_visible()
    then_all_is_well(page)
    page.get_by_label("Note").fill("The daughter agrees.")
    page.get_by_role("button", name="Move to Discharge Planning").click()


def then_it_has_gone_on(page, case):
    expect(page.get_by_role("alert")).to_contain_text("Moved to Discharge Planning, which is with Discharge team.")
    told = page.get_by_role("region", name="What happened").get_by_role("listitem")
    moved = told.filter(has_text="Discharge Planning by Priya Shah")
    expect(moved).to_contain_text("here for less than a minute")
    expect(moved).to_contain_text("The daughter agrees.")
    expect(told.filter(has_text="Ward Care by Midwatch")).to_contain_text("stayed 8 days 12 hours")
    expect(page.get_by_role("region", name="Escalations")).to_have_count(0)
    expect(
        page.get_by_text("You can read this case but not change it. It is with Discharge team now.")
    ).to_be_visible()
    then_all_is_well(page)
    case = fresh(case)
    assert (case.stage, case.history.first().history_change_reason) == ("discharge-planning", "The daughter agrees.")


def then_all_is_well(page):
    browser.then_the_page_is_accessible(page)
    browser.then_the_page_fits_a_phone(page)
