"""The figures of one stage: how long it takes, who waits, week by week, and what the long stays have in common."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from statistics import median

from cases import limits_decisions
from cases.charts.flow import Week
from cases.charts.scale import mondays
from cases.durations import filling, reading, spc, summary, survival
from cases.durations.chosen import A_YEAR
from cases.durations.days import ONE_DAY, begin_of, day_of, monday_of
from cases.durations.stays import Stay, excess, is_wait, seconds

WEEKS = 52  # of the weekly charts; a period of 90 days would be too short for limits


@dataclass(frozen=True)
class Weekly:
    """The median of those who left, week by week, with what is more than chance, and the decisions on new limits."""

    mondays: list[date]
    chart: spc.Chart
    verdict: str
    decisions: list


@dataclass(frozen=True)
class Clearance:
    """How long those who wait would take to leave at the pace of the period; ``weeks`` is None where nobody leaves."""

    waiting: int
    per_week: float
    weeks: float | None


@dataclass(frozen=True)
class StageFigures:
    """Everything the page of a stage shows; all lengths in seconds, ``ended`` and ``waiting`` the shortest first."""

    ended: list[float]
    waiting: list[float]
    spells: summary.Spells
    waits: summary.Waits
    curve: survival.Curve
    filling_up: filling.Filling
    weekly: Weekly
    flow: list[Week]
    clearance: Clearance
    limit_seconds: float | None
    longest: list[Stay]  # those waiting first, then those that have left

    @property
    def excess(self) -> float:
        return (self.spells.excess or 0) + (self.waits.excess or 0)

    @property
    def entering_now(self) -> survival.Quantile:
        """After how long half of those who enter now will have left, if all goes on as in the last 60 days."""
        return self.curve.quantile(0.5)


def of_stage(chosen, stage, *, shown=12) -> StageFigures:
    """Return the figures of ``stage`` for ``chosen``; of its longest stays, waiting and ended, ``shown`` each."""
    counted = reading.counted(chosen, stage)
    length = partial(seconds, **counted)
    known = reading.stays_in(replace(chosen, first=min(chosen.first, chosen.year, _weeks(chosen)[0])), stage.code)
    since, as_of = chosen.since, chosen.as_of
    ended = [(length(stay, as_of), stay) for stay in known if not is_wait(stay, as_of) and stay.left_at >= since]
    waiting = [(length(stay, as_of), stay) for stay in known if is_wait(stay, as_of)]
    for pairs in (ended, waiting):
        pairs.sort(key=lambda pair: pair[0])
    spells, waits = (
        figures([how_long for how_long, _ in pairs], [excess(stay, as_of) for _, stay in pairs])
        for figures, pairs in ((summary.spells, ended), (summary.waits, waiting))
    )
    lately = survival.watched(known, begin_of(chosen.lately), as_of, **counted)
    return StageFigures(
        ended=[how_long for how_long, _ in ended],
        waiting=[how_long for how_long, _ in waiting],
        spells=spells,
        waits=waits,
        curve=survival.curve(lately),
        filling_up=_filling_up(chosen, known, length, lately),
        weekly=_weekly(chosen, stage, known, length),
        flow=_flow(chosen, known),
        limit_seconds=reading.limit_seconds(stage, chosen),
        clearance=_clearance(chosen, spells.n, waits.count),
        longest=[stay for pairs in (waiting, ended) for _, stay in pairs[: -shown - 1 : -1]],
    )


def _filling_up(chosen, known, length, lately):
    as_of, since = chosen.as_of, begin_of(chosen.year)
    finished = [length(stay, as_of) for stay in known if not is_wait(stay, as_of) and stay.left_at >= since]
    return filling.filling_up(finished, lately, A_YEAR.total_seconds())


def _weeks(chosen) -> tuple[date, date]:
    """The first Monday of the last complete weeks, and the Monday after them."""
    this_week = monday_of(chosen.last + ONE_DAY)
    return this_week - timedelta(weeks=WEEKS), this_week


def _weekly(chosen, stage, known, length) -> Weekly:
    """The last complete weeks; a week in which nobody left has no point."""
    first, this_week = _weeks(chosen)
    by_week = {}
    for stay in known:
        if not is_wait(stay, chosen.as_of):
            by_week.setdefault(monday_of(day_of(stay.left_at)), []).append(length(stay, chosen.as_of))
    weeks = [monday for monday in sorted(by_week) if first <= monday < this_week]
    decisions = [
        decision for decision in limits_decisions.standing(chosen.pathway, stage.code) if decision.after < this_week
    ]
    chart = spc.xmr(
        [median(by_week[monday]) for monday in weeks],
        improvement="low",
        recalculate_after=_places(weeks, decisions),
    )
    return Weekly(weeks, chart, spc.verdict(chart), decisions)


def _places(weeks, decisions):
    """After which points a decision begins anew: the last one before its week."""
    before = (sum(monday < decision.after for monday in weeks) - 1 for decision in decisions)
    return sorted({place for place in before if 0 <= place < len(weeks) - 1})


def _flow(chosen, known) -> list[Week]:
    """Who came and left in each of the weeks of the period, and who was there when it ended."""
    weeks = mondays(chosen.first, chosen.last)
    entered = Counter(monday_of(day_of(stay.entered_at)) for stay in known)
    left = Counter(monday_of(day_of(stay.left_at)) for stay in known if not is_wait(stay, chosen.as_of))
    there = sum(is_wait(stay, chosen.as_of) for stay in known)
    found = []
    for monday in reversed(weeks):
        found.append(Week(monday, entered[monday], left[monday], there))
        there += left[monday] - entered[monday]
    return found[::-1]


def _clearance(chosen, ended, waiting) -> Clearance:
    per_week = ended * 7 / ((chosen.last - chosen.first).days + 1)
    return Clearance(waiting, per_week, waiting / per_week if per_week else None)
