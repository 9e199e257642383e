"""Papers: questions that hang on other answers, with a script and without; a letter; a result that must be read."""

import pytest
from playwright.sync_api import expect

from tests import browser
from tests.factories import a_case, a_draft, a_form, a_member, a_move, a_stage, publish

PDF = b"%PDF-1.7 a letter"


@pytest.fixture
def caseworker(transactional_db):
    return a_member("booking", first_name="Priya", last_name="Shah")


@pytest.fixture
def case(caseworker):
    """A case whose form asks how many falls after "yes", and where after "more than one"; and which needs a letter."""
    version = a_draft("falls", "Falls clinic")
    form = a_form(version)
    version.facts.create(code="where", name="Where people fall")
    form.questions.create(
        code="how-many",
        text="How many falls?",
        kind="one_of",
        choices=["One", "More than one"],
        position=3,
        shown_if_code="falls",
        shown_if_answer="yes",
    )
    form.questions.create(
        code="where",
        text="Where mostly?",
        kind="text",
        fact="where",
        position=4,
        shown_if_code="how-many",
        shown_if_answer="More than one",
    )
    referral = a_stage(version, "referral", is_first=True, name="Referral")
    seen = a_stage(version, "seen", name="Seen", limit=None, kind="final")
    a_move(referral, seen, requires=[("document attached", {"name": "letter"}), ("result read", {})])
    return a_case(publish(version))


@pytest.fixture
def page_without_script(chromium, live_server):
    context = chromium.new_context(base_url=live_server.url, viewport=browser.DESK, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()


def test_questions_appear_when_they_are_asked_and_what_was_not_asked_is_dropped(page, case, caseworker):
    given_i_fill_in_the_risk_assessment(page, case, caseworker)
    then_these_are_asked(page, [])

    when_i_answer(page, "Is there a risk of falls?", "Yes")
    then_these_are_asked(page, ["How many falls?"])
    when_i_answer(page, "How many falls?", "More than one")
    then_these_are_asked(page, ["How many falls?", "Where mostly?"])
    page.get_by_label("Where mostly?").fill("On the stairs")
    when_i_answer(page, "Is there a risk of falls?", "No")
    then_these_are_asked(page, [])

    when_i_answer(page, "Is there a risk of falls?", "Yes")
    page.get_by_label("Where mostly?").fill("")
    page.get_by_role("button", name="Save the answers").click()
    then_i_am_asked_for(page, "Answer “Where mostly?”.")
    then_these_are_asked(page, ["How many falls?", "Where mostly?"])

    page.get_by_label("Where mostly?").fill("On the stairs")
    page.get_by_role("button", name="Save the answers").click()
    expect(page.get_by_role("region", name="What happened")).to_contain_text("Where people fall: On the stairs")
    then_all_is_well(page)


def test_without_a_script_every_question_is_there_and_says_when_it_is_asked(page_without_script, case, caseworker):
    page = page_without_script
    given_i_fill_in_the_risk_assessment(page, case, caseworker, accessible=False)

    then_these_are_asked(page, ["How many falls?", "Where mostly?"])
    expect(page.get_by_text("Answer this only if the answer to “Is there a risk of falls?” is “Yes”.")).to_be_visible()
    when_i_answer(page, "Is there a risk of falls?", "No")
    page.get_by_role("button", name="Save the answers").click()

    expect(page.get_by_text("The Risk assessment is saved.")).to_be_visible()
    assert [row["code"] for row in case.form_records.get().answers] == ["falls", "notes"]


def test_the_page_without_its_script_is_accessible(page, case, caseworker):
    page.route("**/questions*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    given_i_fill_in_the_risk_assessment(page, case, caseworker)
    then_these_are_asked(page, ["How many falls?", "Where mostly?"])
    then_all_is_well(page)


def given_i_fill_in_the_risk_assessment(page, case, user, *, accessible=True):
    browser.begin(page, user, case.get_absolute_url())
    page.get_by_role("link", name="Fill it in").click()
    if accessible:
        then_all_is_well(page)


def when_i_answer(page, question, answer):
    page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()


def then_these_are_asked(page, questions):
    for question in ("How many falls?", "Where mostly?"):
        expect(page.get_by_text(question, exact=True)).to_be_visible(visible=question in questions)


def then_i_am_asked_for(page, sentence):
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    then_all_is_well(page)


def test_a_letter_is_attached_and_saved_and_a_result_is_read_by_its_reader(page, case, caseworker):
    browser.begin(page, caseworker, case.get_absolute_url())

    when_i_attach_a_file(page, "Attach a document", "scan.html", b"<script>alert(1)</script>")
    then_i_am_asked_for(page, "Choose a PDF, a Word document (.docx), or a picture (.png or .jpg).")
    when_i_choose_a_file(page, "scan.pdf", PDF)
    then_the_letter_is_listed_and_is_saved_as_a_file(page)

    when_i_record_what_is_awaited(page)
    when_it_has_arrived(page, "Normal.")
    when_i_have_read_it(page)
    expect(page.get_by_role("link", name="Move to Seen")).to_be_visible()


def when_i_attach_a_file(page, link, name, content):
    page.get_by_role("link", name=link, exact=True).click()
    then_all_is_well(page)
    when_i_choose_a_file(page, name, content)


def when_i_choose_a_file(page, name, content):
    page.get_by_label("Which file?").set_input_files({"name": name, "mimeType": "", "buffer": content})
    page.get_by_label("What is it?").fill("Referral letter")
    page.get_by_role("button", name="Attach the document").click()


def then_the_letter_is_listed_and_is_saved_as_a_file(page):
    expect(page.get_by_role("region", name="Documents")).to_contain_text("Referral letter.pdf")
    then_all_is_well(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Referral letter.pdf", exact=True).click()
    assert download.value.suggested_filename == "Referral letter.pdf"
    assert download.value.path().read_bytes() == PDF


def when_i_record_what_is_awaited(page):
    page.get_by_role("link", name="Record what is awaited", exact=True).click()
    then_all_is_well(page)
    page.get_by_label("Which result is awaited?").fill("Echocardiogram")
    page.get_by_label("Who reads it?").select_option("Priya Shah")
    page.get_by_role("button", name="Save").click()
    then_all_is_well(page)


def when_it_has_arrived(page, finding):
    page.get_by_role("link", name="It has arrived").click()
    then_all_is_well(page)
    page.get_by_label("What does the result say?").fill(finding)
    page.get_by_role("button", name="Save the result").click()


def when_i_have_read_it(page):
    page.get_by_role("link", name="Read it").click()
    then_all_is_well(page)
    page.get_by_role("button", name="I have read it").click()
    expect(page.get_by_role("region", name="Results")).to_contain_text("Echocardiogram Read")
    then_all_is_well(page)


def then_all_is_well(page):
    browser.then_the_page_is_accessible(page)
    browser.then_the_page_fits_a_phone(page)
