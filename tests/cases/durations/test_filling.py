"""Filling up: said where slow cases have not finished, and not of a stage that goes on as before."""

import numpy as np
import pytest

from cases.durations.buckets import bucket, middle
from cases.durations.filling import Filling, filling_up, log_rank
from cases.durations.survival import Watched
from tests.cases.durations import worlds
from tests.cases.durations.worlds import DAY, always, exponential, lognormal

YEAR = 365


def verdict(began, takes, period=YEAR):
    return filling_up(worlds.finished(began, takes, period), worlds.watched(began, takes), period * DAY)


def one_left_and_forty_wait(since):
    """One left after 3 days; the others began as many days ago as ``since`` says, and wait."""
    return np.array([-5.0, *(-day for day in since)]), np.array([3.0, *[1000.0] * len(since)])


@pytest.mark.parametrize("since", [np.linspace(0.5, 40, 40), np.linspace(100, 140, 40), np.linspace(70, 80, 40)])
@pytest.mark.parametrize("period", [90, YEAR])
def test_one_finished_and_forty_waiting_is_filling_up_whenever_they_came(since, period):
    assert verdict(*one_left_and_forty_wait(since), period)


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (
            one_left_and_forty_wait(np.linspace(0.5, 40, 40)),
            "Of those who have left, 90 % took at most 3 days. Of everyone who was here in the last weeks, only 3 % "
            "leave as soon.",
        ),
        (
            # Ten left, after 1 to 10 days; 35 wait. By the 9th day 9 of these 45 had left.
            (np.array([*range(-50, -40), *np.linspace(-39, -12, 35)]), np.array([*range(1, 11), *[1000.0] * 35])),
            "Of those who have left, 90 % took at most 9 days. Of everyone who was here in the last weeks, only 20 % "
            "leave as soon.",
        ),
        (
            one_left_and_forty_wait(np.linspace(100.5, 140, 40)),
            "40 cases that entered within 90 days wait still after more than 100 days. In the last 90 days nobody "
            "left after as long a wait.",
        ),
        (
            (np.array([-30.0, *np.linspace(-20, -0.1, 40)]), np.array([29.0, *[1000.0] * 40])),
            "40 cases that entered within 90 days wait still. In the last 90 days only 1 left.",
        ),
    ],
)
def test_the_reason_is_given_in_words(world, said):
    assert verdict(*world, 90).words == said


@pytest.mark.parametrize("takes", [lognormal(28), lognormal(28, 0.3), exponential(28), always(28)])
@pytest.mark.parametrize("seed", range(3))
def test_a_stage_that_has_taken_twice_as_long_for_120_days_is_filling_up(takes, seed):
    began, took = worlds.stage(np.random.default_rng(seed), per_day=5, takes=takes, slower=2)
    assert verdict(began, took)


def test_a_stage_out_of_which_nobody_has_come_for_a_month_is_filling_up():
    began, takes = worlds.stage(np.random.default_rng(1), per_day=1, takes=exponential(7))
    takes = np.where(began + takes > -30, 1000, takes)
    assert verdict(began, takes)
    assert verdict(began, takes, 90)


def test_a_stage_that_nobody_enters_or_leaves_any_more_is_filling_up():
    """All were quick as long as any left. Of the last forty nobody has left for a hundred days."""
    random = np.random.default_rng(1)
    began = np.concatenate([-random.uniform(130, 365, 400), -random.uniform(100, 130, 40)])
    takes = np.concatenate([random.gamma(4, 1, 400), np.full(40, 1000.0)])
    assert verdict(began, takes)


def healthy():
    """Stages that go on as before, of every kind and size."""
    for seed, (takes, per_day) in enumerate(
        (takes, per_day)
        for takes in (
            exponential(1),
            exponential(40),
            lognormal(5, 0.3),
            lognormal(20, 1),
            lognormal(20, 2),  # a few take very long: those who wait are nearly all of them
            always(3),
            always(80),
            lambda random, n: random.weibull(0.5, n) * 30,
            lambda random, n: np.where(random.random(n) < 0.9, 3, 70) * random.gamma(4, 0.25, n),
            lambda random, n: np.ceil(random.exponential(4, n)),  # whole days
            lambda random, n: np.where(random.random(n) < 0.5, 0, random.exponential(9, n)),  # half take no time
        )
        for per_day in (0.02, 0.1, 0.5, 2)
    ):
        for again in range(15):
            yield worlds.stage(np.random.default_rng([seed, again]), per_day=per_day, takes=takes, days=1000)


@pytest.mark.parametrize("period", [90, YEAR])
def test_a_stage_that_goes_on_as_before_is_almost_never_filling_up_whatever_its_durations(period):
    marked = longer = 0
    for began, takes in healthy():
        left, waits = worlds.finished(began, takes, period), -began[(began <= 0) & (began + takes > 0)] * DAY
        marked += bool(filling_up(left, worlds.watched(began, takes), period * DAY))
        longer += left.size > 0 and waits.size > 0 and np.median(waits) > np.median(left)
    assert marked <= 1  # of 660
    assert longer > 200  # that those who wait have waited longer than those who left is no sign of anything


def test_without_anybody_who_left_there_is_nothing_that_could_look_fast():
    waiting = Watched.of([0] * 40, np.arange(40) * DAY, [False] * 40)
    assert filling_up([], waiting, YEAR * DAY) == Filling(False, "")
    assert not filling_up([DAY] * 40, Watched.of([], [], []), YEAR * DAY)
    assert not filling_up([0.0] * 5, Watched.of([0], [0], [False]), YEAR * DAY)


@pytest.mark.parametrize("ties", [False, True])
def test_the_log_rank_statistic_is_that_of_lifelines(ties):
    from lifelines.statistics import logrank_test

    random = np.random.default_rng(3)
    left = random.exponential(5 * DAY, 80)
    ages, ended = random.exponential(8 * DAY, 60), random.random(60) < 0.5
    if ties:
        left, ages = np.ceil(left / DAY) * DAY, np.ceil(ages / DAY) * DAY

    everybody_left = Watched.of(np.zeros(80), left, np.ones(80))
    deviations, share = log_rank(everybody_left, Watched.of(np.zeros(60), ages, ended))

    theirs = logrank_test(left, ages, np.ones(80), ended)
    assert deviations**2 == pytest.approx(theirs.test_statistic, rel=1e-9)
    assert deviations > 0
    assert share < 1


def test_those_who_came_under_watch_late_are_expected_to_leave_from_then_on_only():
    from_the_beginning = Watched.of([0] * 4, [1, 2, 3, 4], [True] * 4)
    late = Watched.of([2.5, 0], [9, 9], [False, False])
    # At 1 and 2 one of 5 and 4 is theirs, at 3 and 4 two of 4 and 3: each of one who left.
    deviations, share = log_rank(from_the_beginning, late)
    expected = 1 / 5 + 1 / 4 + 2 / 4 + 2 / 3
    variance = sum(p * (1 - p) for p in (1 / 5, 1 / 4, 2 / 4, 2 / 3))
    assert (deviations, share) == (pytest.approx(expected / variance**0.5), 0)


def test_from_buckets_the_verdict_is_the_same():
    began, takes = worlds.stage(np.random.default_rng(2), per_day=5, takes=lognormal(28), slower=2)
    left, lately = worlds.finished(began, takes, YEAR), worlds.watched(began, takes)
    known, place = np.unique(bucket(left), return_inverse=True)
    shown = middle(bucket(lately.exit_ages))
    coarse = Watched.of(np.minimum(lately.entry_ages, shown), shown, lately.ended)
    found = filling_up(middle(known), coarse, YEAR * DAY, weights=np.bincount(place))
    assert found
    assert not filling_up(middle(known), Watched.of([], [], []), YEAR * DAY, weights=np.bincount(place))
