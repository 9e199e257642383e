"""Good rows, rejected rows, and files that are refused whole."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.history_import.reading import Columns, read
from cases.refusals import Refused

AT = datetime(2025, 5, 4, 10, tzinfo=UTC)
GOOD = "A,Triage,2025-05-04T10:00:00Z"


def rows(text, **columns):
    content = text if isinstance(text, bytes) else text.encode()
    return list(read(io.BytesIO(content), Columns(**columns)))


def log(*lines):
    return "\n".join(["case_id,activity,timestamp", *lines, ""])


def rejected(text, **columns):
    return [(row.number, row.reason) for row in rows(text, **columns) if row.reason]


def test_a_row_is_an_event_with_its_facts_as_text():
    text = "site,timestamp,activity,case_id,lab\nWard 7,2025-05-04T10:00:00Z,Triage,007,\n"
    (row,) = rows(text, facts=("site", "lab"))
    assert row == (2, "007", "Triage", AT, {"site": "Ward 7"}, None)


@pytest.mark.parametrize(
    "text", ["\ufeff" + log(GOOD), log(GOOD).replace("\n", "\r\n"), log(GOOD).replace("\n", "\r"), log(GOOD)[:-1]]
)
def test_what_spreadsheets_save_is_read(text):
    assert [(row.number, row.case, row.at) for row in rows(text)] == [(2, "A", AT)]


def test_other_columns_are_found_by_their_names_whatever_space_is_around_them():
    text = "id , what,when\nA,Triage,2025-05-04T10:00:00Z\n"
    assert rows(text, case="id", stage="what", time="when")[0].case == "A"


def test_the_text_NA_is_a_case_and_names_stay_as_they_are():  # noqa: N802
    text = log("NA, Triage  2 ,2025-05-04T10:00:00Z", 'null,"Bed, assigned",2025-05-04T10:00:00Z')
    assert [(row.case, row.activity) for row in rows(text)] == [("NA", " Triage  2 "), ("null", "Bed, assigned")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("A,Triage", "The row has 2 values, and the header has 3 columns."),
        ("A,Triage,2025-05-04,x", "The row has 4 values, and the header has 3 columns."),
        ("   ", "The row has 1 values, and the header has 3 columns."),
        (",Triage,2025-05-04", "The case id is missing: “case_id” is empty."),
        ("  ,Triage,2025-05-04", "The case id is missing: “case_id” is empty."),
        ("A,,2025-05-04", "The stage is missing: “activity” is empty."),
        ("A,Triage,", "The time is missing."),
        ("A,Triage,soon", "“soon” is not a time. Write it like 2025-05-04T14:00:00Z."),
        ("A" * 201 + ",Triage,2025-05-04", "The case id has 201 characters, and at most 200 can be kept."),
        ("A," + "T" * 201 + ",2025-05-04", "The stage's name has 201 characters, and at most 200 can be kept."),
        ("A\0,Triage,2025-05-04", "The row holds a NUL character, which no text may."),
        (
            'A,"Tri"age,2025-05-04',
            "The quotation marks are wrong: a value in quotation marks must end with its second one.",
        ),
    ],
)
def test_a_bad_row_is_rejected_with_its_number_and_a_reason_and_the_others_go_in(line, reason):
    text = log(GOOD, line, GOOD)
    assert rejected(text) == [(3, reason)]
    assert [row.number for row in rows(text) if not row.reason] == [2, 4]


def test_a_row_is_numbered_by_the_line_on_which_it_begins():
    text = log("", 'A,"Triage\nagain",2025-05-04', "B,Triage,soon", "", "C,Triage,later")
    assert [number for number, _ in rejected(text)] == [5, 7]


def test_rows_lost_to_a_quotation_mark_are_named():
    text = log(GOOD, 'B,"Triage,2025-05-04', GOOD, 'C,"Bed, assigned",2025-05-04', GOOD)
    (lost,) = rejected(text)
    assert lost == (3, "The quotation mark that opens here ends wrongly in row 5: rows 3 to 5 cannot be read.")
    assert [row.number for row in rows(text) if not row.reason] == [2, 6]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty. It needs a header and a row for each event."),
        (b"case_id,activity\nA,Triage\n", "The file has no column “timestamp”. Its columns are: case_id, activity."),
        (
            b"case_id;activity;timestamp\n",
            "The file has no column “case_id”. Its columns are: case_id;activity;timestamp.",
        ),
        (
            b"case_id,case_id,activity,timestamp\n",
            "The header has 2 columns called “case_id”. Give each its own name.",
        ),
        (
            b"case_id,activity,timestamp\nA,Tri\xe9ge,2025-05-04\n",
            "The file is not in UTF-8: row 2 holds bytes that are no text. Save it as “CSV UTF-8”.",
        ),
        (
            log(GOOD).encode("utf-16"),
            "The file is not in UTF-8: row 1 holds bytes that are no text. Save it as “CSV UTF-8”.",
        ),
        (log(GOOD).encode("utf-16-le"), "The file is not a CSV: it holds bytes that are no text."),
        (b"PK\x03\x04\x00\x00", "The file is not a CSV: it holds bytes that are no text."),
        (
            b"\x89PNG\r\n\x1a\n\x00\x00",
            "The file is not in UTF-8: row 1 holds bytes that are no text. Save it as “CSV UTF-8”.",
        ),
        (b'"case_id"x,activity,timestamp\n', "The file is not a CSV with a header: ',' expected after '\"' in row 1."),
        (
            log(GOOD, 'B,"Triage,2025-05-04', GOOD).encode(),
            "The file is not a CSV: the quotation mark that opens in row 3 is never closed.",
        ),
        (
            log(GOOD, 'B,"Triage' + "\nx" * 100_000).encode(),
            "The file is not a CSV: the quotation mark that opens in row 3 is never closed.",
        ),
    ],
)
def test_what_is_no_log_is_refused_whole_with_a_sentence(content, sentence):
    with pytest.raises(Refused) as refused:
        rows(content)
    assert refused.value.reasons == [sentence]


def test_the_row_that_is_not_in_utf_8_is_named_however_far_down():
    lines = [GOOD] * 5000
    lines[2998] = "Zo\xeb,Triage,2025-05-04"
    with pytest.raises(Refused, match="row 3000 holds bytes that are no text"):
        rows(log(*lines).encode("latin-1"))


@given(st.binary() | st.text().map(str.encode) | st.text('ab",\n\r\0').map(lambda text: log(text).encode()))
def test_any_bytes_are_rows_or_refused_with_a_sentence(content):
    try:
        found = rows(content)
    except Refused as refused:
        assert refused.reasons[0].endswith((".", "”."))  # noqa: PT017  one or the other
    else:
        assert [row.number for row in found] == sorted({row.number for row in found})
