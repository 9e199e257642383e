"""Whether a stage takes longer or shorter lately: what the XmR chart of its weeks says at its end. Pure."""

from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from cases.durations.spc import xmr
from cases.overdue import count

MINIMUM = 13  # nhs-rules section 7: limits are shown from 13 points on


@dataclass(frozen=True)
class Trend:
    """``kind``: longer, shorter, steady, or unknown; ``words`` for the page."""

    kind: str
    words: str


def trend(weeks: list[tuple[date, int, float | None]]) -> Trend:
    """Judge the weeks (Monday, how many left, their median in seconds) by their last point; never by two points."""
    values = [median for _, number, median in weeks if number]
    if len(values) < MINIMUM:
        return Trend("unknown", f"too early to say: {count(len(values), 'week')} of {MINIMUM}")
    colours = [point.colour for point in xmr(values, improvement="low").points]
    last = colours[-1]
    if last not in ("concern", "improvement"):
        return Trend("steady", "no change but by chance")
    weeks_so = len(list(takewhile(lambda colour: colour == last, reversed(colours))))
    lately = "in the last week" if weeks_so == 1 else f"in the last {weeks_so} weeks"
    return Trend("longer", f"longer {lately}") if last == "concern" else Trend("shorter", f"shorter {lately}")
