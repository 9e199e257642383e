"""XmR charts as NHS England's Making Data Count draws them: what is chance, and what is more. Pure.

The rules are in nhs-rules section 7. Limits are the mean plus and minus 2.66 mean moving ranges, and nothing is
screened out of these; they are shown from 13 points on, and recalculated only where somebody has decided it.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from math import isfinite
from statistics import fmean

from cases.overdue import count
from cases.showing import sentence

LIMITS = 2.66  # mean moving ranges from the mean to a limit: 3 / 1.128, as published
TWO_SIGMA = 2 / 3  # of that

OUTSIDE, SHIFT, TREND, TWO_OF_THREE = "outside the limits", "shift", "trend", "two of three near a limit"
SAME = 1e-12  # of the numbers at hand: thirteen times 0.1 has a mean that is not 0.1 in the last digit
IMPROVEMENTS = {"high": 1, "low": -1, None: 0}  # the direction that is better


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the lines of a segment are; all None without a point, the limits None with too few."""

    mean: float | None = None
    upper: float | None = None
    lower: float | None = None
    upper_two_sigma: float | None = None
    lower_two_sigma: float | None = None


@dataclass(frozen=True, slots=True)
class Point(Lines):
    """One point: its ``value`` (None: a gap), the lines there, the ``rules`` that find it special, and its ``colour``:
    improvement, concern, neutral (special where nothing is better) or common. ``side``: 1 above the mean, -1 below.
    """

    value: float | None = None
    rules: tuple[str, ...] = ()
    colour: str = "common"
    side: int = 0


@dataclass(frozen=True, slots=True)
class Chart(Lines):
    """The ``points`` in their order. The lines are those that hold now: of the last segment."""

    points: list[Point] = field(default_factory=list)
    improvement: str | None = None
    shift: int = 6
    trend: int = 6
    minimum: int = 13
    segments: tuple[range, ...] = ()  # the places of the points of each


def xmr(
    values: Sequence[float | None],
    *,
    improvement: str | None = None,
    shift: int = 6,
    trend: int = 6,
    minimum: int = 13,
    baseline: int | None = None,
    recalculate_after: Collection[int] = (),
) -> Chart:
    """Return the XmR chart of ``values`` in the order of time; None is a gap, which no rule sees.

    ``improvement`` says whether "high" or "low" is better, or neither (None). ``shift`` points in a row on one side of
    the mean, or ``trend`` points each higher (or each lower) than the one before, are special. Fewer than ``minimum``
    points have no limits, and then nothing is special. After each place in ``recalculate_after`` (that of the first
    point is 0) a segment with lines of its own begins, and no rule looks across. The first ``baseline`` points of a
    segment set its lines; all of them if None.

    Raises ValueError with a sentence for what is none of these.
    """
    _check(values, improvement, shift, trend, minimum, baseline, recalculate_after)
    points: list[Point] = []
    lines = Lines()
    segments = tuple(_segments(len(values), recalculate_after))
    for segment in segments:
        known = [values[place] for place in segment if values[place] is not None]
        lines = _lines(known[:baseline], enough=len(known) >= minimum)
        judged = iter(_judged(known, lines, improvement, shift, trend))
        points += [Point(*_of(lines)) if values[place] is None else next(judged) for place in segment]
    return Chart(*_of(lines), points, improvement, shift, trend, minimum, segments)


def _check(values, improvement, shift, trend, minimum, baseline, recalculate_after):
    if improvement not in IMPROVEMENTS:
        raise ValueError(
            f"Say whether “high” or “low” is better, or neither (None): {improvement!r} is none of these."
        )
    for name, number, least in (("shift", shift, 2), ("trend", trend, 3), ("minimum", minimum, 2)):
        if number < least:
            raise ValueError(f"The {name} is a number of points, at least {least}: {number} is too few.")
    if baseline is not None and baseline < 2:
        raise ValueError(f"A baseline has at least 2 points: {baseline} is too few.")
    if not all(value is None or isfinite(value) for value in values):
        raise ValueError("Every value is a number, or None for a gap.")
    if not all(0 <= place < len(values) for place in recalculate_after):
        raise ValueError("Limits are recalculated after a point of the chart: there is no such place.")


def _segments(length, recalculate_after) -> Iterator[range]:
    edges = sorted({0, length, *(place + 1 for place in recalculate_after)})
    return (range(start, end) for start, end in pairwise(edges))


def _lines(values, enough) -> Lines:
    if not values:
        return Lines()
    mean = fmean(values)
    if not enough or len(values) < 2:
        return Lines(mean)
    away = LIMITS * fmean(abs(after - before) for before, after in pairwise(values))
    near = TWO_SIGMA * away
    return Lines(mean, mean + away, mean - away, mean + near, mean - near)


def _of(lines):
    return lines.mean, lines.upper, lines.lower, lines.upper_two_sigma, lines.lower_two_sigma


def _judged(values, lines, improvement, shift, trend) -> list[Point]:
    sides = [_side(value, lines.mean) for value in values]
    found: list[dict[str, int]] = [{} for _ in values]  # of each point: rule -> direction
    if lines.upper is not None:
        for rule, direction, places in _special(values, sides, lines, shift, trend):
            for place in places:
                found[place][rule] = direction
    return [
        Point(*_of(lines), value, tuple(rules), _colour(set(rules.values()), improvement), side)
        for value, rules, side in zip(values, found, sides, strict=True)
    ]


def _special(values, sides, lines, shift, trend) -> Iterator[tuple[str, int, list[int]]]:
    """Yield each finding: the rule, its direction, and the places of the points it is about."""
    for place, value in enumerate(values):
        if direction := _outside(value, lines.lower, lines.upper):
            yield OUTSIDE, direction, [place]
    for run in _windows(len(values), shift):
        if sides[run[0]] and len({sides[place] for place in run}) == 1:
            yield SHIFT, sides[run[0]], run
    for run in _windows(len(values), trend):
        steps = {(values[place] > values[place - 1]) - (values[place] < values[place - 1]) for place in run[1:]}
        if len(steps) == 1 and 0 not in steps:
            yield TREND, steps.pop(), run
    # NHS England's own: all three are on one side of the mean, and one outside the limits is none of the two.
    for run in _windows(len(values), 3):
        near = [place for place in run if _is_near_a_limit(values[place], lines)]
        if len(near) >= 2 and sides[run[0]] and len({sides[place] for place in run}) == 1:
            yield TWO_OF_THREE, sides[run[0]], near


def _windows(length, size):
    return (list(range(start, start + size)) for start in range(length - size + 1))


def _is_near_a_limit(value, lines):
    near = _outside(value, lines.lower_two_sigma, lines.upper_two_sigma)
    return near and not _outside(value, lines.lower, lines.upper)


def _outside(value, lower, upper):
    return (_side(value, upper) > 0) - (_side(value, lower) < 0)


def _side(value, line):
    """1 above ``line``, -1 below, 0 on it."""
    if abs(value - line) <= SAME * max(abs(value), abs(line)):
        return 0
    return 1 if value > line else -1


def _colour(directions, improvement):
    if not directions:
        return "common"
    if improvement is None:
        return "neutral"
    return "improvement" if IMPROVEMENTS[improvement] in directions else "concern"


# In words ------------------------------------------------------------------------------------------------------------


def _span_of_time(lower: float, upper: float) -> str:
    """Between 2 and 9 days: in the largest unit in which they are not the same."""
    lower, upper = max(lower, 0.0), max(upper, 0.0)  # below zero nothing can be
    for name, unit in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        least, most = round(lower / unit), round(upper / unit)
        if least < most and upper >= 2 * unit:
            return f"between {least} and {count(most, name)}"
    return f"between {lower:.0f} and {count(round(upper), 'second')}"


@dataclass(frozen=True, slots=True)
class Words:
    """How the values of a chart are spoken of: each is that of one ``period``; what it means that they go up or down;
    and how a span of them is said.
    """

    period: str
    up: str
    down: str
    span: Callable[[float, float], str]


WEEKLY_WAITS = Words("week", "waits are getting longer", "waits are getting shorter", _span_of_time)
NUMBERS = Words("point", "the values are higher", "the values are lower", "between {:.4g} and {:.4g}".format)


def verdict(chart: Chart, words: Words = WEEKLY_WAITS) -> str:
    """Say in a sentence or two what the chart says now; by default of weekly waits in seconds."""
    last_segment = chart.segments[-1] if chart.segments else ()
    points = [point for place in last_segment if (point := chart.points[place]).value is not None]
    if chart.upper is None:
        again = " since they were begun anew" if len(chart.segments) > 1 else ""
        return f"Too few points for limits{again}: {len(points)} of {chart.minimum}."
    chance = f"it varies by chance {words.span(chart.lower, chart.upper)}"
    if not _outside(chart.lower, chart.upper, chart.upper):
        chance = "it is always the same"
    usual = list(takewhile(lambda point: not point.rules, reversed(points)))
    if not usual:
        return f"{_special_now(points, words)} {sentence(chance)}."
    if before := sum(bool(point.rules) for point in points):
        number, unusual = count(len(usual), words.period), count(before, words.period)
        lately = f"the last {number}" if len(usual) > 1 else f"the last {words.period}"
        return f"Nothing unusual in {lately}: {chance}. {unusual} before that stood out."
    return f"Nothing unusual: {chance}."


def _special_now(points, words) -> str:
    """What the rule that finds the last point special says; of several the one about the most points."""
    last, backwards = points[-1], points[::-1]
    if SHIFT in last.rules:
        run = len(list(takewhile(lambda point: point.side == last.side, backwards)))
        return f"The last {run} {words.period}s are all {_place(last)} the mean: {_meaning(last.side, words)}."
    if TREND in last.rules:
        direction = 1 if last.value > points[-2].value else -1
        steps = takewhile(lambda two: (two[0].value - two[1].value) * direction > 0, pairwise(backwards))
        run, goes = len(list(steps)) + 1, "up" if direction > 0 else "down"
        return f"The last {run} {words.period}s go {goes} one after the other: {_meaning(direction, words)}."
    limit = "upper" if last.side > 0 else "lower"
    if OUTSIDE in last.rules:
        return f"The last {words.period} is {_place(last)} the {limit} limit, which is more than chance."
    return f"Two of the last 3 {words.period}s are close to the {limit} limit, which is more than chance."


def _place(point):
    return "above" if point.side > 0 else "below"


def _meaning(direction, words):
    return words.up if direction > 0 else words.down
