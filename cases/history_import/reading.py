"""The rows of a log: a CSV file, read as a stream, each row good or rejected with the reason."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, NamedTuple

from cases.history_import.times import read_time
from cases.models import Case
from cases.refusals import Refused
from cases.spreadsheets import plain
from pathways.models import Stage

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
    with _reader(file) as reader:
        header = _header(reader)
        places = {name: _place(name, header) for name in (columns.case, columns.stage, columns.time, *columns.facts)}
        yield from _rows(reader, len(header), columns, places)


def first_lines(file: BinaryIO, most: int) -> tuple[list[str], list[list[str]]]:
    """Return the header of ``file`` and the values of the ``most`` first rows that can be read.

    Raises Refused with a sentence if it is no CSV in UTF-8 with a header.
    """
    with _reader(file) as reader:
        header, rows = _header(reader), []
        while len(rows) < most:
            try:
                values = next(reader, None)
            except csv.Error:
                continue  # what is wrong with it is said when the rows are read
            if values is None:
                break
            rows += [values] if len(values) == len(header) else []
        return header, rows


@contextmanager
def _reader(file):
    """Read ``file`` as CSV; what is no UTF-8 in it is refused with the row's number."""
    lines = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")  # what Excel saves begins with a byte order mark
    reader = csv.reader(lines, strict=True)  # strict: otherwise a quotation mark without its fellow eats rows silently
    try:
        yield reader
    except UnicodeDecodeError as error:
        # The text is decoded in pieces, each when a line is not complete without it.
        line = reader.line_num + 1 + error.object.count(b"\n", 0, error.start)
        raise Refused(
            f"The file is not in UTF-8: row {line} holds bytes that are no text. Save it as “CSV UTF-8”."
        ) from None
    finally:
        lines.detach()  # the file is closed by whoever opened it


def _header(reader):
    try:
        header = next(reader, None)
    except csv.Error as error:
        raise Refused(f"The file is not a CSV with a header: {error} in row {reader.line_num}.") from None
    if header is None:
        raise Refused("The file is empty. It needs a header and a row for each event.")
    if "\0" in "".join(header):
        raise Refused("The file is not a CSV: it holds bytes that are no text.")
    return [plain(name.strip()) for name in header]


def _place(name, header):
    if (found := header.count(name)) != 1:
        if found:
            raise Refused(f"The header has {found} columns called “{name}”. Give each its own name.")
        raise Refused(f"The file has no column “{name}”. Its columns are: {', '.join(header)[:500]}.")
    return header.index(name)


def _rows(reader, width, columns, places):
    while True:
        number = reader.line_num + 1
        try:
            values = next(reader, None)
        except csv.Error as error:
            yield _misquoted(error, number, reader.line_num)
            continue
        if values is None:
            return
        if not values:
            continue
        yield _row(number, values, width, columns, places)


def _misquoted(error, first, last):
    """The rejected row of a quotation mark that is closed wrongly. Raises Refused if it is never closed."""
    if "',' expected" not in str(error):  # the end of the file was reached, or a value is longer than any can be
        raise Refused(f"The file is not a CSV: the quotation mark that opens in row {first} is never closed.")
    if last > first:
        return Row(
            first,
            reason=f"The quotation mark that opens here ends wrongly in row {last}: rows {first} to {last} cannot "
            "be read.",
        )
    return Row(first, reason="The quotation marks are wrong: a value in quotation marks must end with its second one.")


def _row(number, values, width, columns, places):
    if len(values) != width:
        return Row(number, reason=f"The row has {len(values)} values, and the header has {width} columns.")
    case, activity, time = (plain(values[places[name]]) for name in (columns.case, columns.stage, columns.time))
    facts = {name: plain(values[places[name]]) for name in columns.facts if values[places[name]]}
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
