"""The pages on which a log is brought in, as a pathway administrator meets them, with and without a script."""

import csv

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cases.history_import import at_work, uploads
from cases.history_import.progress import Step, Told
from cases.history_import.reading import Columns
from cases.models import Case, HistoryImport, RejectedRow
from cases.watch import alone
from pathways.groups import INSPECTOR, PATHWAY_ADMINISTRATOR
from pathways.models import Pathway
from tests.cases.web.reading import reasons, title, words
from tests.factories import fresh, in_group

LOG = (
    "Case ID,Activity,Timestamp,Lab\n"
    "A,Referred,2026-03-29T00:30:00Z,\n"
    "A,Test,2026-03-29T01:30:00Z,=Lab B\n"
    "B,Referred,yesterday,\n"
    "A,Done,2026-03-30T12:00:00Z,\n"
    "B,Referred,2026-03-30T12:00:00Z,\n"
)
COLUMNS = {"case": "Case ID", "stage": "Activity", "time": "Timestamp", "facts": ["Lab"]}
HTMX = {"HTTP_HX-Request": "true"}


@pytest.fixture
def administrator(db, client):
    user = in_group(PATHWAY_ADMINISTRATOR, first_name="Tom", last_name="Whitfield")
    client.force_login(user)
    return user


def sent(text=LOG, name="log.csv", **values):
    content = text if isinstance(text, bytes) else text.encode()
    return {"file": SimpleUploadedFile(name, content), "where": "new", "title": "A clinic", "code": "clinic"} | values


def add(client, *args, **values):
    return client.post("/import/add/", sent(*args, **values))


def record():
    return HistoryImport.objects.get()


def worked():
    """Let the worker do what it was asked for."""
    assert at_work.work(record().pk, str(record().ticket))


def address(act=""):
    return f"/import/{record().pk}/{act}"


def checked(client, text=LOG):
    add(client, text)
    client.post(address("columns/"), COLUMNS)
    client.post(address("stages/"), {"finals": ["Done"]})
    worked()
    return client.get(address())


def test_the_list_is_empty_at_first_and_says_what_a_log_is(client, administrator):
    said = words(client.get("/import/"))
    assert "No log was brought in yet. A log is a CSV with a row for each event" in said
    assert "Bring in a log" in said


def test_a_log_is_brought_in_step_by_step(client, administrator):
    answer = add(client)
    assert answer.url == address("columns/")

    said = words(client.get(address("columns/")))
    assert "What do the columns mean?" in said
    assert "Lab (for example =Lab B)" in said
    assert "2 A Referred 29 March 2026, 12:30am" in said
    assert "3 A Test 29 March 2026, 2:30am" in said, "in London the clocks went forward in between"
    assert "4 Rejected “yesterday” is not a time." in said

    answer = client.post(address("columns/"), COLUMNS)
    assert answer.url == address("stages/")
    page = client.get(address("stages/"))
    assert "Done (the last of its case 1 of 1 time)" in words(page)
    assert page.context["form"].initial["finals"] == ["Done"]

    answer = client.post(address("stages/"), {"finals": ["Done"]})
    assert answer.url == address()
    assert "Waiting for the worker, which begins within seconds" in words(client.get(address()))

    worked()
    said = words(client.get(address()))
    assert "It was checked" in said
    assert "Cases in the file 2 Events in the file 4 Of them new 4 Rows rejected 1" in said
    assert "A clinic (clinic), to be made with 3 stages; a case ends with Done" in said
    assert "4 “yesterday” is not a time." in said
    assert not Pathway.objects.exists()

    client.post(address("bring-in/"))
    worked()
    said = words(client.get(address()))
    assert "It was brought in" in said
    assert "Tidy the pathway" in said
    assert Case.objects.count() == 2
    said = words(client.get("/import/"))
    assert "log.csv" in said
    assert "A clinic made from this log By whom Tom Whitfield" in said
    assert "Brought in 4 events brought, 1 row rejected." in said


def test_into_a_pathway_that_is_there_it_is_checked_without_asking_where_cases_end(client, administrator, pathway):
    answer = add(client, LOG.replace("Referred", "Triage"), where="there", pathway="review")
    assert client.post(answer.url, COLUMNS).url == address()
    worked()
    said = words(client.get(address()))
    assert "Events in the file 3" in said
    assert "“yesterday” is not a time." in said
    assert "This pathway has no stage “Test”." in said
    assert client.get(address("stages/")).url == address()


def test_the_preview_changes_with_the_columns_and_nothing_is_kept(client, administrator):
    add(client)
    page = client.post(address("columns/"), COLUMNS | {"facts": ["Lab", "Case ID"], "_look": "on"}, **HTMX)
    assert "3 A Test 29 March 2026, 2:30am =Lab B" in words(page)
    page = client.post(address("columns/"), COLUMNS | {"time": "Lab", "_look": "on"})
    assert "2 Rejected The time is missing." in words(page)
    page = client.post(address("columns/"), COLUMNS | {"time": "", "_look": "on"})
    assert "Choose the three columns first." in words(page)
    assert (record().state, record().fact_columns) == ("uploaded", [])


def test_columns_that_cannot_be_are_said(client, administrator):
    add(client)
    answer = client.post(address("columns/"), COLUMNS | {"stage": "Case ID"})
    assert answer.status_code == 409
    assert reasons(answer) == ["Choose three different columns for the case, the stage and the time."]
    answer = client.post(address("columns/"), {"case": "Case ID", "time": "nonsense"})
    assert reasons(answer) == [
        "Choose an answer for “Which column names the stage, or what happened?”.",
        "Choose an answer for “Which column says when?” from the list.",
    ]
    answer = client.post(address("stages/"), {"finals": ["Done"]})
    assert answer.url == address(), "they are asked for when the stages are known"


def test_two_columns_of_one_name_are_said(client, administrator):
    add(client, "case_id,activity,timestamp,activity\nA,Referred,2026-03-02,x\n")
    said = words(client.get(address("columns/")))
    assert "The header has 2 columns called “activity”. Give each its own name." in said


def test_all_stages_final_are_refused_on_their_page(client, administrator):
    add(client)
    client.post(address("columns/"), COLUMNS)
    answer = client.post(address("stages/"), {"finals": ["Done", "Test", "Referred"]})
    assert reasons(answer) == ["A case must begin somewhere: leave at least one stage that is not final."]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file is empty. It needs a header and a row for each event."),
        (
            LOG.replace("Referred", "Überwiesen").encode("latin-1"),
            "The file is not in UTF-8: row 2 holds bytes that are no text. Save it as “CSV UTF-8”.",
        ),
        (
            "A,Referred,2026-03-02T09:00:00Z\n",
            "The first row holds a time, so it is no header. Put the names of the columns above it.",
        ),
        (
            "case_id;activity;timestamp\n",
            "The file has 1 column, and needs at least three: the case, the stage and the time. Their values must "
            "have commas between them.",
        ),
    ],
)
def test_a_file_that_is_no_log_is_refused_with_what_to_do(client, administrator, text, sentence):
    answer = add(client, text)
    assert answer.status_code == 409
    assert reasons(answer) == [sentence]
    assert title(answer).startswith("Error: ")
    assert not HistoryImport.objects.exists()


def test_a_quotation_mark_that_is_never_closed_is_said_with_its_row(client, administrator):
    add(client, LOG + 'C,"Referred,2026-03-02,\n')
    assert reasons(client.post(address("columns/"), COLUMNS)) == [
        "The file is not a CSV: the quotation mark that opens in row 7 is never closed."
    ]


def test_a_file_that_is_too_large_is_refused_before_it_is_read(client, administrator, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_BYTES", 100)
    (sentence,) = reasons(add(client))
    assert "Ask whoever runs Midwatch to bring it in with “manage.py import_history”" in sentence


@pytest.mark.parametrize(
    ("values", "sentences"),
    [
        ({"file": ""}, ["Choose a file."]),
        ({"where": ""}, ["Say whether the pathway is here already or new."]),
        ({"where": "there"}, ["Choose the pathway."]),
        ({"title": ""}, ["Fill in “Its name”."]),
        (
            {"code": "a b"},
            ["Give the new pathway a code of letters, digits and hyphens, for example “clinic-2026”."],
        ),
    ],
)
def test_what_is_missing_is_asked_for(client, administrator, values, sentences):
    assert reasons(add(client, **values)) == sentences


def test_a_refusal_of_the_import_is_shown_with_what_can_be_done(client, administrator, pathway):
    checked(client)
    Pathway.objects.filter(code="review").update(code="clinic")
    client.post(address("bring-in/"))
    worked()
    said = words(client.get(address()))
    assert "It did not work" in said
    assert "There is a pathway “clinic” already. Bring the log into that one, or choose another code." in said
    assert "Bring it in again" in said
    assert "It did not work" not in words(client.get("/import/"))
    assert "Failed" in words(client.get("/import/"))


def test_the_first_fifty_rejected_rows_are_shown_and_all_of_them_can_be_downloaded(client, administrator):
    many = "".join(f"X,Referred,={number},\n" for number in range(70))
    page = checked(client, LOG + many)
    said = words(page)
    assert "Rows that would be rejected: the first 50 of 71" in said
    assert "55 “=48” is not a time." in said
    assert "=49" not in said

    RejectedRow.objects.filter(number=4).update(reason="=1+1")
    answer = client.get(address("rejected/"))
    rows = list(csv.reader(b"".join(answer).decode("utf-8-sig").splitlines()))
    assert rows[:2] == [["Row", "Why it was rejected"], ["4", "'=1+1"]]
    assert len(rows) == 72
    assert answer["Content-Disposition"] == f'attachment; filename="rejected-rows-{record().pk}.csv"'
    assert "no-store" in answer["Cache-Control"]


def test_progress_is_shown_and_asked_for_again_until_it_is_over(client, administrator):
    checked(client)
    client.post(address("bring-in/"))
    HistoryImport.objects.update(taken_at=timezone.now(), lines=5)
    with alone.alone(uploads.lock_of(record())):
        tell = Told(record().ticket)
        tell(Step.READING, 3)
        page = client.get(address())
        said = words(page)
        assert "It is being brought in" in said
        assert "Reading the rows: 3 of about 5 Now" in said
        assert "Look again" in said
        assert b'hx-trigger="every 2s"' in page.content

        tell(Step.READING, 5)
        tell(Step.TIMERS, 2)
        part = client.get(address(), **HTMX).content.decode()
        assert part.lstrip().startswith("<section")
        assert "Setting the timers of the cases that are open: 2" in part
        assert "HX-Refresh" not in client.get(address(), **HTMX)

        assert reasons(client.post(address("bring-in/"))) == [
            "This file is being brought in just now. Wait until that is done."
        ]
        assert client.get(address("columns/")).url == address()
        assert client.post(address("columns/"), COLUMNS).url == address()
    HistoryImport.objects.update(state="done")
    assert client.get(address(), **HTMX)["HX-Refresh"] == "true"


def test_another_file_that_is_worked_on_is_said(client, administrator):
    add(client)
    client.post(address("columns/"), COLUMNS)
    client.post(address("stages/"), {"finals": ["Done"]})
    Told(record().ticket)(Step.QUEUED)
    assert "Another file is worked on just now. This one comes next" in words(client.get(address()))


def test_a_worker_that_was_killed_is_said_with_what_to_do(client, administrator):
    checked(client)
    client.post(address("bring-in/"))
    HistoryImport.objects.update(taken_at=timezone.now())

    said = words(client.get(address()))
    assert "It did not work" in said
    assert uploads.STOPPED in said
    assert "Bring it in again" in said
    assert client.get(address(), **HTMX)["HX-Refresh"] == "true"

    client.post(address("bring-in/"))
    worked()
    assert record().state == "done"


def test_a_worker_that_does_not_come_is_said_with_what_to_do(client, administrator):
    checked(client)
    client.post(address("check/"))
    assert "Waiting for the worker" in words(client.get(address()))
    HistoryImport.objects.update(asked_at=timezone.now() - 2 * uploads.PATIENCE)
    said = words(client.get(address()))
    assert uploads.NO_WORKER in said
    assert "Check it again" in said
    assert client.get(address("columns/")).status_code == 200, "and the columns can be changed"


def test_nothing_new_is_said_and_no_button_brings_it_in(client, administrator):
    checked(client)
    client.post(address("bring-in/"))
    worked()
    again = add(client, where="there", pathway="clinic").url
    client.post(again, COLUMNS)
    second = HistoryImport.objects.first()
    assert at_work.work(second.pk, str(second.ticket))
    said = words(client.get(f"/import/{second.pk}/"))
    assert "Of them new 0 Midwatch has all of them already" in said
    assert "Bring it in" not in said


def test_it_is_thrown_away(client, administrator):
    checked(client)
    answer = client.post(address("throw-away/"), follow=True)
    assert "log.csv was thrown away. Nothing of it was brought in." in words(answer)
    assert "it is not kept any more" in words(answer)
    assert client.get(address("columns/")).url == address()
    assert reasons(client.post(address("check/"))) == ["This file was thrown away already."]
    assert "Thrown away" in words(client.get("/import/"))


def test_the_list_is_paged(client, administrator):
    for number in range(26):
        uploads.upload(f"log-{number}.csv", LOG.encode(), by=administrator, code=f"c{number}", title="A clinic")
    page = client.get("/import/")
    assert "log-25.csv" in words(page)
    assert "log-0.csv" not in words(page)
    assert "log-0.csv" in words(client.get("/import/?page=2"))


@pytest.mark.parametrize("who", ["caseworker", "manager", "inspector"])
def test_only_pathway_administrators_come_in_and_the_others_are_told_whom_to_ask(client, administrator, request, who):
    checked(client)
    client.force_login(request.getfixturevalue(who))
    for act in ("", "columns/", "stages/", "rejected/"):
        answer = client.get(address(act))
        assert answer.status_code == 403
        assert "Logs are brought in by pathway administrators" in words(answer)
    for act in ("columns/", "stages/", "check/", "bring-in/", "throw-away/"):
        assert client.post(address(act)).status_code == 403
    assert client.get("/import/").status_code == add(client).status_code == 403
    assert record().state == "checked"


def test_an_inspector_reads_in_the_admin_who_brought_in_what_and_nobody_changes_it(client, administrator):
    checked(client)
    client.force_login(in_group(INSPECTOR, is_staff=True))
    place = f"/admin/cases/historyimport/{record().pk}"
    assert "log.csv" in client.get("/admin/cases/historyimport/").content.decode()
    assert client.get(f"{place}/change/").status_code == 200
    assert "Check asked for" in client.get(f"{place}/history/").content.decode()
    assert client.post(f"{place}/change/", {"state": "done"}).status_code == 403
    assert client.post(f"{place}/delete/").status_code == 403


def test_who_is_signed_out_meanwhile_is_led_to_sign_in_and_not_into_the_middle_of_the_page(client, administrator):
    checked(client)
    client.logout()
    assert client.get(address()).url.startswith("/sign-in/")
    assert client.get(address(), **HTMX)["HX-Refresh"] == "true"
    assert client.get("/import/999/").status_code == 302


def test_columns_are_matched_again_after_a_check(client, administrator):
    checked(client)
    assert client.get(address("columns/")).context["form"].initial["facts"] == ["Lab"]
    client.post(address("columns/"), COLUMNS | {"facts": []})
    said = words(client.get(address()))
    assert "Ready to be checked" in said
    assert "Bring it in" not in said
    assert Columns("Case ID", "Activity", "Timestamp") == uploads.columns_of(fresh(record()))
