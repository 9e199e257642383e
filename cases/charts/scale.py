"""Scales: where a value stands along an axis, and which marks the axis shows. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from cases.overdue import count

MINUTE, HOUR, DAY = 60, 3600, 86400
UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (1, "second"))
ENOUGH = 2  # an axis is marked in the largest unit of which it holds that many
STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
DAY_STEPS = (1, 2, 7, 14, 28, 56, 91, 182, 364, 728, 1820, 3640)
CLOCK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240)
STEPS_OF = {"day": DAY_STEPS, "hour": (1, 2, 4, 6, 12, 24, 48, 96), "minute": CLOCK_STEPS, "second": CLOCK_STEPS}


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where it stands, and its words."""

    at: float
    label: str


@dataclass(frozen=True)
class Scale:
    """Maps values from ``low`` to ``high`` onto places from ``start`` to ``end``; beyond them it goes to the edge."""

    high: float
    start: float
    end: float
    low: float = 0.0

    def __call__(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / ((self.high - self.low) or 1)
        return round(self.start + share * (self.end - self.start), 1)


def unit_of(longest: float) -> tuple[int, str]:
    """The unit in which an axis up to ``longest`` seconds is marked: its seconds and its name."""
    return next(((size, name) for size, name in UNITS if longest >= ENOUGH * size), UNITS[-1])


def marks_of_time(longest: float, at_most: int = 6) -> list[tuple[float, str]]:
    """Round marks from 0 to beyond ``longest`` seconds: (seconds, words), the unit said with the last one alone."""
    size, name = unit_of(longest)
    return _marks(longest / size, STEPS_OF[name], at_most, size, name)


def marks_of_number(most: float, at_most: int = 5) -> list[tuple[float, str]]:
    """Round marks from 0 to beyond ``most``: (number, words)."""
    return _marks(most, STEPS, at_most, 1, "")


def _marks(most, steps, at_most, size, name):
    step = next((step for step in steps if most / step <= at_most), None) or -(-most // at_most)
    last = max(1, -int(-most // step))
    marks = [(place * step * size, f"{place * step:g}") for place in range(last + 1)]
    if name:
        marks[-1] = (marks[-1][0], count(last * step, name))
    return marks


def weeks_marked(weeks: list[date], at_most: int = 8) -> list[tuple[int, str]]:
    """Which of the weeks are named below an axis: (place in the list, "3 Mar"); the year where it begins anew."""
    if not weeks:
        return []
    step = max(1, -(-len(weeks) // at_most))
    marks, year = [], None
    for place in range(0, len(weeks), step):
        monday = weeks[place]
        is_new = year is not None and monday.year != year
        marks.append((place, f"{monday.day} {monday:%b}" + (f" {monday.year}" if is_new else "")))
        year = monday.year
    return marks


def mondays(first: date, last: date) -> list[date]:
    """The Mondays of all weeks from that of ``first`` to that of ``last``."""
    monday, found = first - timedelta(days=first.weekday()), []
    while monday <= last:
        found.append(monday)
        monday += timedelta(days=7)
    return found
