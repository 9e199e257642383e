"""How many stays took how long: bars for those that have ended, beside hollow ones for those still waiting. Pure."""

from bisect import bisect_right
from dataclasses import dataclass

from cases.charts import frame
from cases.charts.frame import Frame
from cases.charts.scale import marks_of_number, marks_of_time
from cases.overdue import count
from cases.showing import duration

BINS = 24


@dataclass(frozen=True)
class Bar:
    """One bar: its place, and in words what it holds; ``url`` opens the cases behind it."""

    x: float
    y: float
    width: float
    height: float
    is_waiting: bool
    words: str
    url: str


@dataclass(frozen=True)
class Distribution:
    frame: Frame
    bars: list[Bar]
    limit: float | None
    edges: list[float]  # of the bins, in seconds
    ended: list[int]
    waiting: list[int]

    @property
    def rows(self):
        """The chart as a table: from, to (None: and more), how many ended, how many wait."""
        uppers = [*self.edges[1:], None]
        return list(zip(self.edges, uppers, self.ended, self.waiting, strict=True))


def distribution(name, ended, waiting, *, limit=None, link=lambda low, high, is_waiting: "") -> Distribution:
    """Draw how the lengths (seconds, each with how many had it) of stays are spread.

    ``ended`` and ``waiting``: pairs of seconds and number. The last bar holds all that took longer than the axis.
    """
    longest = max([*(seconds for seconds, _ in [*ended, *waiting]), limit or 0, 1])
    marks = marks_of_time(longest)
    top = marks[-1][0]
    edges = [place * top / BINS for place in range(BINS)]
    counted = [_counted(pairs, edges) for pairs in (ended, waiting)]
    x, y = frame.across(top), frame.up(max(marks_of_number(max([*counted[0], *counted[1], 1])))[0])
    half = (x(edges[1]) - x(0)) / 2
    bars = []
    for is_waiting, numbers in zip((False, True), counted, strict=True):
        for place, number in enumerate(numbers):
            if not number:
                continue
            low, high = edges[place], edges[place + 1] if place + 1 < BINS else None
            words = f"{count(number, 'case')} {'waiting for' if is_waiting else 'took'} {_span(low, high)}"
            left, tip = round(x(low) + 1 + is_waiting * half, 1), y(number)
            height = round(y(0) - tip, 1)
            bars.append(Bar(left, tip, round(half - 1.5, 1), height, is_waiting, words, link(low, high, is_waiting)))
    numbers = marks_of_number(max([*counted[0], *counted[1], 1]))
    paper = Frame(
        name,
        _says(counted, ended, waiting, limit),
        across=frame.ticks(x, marks),
        up=frame.ticks(y, numbers),
        across_name="Time in this stage",
        up_name="Cases",
    )
    return Distribution(paper, bars, x(limit) if limit else None, edges, *counted)


def _counted(pairs, edges):
    numbers = [0] * len(edges)
    for seconds, number in pairs:
        numbers[bisect_right(edges, seconds) - 1] += number
    return numbers


def _span(low, high):
    return f"{duration(low)} or more" if high is None else f"{duration(low)} to {duration(high)}"


def _says(counted, ended, waiting, limit):
    all_ended, all_waiting = sum(counted[0]), sum(counted[1])
    said = [f"{count(all_ended, 'case')} finished, {all_waiting} waiting."]
    if limit:
        late = sum(number for seconds, number in ended if seconds > limit)
        waiting_late = sum(number for seconds, number in waiting if seconds > limit)
        said.append(f"{late} of those finished and {waiting_late} of those waiting took longer than the limit.")
    return " ".join(said)
