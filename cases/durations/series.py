"""Series of numbers from elsewhere, as a CSV file, ready for XmR charts. Pure but for the file it is given."""

from dataclasses import dataclass, field
from datetime import date, datetime
from math import isfinite
from typing import BinaryIO

from cases import csv_rows
from cases.refusals import Refused

COLUMNS = ("series", "date", "value", "improvement")
# What may stand in the column improvement, and what it is to a chart.
IMPROVEMENTS = {"high": "high", "low": "low", "neither": None, "": None}
AT_MOST = 10  # rows are named that are wrong; the rest is counted


@dataclass
class Series:
    """Numbers in the order of their dates; None where a value was left out."""

    name: str
    improvement: str | None
    dates: list[str] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)


def read_series(file: BinaryIO) -> list[Series]:
    """Return the series of a CSV file with ``COLUMNS`` in its header, in the order in which they begin.

    A date is written 2025-05-04, and comes after the one before it of its series; ``improvement`` says in each row
    whether high or low is better, or neither. Raises Refused with a sentence for each row that is wrong.
    """
    found: dict[str, Series] = {}
    wrong = []
    for number, values, reason in csv_rows.rows(file, COLUMNS, each="value"):
        if reason := reason or _take(values, found):
            wrong.append(f"Row {number}: {reason}")
    if wrong:
        more = len(wrong) - AT_MOST
        raise Refused(wrong[:AT_MOST] + ([f"{more} more rows cannot be used."] if more > 0 else []))
    if not found:
        raise Refused("The file has a header and no rows. It needs a row for each value.")
    return list(found.values())


def _take(values, found) -> str:
    """Add a row to its series, or say what is wrong with it."""
    name, day, value, improvement = (text.strip() for text in values)
    if not name:
        return "The series is missing: “series” is empty."
    if improvement.lower() not in IMPROVEMENTS:
        return f"The improvement is “{improvement[:50]}”. Write high, low or neither."
    better = IMPROVEMENTS[improvement.lower()]
    series = found.get(name) or Series(name, better)
    if better != series.improvement:
        return f"The improvement of “{name}” is another in its first row. Write the same in all of them."
    try:
        when = _date(day)
        number = _number(value)
    except ValueError as error:
        return str(error)
    if series.dates and when <= _date(series.dates[-1]):
        return f"The date {day} does not come after {series.dates[-1]}, that of the row before of “{name}”."
    series.dates.append(day)
    series.values.append(number)
    found[name] = series
    return ""


def _date(text: str) -> date:
    try:
        if len(text) != len("2025-05-04"):
            raise ValueError
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  a date has no zone
    except ValueError:
        raise ValueError(
            f"“{text[:50]}” is not a date. Write it like 2025-05-04." if text else "The date is missing."
        ) from None


def _number(text: str) -> float | None:
    """The value; None if it was left out."""
    if not text:
        return None
    try:
        number = float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        number = None
    if number is None or not isfinite(number):
        raise ValueError(f"The value “{text[:50]}” is not a number. Write it like 12.5, or leave it out.")
    return number
