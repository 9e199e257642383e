"""The figures of the stage board: per stage of a pathway how long stays took, who waits, and where most time is lost.

Where very many stays have left they are not read but taken from the rollups; the figures are the same, but that
percentiles are within 2%. Those who wait are always read.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from django.utils import timezone

from cases.durations import cells, columns, reading, summary
from cases.durations.buckets import MIDDLES, bucket
from cases.durations.chosen import A_YEAR, Chosen
from cases.durations.columns import Columns
from cases.durations.days import ONE_DAY, WEEK, Tile, begin_of, end_of, monday_of, tiles
from cases.durations.filling import Filling, filling_up
from cases.durations.survival import Quantile, Watched, curve

FEW = 10_000  # finished stays: of fewer than these the percentiles are exact
WEEKS = 26  # complete ones, of the trend
SHOWN = 12  # of the longest stays, as dots
NOW = timedelta(minutes=1)  # what is asked about the last minute is asked about now


@dataclass(frozen=True)
class StageFigures:
    """One stage; all lengths in seconds. ``limit`` is in words, empty if there is none."""

    code: str
    name: str
    limit: str
    limit_seconds: float | None
    spells: summary.Spells
    waits: summary.Waits
    entering_now: Quantile  # the median for who enters now, from all who were here in the last 60 days
    filling_up: Filling
    weeks: list[tuple[date, int, float | None]]  # Monday, how many left, their median
    longest_spells: list[float]  # the longest last
    oldest_waits: list[float]

    @property
    def excess_seconds(self) -> float:
        """By how much all stays together were beyond their due time."""
        return (self.spells.excess or 0) + (self.waits.excess or 0)

    @property
    def filling_words(self) -> str:
        return self.filling_up.words

    @property
    def cases(self) -> int:
        """How many stays are behind these figures."""
        return self.spells.n + self.waits.count


@dataclass(frozen=True)
class Board:
    """The stages, the one in which most time was lost first; ``approximate`` if any percentiles are within 2%."""

    stages: list[StageFigures]

    @property
    def approximate(self) -> bool:
        return any(figures.spells.approximate for figures in self.stages)


def board(chosen: Chosen, *, exact=False) -> Board:
    """Return the figures of all stages for ``chosen``; with ``exact`` all of them are exact, however long that takes.

    Stages of the active version in which nobody was come last.
    """
    places = reading.places(chosen)
    known = _from_cells(chosen, places) if not exact and _may_be_rolled(chosen) else None
    if known is None:
        known = _from_stays(chosen, places)
    found = [_figures(chosen, place, known[code]) for code, place in places.items()]
    shown = [figures for figures, place in zip(found, places.values(), strict=True) if _is_shown(figures, place.stage)]
    return Board(sorted(shown, key=lambda figures: (-figures.excess_seconds, -figures.waits.count)))


def _may_be_rolled(chosen):
    """Do whole days count, and all of their stays?"""
    return not chosen.is_narrowed and (_is_now(chosen) or chosen.as_of == end_of(chosen.last))


def _is_now(chosen):
    return chosen.as_of > timezone.now() - NOW


def _is_shown(figures, stage):
    """Stages of the active version are shown in any case; final ones, and those of the past, if anybody was there."""
    return figures.cases or (not stage.is_final and stage.version.status == stage.version.Status.ACTIVE)


@dataclass
class Known:
    """What is known of the stays in one stage; ``lately``: everybody watched in the last 60 days."""

    spells: summary.Spells
    longest: list[float]
    weeks: list[tuple[date, int, float | None]]
    finished: np.ndarray  # how long those took that left in the last year
    finished_weights: np.ndarray | None
    lately: Watched
    waits: summary.Waits
    oldest: list[float]


def _figures(chosen, place, known) -> StageFigures:
    stage = place.stage
    return StageFigures(
        code=stage.code,
        name=stage.name,
        limit=str(stage.limit or ""),
        limit_seconds=reading.limit_seconds(stage, chosen),
        spells=known.spells,
        waits=known.waits,
        entering_now=curve(known.lately).quantile(0.5),
        filling_up=filling_up(known.finished, known.lately, A_YEAR.total_seconds(), weights=known.finished_weights),
        weeks=known.weeks,
        longest_spells=known.longest,
        oldest_waits=known.oldest,
    )


def _mondays(chosen) -> list[date]:
    """The Mondays of the last complete weeks."""
    this_week = monday_of(chosen.last + ONE_DAY)
    return [this_week - timedelta(weeks=n) for n in range(WEEKS, 0, -1)]


# Out of the stays --------------------------------------------------------------------------------------------------


def _from_stays(chosen, places) -> dict[str, Known]:
    since = min(begin_of(day) for day in (chosen.first, _mondays(chosen)[0], chosen.year))
    found = reading.columns_of(chosen, places, since)
    return {code: _known(chosen, stays) for code, stays in found.items()}


def _known(chosen, stays: Columns) -> Known:
    as_of, waiting = chosen.as_of, stays.waiting(chosen.as_of)
    waits = waiting.seconds(as_of)
    return Known(
        *_spells(chosen, stays),
        weeks=[
            _week(stays.ended(begin_of(day), end_of(day + 6 * ONE_DAY)).seconds(as_of), day)
            for day in _mondays(chosen)
        ],
        finished=stays.ended(begin_of(chosen.year), as_of).seconds(as_of),
        finished_weights=None,
        lately=stays.watched(begin_of(chosen.lately), as_of),
        waits=summary.waits(waits, waiting.excess(as_of)),
        oldest=np.sort(waits)[-SHOWN:].tolist(),
    )


def _spells(chosen, stays):
    """The figures of those that left in the period, and the longest of them."""
    ended = stays.ended(chosen.since, chosen.as_of)
    seconds = ended.seconds(chosen.as_of)
    return summary.spells(seconds, ended.excess(chosen.as_of)), np.sort(seconds)[-SHOWN:].tolist()


def _week(seconds, monday):
    return monday, seconds.size, float(np.median(seconds)) if seconds.size else None


# Out of the rollups ------------------------------------------------------------------------------------------------


def _from_cells(chosen, places) -> dict[str, Known] | None:
    """The same out of the rollups; None if so few have left that all of them can be read."""
    period = tiles(chosen.first, chosen.last)
    year = tiles(chosen.year, chosen.last)
    lately = tiles(chosen.lately, chosen.last, WEEK)
    weeks = [Tile(WEEK, monday) for monday in _mondays(chosen)]
    found = cells.read({code: place.keys for code, place in places.items()}, {*period, *year, *lately, *weeks})
    if sum(stage.sums(year).n for stage in found.values()) < FEW:
        return None
    waiting = _waiting(chosen, places)
    known = {code: _rolled(chosen, stage, waiting[code], period, year, lately, weeks) for code, stage in found.items()}
    if sum(those.spells.n for those in known.values()) < FEW:
        exact = reading.columns_of(chosen, places, chosen.since, waits=False)
        for code, those in known.items():
            those.spells, those.longest = _spells(chosen, exact[code])
    return known


def _rolled(chosen, stage: cells.Cells, waiting, period, year, lately, weeks) -> Known:
    seconds, waits = waiting
    counts = stage.counts(period)
    left = [stage.sums([week]).n for week in weeks]
    return Known(
        spells=summary.spells_of(counts, stage.sums(period)),
        longest=np.repeat(MIDDLES, np.minimum(counts, SHOWN).astype(int))[-SHOWN:].tolist(),
        weeks=list(zip(_mondays(chosen), left, stage.medians(weeks), strict=True)),
        finished=MIDDLES,
        finished_weights=stage.counts(year),
        lately=stage.watched(lately) + _watched_waiting(chosen, seconds),
        waits=waits,
        oldest=np.sort(seconds)[-SHOWN:].tolist(),
    )


def _waiting(chosen, places) -> dict[str, tuple[np.ndarray, summary.Waits]]:
    """How long those that waited at ``as_of`` had, and their figures."""
    if not _is_now(chosen):
        found = reading.columns_of(chosen, places, None)
        waits = {code: (stays.seconds(chosen.as_of), stays.excess(chosen.as_of)) for code, stays in found.items()}
        return {code: (seconds, summary.waits(seconds, excess)) for code, (seconds, excess) in waits.items()}
    entered, late = reading.waiting_now(places, chosen.as_of), reading.late_now(places, chosen.as_of)
    found = {}
    for code in places:
        seconds = columns.Clock().between(entered.get(code, columns.NOTHING), columns.number_of(chosen.as_of))
        beyond, excess = late.get(code, (0, 0.0))
        found[code] = seconds, replace(summary.waits(seconds), beyond=beyond, excess=excess)
    return found


def _watched_waiting(chosen, seconds) -> Watched:
    """How those that wait were watched, their ages within 2% too: no more is known of those that left."""
    counts = np.bincount(bucket(seconds), minlength=MIDDLES.size)
    watched_for = (chosen.as_of - begin_of(chosen.lately)).total_seconds()
    ages, here = MIDDLES[counts > 0], counts[counts > 0]
    return Watched.of(np.maximum(ages - watched_for, 0), ages, np.zeros(ages.size), here)
