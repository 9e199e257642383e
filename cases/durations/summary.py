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


class Sums(NamedTuple):
    """What is known of ``n`` finished stays together: the sums of their seconds and of the squares of these, how many
    were ``late``, and by how many seconds (``excess``). Of any number type: the database's numeric ones lose nothing.
    """

    n: int = 0
    seconds: float = 0
    squares: float = 0
    late: int = 0
    excess: float = 0


def spells_of(counts, sums: Sums) -> Spells:
    """Return the figures of finished stays of which only sums are known, and how many are in each bucket of
    ``buckets``: ``counts[i]`` in bucket i.

    Number, mean, spread and lateness are exact; the percentiles and the longest are within 2% (in less than a minute:
    within a minute).
    """
    n, late = sums.n, {"beyond": sums.late, "excess": float(sums.excess), "approximate": True}
    if n == 0:
        return Spells(**late)
    total = Fraction(sums.seconds)
    # Exactly, as the difference of two sums that may be nearly the same.
    variance = float(max(0, Fraction(sums.squares) - total * total / n) / (n - 1)) if n > 1 else None
    late["share_beyond"] = sums.late / n
    percentiles, longest = quantiles_of(counts, SHARES), buckets.middle(np.flatnonzero(counts)[-1])
    return _spells(n, float(total / n), variance, percentiles, longest, late)


def quantiles_of(counts, shares) -> np.ndarray:
    """Return the linear percentiles of stays of which ``counts[i]`` are in bucket i, one for each of ``shares``.

    With a table of counts a row for each of its rows. Of no stays it means nothing.
    """
    reached = np.cumsum(counts, axis=-1)[..., None, :]
    places = np.asarray(shares) * (reached[..., -1] - 1)
    edges = np.floor(places), np.ceil(places)
    last = buckets.MIDDLES.size - 1
    below, above = (buckets.middle((reached[..., :last] <= edge[..., None]).sum(axis=-1)) for edge in edges)
    return below + (above - below) * (places - edges[0])


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
