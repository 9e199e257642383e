"""Moves: a refused one mended and made on one page, with a script and without; two caseworkers on one case; a manager
who moves a case all the same.
"""

import pytest
from playwright.sync_api import expect

from cases import lifecycle
from tests import browser
from tests.factories import a_case, a_draft, a_form, a_manager, a_member, a_move, a_stage, fresh, publish


@pytest.fixture
def caseworker(transactional_db):
    return a_member("booking", first_name="Priya", last_name="Shah")


@pytest.fixture
def manager(transactional_db):
    return a_manager("booking", first_name="Grace", last_name="Okafor")


@pytest.fixture
def case(caseworker, manager):
    """A case that goes to tests: with a risk assessment, which asks how many falls after "yes", and a fact."""
    version = a_draft("falls", "Falls clinic")
    form = a_form(version)
    form.questions.create(
        code="how-many",
        text="How many falls?",
        kind="one_of",
        choices=["One", "More than one"],
        position=3,
        shown_if_code="falls",
        shown_if_answer="yes",
    )
    version.facts.create(
        code="test", name="Test", question="Which test?", choices=["Echo", "CT", "Another"], stages=["diagnostics"]
    )
    triage = a_stage(version, "triage", is_first=True, name="Triage")
    diagnostics = a_stage(version, "diagnostics", team="imaging", limit="5 working days", name="Diagnostics")
    a_manager("imaging", first_name="Asif", last_name="Khan")
    a_move(triage, diagnostics, requires=[("form completed", {"form": "risk-assessment"}, "manager")])
    case = a_case(publish(version))
    lifecycle.assign_case(case, caseworker, by=caseworker)
    return case


@pytest.fixture
def page_without_script(chromium, live_server):
    context = chromium.new_context(base_url=live_server.url, viewport=browser.PHONE, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()


def test_a_refused_move_is_mended_and_made_on_one_page(page, case, caseworker):
    given_i_look_at_the_case(page, case, caseworker)
    then_the_move_is_not_possible_yet(page)

    when_i_go_to_the_move(page)
    then_i_read_what_it_would_do(page)
    then_all_is_well(page)

    when_i_choose(page, "Which test?", "CT")
    page.get_by_label("Note (optional)").fill("Two falls at home.")
    when_i_move_the_case(page)
    then_i_am_asked_for(page, "Answer “Is there a risk of falls?”.")
    expect(page.get_by_label("Note (optional)")).to_have_value("Two falls at home.")
    expect(page.get_by_role("group", name="Which test?").get_by_label("CT")).to_be_checked()

    expect(page.get_by_text("How many falls?", exact=True)).to_be_hidden()
    when_i_choose(page, "Is there a risk of falls?", "Yes")
    when_i_choose(page, "How many falls?", "More than one")
    when_i_move_the_case(page)
    then_it_is_in_diagnostics(page, case)
    then_all_is_well(page)


def test_the_same_without_a_script_on_a_phone(page_without_script, case, caseworker):
    page = page_without_script
    given_i_look_at_the_case(page, case, caseworker)
    when_i_go_to_the_move(page)

    expect(page.get_by_text("Answer this only if the answer to “Is there a risk of falls?” is “Yes”.")).to_be_visible()
    when_i_choose(page, "Which test?", "CT")
    when_i_choose(page, "Is there a risk of falls?", "Yes")
    when_i_move_the_case(page)
    expect(page.get_by_role("alert")).to_contain_text("Answer “How many falls?”.")
    when_i_choose(page, "How many falls?", "More than one")
    when_i_move_the_case(page)

    then_it_is_in_diagnostics(page, case)


def test_two_caseworkers_on_one_case(page, case, caseworker, manager):
    given_i_look_at_the_case(page, case, caseworker)
    when_i_go_to_the_move(page)
    given_somebody_gives_the_case_to_herself_meanwhile(case, manager)

    when_i_choose(page, "Is there a risk of falls?", "No")
    page.get_by_label("Note (optional)").fill("She is ready.")
    when_i_move_the_case(page)

    expect(page.get_by_role("alert")).to_contain_text("Grace Okafor took this case at")
    expect(page.get_by_text("What you typed is kept. Send it again if it still holds.")).to_be_visible()
    expect(page.get_by_text("Grace Okafor no longer has the case")).to_be_visible()
    assert fresh(case).stage == "triage"
    then_all_is_well(page)

    expect(page.get_by_label("Note (optional)")).to_have_value("She is ready.")
    when_i_move_the_case(page)
    then_it_is_in_diagnostics(page, case)


def test_a_manager_moves_a_case_all_the_same_and_that_stays_to_be_read(page, case, manager):
    given_i_look_at_the_case(page, case, manager)
    when_i_go_to_the_move(page)
    expect(page.get_by_label("Why?")).to_be_hidden()
    page.get_by_label("Move the case all the same").check()
    then_all_is_well(page)

    when_i_move_the_case(page)
    then_i_am_asked_for(page, "Say why the case is moved all the same.")
    page.get_by_label("Why?").fill("The ward rings with the answers at noon.")
    when_i_move_the_case(page)

    then_it_is_in_diagnostics(page, case)
    expect(page.get_by_role("main")).to_contain_text("Complete the Risk assessment first.")
    expect(page.get_by_role("main")).to_contain_text("The ward rings with the answers at noon.")
    then_all_is_well(page)


def given_i_look_at_the_case(page, case, user):
    browser.begin(page, user, case.get_absolute_url())


def given_somebody_gives_the_case_to_herself_meanwhile(case, user):
    lifecycle.assign_case(case, user, by=user)


def then_the_move_is_not_possible_yet(page):
    move = page.get_by_role("listitem").filter(has_text="Move to Diagnostics").first
    expect(move).to_contain_text("Not yet")
    expect(move).to_contain_text("Complete the Risk assessment first.")


def when_i_go_to_the_move(page):
    page.get_by_role("link", name="Move to Diagnostics…").click()


def then_i_read_what_it_would_do(page):
    expect(page.get_by_role("heading", level=1)).to_contain_text("Move Test Patient to Diagnostics")
    effect = page.get_by_role("main")
    expect(effect).to_contain_text("It makes Imaging team responsible, after Booking team.")
    expect(effect).to_contain_text("It starts a limit of 5 working days: due on")
    expect(effect).to_contain_text("Priya Shah no longer has the case; somebody of Imaging team takes it.")
    expect(effect).to_contain_text("the first to be told: Asif Khan (Warn).")


def when_i_choose(page, question, answer):
    page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()


def when_i_move_the_case(page):
    page.get_by_role("button", name="Move to Diagnostics").click()


def then_i_am_asked_for(page, sentence):
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    then_all_is_well(page)


def then_it_is_in_diagnostics(page, case):
    expect(page.get_by_text("Moved to Diagnostics, which is with Imaging team.")).to_be_visible()
    assert fresh(case).stage == "diagnostics"


def then_all_is_well(page):
    browser.then_the_page_is_accessible(page)
    browser.then_the_page_fits_a_phone(page)
