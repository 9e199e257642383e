"""How long a stay takes when the unfinished ones count too: the Kaplan-Meier estimate. Pure; ages are seconds.

Finished stays alone say 28 days while a stage is blocking up, because those that take long have not finished yet.
Here everybody counts for as long as they were watched: a stay that goes on is *right-censored* at its age by now, one
that was older than 0 when the period began is *left-truncated*, at risk from that age on. What is estimated is how
long a stay takes that is treated, at every age, as stays of that age were in the period.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from cases.durations.stays import Stay, is_wait, seconds

REACHED = 1e-12  # 0.75 * 2/3 is half, in the computer too


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
        """The share that takes longer than ``age``, 1 before the first step."""
        return np.concatenate([[1.0], self.survival])[np.searchsorted(self.times, age, side="right")]

    def _first(self, column, remaining):
        found = np.flatnonzero(column <= remaining + REACHED)
        return float(self.times[found[0]]) if found.size else None


def survival(entry_ages, exit_ages, ended, weights=None, *, confidence=0.95) -> Curve:
    """Return the Kaplan-Meier estimate of stays watched from ``entry_ages`` to ``exit_ages``, where they had ``ended``
    or not; ``weights`` says how many stays each stands for.

    At risk at an age are those watched from before it (or from the very beginning, 0) until it or longer; so one that
    ended counts among those that were at risk when it did. The band is Greenwood's, on the log-log scale; where the
    curve reaches 0 the variance is undefined, and the upper bound stays what it was before.
    """
    entry, left = np.asarray(entry_ages, float), np.asarray(exit_ages, float)
    ended = np.asarray(ended, bool)
    weights = np.ones(left.size) if weights is None else np.asarray(weights, float)
    if (entry > left).any():
        raise ValueError("A stay is watched from one age to a later one.")
    times, place = np.unique(left[ended & (weights > 0)], return_inverse=True)
    events = np.bincount(place, weights[ended & (weights > 0)], times.size)
    at_risk = _watched_before(entry, weights, times) - _left_before(left, weights, times)
    return _estimate(times, events, at_risk, confidence)


def _watched_before(entry, weights, times):
    order = np.argsort(entry, kind="stable")
    reached = np.concatenate([[0.0], np.cumsum(weights[order])])
    from_the_beginning = np.searchsorted(entry[order], 0, side="right")
    return reached[np.maximum(np.searchsorted(entry[order], times, side="left"), from_the_beginning)]


def _left_before(left, weights, times):
    order = np.argsort(left, kind="stable")
    return np.concatenate([[0.0], np.cumsum(weights[order])])[np.searchsorted(left[order], times, side="left")]


def _estimate(times, events, at_risk, confidence) -> Curve:
    remain = at_risk - events
    share = np.cumprod(remain / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log(share)
        deviation = np.sqrt(np.cumsum(events / (at_risk * remain))) / logarithm
        z = NormalDist().inv_cdf((1 + confidence) / 2)
        lower, upper = share ** np.exp(-z * deviation), share ** np.exp(z * deviation)
    if (gone := share <= 0).any():
        first = int(np.argmax(gone))
        lower[first:], upper[first:] = 0.0, upper[first - 1] if first else 1.0
    return Curve(times, share, lower, upper, at_risk, events)


# What is watched in a period -----------------------------------------------------------------------------------------


class Watched(NamedTuple):
    """From which to which age each stay was watched in a period, and whether it ended: the arrays for ``survival``."""

    entry_ages: np.ndarray
    exit_ages: np.ndarray
    ended: np.ndarray
    weights: np.ndarray


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
    return Watched(entry, left, ended.astype(bool), np.ones(len(rows)))


def period_survival(
    stays: Iterable[Stay], since: datetime, as_of: datetime, *, schedule=None, without_holds=False, confidence=0.95
) -> Curve:
    """Return the estimate from everybody who was at risk in the period after ``since`` up to ``as_of``."""
    found = watched(stays, since, as_of, schedule=schedule, without_holds=without_holds)
    return survival(*found, confidence=confidence)
