"""The figures of many durations: how long finished stays took and how that varies, how long the others have waited.

Pure; all durations are seconds. What is undefined is None, never 0 and never NaN: the spread of one, the mean of none,
the coefficient of variation where the mean is 0.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import NamedTuple

import numpy as np

from cases.durations import buckets

PERCENTILES = "Median and p90 (90% took at most that) by linear interpolation between the two nearest stays."

SHARES = (0.25, 0.5, 0.75, 0.85, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Spells:
    """The figures of ``n`` finished stays. ``sd`` and ``variance`` are the sample's (n - 1), ``cv`` is sd / mean.

    ``beyond`` of them, ``share_beyond`` of all, were beyond their limit, together ``excess`` seconds; None where no
    limit is known. ``approximate``: the percentiles and the longest are within 2%, all else is exact.
    """

    n: int = 0
    mean: float | None = None
    sd: float | None = None
    variance: float | None = None
    cv: float | None = None
    q1: float | None = None
    median: float | None = None
    q3: float | None = None
    p85: float | None = None
    p90: float | None = None
    p95: float | None = None
    max: float | None = None
    beyond: int | None = None
    share_beyond: float | None = None
    excess: float | None = None
    approximate: bool = False


@dataclass(frozen=True, slots=True)
class Waits:
    """The figures of ``count`` unfinished stays: how long they have waited so far, how many are ``beyond`` their limit
    already and by how many seconds together (None where no limit is known). ``approximate``: the ages are within 2%.
    """

    count: int = 0
    median: float | None = None
    p90: float | None = None
    oldest: float | None = None
    beyond: int | None = None
    excess: float | None = None
    approximate: bool = False


class Totals(NamedTuple):
    """What a rollup knows of ``n`` stays exactly: the sums of their seconds and of the squares of these, how many were
    late, and by how many seconds together. Numbers of any type; the database's numeric ones lose nothing.
    """

    n: int
    seconds: float
    squares: float
    late: int = 0
    excess: float = 0


def spells(seconds, excess=None) -> Spells:
    """Return the figures of finished stays that took ``seconds`` each and were beyond their limit by ``excess``."""
    seconds = _durations(seconds)
    n = seconds.size
    late = _late(excess, n)
    if n == 0:
        return Spells(**late)
    variance = float(seconds.var(ddof=1)) if n > 1 else None
    share = None if excess is None else late["beyond"] / n
    return _spells(
        n, float(seconds.mean()), variance, np.quantile(seconds, SHARES), seconds.max(), late | {"share_beyond": share}
    )


def waits(seconds, excess=None) -> Waits:
    """Return the figures of unfinished stays that have lasted ``seconds`` each and are late by ``excess``."""
    seconds = _durations(seconds)
    late = _late(excess, seconds.size)
    if seconds.size == 0:
        return Waits(**late)
    median, p90 = np.quantile(seconds, (0.5, 0.9)).tolist()
    return Waits(seconds.size, median, p90, float(seconds.max()), **late)


def spells_of(totals: Totals, indices, counts) -> Spells:
    """Return the figures of finished stays of which only ``totals`` are known, and how many (``counts``) are in which
    buckets (``indices``, in any order, also several times; see ``buckets``).

    Number, mean, spread and lateness are exact; the percentiles and the longest are within 2% (in less than a minute:
    within a minute).
    """
    late = {"beyond": int(totals.late), "excess": float(totals.excess), "approximate": True}
    if not totals.n:
        return Spells(**late)
    total = Fraction(totals.seconds)
    # Exactly, as the difference of two numbers that may be nearly the same.
    squares = max(0, Fraction(totals.squares) - total * total / totals.n)
    variance = float(squares / (totals.n - 1)) if totals.n > 1 else None
    values, reached = _representatives(totals, indices, counts)
    late["share_beyond"] = late["beyond"] / totals.n
    return _spells(totals.n, float(total / totals.n), variance, _quantiles(values, reached, SHARES), values[-1], late)


def waits_of(totals: Totals, indices, counts) -> Waits:
    """Return the figures of unfinished stays of which only totals and buckets are known, as ``spells_of`` does."""
    late = {"beyond": int(totals.late), "excess": float(totals.excess), "approximate": True}
    if not totals.n:
        return Waits(**late)
    values, reached = _representatives(totals, indices, counts)
    return Waits(totals.n, *_quantiles(values, reached, (0.5, 0.9)).tolist(), float(values[-1]), **late)


def _spells(n, mean, variance, percentiles, longest, others) -> Spells:
    sd = None if variance is None else sqrt(variance)
    q1, median, q3, p85, p90, p95 = (float(value) for value in percentiles)
    cv = sd / mean if sd is not None and mean else None
    return Spells(n, mean, sd, variance, cv, q1, median, q3, p85, p90, p95, float(longest), **others)


def _durations(seconds) -> np.ndarray:
    seconds = np.asarray(seconds, dtype=float)
    if seconds.ndim != 1:
        raise ValueError("Give the durations as one list of seconds.")
    if not (np.isfinite(seconds) & (seconds >= 0)).all():
        raise ValueError("A duration is a number of seconds, and never less than 0.")
    return seconds


def _late(excess, n) -> dict:
    if excess is None:
        return {}
    excess = _durations(excess)
    if excess.size != n:
        raise ValueError(f"Give as many excesses as durations: {n}, not {excess.size}.")
    return {"beyond": int(np.count_nonzero(excess)), "excess": float(excess.sum())}


def _representatives(totals, indices, counts) -> tuple[np.ndarray, np.ndarray]:
    """One value for all stays of each bucket, the shortest first, and how many stays there are up to each."""
    known, place = np.unique(np.asarray(indices, int), return_inverse=True)
    reached = np.cumsum(np.bincount(place, counts))
    values = buckets.middle(known)
    if totals.n == 1 or not totals.seconds:  # known exactly
        values = np.full(known.size, float(totals.seconds))
    return values, reached


def _quantiles(values, reached, shares) -> np.ndarray:
    """Linear percentiles, every stay having the value of its bucket."""
    places = np.array(shares) * (reached[-1] - 1)
    below, above = (
        values[np.searchsorted(reached, edge, side="right")] for edge in (np.floor(places), np.ceil(places))
    )
    return below + (above - below) * (places - np.floor(places))
