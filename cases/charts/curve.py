"""How many of those who entered are still waiting after how long: a falling staircase with its band. Pure."""

from dataclasses import dataclass

from cases.charts import frame
from cases.charts.frame import Frame
from cases.charts.scale import marks_of_time
from cases.showing import duration

PERCENT = [(share / 4, f"{share * 25} %") for share in range(5)]


@dataclass(frozen=True)
class Survival:
    """The drawing: ``line`` of everyone at risk with its ``band``, ``finished`` of those who have left alone."""

    frame: Frame
    line: str
    band: str
    finished: str
    limit: float | None
    half: float
    rows: list[tuple]  # seconds, share still waiting, lower and upper bound, at risk


def survival(name, curve, finished, *, limit=None) -> Survival:
    """Draw a ``cases.durations.survival.Curve``; ``finished``: sorted seconds of the stays that have ended."""
    longest = max([*(float(t) for t in curve.times[-1:]), *finished[-1:], limit or 0, 1])
    marks = marks_of_time(longest)
    x, y = frame.across(marks[-1][0]), frame.up(1)
    times = [float(t) for t in curve.times]
    shares, lower, upper = ([float(v) for v in column] for column in (curve.survival, curve.lower, curve.upper))
    n = len(finished)
    ended = [(seconds, 1 - (place + 1) / n) for place, seconds in enumerate(finished)]
    median = curve.quantile(0.5)
    paper = Frame(
        name,
        _says(median, finished),
        across=frame.ticks(x, marks),
        up=frame.ticks(y, PERCENT),
        across_name="Time since they entered this stage",
        up_name="Still waiting",
    )
    return Survival(
        paper,
        line=_stairs(zip(times, shares, strict=True), x, y),
        band=_band(times, lower, upper, x, y),
        finished=_stairs(ended, x, y) if ended else "",
        limit=x(limit) if limit else None,
        half=y(0.5),
        rows=list(zip(times, shares, lower, upper, (int(v) for v in curve.at_risk), strict=True)),
    )


def _stairs(steps, x, y):
    """The ``d`` of a line that goes level to each time and falls there."""
    path, at = [f"M{x(0)} {y(1)}"], None
    for seconds, share in steps:
        if at == (x(seconds), y(share)):
            continue
        at = (x(seconds), y(share))
        path.append(f"H{at[0]}V{at[1]}")
    return "".join(path)


def _band(times, lower, upper, x, y):
    """The ``d`` of the area between the bounds, where they are known."""
    known = [row for row in zip(times, lower, upper, strict=True) if row[1] == row[1] and row[2] == row[2]]
    if not known:
        return ""
    there = _stairs([(seconds, high) for seconds, _, high in known], x, y)
    back, before = [], None
    for seconds, low, _ in reversed(known):
        back.append(f"V{y(low)}H{x(seconds)}" if before is not None else f"L{x(seconds)} {y(low)}")
        before = seconds
    return there + "".join(back) + f"V{y(1)}Z"


def _says(median, finished):
    said = []
    if median.value is None:
        said.append("Counting those who wait still, it is not known yet after how long half have left.")
    else:
        said.append(f"Counting those who wait still, half have left after {duration(median.value)}.")
    if finished:
        said.append(f"Of those who have left, half took up to {duration(finished[(len(finished) - 1) // 2])}.")
    return " ".join(said)
