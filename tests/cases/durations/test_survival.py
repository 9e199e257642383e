"""The survival curve: by hand, as lifelines draws it, and honest about those who are not at risk yet."""

from datetime import UTC, datetime, timedelta
from math import exp, log, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.durations.buckets import bucket, middle
from cases.durations.stays import Stay
from cases.durations.survival import Watched, curve, period_survival, survival, watched
from pathways.working_time import Schedule
from tests.cases.durations import worlds
from tests.cases.durations.worlds import DAY

EXACT = 1e-9
AS_OF = datetime(2026, 3, 2, 9, tzinfo=UTC)
SINCE = AS_OF - timedelta(days=60)
NOBODY = Watched.of([], [], [])


def in_days(days, base=AS_OF):
    return base + timedelta(days=days)


# By hand -------------------------------------------------------------------------------------------------------------


def test_one_that_goes_on_counts_until_its_age_and_ties_fall_together():
    found = survival([0] * 6, [1, 2, 3, 3, 5, 6], [True, False, True, True, False, True])

    assert found.times.tolist() == [1, 3, 6]
    assert found.at_risk.tolist() == [6, 4, 1]
    assert found.events.tolist() == [1, 2, 1]
    assert found.survival == pytest.approx([5 / 6, 5 / 6 / 2, 0])
    greenwood = sqrt(1 / (6 * 5) + 2 / (4 * 2)) / log(5 / 12)
    z = NormalDist().inv_cdf(0.975)
    bounds = [(5 / 12) ** exp(sign * z * greenwood) for sign in (-1, 1)]
    assert (found.lower[1], found.upper[1]) == pytest.approx((min(bounds), max(bounds)))
    # At 0 the variance is undefined: it may be 0, and is not above what was possible before.
    assert (found.lower[2], found.upper[2]) == (0, found.upper[1])


def test_one_that_came_under_watch_at_an_age_is_at_risk_from_then_on():
    found = survival([0, 0, 0, 2, 3], [1, 4, 6, 5, 6], [True, True, False, True, False])

    assert found.times.tolist() == [1, 4, 5]
    assert found.at_risk.tolist() == [3, 4, 3]
    assert found.survival == pytest.approx([2 / 3, 2 / 3 * 3 / 4, 2 / 3 * 3 / 4 * 2 / 3])


def test_one_that_comes_under_watch_at_an_age_cannot_have_left_at_it():
    assert survival([0, 0, 0, 2], [2, 5, 6, 9], [True] * 4).at_risk[0] == 3


def test_stays_of_no_length_count_among_those_that_were_there_from_the_beginning():
    found = survival([0] * 4, [0, 0, 5, 9], [True, False, True, True])
    assert (found.times.tolist(), found.at_risk.tolist()) == ([0, 5, 9], [4, 2, 1])
    assert found.survival == pytest.approx([0.75, 0.375, 0])


def test_one_that_ends_at_the_age_at_which_it_came_under_watch_was_at_risk_then():
    found = survival([0, 0, 0, 3], [5, 6, 7, 3], [True] * 4)
    assert (found.times[0], found.at_risk[0], found.events[0]) == (3, 4, 1)


def test_a_quantile_is_the_first_age_at_which_no_more_than_the_rest_remain():
    found = survival([0] * 4, [10, 20, 30, 40], [True] * 4)
    assert found.quantile(0.5).value == 20  # 3/4 * 2/3 is a half, and in the computer a little more
    assert found.quantile(0.75).value == 30
    assert found.quantile(0.76).value == 40
    assert found.quantile(0.5).lower == 10
    assert found.quantile(0.5).upper is None  # with so few the median may be anything


def test_a_quantile_that_is_never_reached_is_none():
    found = survival([0] * 40, [1, *[5] * 39], [True] + [False] * 39)
    assert found.quantile(0.5) == (None, None, None)
    assert found.quantile(0.1) == (None, 1, None)  # it may be as low as that
    assert found.quantile(0.025).value == 1


def test_between_steps_the_curve_is_level():
    found = survival([0] * 4, [10, 20, 30, 40], [True] * 4)
    assert found.at([0, 9.99, 10, 25, 99]).tolist() == pytest.approx([1, 1, 0.75, 0.5, 0])
    assert float(found.at(20)) == 0.5


@pytest.mark.parametrize(
    ("watched", "steps"),
    [(NOBODY, 0), (Watched.of([0, 5], [3, 9], [False, False]), 0), (Watched.of([0], [3], [True]), 1)],
)
def test_without_anybody_who_left_there_are_no_steps_and_no_quantiles(watched, steps):
    found = curve(watched)
    assert found.times.size == steps
    assert found.quantile(0.5).value == (3 if steps else None)
    assert found.quantile(0.5).upper is None


@pytest.mark.parametrize("wrong", [([2], [1], [True]), ([-1], [1], [True]), ([0], [float("nan")], [True])])
def test_nobody_is_watched_backwards(wrong):
    with pytest.raises(ValueError, match="from an age of 0 or more to one that is not lower"):
        survival(*wrong)


# Too few to judge by -------------------------------------------------------------------------------------------------


def test_one_who_leaves_early_says_nothing_about_forty_who_were_there_before():
    entered_before = [*range(40, 80)]
    found = survival([0, *entered_before], [3, *(age + 60 for age in entered_before)], [True] + [False] * 40)

    assert found.unknown_from == 0
    assert found.times.size == 0
    assert found.quantile(0.5) == (None, None, None)
    assert np.isnan(found.at(1))


def test_the_curve_ends_where_nobody_is_left_while_others_come_later():
    several = [0] * 4, [5, 6, 7, 8], [True] * 4
    later = [20, 20, 20], [30, 31, 32], [True, False, False]
    found = survival(*(a + b for a, b in zip(several, later, strict=True)))

    assert found.unknown_from == 7  # at 8 the last of them leaves
    assert found.times.tolist() == [5, 6, 7]
    assert found.quantile(0.5).value == 6
    assert found.quantile(0.9) == (None, None, None) or found.quantile(0.9).value is None
    assert survival(*several).unknown_from is None


def test_a_gap_in_which_nobody_was_watched_is_not_bridged():
    found = survival([0, 0, 0, 50, 50], [2, 10, 10, 60, 70], [True, False, False, True, True])
    assert (found.times.tolist(), found.unknown_from) == ([2], 10)


def test_at_the_end_the_last_one_counts_as_ever():
    assert survival([0, 0, 1], [3, 5, 9], [True] * 3).survival.tolist()[-1] == 0


def test_all_that_four_leave_at_once_is_no_zero_while_others_are_older():
    found = survival([0, 0, 0, 0, 9], [4, 4, 4, 4, 20], [True] * 5)
    assert (found.times.size, found.unknown_from) == (0, 4)


# As lifelines --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [5, 30, 2000])
@pytest.mark.parametrize("truncated", [False, True])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_curve_and_its_band_are_those_of_lifelines(n, truncated, ties, weighted):
    from lifelines import KaplanMeierFitter

    random = np.random.default_rng(n + truncated)
    left = random.exponential(10 * DAY, n)
    entry = np.where(random.random(n) < 0.5, 0.3 * left * random.random(n), 0) * truncated
    if ties:  # but none of an entry with an exit, where lifelines counts who has just come as at risk
        left, entry = np.ceil(left / DAY) * DAY, np.where(entry > 0, np.floor(entry / DAY) * DAY + 1, 0)
    ended = random.random(n) < 0.7
    weights = random.integers(1, 9, n) if weighted else None

    found = survival(entry, left, ended, weights, fewest=0)

    theirs = KaplanMeierFitter().fit(left, ended, entry=entry if truncated else None, weights=weights)
    expected = theirs.survival_function_.iloc[:, 0].reindex(found.times).to_numpy()
    band = theirs.confidence_interval_.reindex(found.times).to_numpy()
    above = expected > 1e-12  # at 0 lifelines takes an undefined variance for none
    assert found.survival == pytest.approx(expected, rel=EXACT, abs=1e-12)
    assert found.lower[above] == pytest.approx(band[above, 0], rel=EXACT)
    assert found.upper[above] == pytest.approx(band[above, 1], rel=EXACT)
    assert found.events.sum() == theirs.event_table["observed"].sum()
    median = theirs.median_survival_time_
    assert found.quantile(0.5).value == (None if np.isinf(median) else pytest.approx(median, rel=EXACT))


counts = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 20), st.booleans(), st.integers(1, 4)), min_size=1, max_size=25
)


@given(counts)
def test_a_weight_is_as_good_as_as_many_stays(rows):
    rows = [(min(a, b), max(a, b), ended, weight) for a, b, ended, weight in rows]
    entry, left, ended, weights = zip(*rows, strict=True)
    together = survival(entry, left, ended, weights)
    apart = survival(*(np.repeat(column, weights) for column in (entry, left, ended)))
    for name in ("times", "survival", "lower", "upper", "at_risk", "events"):
        assert getattr(together, name) == pytest.approx(getattr(apart, name)), name
    assert together.unknown_from == apart.unknown_from


def test_a_stay_may_stand_for_a_part_of_one():
    left = np.array([3.0, 5, 9])
    whole = survival(np.zeros(3), left, [True] * 3)
    parts = survival(np.zeros(21), np.repeat(left, 7), [True] * 21, np.full(21, 1 / 7))
    for name in ("survival", "lower", "upper", "at_risk", "events"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name)), name
    assert parts.survival[-1] == 0


@given(counts)
def test_the_band_holds_the_curve_and_all_of_them_fall(rows):
    found = survival(*zip(*((min(a, b), max(a, b), ended) for a, b, ended, _ in rows), strict=True))
    assert (found.lower <= found.survival + 1e-12).all()
    assert (found.survival <= found.upper + 1e-12).all()
    assert (np.diff(found.survival) <= 1e-12).all()
    assert ((found.survival >= 0) & (found.upper <= 1)).all()
    assert (found.at_risk >= found.events).all()


# A period ------------------------------------------------------------------------------------------------------------


def test_everybody_at_risk_in_the_period_counts_from_the_age_at_its_beginning():
    stays = [
        Stay(in_days(-10), in_days(-4)),  # entered in the period, left after 6 days
        Stay(in_days(-10)),  # waits
        Stay(in_days(-90), in_days(-50)),  # was 30 days old when it began
        Stay(in_days(-90), in_days(5)),  # leaves later: waits now
        Stay(in_days(-90), SINCE),  # had left by then
        Stay(in_days(1)),  # has not begun
        Stay(AS_OF, AS_OF),  # of no length
    ]
    found = watched(stays, SINCE, AS_OF)
    days = list(zip(found.entry_ages / DAY, found.exit_ages / DAY, found.ended.tolist(), strict=True))
    assert days == [(0, 6, True), (0, 10, False), (30, 40, True), (30, 90, False), (0, 0, True)]


def test_a_period_is_measured_in_open_time_and_without_holds_too():
    office = Schedule("Europe/London", {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")})
    monday = datetime(2026, 2, 2, 9, tzinfo=UTC)
    stays = [
        Stay(monday, in_days(2, monday), pauses=((in_days(1, monday), in_days(1.125, monday)),)),
        Stay(in_days(-7, monday), in_days(0.125, monday)),
    ]
    found = watched(stays, monday, AS_OF, schedule=office, without_holds=True)
    assert found.exit_ages.tolist() == [13 * 3600, 43 * 3600]
    assert found.entry_ages.tolist() == [0, 40 * 3600]
    everyone = [*stays, Stay(monday), Stay(monday)]
    assert period_survival(everyone, monday, AS_OF, schedule=office, without_holds=True).times[0] == 13 * 3600


def test_one_that_left_in_the_night_in_which_the_period_began_was_at_risk_all_the_same():
    office = Schedule("Europe/London", {"mon": [["09:00", "17:00"]]})
    night = datetime(2026, 2, 2, 22, tzinfo=UTC)
    older = Stay(in_days(-7, night), in_days(0.1, night))  # 8 open hours old, and no older when it left
    found = period_survival([older, Stay(night), Stay(night)], night, AS_OF, schedule=office)
    assert (found.times.tolist(), found.events.tolist(), found.at_risk.tolist()) == ([8 * 3600], [1], [3])


@pytest.mark.parametrize("seed", range(3))
def test_when_a_stage_blocks_up_those_at_risk_tell_the_truth_that_finished_stays_hide(seed):
    random = np.random.default_rng(seed)
    began, takes = worlds.stage(random, per_day=10, takes=worlds.lognormal(28, 0.3), slower=2)
    truth = 56

    assert np.median(worlds.finished(began, takes, 1500)) / DAY == pytest.approx(28.5, abs=0.5)
    assert np.median(worlds.finished(began, takes, 365)) / DAY == pytest.approx(30.7, abs=0.5)
    lately = curve(worlds.watched(began, takes)).quantile(0.5)
    assert lately.value / DAY == pytest.approx(truth, rel=0.1)
    assert lately.lower / DAY <= truth <= lately.upper / DAY


def test_from_buckets_the_median_is_as_near_as_they_are():
    began, takes = worlds.stage(np.random.default_rng(7), per_day=20, takes=worlds.lognormal(28), slower=2)
    exact = curve(worlds.watched(began, takes))
    ended = began + takes
    left, waiting = (ended <= 0) & (ended > -60), (began <= 0) & (ended > 0)
    known, after = (
        middle(bucket(takes[left] * DAY)),
        (np.floor(ended[left]) + 60.5) * DAY,
    )  # the day of leaving is known
    spells = Watched.of(np.maximum(0, known - after), known, np.ones(known.size))
    ages, counts = np.unique(middle(bucket(-began[waiting] * DAY)), return_counts=True)
    waits = Watched.of(np.maximum(0, ages - 60 * DAY), ages, np.zeros(ages.size), counts)

    found = curve(spells + waits)

    assert found.times.size < 200
    for share in (0.25, 0.5, 0.75):
        assert found.quantile(share).value == pytest.approx(exact.quantile(share).value, rel=0.022)
