"""A file that somebody brings in: taken in, matched, checked, brought in or thrown away; done, refused, by whom."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from cases.history_import import at_work, first_look, uploads
from cases.history_import.reading import Columns
from cases.models import Case, HistoryImport, HistoryImportFile, LogEvent, RejectedRow
from cases.refusals import Refused
from pathways import groups
from pathways.models import Pathway
from tests.cases.history_import.logs import Stay, journeys
from tests.factories import MONDAY, a_manager, a_pathway, fresh, in_group

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
LOG = (
    "Case ID,Activity,Timestamp,Lab\n"
    "A,Referred,2026-03-02T09:00:00Z,\n"
    "A,Test,2026-03-02T10:00:00Z,Lab B\n"
    "B,Referred,2026-03-02T11:00:00Z,\n"
    "A,Done,2026-03-02T12:00:00Z,\n"
)
BAD = "C,Referred,yesterday,\n,Referred,2026-03-02,\n"


@pytest.fixture
def administrator(db):
    return in_group(groups.PATHWAY_ADMINISTRATOR)


def uploaded(by, text=LOG, **options):
    options = {"code": "clinic", "title": "A clinic"} | options
    return uploads.upload("log.csv", text.encode(), by=by, **options)


def matched(by, text=LOG, **options):
    record = uploaded(by, text, **options)
    return uploads.match(record, Columns("Case ID", "Activity", "Timestamp", ("Lab",)), by=by)


def worked(record):
    """The record after the worker has done what was asked for."""
    assert at_work.work(record.pk, str(record.ticket))
    return fresh(record)


def checked(by, text=LOG, **options):
    return worked(uploads.check(matched(by, text, **options), by=by))


def brought_in(by, text=LOG, **options):
    return worked(uploads.bring_in(checked(by, text, **options), by=by))


def refusal(act, *args, **options):
    with pytest.raises(Refused) as refused:
        act(*args, **options)
    (sentence,) = refused.value.reasons
    return sentence


def test_a_log_is_taken_in_with_its_columns_guessed(administrator):
    record = uploaded(administrator)

    assert (record.state, record.uploaded_by, record.size, record.lines) == ("uploaded", administrator, len(LOG), 5)
    assert (record.case_column, record.stage_column, record.time_column) == ("Case ID", "Activity", "Timestamp")
    assert (record.makes_pathway, record.pathway_code, record.pathway) == (True, "clinic", None)
    assert not Pathway.objects.exists()
    with uploads.opened(record) as file:
        assert file.read().decode() == LOG


def test_its_stages_are_found_and_those_with_which_cases_mostly_end_are_taken_for_final(administrator):
    record = matched(administrator)
    assert record.stages == [["Done", 1, 1], ["Referred", 2, 1], ["Test", 1, 0]]
    assert (record.finals, record.fact_columns, record.state) == (["Done"], ["Lab"], "matched")


def test_a_check_says_what_it_would_bring_and_brings_nothing(administrator):
    record = checked(administrator, LOG + BAD)

    assert (record.state, record.cases, record.events, record.added, record.rejected) == ("checked", 2, 4, 4, 2)
    assert [(row.number, row.reason) for row in record.rejected_rows.all()] == [
        (6, "“yesterday” is not a time. Write it like 2025-05-04T14:00:00Z."),
        (7, "The case id is missing: “Case ID” is empty."),
    ]
    assert not Pathway.objects.exists()
    assert not Case.objects.exists()


def test_it_is_brought_in_with_the_facts_and_the_final_stages_and_the_file_is_removed(administrator):
    record = brought_in(administrator, LOG + BAD)

    assert (record.state, record.added, record.rejected) == ("done", 4, 2)
    pathway = Pathway.objects.get()
    assert (record.pathway, pathway.code, pathway.name) == (pathway, "clinic", "A clinic")
    assert journeys("clinic") == {
        "A": [
            Stay("Referred", MONDAY, MONDAY + HOUR, False),
            Stay("Test", MONDAY + HOUR, MONDAY + 3 * HOUR, False),
            Stay("Done", MONDAY + 3 * HOUR, MONDAY + 3 * HOUR, True),
        ],
        "B": [Stay("Referred", MONDAY + 2 * HOUR, None, False)],
    }
    assert LogEvent.objects.get(activity="Test").facts == {"Lab": "Lab B"}
    assert not HistoryImportFile.objects.exists()
    assert RejectedRow.objects.count() == 2, "what was left out can still be read"


def test_who_asked_for_it_is_who_it_is_recorded_for(administrator):
    record = brought_in(administrator)
    version = Pathway.objects.get().active_version
    assert version.published_by == administrator
    assert Case.objects.first().history.first().history_user == administrator
    assert Case.objects.first().history.first().history_change_reason == "Imported from log.csv"
    assert [(line.history_user, line.history_change_reason) for line in record.history.order_by("history_id")] == [
        (administrator, reason)
        for reason in (
            "Uploaded",
            "Columns matched",
            "Check asked for",
            "The worker began",
            "Checked",
            "Asked to bring it in",
            "The worker began",
            "Brought in",
        )
    ]


def test_a_longer_log_of_a_pathway_that_is_there_adds_what_is_new(administrator):
    pathway = brought_in(administrator).pathway
    record = brought_in(administrator, LOG + "B,Test,2026-03-03,\n", pathway=pathway)
    assert (record.events, record.added, record.makes_pathway) == (5, 1, False)
    assert len(journeys("clinic")["B"]) == 2


def test_a_pathway_that_is_called_otherwise_meanwhile_or_is_gone_never_makes_another_one(administrator):
    pathway = brought_in(administrator).pathway
    record = matched(administrator, LOG + "B,Test,2026-03-03,\n", pathway=pathway)
    Pathway.objects.filter(pk=pathway.pk).update(code="renamed")
    assert worked(uploads.check(record, by=administrator)).added == 1
    HistoryImport.objects.filter(pk=record.pk).update(pathway=None)
    record = worked(uploads.bring_in(record, by=administrator))
    assert record.said == ["The pathway “A clinic” is not there any more. Bring the log into another one."]
    assert Pathway.objects.count() == 1


def test_nothing_new_is_not_brought_in(administrator):
    pathway = brought_in(administrator).pathway
    record = checked(administrator, pathway=pathway)
    assert record.added == 0
    assert refusal(uploads.bring_in, record, by=administrator) == (
        "Nothing in this file is new, so there is nothing to bring in."
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file is empty. It needs a header and a row for each event."),
        ("case_id;activity;timestamp\nA;B;2026-03-02\n", "The file has 1 column, and needs at least three"),
        ("A,Referred,2026-03-02T09:00:00Z\nA,Test,2026-03-03\n", "The first row holds a time, so it is no header."),
        ('"case_id,activity,timestamp\nA,B,2026-03-02\n', "The file is not a CSV with a header"),
        (f"case_id,activity,timestamp,{'x' * 501}\n", "The name of a column is longer than 500 characters."),
        ("case_id,activity,timestamp\0\n", "The file is not a CSV: it holds bytes that are no text."),
    ],
)
def test_a_file_that_is_no_log_is_not_taken_in(administrator, text, sentence):
    assert refusal(uploaded, administrator, text).startswith(sentence)
    assert not HistoryImport.objects.exists()


def test_a_file_that_is_not_utf_8_is_not_taken_in(administrator):
    content = LOG.replace("Referred", "Überwiesen").encode("latin-1")
    sentence = refusal(uploads.upload, "log.csv", content, by=administrator, code="clinic", title="A clinic")
    assert sentence == "The file is not in UTF-8: row 2 holds bytes that are no text. Save it as “CSV UTF-8”."


def test_a_file_that_is_too_large_is_not_taken_in_and_the_command_is_named(administrator, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 1024**2)
    sentence = refusal(uploaded, administrator, LOG + " " * 1024**2)
    assert sentence.startswith(
        "This file is larger than 1 MB. Ask whoever runs Midwatch to bring it in with “manage.py"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"code": "a b"},
            "Give the new pathway a code of letters, digits and hyphens, for example “clinic-2026”.",
        ),
        (
            {"code": "x" * 101},
            "Give the new pathway a code of letters, digits and hyphens, for example “clinic-2026”.",
        ),
        ({"title": "  "}, "Give the new pathway a name, for example “A clinic, from its log of 2026”."),
        ({"title": "x" * 201}, "The pathway's name is too long: 200 characters at most."),
        (
            {"code": "review"},
            "There is a pathway with the code “review” already: Review. Choose that one, or another code.",
        ),
    ],
)
def test_a_new_pathway_needs_a_name_and_a_code_of_its_own(administrator, options, sentence):
    a_pathway("review")
    assert refusal(uploaded, administrator, **options) == sentence


def test_without_a_code_a_new_pathway_gets_one_from_its_name(administrator):
    assert uploaded(administrator, code="", title="Eye clinic, 2026").pathway_code == "eye-clinic-2026"


def test_columns_must_be_three_that_are_there(administrator):
    record = uploaded(administrator)
    twice = Columns("Case ID", "Activity", "Activity")
    assert refusal(uploads.match, record, twice, by=administrator) == (
        "Choose three different columns for the case, the stage and the time."
    )
    gone = Columns("Case ID", "Activity", "When")
    assert refusal(uploads.match, record, gone, by=administrator) == (
        "The file has no column “When”. Its columns are: Case ID, Activity, Timestamp, Lab."
    )


def test_a_quotation_mark_that_is_never_closed_is_said_when_the_columns_are_matched(administrator):
    record = uploaded(administrator, LOG + 'D,"Referred,2026-03-02,\n')
    sentence = refusal(uploads.match, record, Columns("Case ID", "Activity", "Timestamp"), by=administrator)
    assert sentence == "The file is not a CSV: the quotation mark that opens in row 6 is never closed."


def test_a_column_of_countless_values_is_no_stage(administrator, monkeypatch):
    monkeypatch.setattr(first_look, "MOST_STAGES", 2)
    assert refusal(matched, administrator) == (
        "“Activity” names more than 2 stages, so it is hardly the stage. Choose another column."
    )


def test_not_all_stages_can_be_final(administrator):
    record = matched(administrator)
    assert refusal(uploads.choose_finals, record, ["Done", "Test", "Referred"], by=administrator) == (
        "A case must begin somewhere: leave at least one stage that is not final."
    )
    record = uploads.choose_finals(record, ["Test", "nonsense"], by=administrator)
    assert record.finals == ["Test"]


def test_where_all_stages_seem_final_none_is_taken_for_it(administrator):
    one_each = "case_id,activity,timestamp\nA,Seen,2026-03-02\nB,Rung,2026-03-02\n"
    record = uploads.match(uploaded(administrator, one_each), Columns(), by=administrator)
    assert [ends for _, _, ends in record.stages] == [1, 1]
    assert record.finals == []


def test_other_columns_make_what_was_found_worthless(administrator):
    record = checked(administrator, LOG + BAD)
    record = uploads.match(record, Columns("Case ID", "Lab", "Timestamp"), by=administrator)
    assert (record.state, record.added, record.rejected_rows.count()) == ("matched", None, 0)
    assert refusal(uploads.bring_in, record, by=administrator) == "Check the file first."


def test_a_refusal_of_the_import_is_kept_with_its_sentence_and_nothing_is_brought_in(administrator):
    record = checked(administrator)
    a_pathway("clinic")
    record = worked(uploads.bring_in(record, by=administrator))
    assert (record.state, record.said) == (
        "failed",
        ["There is a pathway “clinic” already. Bring the log into that one, or choose another code."],
    )
    assert not Case.objects.exists()
    assert HistoryImportFile.objects.exists(), "it can be tried again"


def test_an_error_of_ours_is_said_without_its_words_and_kept_in_the_log(administrator, monkeypatch, caplog):
    record = uploads.check(matched(administrator), by=administrator)
    monkeypatch.setattr(at_work, "imported", lambda *_, **__: 1 / 0)
    record = worked(record)
    assert (record.state, record.said) == ("failed", [uploads.FAULT.format(number=record.pk)])
    assert f"Import {record.pk} failed." in caplog.text


@pytest.mark.parametrize("act", [uploads.check, uploads.bring_in, uploads.throw_away])
def test_while_the_worker_is_asked_nothing_else_can_be_done_with_it(administrator, act):
    record = uploads.check(matched(administrator), by=administrator)
    assert refusal(act, record, by=administrator) == ("This file is being checked just now. Wait until that is done.")


def test_a_worker_that_never_comes_may_be_asked_again_and_the_first_asking_is_void(administrator):
    record = uploads.check(matched(administrator), by=administrator)
    first = record.ticket
    HistoryImport.objects.filter(pk=record.pk).update(asked_at=timezone.now() - 2 * uploads.PATIENCE)

    again = uploads.check(record, by=administrator)

    assert again.ticket != first
    assert at_work.work(record.pk, str(first))
    assert fresh(record).state == "checking"
    assert worked(again).state == "checked"


@pytest.mark.parametrize("act", [uploads.check, uploads.bring_in, uploads.throw_away])
def test_what_is_brought_in_is_over(administrator, act):
    record = brought_in(administrator)
    assert refusal(act, record, by=administrator) == "This file was brought in already."


def test_what_is_thrown_away_leaves_a_note_and_no_file(administrator):
    record = uploads.throw_away(checked(administrator, LOG + BAD), by=administrator)
    assert record.state == "thrown_away"
    assert not HistoryImportFile.objects.exists()
    assert not RejectedRow.objects.exists()
    assert refusal(uploads.check, record, by=administrator) == "This file was thrown away already."


def test_only_pathway_administrators_bring_in_logs(administrator):
    record = checked(administrator)
    others = [a_manager("booking"), in_group(groups.INSPECTOR), in_group("pathway administrator", is_active=False)]
    acts = [
        lambda by: uploaded(by),
        lambda by: uploads.match(record, Columns(), by=by),
        lambda by: uploads.choose_finals(record, [], by=by),
        lambda by: uploads.check(record, by=by),
        lambda by: uploads.bring_in(record, by=by),
        lambda by: uploads.throw_away(record, by=by),
    ]
    for by in others:
        for act in acts:
            with pytest.raises(PermissionDenied, match="brought in by pathway administrators"):
                act(by)
    assert fresh(record).state == "checked"


def test_the_night_removes_what_nobody_brought_in_within_a_week(administrator):
    old, waiting, young, done = (
        checked(administrator, LOG + BAD, code=code) for code in ("old", "waiting", "young", "done")
    )
    uploads.check(waiting, by=administrator)
    worked(uploads.bring_in(done, by=administrator))
    long_ago = timezone.now() - uploads.KEPT_FOR
    HistoryImport.objects.exclude(pk=young.pk).update(uploaded_at=long_ago - HOUR)

    assert uploads.forget_old(timezone.now()) == 1

    assert [fresh(one).state for one in (old, waiting, young, done)] == ["thrown_away", "checking", "checked", "done"]
    assert fresh(old).said == ["The file was removed after 7 days, because nobody had brought it in."]
    assert set(RejectedRow.objects.values_list("history_import", flat=True)) == {young.pk}
    HistoryImport.objects.update(asked_at=long_ago)  # no worker came for it
    assert uploads.forget_old(timezone.now() + uploads.KEPT_FOR) == 2
