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

from cases.durations.buckets import bucket
from cases.durations.summary import Bucket, Spells, Waits, spells, spells_of, waits, waits_of

EXACT = 1e-9
PERCENTILES = {"q1": 0.25, "median": 0.5, "q3": 0.75, "p85": 0.85, "p90": 0.9, "p95": 0.95}


def random_durations(n, seed=0):
    return np.random.default_rng(seed).lognormal(12, 2, n).round(6)


def in_buckets(durations, excess=None):
    """What a rollup would hold of them, exactly."""
    excess = [0] * len(durations) if excess is None else excess
    rows = {}
    for seconds, beyond in zip(durations, excess, strict=True):
        exact, late = Fraction(repr(float(seconds))), Fraction(repr(float(beyond)))
        so_far = rows.get(index := bucket(seconds), Bucket(index, 0, 0, 0, 0, 0))
        added = (1, exact, exact * exact, late > 0, late)
        rows[index] = Bucket(index, *(one + other for one, other in zip(so_far[1:], added, strict=True)))
    return list(rows.values())


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
    assert spells_of(in_buckets(durations)).variance == pytest.approx(9.1666666e-6, rel=1e-6)


@given(st.lists(st.floats(0, 1e9).map(lambda seconds: round(seconds, 6)), min_size=1, max_size=60))
def test_from_buckets_number_mean_and_spread_are_exact_and_percentiles_within_2_percent(durations):
    excess = [max(0, seconds - 1000) for seconds in durations]
    exact, found = spells(durations, excess), spells_of(in_buckets(durations, excess))
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
    exact, found = spells(durations), spells_of(in_buckets(durations))
    for name in ("mean", "sd", "variance", "cv"):
        assert getattr(found, name) == pytest.approx(getattr(exact, name), rel=EXACT)
    for name in (*PERCENTILES, "max"):
        assert getattr(found, name) == pytest.approx(getattr(exact, name), rel=0.02)
    waiting, all_waits = waits_of(in_buckets(durations)), waits(durations)
    assert waiting.count == 5_000
    for name in ("median", "p90", "oldest"):
        assert getattr(waiting, name) == pytest.approx(getattr(all_waits, name), rel=0.02)


def test_sums_are_taken_as_the_database_gives_them():
    numeric = [(300, 2, Decimal("200.5"), Decimal("20100.250001"), 1, Decimal("0.5"))]
    assert (spells_of(numeric).mean, spells_of(numeric).variance) == (100.25, 0.125001)
    assert spells_of([(300, 2, 200.5, 20100.25)]).variance == 0.125


def test_buckets_come_in_any_order_and_an_index_several_times():
    durations = random_durations(50)
    apart = in_buckets(durations[:20]) + in_buckets(durations[20:])
    assert spells_of(reversed(apart)) == spells_of(in_buckets(durations))


def test_of_no_buckets_nothing_is_known_but_that_there_is_nothing():
    assert spells_of([]) == spells_of([(7, 0, 0, 0)]) == Spells(beyond=0, excess=0.0, approximate=True)
    assert waits_of([]) == Waits(beyond=0, excess=0.0, approximate=True)
    one = spells_of(in_buckets([86400.0]))
    assert (one.n, one.mean, one.median, one.max, one.sd, one.cv) == (1, 86400.0, 86400.0, 86400.0, None, None)
    none = spells_of(in_buckets([0.0] * 3))
    assert (none.mean, none.sd, none.cv, none.median) == (0.0, 0.0, None, 0.0)


@pytest.mark.parametrize("wrong", [[-1.0], [float("nan")], [float("inf")], [[1.0]], 5.0])
def test_what_is_no_list_of_durations_is_refused(wrong):
    with pytest.raises(ValueError, match=r"one list of seconds|never less than 0"):
        spells(wrong)


def test_each_duration_has_its_excess():
    with pytest.raises(ValueError, match="as many excesses as durations: 2, not 1"):
        waits([1, 2], excess=[0])
