"""The figures of many durations: by hand, as pandas reckons them, and from buckets alone."""

from dataclasses import asdict
from decimal import Decimal
from fractions import Fraction
from statistics import mean, variance

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.durations.buckets import MIDDLES, bucket
from cases.durations.summary import Spells, Sums, Waits, quantiles_of, spells, spells_of, waits

EXACT = 1e-9
PERCENTILES = {"q1": 0.25, "median": 0.5, "q3": 0.75, "p85": 0.85, "p90": 0.9, "p95": 0.95}


def random_durations(n, seed=0):
    return np.random.default_rng(seed).lognormal(12, 2, n).round(6)


def counted(durations):
    """How many of them are in each bucket."""
    return np.bincount(bucket(np.array(durations, float)), minlength=MIDDLES.size)


def rolled_up(durations, excess=()):
    """What a rollup would hold of them: how many are in which bucket, and exact sums."""
    exact = [Fraction(repr(float(seconds))) for seconds in durations]
    late = [Fraction(repr(float(beyond))) for beyond in excess]
    sums = Sums(len(exact), sum(exact), sum(x * x for x in exact), sum(x > 0 for x in late), sum(late))
    return counted(durations), sums


def test_spells_by_hand():
    found = spells([15, 20, 35, 40, 50, 80], excess=[0, 0, 0, 0, 10, 40])
    assert (found.n, found.mean, found.median, found.max) == (6, 40.0, 37.5, 80.0)
    assert found.variance == pytest.approx(550)  # (25² + 20² + 5² + 0 + 10² + 40²) / 5
    assert found.sd == pytest.approx(550**0.5)
    assert found.cv == pytest.approx(550**0.5 / 40)
    assert (found.q1, found.q3, found.p85) == (23.75, 47.5, 57.5)
    assert (found.p90, found.p95) == (65.0, 72.5)
    assert (found.beyond, found.share_beyond, found.excess) == (2, 2 / 6, 50.0)
    assert not found.approximate


def test_waits_by_hand():
    found = waits([10, 30, 20], excess=[0, 12, 2])
    assert asdict(found) == asdict(Waits(count=3, median=20.0, p90=28.0, oldest=30.0, beyond=2, excess=14.0))


def test_what_is_undefined_is_none_and_never_0_or_nan():
    assert spells([]) == Spells()
    assert set(asdict(spells([])).values()) == {0, None}
    assert waits([]) == Waits()
    one = spells([86400.0])
    assert (one.n, one.mean, one.median, one.p95, one.max) == (1, 86400.0, 86400.0, 86400.0, 86400.0)
    assert (one.sd, one.variance, one.cv) == (None, None, None)
    assert (one.beyond, one.share_beyond, one.excess) == (None, None, None)  # no limit is known
    none = spells([0, 0, 0], excess=[0, 0, 0])
    assert (none.mean, none.sd, none.variance, none.cv) == (0, 0, 0, None)
    assert (none.beyond, none.share_beyond, none.excess) == (0, 0, 0)


def test_that_none_of_nothing_is_late_is_known_but_no_share():
    assert spells([], excess=[]) == Spells(beyond=0, excess=0.0)
    assert waits([], excess=[]) == Waits(beyond=0, excess=0.0)


def test_ties_have_no_spread():
    found = spells([3600.0] * 7)
    assert (found.sd, found.cv, found.q1, found.p95) == (0, 0, 3600, 3600)


@pytest.mark.parametrize("n", [2, 3, 10, 1000, 10_000])
def test_spells_are_as_pandas_reckons_them(n):
    durations = random_durations(n)
    series, found = pd.Series(durations), spells(durations)
    for name, value in {
        "mean": series.mean(),
        "sd": series.std(),
        "variance": series.var(),
        "cv": series.std() / series.mean(),
        "max": series.max(),
        **{name: series.quantile(share) for name, share in PERCENTILES.items()},
    }.items():
        assert getattr(found, name) == pytest.approx(value, rel=EXACT), name
    assert waits(durations).p90 == pytest.approx(series.quantile(0.9), rel=EXACT)


def test_the_spread_of_long_durations_that_differ_little_is_right():
    durations = [1e8 + place / 1000 for place in range(10)]
    exact = float(variance(map(Fraction, durations)))
    assert spells(durations).variance == pytest.approx(exact, rel=1e-6)
    assert spells_of(*rolled_up(durations)).variance == pytest.approx(9.1666666e-6, rel=1e-6)


@given(st.lists(st.floats(0, 1e9).map(lambda seconds: round(seconds, 6)), min_size=1, max_size=60))
def test_from_buckets_number_mean_and_spread_are_exact_and_percentiles_within_2_percent(durations):
    excess = [max(0, seconds - 1000) for seconds in durations]
    exact, found = spells(durations, excess), spells_of(*rolled_up(durations, excess))
    assert found.approximate
    assert (found.n, found.beyond, found.share_beyond) == (exact.n, exact.beyond, exact.share_beyond)
    assert found.excess == pytest.approx(exact.excess, rel=EXACT)
    fractions = [Fraction(repr(seconds)) for seconds in durations]
    assert found.mean == pytest.approx(float(mean(fractions)), rel=EXACT)
    if len(durations) > 1:
        assert found.variance == pytest.approx(float(variance(fractions)), rel=EXACT)
    for name in (*PERCENTILES, "max"):
        # In less than a minute: within a minute.
        assert getattr(found, name) == pytest.approx(getattr(exact, name), rel=0.02 * (1 + 1e-6), abs=60), name


def test_from_buckets_a_large_number_of_stays_is_within_2_percent():
    durations = random_durations(5_000)
    exact, found = spells(durations), spells_of(*rolled_up(durations))
    for name in ("mean", "sd", "variance", "cv"):
        assert getattr(found, name) == pytest.approx(getattr(exact, name), rel=EXACT)
    for name in (*PERCENTILES, "max"):
        assert getattr(found, name) == pytest.approx(getattr(exact, name), rel=0.02)


def test_percentiles_of_many_rows_of_counts_are_found_together():
    several = [random_durations(n, seed=n) for n in (1, 2, 30)]
    found = quantiles_of(np.array([counted(durations) for durations in several]), [0.5, 0.9])
    assert found.shape == (3, 2)
    for row, durations in zip(found, several, strict=True):
        assert row == pytest.approx(np.quantile(durations, [0.5, 0.9]), rel=0.02)


def test_sums_are_taken_as_the_database_gives_them():
    both = counted([1e8, 1e8])
    sums = Sums(2, Decimal("200000000.5"), Decimal("20000000100000000.250001"), 1, Decimal("0.5"))
    found = spells_of(both, sums)
    assert (found.mean, found.variance, found.excess) == (100000000.25, 0.125001, 0.5)
    assert spells_of(both, Sums(2, 200.5, 20100.25)).variance == 0.125


def test_of_no_stays_in_buckets_it_is_known_that_none_is_late():
    assert spells_of(counted([]), Sums()) == Spells(beyond=0, excess=0.0, approximate=True)


def test_from_buckets_too_what_is_undefined_is_none():
    one = spells_of(*rolled_up([86400.5]))
    assert (one.n, one.mean, one.sd, one.variance, one.cv) == (1, 86400.5, None, None, None)
    assert one.median == one.max == pytest.approx(86400.5, rel=0.02)
    none = spells_of(*rolled_up([0.0] * 3))
    assert (none.mean, none.sd, none.cv) == (0.0, 0.0, None)


@pytest.mark.parametrize("wrong", [[-1.0], [float("nan")], [float("inf")], [[1.0]], 5.0])
def test_what_is_no_list_of_durations_is_refused(wrong):
    with pytest.raises(ValueError, match=r"one list of seconds|never less than 0"):
        spells(wrong)


def test_each_duration_has_its_excess():
    with pytest.raises(ValueError, match="as many excesses as durations: 2, not 1"):
        waits([1, 2], excess=[0])
