"""The figures of many durations: how long finished stays took and how that varies, how long the others have waited.

Pure; all durations are seconds. What is undefined is None, never 0 and never NaN: the spread of one, the mean of none,
the coefficient of variation where the mean is 0.
"""

from collections.abc import Iterable
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


class Bucket(NamedTuple):
    """What a rollup knows of ``n`` spells in a bucket of ``buckets``: sums, how many were late, by how much."""

    index: int
    n: int
    seconds_sum: float
    squares_sum: float
    late_n: int = 0
    excess_sum: float = 0


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


def spells_of(found: Iterable[tuple]) -> Spells:
    """Return the figures of finished stays of which only buckets are known: tuples in the order of ``Bucket``, in any
    order, an index any number of times.

    Number, mean, spread and lateness are exact; the percentiles and the longest are within 2% (in less than a minute:
    within a minute). Sums may be of any number type; give the database's numeric ones as they are, they lose nothing.
    """
    if (table := _Table.of(found)) is None:
        return Spells(beyond=0, excess=0.0, approximate=True)
    late = table.late() | {"share_beyond": table.beyond / table.n}
    return _spells(table.n, table.mean, table.variance, table.quantiles(SHARES), table.values[-1], late)


def waits_of(found: Iterable[tuple]) -> Waits:
    """Return the figures of unfinished stays of which only buckets are known, as ``spells_of`` does."""
    if (table := _Table.of(found)) is None:
        return Waits(beyond=0, excess=0.0, approximate=True)
    return Waits(table.n, *table.quantiles((0.5, 0.9)).tolist(), float(table.values[-1]), **table.late())


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


class _Table:
    """Buckets put together, the shortest first: one value for all stays of each, and their sums."""

    def __init__(self, rows):
        indices, counts, sums, squares, late, excess = zip(*rows, strict=True)
        self.n, self.beyond, self.excess = int(sum(counts)), int(sum(late)), float(sum(excess))
        total = sum(map(Fraction, sums))
        self.mean = float(total / self.n)
        # Exactly, as the difference of two sums that may be nearly the same.
        squares = sum(map(Fraction, squares)) - total * total / self.n
        self.variance = float(max(0, squares) / (self.n - 1)) if self.n > 1 else None
        known, place = np.unique(indices, return_inverse=True)
        counts, sums = np.bincount(place, counts), np.bincount(place, np.array(sums, float))
        # The only one is known itself; in less than a minute no middle is near all.
        self.values = np.where((counts == 1) | (known == 0), sums / counts, buckets.middle(known))
        self.reached = np.cumsum(counts)

    @classmethod
    def of(cls, found) -> "_Table | None":
        """Put ``found`` together; None if that is no stay at all."""
        rows = [Bucket(*row) for row in found if row[1]]
        return cls(rows) if rows else None

    def late(self) -> dict:
        return {"beyond": self.beyond, "excess": self.excess, "approximate": True}

    def quantiles(self, shares) -> np.ndarray:
        """Linear percentiles, every stay having the value of its bucket."""
        places = np.array(shares) * (self.n - 1)
        edges = (np.floor(places), np.ceil(places))
        below, above = (self.values[np.searchsorted(self.reached, edge, side="right")] for edge in edges)
        return below + (above - below) * (places - edges[0])
