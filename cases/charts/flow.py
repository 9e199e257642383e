"""Who came and who left each week, and how many were waiting at its end. Pure."""

from dataclasses import dataclass
from datetime import date

from cases.charts import frame
from cases.charts.frame import Frame
from cases.charts.scale import Tick, marks_of_number, weeks_marked
from cases.overdue import count
from cases.showing import day


@dataclass(frozen=True)
class Week:
    """One week: how many entered the stage, how many left it, how many were in it when the week was over."""

    monday: date
    entered: int
    left: int
    waiting: int


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    is_leaving: bool
    words: str


@dataclass(frozen=True)
class Flow:
    frame: Frame
    bars: list[Bar]
    line: str
    points: list[tuple[float, float]]
    rows: list[Week]


def flow(name, weeks: list[Week]) -> Flow:
    """Draw ``weeks``: two bars each, and the number waiting as a line."""
    most = max([*(n for week in weeks for n in (week.entered, week.left, week.waiting)), 1])
    marks = marks_of_number(most)
    x, y = frame.across(max(len(weeks), 1)), frame.up(marks[-1][0])
    half = max(1.0, round((x(1) - x(0)) * 0.4, 1))
    bars = []
    for place, week in enumerate(weeks):
        for is_leaving, number in enumerate((week.entered, week.left)):
            words = f"Week of {day(week.monday)}: {number} {'left' if is_leaving else 'entered'}"
            left = round(x(place + 0.1) + is_leaving * half, 1)
            bars.append(Bar(left, y(number), half, round(y(0) - y(number), 1), bool(is_leaving), words))
    points = [(x(place + 0.5), y(week.waiting)) for place, week in enumerate(weeks)]
    paper = Frame(
        name,
        says(weeks),
        across=[Tick(x(place + 0.5), words) for place, words in weeks_marked([week.monday for week in weeks])],
        up=frame.ticks(y, marks),
        across_name="Week",
        up_name="Cases",
    )
    path = "".join(f"{'L' if place else 'M'}{left} {top}" for place, (left, top) in enumerate(points))
    return Flow(paper, bars, path, points, weeks)


def says(weeks: list[Week]) -> str:
    """Say what came, what left and what was waiting."""
    if not weeks:
        return "Nothing has happened here yet."
    entered, left = sum(week.entered for week in weeks), sum(week.left for week in weeks)
    return (
        f"In {count(len(weeks), 'week')} {entered} entered and {left} left. "
        f"{weeks[0].waiting} were waiting after the first of them, {weeks[-1].waiting} after the last."
    )
