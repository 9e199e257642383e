"""A pathway administrator brings in a log, watches it come in, tidies what was found in it, and takes it out again."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from playwright.sync_api import expect

from cases.history_import import at_work
from cases.history_import.progress import Step, Told
from cases.models import Case, HistoryImport
from pathways.groups import PATHWAY_ADMINISTRATOR
from pathways.models import Pathway
from tests.browser import begin, settle, then_the_page_fits_a_phone, then_the_page_is_accessible
from tests.factories import in_group

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def log(tmp_path):
    """Twenty cases that went through Test and Tests, two of them not yet to their end, and a row that is no event."""
    rows = [
        f"{NOON + timedelta(hours=hours * (case + 1)):%Y-%m-%dT%H:%MZ},C{case},{stage},Lab {'AB'[case % 2]}"
        for case in range(22)
        for hours, stage in enumerate(("Test", "Tests", "Done")[: 3 if case < 20 else 2])
    ]
    path = tmp_path / "clinic.csv"
    path.write_text("\n".join(["when,case,what,lab", *rows, "yesterday,C1,Test,Lab A", ""]))
    return path


def test_a_log_comes_in_is_tidied_and_goes_out(page, log, monkeypatch):
    begin(page, in_group(PATHWAY_ADMINISTRATOR, is_staff=True))

    when_i_find_the_page_and_choose_the_file(page, log)
    then_the_columns_were_guessed_but_for_one(page)
    when_i_choose_the_stage_and_a_fact(page)
    then_the_rows_are_shown_anew_without_a_button(page)
    when_i_say_where_cases_end_and_check_the_file(page)
    then_i_see_what_it_would_bring(page)
    when_i_bring_it_in_and_watch(page, monkeypatch)
    then_it_is_there(page)

    when_i_tidy_the_pathway(page)
    then_publishing_offers_to_lead_the_cases_on(page)
    when_i_take_the_log_out(page)


def then_all_is_well(page):
    then_the_page_is_accessible(page)
    then_the_page_fits_a_phone(page)


def when_i_find_the_page_and_choose_the_file(page, log):
    page.get_by_role("link", name="Import", exact=True).click()
    expect(page.get_by_text("No log was brought in yet.")).to_be_visible()
    then_all_is_well(page)
    page.get_by_role("link", name="Bring in a log").click()
    expect(page.get_by_label("Its name")).to_be_hidden()
    page.get_by_label("Which file?").set_input_files(log)
    page.get_by_label("A new one, made from the log").check()
    page.get_by_label("Its name").fill("A clinic")
    then_all_is_well(page)
    page.get_by_role("button", name="Go on").click()


def then_the_columns_were_guessed_but_for_one(page):
    settle(page)  # no person is quicker than the script
    expect(page.get_by_label("Which column names the case?")).to_have_value("case")
    expect(page.get_by_label("Which column says when?")).to_have_value("when")
    expect(page.get_by_label("Which column names the stage")).to_have_value("")
    expect(page.get_by_text("Choose the three columns first.")).to_be_visible()


def when_i_choose_the_stage_and_a_fact(page):
    page.get_by_label("Which column names the stage").select_option("what")
    expect(page.get_by_role("row").nth(1)).to_contain_text("2 March 2026, midday")
    page.get_by_label("lab (for example Lab A)").check()


def then_the_rows_are_shown_anew_without_a_button(page):
    expect(page.get_by_role("row").nth(1)).to_contain_text("Lab A")
    then_all_is_well(page)
    page.get_by_role("button", name="Go on").click()


def when_i_say_where_cases_end_and_check_the_file(page):
    expect(page.get_by_label("Done (the last of its case 20 of 20 times)")).to_be_checked()
    then_all_is_well(page)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", name="It is being checked")).to_be_visible()
    the_worker()


def then_i_see_what_it_would_bring(page):
    expect(page.get_by_role("heading", name="It was checked")).to_be_visible()  # the page has looked again by itself
    expect(page.get_by_text("“yesterday” is not a time.")).to_be_visible()
    assert not Pathway.objects.exists()
    then_all_is_well(page)


def when_i_bring_it_in_and_watch(page, monkeypatch):
    in_the_middle, seen = threading.Event(), threading.Event()
    told = Told.__call__

    def stay_a_while(self, step, done=0):
        told(self, step, done)
        if step == Step.STAYS:
            in_the_middle.set()
            assert seen.wait(30)

    monkeypatch.setattr(Told, "__call__", stay_a_while)
    page.get_by_role("button", name="Bring it in").click()
    expect(page.get_by_role("heading", name="It is being brought in")).to_be_visible()
    worker = threading.Thread(target=the_worker, kwargs={"apart": True})
    worker.start()
    try:
        assert in_the_middle.wait(30)
        expect(page.locator("[aria-current=step]")).to_contain_text("Making their stays")
        expect(page.get_by_text("Reading the rows: 65")).to_be_visible()
        then_all_is_well(page)
    finally:
        seen.set()
        worker.join()


def then_it_is_there(page):
    expect(page.get_by_role("heading", name="It was brought in")).to_be_visible()
    assert Case.objects.count() == 22
    then_all_is_well(page)


def when_i_tidy_the_pathway(page):
    page.get_by_role("link", name="Tidy the pathway").click()
    then_all_is_well(page)
    page.get_by_role("button", name="Make a draft to tidy").click()
    page.get_by_label("Name of “Test”").fill("Blood test")
    page.get_by_label("19 hours for “Test”").check()
    then_all_is_well(page)
    page.get_by_role("button", name="Save names and limits").click()
    expect(page.get_by_text("limit of “Blood test”: none → 19 hours.")).to_be_visible()
    page.get_by_label("This stage goes").select_option(label="Tests")
    page.get_by_label("into this one, which stays").select_option(label="Blood test")
    page.get_by_role("button", name="Merge them").click()
    expect(page.get_by_text("“Tests” was merged into “Blood test”.")).to_be_visible()


def then_publishing_offers_to_lead_the_cases_on(page):
    page.get_by_role("link", name="Go on to publishing").click()
    expect(page.get_by_label("Tests is not in this version, or final in it. Its 2 cases:")).to_have_value("test")
    page.get_by_label("Yes. They keep their place").check()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("2 cases were mapped from Tests to Blood test.")).to_be_visible()


def when_i_take_the_log_out(page):
    page.goto("/import/")
    then_all_is_well(page)
    page.get_by_role("link", name="Take out the event log").click()
    then_all_is_well(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the event log (CSV)").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "case_id,activity,timestamp,left_at,team,lab"
    assert lines[1] == "C0,Blood test,2026-03-02T12:00:00Z,2026-03-02T13:00:00Z,Imported logs,Lab A"


def the_worker(*, apart=False):
    """Do what the worker would; ``apart``: in a thread, with a connection of its own."""
    record = HistoryImport.objects.get()
    try:
        assert at_work.work(record.pk, str(record.ticket))
    finally:
        if apart:
            connection.close()
