"""The command that judges series from elsewhere: as JSON, in words, and what it refuses."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

SERIES = Path(__file__).resolve().parents[4] / "shared" / "data" / "nhse_xmr_series.csv"
HEADER = "series,date,value,improvement\n"


def rows(values, name="Waits", improvement="low"):
    return [f"{name},2026-01-{day:02},{value},{improvement}" for day, value in enumerate(values, start=1)]


def run(tmp_path, content, **options):
    path = tmp_path / "series.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    answer = StringIO()
    call_command("xmr", str(path), stdout=answer, **options)
    return answer.getvalue()


def a_file(*lines):
    return HEADER + "\n".join(lines) + "\n"


def test_the_json_holds_what_each_chart_says_its_lines_and_its_points(tmp_path):
    content = a_file(*rows([10, 12] * 8), *rows([5, "", 6], "Others", "neither"))
    answer = json.loads(run(tmp_path, content, json=True))

    assert {name: answer[name] for name in ("shift", "trend", "minimum", "baseline")} == {
        "shift": 6,
        "trend": 6,
        "minimum": 13,
        "baseline": None,
    }
    waits, others = answer["series"]
    assert (waits["series"], waits["improvement"], waits["mean"]) == ("Waits", "low", 11)
    assert (waits["lower"], waits["upper"]) == (pytest.approx(5.68), pytest.approx(16.32))
    assert waits["verdict"] == "Nothing unusual: it varies by chance between 5.68 and 16.32."
    first = waits["points"][0]
    assert (first["date"], first["value"], first["colour"], first["rules"]) == ("2026-01-01", 10, "common", [])
    assert (others["improvement"], others["upper"]) == ("neither", None)
    assert others["verdict"] == "Too few points for limits: 2 of 13."
    assert [point["value"] for point in others["points"]] == [5, None, 6]


@pytest.mark.skipif(not SERIES.exists(), reason="shared/data is not beside the checkout")
def test_the_published_series_are_read_as_they_are():
    answer = StringIO()
    call_command("xmr", str(SERIES), json=True, stdout=answer)
    found = json.loads(answer.getvalue())["series"]
    assert (len(found), sum(len(series["points"]) for series in found)) == (16, 319)
    assert {point["colour"] for series in found for point in series["points"]} == {
        "improvement",
        "concern",
        "neutral",
        "common",
    }


def test_in_words_the_numbers_stand_under_each_other_and_what_is_special_is_said(tmp_path):
    said = run(tmp_path, a_file(*rows([10, 12] * 8 + [30])), baseline=16).splitlines()
    assert said[0] == "Waits (low is better)"
    assert said[1] == (
        "The last point is above the upper limit, which is more than chance. It varies by chance between 5.68 and "
        "16.32."
    )
    assert said[2] == "date        value  lower  mean  upper"
    assert said[3] == "2026-01-01     10   5.68    11  16.32"
    assert said[-1] == "2026-01-17     30   5.68    11  16.32  concern: outside the limits"


def test_series_stand_apart_in_the_order_in_which_they_begin_whatever_the_order_of_the_rows(tmp_path):
    mixed = [row for pair in zip(rows([1, 2], "B", ""), rows([3, ""], "A", "HIGH"), strict=True) for row in pair]
    first, second = run(tmp_path, a_file(*mixed)).split("\n\n")
    assert first.startswith("B (neither is better)\nToo few points for limits: 2 of 13.")
    assert second.startswith("A (high is better)\nToo few points for limits: 1 of 13.")
    assert second.splitlines()[-1] == "2026-01-02      -      -     3      -"


def test_columns_may_stand_in_any_order_with_others_between(tmp_path):
    content = "value,improvement,seq,date,series\n" + "\n".join(f"7,low,{n},2026-02-0{n},Waits" for n in (1, 2))
    (series,) = json.loads(run(tmp_path, content, json=True))["series"]
    assert [point["value"] for point in series["points"]] == [7, 7]


def test_shift_trend_and_minimum_may_be_others(tmp_path):
    content = a_file(*rows([10, 12, 10, 12, 10.5, 10.4, 10.6]))
    assert "shift" not in run(tmp_path, content, minimum=5, baseline=4)
    assert "improvement: shift" in run(tmp_path, content, minimum=5, baseline=4, shift=3)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "The file is empty. It needs a header and a row for each value."),
        (HEADER, "The file has a header and no rows. It needs a row for each value."),
        ("series,date,value\nA,2026-01-01,3\n", "The file has no column “improvement”. Its columns are: series,"),
        ("series,date,value,value,improvement\n", "The header has 2 columns called “value”. Give each its own name."),
        (
            a_file("A,2026-01-01,many,low"),
            "Row 2: The value “many” is not a number. Write it like 12.5, or leave it out.",
        ),
        (a_file("A,2026-01-01,nan,low"), "Row 2: The value “nan” is not a number."),
        (a_file("A,2026-01-01,1e999,low"), "Row 2: The value “1e999” is not a number."),
        (a_file('A,2026-01-01,"1,5",low'), "Row 2: The value “1,5” is not a number."),
        (a_file("A,2026-01-01,1_000,low"), "Row 2: The value “1_000” is not a number."),
        (a_file("A,2026-01-01,3,down"), "Row 2: The improvement is “down”. Write high, low or neither."),
        (a_file("A,01/02/2026,3,low"), "Row 2: “01/02/2026” is not a date. Write it like 2025-05-04."),
        (a_file("A,2026-02-30,3,low"), "Row 2: “2026-02-30” is not a date."),
        (a_file("A,,3,low"), "Row 2: The date is missing."),
        (a_file(" ,2026-01-01,3,low"), "Row 2: The series is missing: “series” is empty."),
        (
            a_file("A,2026-01-02,3,low", "B,2026-01-01,3,low", "A,2026-01-01,3,low"),
            "Row 4: The date 2026-01-01 does not come after 2026-01-02, that of the row before of “A”.",
        ),
        (a_file("A,2026-01-02,3,low", "A,2026-01-02,3,low"), "Row 3: The date 2026-01-02 does not come after"),
        (
            a_file("A,2026-01-01,3,low", "A,2026-01-02,3,high"),
            "Row 3: The improvement of “A” is another in its first row. Write the same in all of them.",
        ),
        (a_file("A,2026-01-01,3"), "Row 2: The row has 3 values, and the header has 4 columns."),
        (
            a_file('A,"2026-01-01,3,low'),
            "The file is not a CSV: the quotation mark that opens in row 2 is never closed.",
        ),
        (HEADER.encode() + b"A,2026-01-01,3,low\nWartezeit f\xfcr,", "The file is not in UTF-8: row 3 holds bytes"),
        (HEADER.encode("utf-16"), "The file is not in UTF-8: row 1 holds bytes that are no text."),
    ],
)
def test_a_file_that_cannot_be_judged_is_refused_with_a_sentence(tmp_path, content, sentence):
    with pytest.raises(CommandError) as refused:
        run(tmp_path, content)
    assert str(refused.value).startswith(sentence)


def test_each_wrong_row_is_named_and_of_many_the_first_ten(tmp_path):
    with pytest.raises(CommandError) as refused:
        run(tmp_path, a_file(*rows(["x"] * 12), "A,2026-01-01,3,low"))
    said = str(refused.value).splitlines()
    assert (len(said), said[0][:6], said[9][:7], said[10]) == (11, "Row 2:", "Row 11:", "2 more rows cannot be used.")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"shift": 1}, "The shift is a number of points, at least 2: 1 is too few."),
        ({"baseline": 0}, "A baseline has at least 2 points: 0 is too few."),
    ],
)
def test_options_that_make_no_chart_are_refused_with_a_sentence(tmp_path, options, sentence):
    with pytest.raises(CommandError) as refused:
        run(tmp_path, a_file(*rows([1, 2])), **options)
    assert str(refused.value) == sentence


def test_a_file_that_is_not_there_is_refused_with_a_sentence():
    with pytest.raises(CommandError) as refused:
        call_command("xmr", "nowhere.csv")
    assert str(refused.value) == "nowhere.csv cannot be read: No such file or directory."
