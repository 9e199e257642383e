"""How long a stay takes when the unfinished ones count too: the Kaplan-Meier estimate. Pure; ages are seconds.

Finished stays alone say 28 days while a stage is blocking up, because those that take long have not finished yet.
Here everybody counts for as long as they were watched: a stay that goes on is *right-censored* at its age by now, one
that was older than 0 when the period began is *left-truncated*, at risk from that age on. What is estimated is how
long a stay takes that is treated, at every age, as stays of that age were in the period.

Its weakness: the youngest ages are watched only in those who entered in the period. Where few have, one who leaves
early would pull the whole curve down, although forty who entered before wait on. So the curve ends where fewer than
two are under watch and others come under watch only later; what lies beyond is not known, and said to be so. In
simulations the median's 95% band held the truth in 93 to 97% of stages with 6 entries a period or more; with 3, in 81
to 97% of those that had a median, and without this rule in 77 to 84%. Asking for more than two under watch gains
little, and leaves most of the small stages without a median.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from cases.durations.stays import Stay, is_wait, seconds

REACHED = 1e-12  # 0.75 * 2/3 is half, in the computer too
SAME = 1e-9  # of those at risk: seven times a seventh is one, less the last digits
FEWEST = 2  # under watch while others come later


class Quantile(NamedTuple):
    """A quantile with its confidence bounds, in seconds; None where the curve or band does not come so far down."""

    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Curve:
    """The share that takes longer than each of ``times`` (the ages at which stays ended, increasing) with its band.

    ``at_risk`` were under watch at that age, of which ``events`` ended at it. From the age ``unknown_from`` on (None:
    nowhere) too few were under watch to say anything, and there are no steps.
    """

    times: np.ndarray
    survival: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    unknown_from: float | None = None

    def quantile(self, share: float) -> Quantile:
        """The age by which ``share`` have left: the first at which no more than the rest remain."""
        return Quantile(*(self._first(column, 1 - share) for column in (self.survival, self.lower, self.upper)))

    def at(self, age) -> np.ndarray:
        """The share that takes longer than ``age``, 1 before the first step; nan where it is not known."""
        shares = np.concatenate([[1.0], self.survival])[np.searchsorted(self.times, age, side="right")]
        return shares if self.unknown_from is None else np.where(np.asarray(age) < self.unknown_from, shares, np.nan)

    def _first(self, column, remaining):
        found = np.flatnonzero(column <= remaining + REACHED)
        return float(self.times[found[0]]) if found.size else None


def survival(entry_ages, exit_ages, ended, weights=None, *, confidence=0.95, fewest=FEWEST) -> Curve:
    """Return the Kaplan-Meier estimate of stays watched from ``entry_ages`` to ``exit_ages``, where they had ``ended``
    or not; ``weights`` says how many stays each stands for.

    At risk at an age are those watched from before it, or from the very beginning (0), until it or longer. The band is
    Greenwood's on the log-log scale; where the curve reaches 0 its variance is undefined, and the upper bound stays
    what it was. The curve ends where fewer than ``fewest`` are under watch and others come under watch later.
    """
    return curve(Watched.of(entry_ages, exit_ages, ended, weights), confidence=confidence, fewest=fewest)


def curve(found: "Watched", *, confidence=0.95, fewest=FEWEST) -> Curve:
    """Return ``survival`` of what was watched."""
    times, events = found.events
    return _known(_estimate(times, events, found.at_risk(times), confidence), found, fewest)


def _estimate(times, events, at_risk, confidence) -> Curve:
    remain = at_risk - events
    remain[remain <= SAME * at_risk] = 0.0
    share = np.cumprod(remain / at_risk)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        deviation = z * np.sqrt(np.cumsum(events / (at_risk * remain))) / np.log(share)
        lower, upper = share ** np.exp(-deviation), share ** np.exp(deviation)
    if (gone := share <= 0).any():
        first = int(np.argmax(gone))
        lower[first:], upper[first:] = 0.0, upper[first - 1] if first else 1.0
    return Curve(times, share, lower, upper, at_risk, events)


def _known(curve, found, fewest) -> Curve:
    """The curve up to where too few are under watch before others come."""
    last_entry = found.entry_ages.max(initial=0.0)
    ages = np.concatenate([[0.0], found.exit_ages[found.exit_ages < last_entry]])
    too_few = np.sort(ages[(found.at_risk_after(ages) < fewest) & (ages < last_entry)])
    if not too_few.size:
        return curve
    steps = int(np.searchsorted(curve.times, too_few[0], side="right")) if too_few[0] > 0 else 0
    if steps and curve.survival[steps - 1] <= 0:  # nobody is left of these, and there are others
        steps -= 1
    unknown_from = float(curve.times[steps]) if steps < curve.times.size else float(too_few[0])
    columns = (curve.times, curve.survival, curve.lower, curve.upper, curve.at_risk, curve.events)
    return Curve(*(column[:steps] for column in columns), unknown_from=min(unknown_from, float(too_few[0])))


# What is watched in a period -----------------------------------------------------------------------------------------

COLUMNS = ("entry_ages", "exit_ages", "ended", "weights")


@dataclass(frozen=True)
class Watched:
    """From which to which age each stay was watched in a period, whether it had ended then, and for how many stays it
    stands: four arrays.
    """

    entry_ages: np.ndarray
    exit_ages: np.ndarray
    ended: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, entry_ages, exit_ages, ended, weights=None) -> "Watched":
        """Make it of any sequences. Raises ValueError if a stay is watched backwards, or an age is none."""
        entry, left = np.array(entry_ages, float), np.array(exit_ages, float)
        weights = np.ones(left.size) if weights is None else np.array(weights, float)
        if not (np.isfinite(left) & (entry >= 0) & (entry <= left)).all() or (weights < 0).any():
            raise ValueError("A stay is watched from an age of 0 or more to one that is not lower.")
        # One that ended at the very age at which it came under watch (in a night, by open time) was at risk then.
        entry = np.where((entry == left) & (entry > 0), np.nextafter(entry, 0), entry)
        return cls(entry, left, np.array(ended, bool), weights)

    def __add__(self, other: "Watched") -> "Watched":
        """All that was watched, such as waits from rows and spells from buckets."""
        return Watched(*(np.concatenate([getattr(one, name) for one in (self, other)]) for name in COLUMNS))

    @cached_property
    def events(self) -> tuple[np.ndarray, np.ndarray]:
        """The ages at which stays ended, increasing, and how many at each."""
        counted = self.ended & (self.weights > 0)
        times, place = np.unique(self.exit_ages[counted], return_inverse=True)
        return times, np.bincount(place, self.weights[counted], times.size)

    def at_risk(self, ages) -> np.ndarray:
        """How many were watched from before each of ``ages``, or from the beginning, until it or longer."""
        come = np.maximum(self._entries.below(ages), self._entries.up_to(0.0))
        return come - self._exits.below(ages)

    def at_risk_after(self, ages) -> np.ndarray:
        """How many were watched right after each of ``ages``."""
        return self._entries.up_to(ages) - self._exits.up_to(ages)

    @cached_property
    def _entries(self):
        return Sums(self.entry_ages, self.weights)

    @cached_property
    def _exits(self):
        return Sums(self.exit_ages, self.weights)


class Sums:
    """How many there are of values up to a limit, each counted with its weight."""

    def __init__(self, values, weights):
        order = np.argsort(values, kind="stable")
        self.values = values[order]
        self.sums = np.concatenate([[0.0], np.cumsum(weights[order])])

    @property
    def total(self) -> float:
        return float(self.sums[-1])

    def below(self, limits):
        return self.sums[np.searchsorted(self.values, limits, side="left")]

    def up_to(self, limits):
        return self.sums[np.searchsorted(self.values, limits, side="right")]


def watched(stays: Iterable[Stay], since: datetime, as_of: datetime, *, schedule=None, without_holds=False) -> Watched:
    """Return how each of ``stays`` was watched in the period after ``since`` up to ``as_of``; the others left out."""
    measured = {"schedule": schedule, "without_holds": without_holds}
    rows = [
        (
            seconds(stay, since, **measured) if stay.entered_at < since else 0.0,
            seconds(stay, as_of, **measured),
            not is_wait(stay, as_of),
        )
        for stay in stays
        if stay.entered_at <= as_of and is_wait(stay, since)
    ]
    entry, left, ended = np.array(rows, float).reshape(-1, 3).T
    return Watched.of(entry, left, ended)


def period_survival(
    stays: Iterable[Stay], since: datetime, as_of: datetime, *, schedule=None, without_holds=False, confidence=0.95
) -> Curve:
    """Return the estimate from everybody who was at risk in the period after ``since`` up to ``as_of``."""
    return curve(watched(stays, since, as_of, schedule=schedule, without_holds=without_holds), confidence=confidence)
