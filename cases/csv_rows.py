"""The rows of a CSV file, as a stream: good ones, and bad ones with the reason. Knows nothing of what they mean."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from cases.refusals import Refused
from cases.spreadsheets import plain


def rows(file: BinaryIO, names: Sequence[str], *, each: str) -> Iterator[tuple[int, list[str], str]]:
    """Yield of each row of ``file``, empty lines left out, its number, the values of the columns ``names`` and what is
    wrong with it (empty: nothing). ``each`` is what a row stands for: an "event".

    The number is that of the line on which the row begins, the header being 1.
    Raises Refused with a sentence, at any row, if the whole file is no CSV in UTF-8 with ``names`` in its header.
    """
    with reading(file) as reader:
        header = read_header(reader, each=each)
        places = [_place(name, header) for name in names]
        while True:
            number = reader.line_num + 1
            try:
                values = next(reader, None)
            except csv.Error as error:
                yield number, [], _misquoted(error, number, reader.line_num)
                continue
            if values is None:
                return
            if len(values) == len(header):
                yield number, [plain(values[place]) for place in places], ""
            elif values:
                yield number, [], f"The row has {len(values)} values, and the header has {len(header)} columns."


@contextmanager
def reading(file: BinaryIO):
    """Give a reader of ``file``; what is no UTF-8 in it is refused with the row's number."""
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


def read_header(reader, *, each: str) -> list[str]:
    """Return the names of the columns. Raises Refused if there are none."""
    try:
        header = next(reader, None)
    except csv.Error as error:
        raise Refused(f"The file is not a CSV with a header: {error} in row {reader.line_num}.") from None
    if header is None:
        raise Refused(f"The file is empty. It needs a header and a row for each {each}.")
    if "\0" in "".join(header):
        raise Refused("The file is not a CSV: it holds bytes that are no text.")
    return [plain(name.strip()) for name in header]


def _place(name, header):
    if (found := header.count(name)) != 1:
        if found:
            raise Refused(f"The header has {found} columns called “{name}”. Give each its own name.")
        raise Refused(f"The file has no column “{name}”. Its columns are: {', '.join(header)[:500]}.")
    return header.index(name)


def _misquoted(error, first, last) -> str:
    """What is wrong where a quotation mark is closed wrongly. Raises Refused if it is never closed."""
    if "',' expected" not in str(error):  # the end of the file was reached, or a value is longer than any can be
        raise Refused(f"The file is not a CSV: the quotation mark that opens in row {first} is never closed.")
    if last > first:
        return f"The quotation mark that opens here ends wrongly in row {last}: rows {first} to {last} cannot be read."
    return "The quotation marks are wrong: a value in quotation marks must end with its second one."
