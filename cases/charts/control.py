"""The XmR chart: a measure week by week, its mean and limits, and which points are more than chance. Pure."""

from dataclasses import dataclass
from datetime import date

from cases.charts import frame
from cases.charts.frame import Frame
from cases.charts.scale import Tick, marks_of_time, weeks_marked
from cases.showing import day, duration

# Making Data Count (nhs-rules section 7). Each with a shape of its own: colour alone says nothing.
FACES = {
    "improvement": ("#00b0f0", "triangle"),
    "concern": ("#e46c0a", "diamond"),
    "neutral": ("#490092", "square"),
    "common": ("#a6a6a6", "circle"),
}
SHAPES = {
    "triangle": "M0 -6L5.5 4.5H-5.5Z",
    "diamond": "M0 -6.5L6.5 0L0 6.5L-6.5 0Z",
    "square": "M-4.5 -4.5H4.5V4.5H-4.5Z",
    "circle": "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0 -4 0Z",
}
WORDS = {"improvement": "improvement", "concern": "concern", "neutral": "unusual", "common": "usual variation"}


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    fill: str
    shape: str  # the d of its path
    words: str


@dataclass(frozen=True)
class Lines:
    """The lines of one stretch with limits of its own; a limit is None where there are too few points for it."""

    start: float
    end: float
    mean: float | None
    upper: float | None
    lower: float | None


@dataclass(frozen=True)
class Control:
    frame: Frame
    line: str
    points: list[Point]
    stretches: list[Lines]
    rows: list[tuple]  # monday, value, mean, lower, upper, colour, rules


def control(name, weeks: list[date], chart, verdict: str) -> Control:
    """Draw ``chart`` (of ``cases.durations.spc.xmr``) of durations in seconds, a point for each of ``weeks``."""
    points = chart.points
    highest = max([*(p.value for p in points), *(p.upper for p in points if p.upper is not None), 1])
    marks = marks_of_time(highest)
    x, y = frame.across(max(len(weeks) - 0.5, 1), -0.5), frame.up(marks[-1][0])
    drawn = [
        Point(
            x(place),
            y(point.value),
            FACES[point.colour][0],
            SHAPES[FACES[point.colour][1]],
            f"Week of {day(monday)}: {duration(point.value)}, {WORDS[point.colour]}",
        )
        for place, (monday, point) in enumerate(zip(weeks, points, strict=True))
    ]
    paper = Frame(
        name,
        verdict,
        across=[Tick(x(place), words) for place, words in weeks_marked(weeks)],
        up=frame.ticks(y, marks),
        across_name="Week in which they left",
        up_name="Median",
    )
    path = "".join(f"{'L' if place else 'M'}{point.x} {point.y}" for place, point in enumerate(drawn))
    rows = [
        (monday, point.value, point.mean, point.lower, point.upper, point.colour, ", ".join(point.rules))
        for monday, point in zip(weeks, points, strict=True)
    ]
    return Control(paper, path, drawn, _stretches(points, x, y), rows)


def _stretches(points, x, y):
    """Neighbours with the same limits share their lines."""
    found, began = [], 0
    for place in range(1, len(points) + 1):
        same = place < len(points) and _limits(points[place]) == _limits(points[began])
        if same:
            continue
        mean, lower, upper = _limits(points[began])
        found.append(
            Lines(
                x(began - 0.5),
                x(place - 0.5),
                None if mean is None else y(mean),
                None if upper is None else y(upper),
                None if lower is None else y(max(lower, 0)),  # a duration below zero is none: for display only
            )
        )
        began = place
    return found


def _limits(point):
    return point.mean, point.lower, point.upper
