"""The rows of a log: a CSV file, read as a stream, each row good or rejected with the reason."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, NamedTuple

from cases import csv_rows
from cases.history_import.times import read_time
from cases.models import Case
from pathways.models import Stage

EACH = "event"
LONGEST_ID = Case._meta.get_field("log_id").max_length
LONGEST_NAME = Stage._meta.get_field("name").max_length


@dataclass(frozen=True)
class Columns:
    """The names of the columns that matter."""

    case: str = "case_id"
    stage: str = "activity"
    time: str = "timestamp"
    facts: tuple[str, ...] = ()


class Row(NamedTuple):
    """One row of a log: an event, or if it has a ``reason`` a rejected one, with only its number besides.

    ``number`` is that of the line on which it begins, the header being 1.
    """

    number: int
    case: str | None = None
    activity: str | None = None
    at: datetime | None = None
    facts: dict | None = None
    reason: str | None = None


def read(file: BinaryIO, columns: Columns) -> Iterator[Row]:
    """Yield the rows of ``file`` in their order, empty lines left out.

    Raises Refused with a sentence, at any row, if the whole file is no CSV in UTF-8 with ``columns`` in its header.
    """
    names = (columns.case, columns.stage, columns.time, *columns.facts)
    for number, values, reason in csv_rows.rows(file, names, each=EACH):
        yield Row(number, reason=reason) if reason else _row(number, values, columns)


def first_lines(file: BinaryIO, most: int) -> tuple[list[str], list[list[str]]]:
    """Return the header of ``file`` and the values of the ``most`` first rows that can be read.

    Raises Refused with a sentence if it is no CSV in UTF-8 with a header.
    """
    with csv_rows.reading(file) as reader:
        header, rows = csv_rows.read_header(reader, each=EACH), []
        while len(rows) < most:
            try:
                values = next(reader, None)
            except csv.Error:
                continue  # what is wrong with it is said when the rows are read
            if values is None:
                break
            rows += [values] if len(values) == len(header) else []
        return header, rows


def _row(number, values, columns):
    case, activity, time = values[:3]
    facts = {name: answer for name, answer in zip(columns.facts, values[3:], strict=True) if answer}
    if reason := _problem(case, activity, facts, columns):
        return Row(number, reason=reason)
    try:
        return Row(number, case, activity, read_time(time), facts)
    except ValueError as error:
        return Row(number, reason=str(error))


def _problem(case, activity, facts, columns):
    """Say what is wrong with a row's texts, or return None."""
    if not case.strip():
        return f"The case id is missing: “{columns.case}” is empty."
    if len(case) > LONGEST_ID:
        return f"The case id has {len(case)} characters, and at most {LONGEST_ID} can be kept."
    if not activity.strip():
        return f"The stage is missing: “{columns.stage}” is empty."
    if len(activity) > LONGEST_NAME:
        return f"The stage's name has {len(activity)} characters, and at most {LONGEST_NAME} can be kept."
    if any("\0" in text for text in (case, activity, *facts.values())):
        return "The row holds a NUL character, which no text may."
    return None
