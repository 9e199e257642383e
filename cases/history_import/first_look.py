"""A first look at a log, while somebody waits: what its columns may mean, its first rows, and where its cases end."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import BinaryIO, NamedTuple

from cases.history_import.new_map import MOST_STAGES
from cases.history_import.reading import Columns, Row, first_lines, read
from cases.history_import.times import read_time
from cases.refusals import Refused

FIRST = 10  # rows that are shown, and looked at to guess
MOSTLY = 0.5  # a stage with which more than half of the cases end that get to it is taken for final

# What logs call their columns, in the order of how sure that is: without capitals, spaces and signs. XES says
# case:concept:name, concept:name, time:timestamp.
CASE = ("caseid", "caseconceptname", "case", "casenumber", "casereference", "reference", "referralid", "pathwayid",
        "spellid", "episodeid", "visitid", "attendanceid", "encounterid", "id")  # fmt: skip
STAGE = ("activity", "stage", "conceptname", "event", "status", "step", "task", "state", "eventname", "activityname",
         "stagename")  # fmt: skip
TIME = ("timestamp", "timetimestamp", "time", "datetime", "eventtime", "startedat", "starttime", "start", "enteredat",
        "happenedat", "date", "eventdate")  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column of a log, with a value that it has in one of the first rows."""

    name: str
    example: str


class Ending(NamedTuple):
    """A stage of a log: how many events it has, and of how many cases it is the last one."""

    stage: str
    events: int
    ends: int

    @property
    def seems_final(self) -> bool:
        return self.ends > MOSTLY * self.events


def columns(file: BinaryIO) -> list[Column]:
    """Return the columns of a log. Raises Refused with a sentence if it cannot be one."""
    header, rows = first_lines(file, FIRST)
    if len(header) < 3:
        raise Refused(
            f"The file has {len(header)} column{'' if len(header) == 1 else 's'}, and needs at least three: the case, "
            "the stage and the time. Their values must have commas between them."
        )
    if any(_is_time(name) for name in header):
        raise Refused("The first row holds a time, so it is no header. Put the names of the columns above it.")
    if any(len(name) > 500 for name in header):
        raise Refused("The name of a column is longer than 500 characters. Give it a shorter one.")
    return [
        Column(name, next((row[place] for row in rows if row[place].strip()), "")) for place, name in enumerate(header)
    ]


def guess(found: Sequence[Column]) -> Columns:
    """Say which of the columns are the case, the stage and the time; an empty name where nothing says so."""
    time = _called(TIME, found) or next((column.name for column in found if _is_time(column.example)), "")
    case = _called(CASE, found, without=(time,))
    stage = _called(STAGE, found, without=(time, case))
    return Columns(case, stage, time)


def first_rows(file: BinaryIO, chosen: Columns) -> list[Row]:
    """Return the first rows as they are understood. Raises Refused if the file cannot be read by these columns."""
    return list(islice(read(file, chosen), FIRST))


def endings(file: BinaryIO, chosen: Columns) -> list[Ending]:
    """Return the stages of a log with how often cases end with each, those that end most first.

    Reads the whole file: some seconds for the largest that the portal takes. Raises Refused if it cannot be read, or
    names so many stages that the column must be another one.
    """
    last: dict[str, tuple[datetime, str]] = {}
    events: Counter[str] = Counter()
    for row in read(file, chosen):
        if row.reason:
            continue
        events[row.activity] += 1
        if len(events) > MOST_STAGES:
            raise Refused(
                f"“{chosen.stage}” names more than {MOST_STAGES:,} stages, so it is hardly the stage. Choose another "
                "column."
            )
        if row.case not in last or last[row.case][0] <= row.at:
            last[row.case] = row.at, row.activity
    ends = Counter(stage for _, stage in last.values())
    found = [Ending(stage, number, ends[stage]) for stage, number in events.items()]
    return sorted(found, key=lambda ending: (-ending.ends / ending.events, ending.stage))


def seemingly_final(found: list[Ending]) -> list[str]:
    """Say which stages seem to be final; none if all do, since cases must begin in one that is not."""
    finals = [ending.stage for ending in found if ending.seems_final]
    return finals if len(finals) < len(found) else []


def _called(names, found, *, without=()):
    by_sign = {re.sub(r"[^a-z0-9]", "", column.name.lower()): column.name for column in reversed(found)}
    return next((by_sign[name] for name in names if by_sign.get(name, "") not in ("", *without)), "")


def _is_time(text):
    try:
        read_time(text)
    except ValueError:
        return False
    return True
