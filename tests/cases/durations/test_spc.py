"""XmR charts: the published series coloured as published, and each rule at its edge."""

import csv
from itertools import groupby
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.durations.spc import NUMBERS, OUTSIDE, SHIFT, TREND, TWO_OF_THREE, verdict, xmr

SERIES = Path(__file__).resolve().parents[4] / "shared" / "data" / "nhse_xmr_series.csv"
COLOURS = {"blue": "improvement", "orange": "concern", "purple": "neutral", "grey": "common"}
DAY = 86_400.0

QUIET = [10, 12] * 8  # mean 11, limits 2 * 2.66 away: 5.68 and 16.32, two-sigma at 7.45 and 14.55


def colours(values, improvement="low", **options):
    return "".join(
        point.colour[0] if point.rules else "." for point in xmr(values, improvement=improvement, **options).points
    )


def rules(values, **options):
    return [point.rules for point in xmr(values, **options).points]


@pytest.mark.skipif(not SERIES.exists(), reason="shared/data is not beside the checkout")
def test_every_point_of_the_published_series_has_the_colour_that_was_published():
    with SERIES.open(encoding="utf-8") as file:
        series = {name: list(rows) for name, rows in groupby(csv.DictReader(file), lambda row: row["series"])}
    assert sum(map(len, series.values())) == 319
    for name, rows in series.items():
        improvement = {"neither": None}.get(rows[0]["improvement"], rows[0]["improvement"])
        chart = xmr([float(row["value"]) for row in rows], improvement=improvement)
        assert [point.colour for point in chart.points] == [COLOURS[row["expected_colour"]] for row in rows], name


# Lines ---------------------------------------------------------------------------------------------------------------


def test_limits_are_the_mean_and_2_66_mean_moving_ranges_and_two_sigma_two_thirds_of_that():
    chart = xmr(QUIET)
    assert chart.mean == 11
    assert (chart.lower, chart.upper) == (pytest.approx(11 - 5.32), pytest.approx(11 + 5.32))
    two_sigma = 5.32 * 2 / 3
    assert (chart.lower_two_sigma, chart.upper_two_sigma) == (
        pytest.approx(11 - two_sigma),
        pytest.approx(11 + two_sigma),
    )


@given(st.lists(st.floats(-1e6, 1e6), min_size=13, max_size=80))
def test_the_lines_are_those_that_pandas_reckons(values):
    series, chart = pd.Series(values), xmr(values)
    away = 2.66 * series.diff().abs().mean()
    for line, expected in (
        (chart.mean, 0),
        (chart.upper, away),
        (chart.lower, -away),
        (chart.upper_two_sigma, away / 1.5),
    ):
        assert line == pytest.approx(series.mean() + expected, rel=1e-9, abs=1e-6)


def test_with_fewer_than_13_points_there_is_a_mean_and_nothing_is_special():
    chart = xmr([*QUIET[:11], 100], improvement="low")
    assert (chart.mean, chart.upper, chart.lower, chart.upper_two_sigma) == (pytest.approx(220 / 12), None, None, None)
    assert {point.colour for point in chart.points} == {"common"}
    assert xmr([*QUIET[:12], 100], improvement="low").points[-1].colour == "concern"
    assert xmr([*QUIET[:7], 100], improvement="low", minimum=8).points[-1].colour == "concern"


def test_without_any_point_there_is_no_line():
    assert (xmr([]).points, xmr([]).mean) == ([], None)
    chart = xmr([None, None])
    assert [(point.value, point.mean, point.colour) for point in chart.points] == [(None, None, "common")] * 2


def test_the_baseline_sets_the_lines_and_the_points_after_it_are_judged_by_them():
    chart = xmr([*QUIET, *[20] * 3], improvement="low", baseline=16)
    assert (chart.mean, chart.upper) == (11, pytest.approx(16.32))
    assert [point.colour for point in chart.points[-3:]] == ["concern"] * 3
    assert xmr([*QUIET, *[20] * 3]).mean > 12


def test_limits_are_recalculated_after_a_point_only_where_that_was_decided():
    values = [*QUIET, *[value + 10 for value in QUIET]]
    chart = xmr(values, recalculate_after=[15])
    assert [point.mean for point in chart.points] == [11] * 16 + [21] * 16
    assert not any(point.rules for point in chart.points)
    assert (chart.mean, chart.segments) == (21, (range(16), range(16, 32)))
    assert any(point.rules for point in xmr(values).points)


def test_a_new_segment_has_no_limits_before_it_has_13_points_and_no_rule_looks_across():
    rising = [*QUIET, *range(13, 18)]
    assert TREND in rules(rising)[-1]
    chart = xmr(rising, recalculate_after=[15])
    assert (chart.mean, chart.upper) == (15, None)
    assert not any(point.rules for point in chart.points)
    assert chart.points[0].upper == pytest.approx(16.32)
    assert xmr(QUIET, recalculate_after=[len(QUIET) - 1]).segments == (range(16),)


def test_each_segment_has_a_baseline_of_its_own():
    chart = xmr([*QUIET, 30, *[value + 10 for value in QUIET], 90], recalculate_after=[16], baseline=16)
    assert (chart.points[0].mean, chart.points[-1].mean) == (11, 21)


def test_a_gap_is_seen_by_no_rule_and_no_range():
    rising = [*QUIET, 11.5, 12, None, 12.5, 13, None, 13.5, 14]
    chart = xmr(rising, improvement="low")
    assert chart.upper == xmr([value for value in rising if value is not None]).upper
    assert [point.colour for point in chart.points[16:]] == ["concern", "concern", "common"] * 2 + ["concern"] * 2
    assert (chart.points[18].value, chart.points[18].mean) == (None, chart.mean)


# Rules ---------------------------------------------------------------------------------------------------------------


def test_a_point_outside_the_limits_is_special_and_one_on_them_is_not():
    assert rules([*QUIET, 16.32, 16.33], baseline=16)[-2:] == [(), (OUTSIDE,)]
    assert rules([*QUIET, 5.68, 5.67], baseline=16)[-2:] == [(), (OUTSIDE,)]


def test_6_in_a_row_on_one_side_are_a_shift_and_one_on_the_mean_breaks_it():
    assert rules([*QUIET[:15], *[10.9, 10.5] * 3], baseline=14)[-7:] == [(SHIFT,)] * 7
    assert rules([*QUIET, *[10.9, 10.5] * 2, 10.9], baseline=16)[-6:] == [()] * 6
    assert rules([*QUIET, *[10.9, 10.5] * 2, 11, 10.5, 10.9], baseline=16)[-7:] == [()] * 7
    assert rules([*QUIET, *[11.5, 11.2] * 3], baseline=16)[-6:] == [(SHIFT,)] * 6


def test_6_each_higher_than_the_one_before_are_a_trend_and_a_tie_breaks_it():
    assert rules([*QUIET, 10, 10.5, 10.9, 11.5, 12, 12.5], baseline=16)[-7:] == [(), *[(TREND,)] * 6]
    assert rules([*QUIET, 10, 10.5, 10.5, 11.5, 12, 12.5], baseline=16)[-6:] == [()] * 6
    assert rules([*QUIET, 12.5, 12, 11.5, 10.9, 10.5], baseline=16)[-5:] == [()] * 5
    assert rules([*QUIET, 12.5, 12, 11.5, 10.9, 10.5, 10], baseline=16)[-6:] == [(TREND,)] * 6


@pytest.mark.parametrize(
    ("three", "special"),
    [
        ([15, 12, 15], [0, 2]),
        ([15, 15, 12], [0, 1]),
        ([15, 15, 15], [0, 1, 2]),
        ([15, 10, 15], []),  # not all on one side
        ([15, 11, 15], []),
        ([17, 12, 15], []),  # what is outside the limits is not near them
        ([14.5, 12, 15], []),
        ([7, 10, 7], [0, 2]),
        ([7, 10, 15], []),
    ],
)
def test_two_of_three_near_a_limit_on_the_same_side_are_special(three, special):
    found = rules([*QUIET, 9.9, *three] if three[0] > 11 else [*QUIET, *three], baseline=16)[-3:]
    assert [place for place, hit in enumerate(found) if TWO_OF_THREE in hit] == special


def test_shift_and_trend_may_be_of_other_lengths():
    seven = [*QUIET, *[10.9, 10.5] * 3, 10.9]
    assert rules(seven, baseline=16, shift=7)[-1] == (SHIFT,)
    assert rules(seven[:-1], baseline=16, shift=7)[-1] == ()
    rising = [*QUIET, 10, 10.2, 10.5, 10.9, 11.5, 12, 12.5]
    assert rules(rising, baseline=16, trend=7)[-1] == (TREND,)
    assert rules(rising[:-1], baseline=16, trend=7)[-1] == ()


def test_values_that_are_all_the_same_are_not_outside_limits_that_fall_on_them():
    for value in (0.1, 1 / 3, 1e9 + 0.1, 0):
        assert colours([value] * 20) == "." * 20


def test_down_is_better_or_up_or_neither_and_improvement_wins_over_concern():
    high, low = [*QUIET, 20], [*QUIET, 1]
    assert (colours(high)[-1], colours(low)[-1]) == ("c", "i")
    assert (colours(high, "high")[-1], colours(low, "high")[-1]) == ("i", "c")
    assert (colours(high, None)[-1], colours(low, None)[-1]) == ("n", "n")
    # Falling, and still above the mean: an improvement.
    falling = [*QUIET, 14, 13.5, 13, 12.5, 12, 11.5]
    assert set(rules(falling, baseline=16)[-1]) == {SHIFT, TREND}
    assert colours(falling, baseline=16)[-6:] == "iiiiii"


@pytest.mark.parametrize(
    ("values", "options", "sentence"),
    [
        (QUIET, {"improvement": "down"}, "Say whether “high” or “low” is better, or neither"),
        (QUIET, {"shift": 1}, "The shift is a number of points, at least 2: 1 is too few"),
        (QUIET, {"trend": 2}, "The trend is a number of points, at least 3: 2 is too few"),
        (QUIET, {"minimum": 1}, "The minimum is a number of points, at least 2: 1 is too few"),
        (QUIET, {"baseline": 1}, "A baseline has at least 2 points: 1 is too few"),
        (QUIET, {"recalculate_after": [16]}, "there is no such place"),
        (QUIET, {"recalculate_after": [-1]}, "there is no such place"),
        ([1, float("nan")], {}, "Every value is a number"),
        ([1, float("inf")], {}, "Every value is a number"),
    ],
)
def test_what_cannot_be_charted_is_refused_with_a_sentence(values, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        xmr(values, **options)


@given(
    st.lists(st.integers(0, 8) | st.none(), max_size=45),
    st.sets(st.integers(0, 44), max_size=3),
    st.sampled_from(["high", "low", None]),
)
def test_whatever_the_values_every_point_has_a_colour_that_follows_from_its_rules(values, after, improvement):
    after = {place for place in after if place < len(values)}
    chart = xmr(values, improvement=improvement, recalculate_after=after)
    assert [point.value for point in chart.points] == values
    for point in chart.points:
        assert (point.colour == "common") == (not point.rules)
        assert not point.rules or point.upper is not None
    turned = xmr(
        [value if value is None else -value for value in values], improvement=improvement, recalculate_after=after
    )
    opposite = {"improvement": "concern", "concern": "improvement"} if improvement else {}
    for one, other in zip(chart.points, turned.points, strict=True):
        assert set(one.rules) == set(other.rules)
        if len(set(one.rules)) == 1:
            assert other.colour == opposite.get(one.colour, one.colour)
    assert verdict(chart).endswith(".")


# In words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "Too few points for limits: 0 of 13."),
        ([10] * 8, "Too few points for limits: 8 of 13."),
        ([None, *[10] * 8], "Too few points for limits: 8 of 13."),
        (QUIET, "Nothing unusual: it varies by chance between 6 and 16 days."),
        (
            [*QUIET[:14], 9, 9.5, 9, 9.5, 9, 9.5],
            "The last 6 weeks are all below the mean: waits are getting shorter. It varies by chance between 6 and 15 "
            "days.",
        ),
        (
            [*QUIET, 10, 14, 13, 14, 13, 14, 13, 14],
            "The last 7 weeks are all above the mean: waits are getting longer. It varies by chance between 7 and 17 "
            "days.",
        ),
        (
            [*QUIET, 10, 9.5, 11.5, 12, 12.5, 13, 13.2],
            "The last 6 weeks go up one after the other: waits are getting longer. It varies by chance between 7 and "
            "16 days.",
        ),
        ([*QUIET, 30], "The last week is above the upper limit, which is more than chance. It varies by chance"),
        ([*QUIET, 0], "The last week is below the lower limit, which is more than chance. It varies by chance"),
        (
            [*QUIET, 15.5, 12.5, 15.5],
            "Two of the last 3 weeks are close to the upper limit, which is more than chance.",
        ),
        (
            [*QUIET, 30, *QUIET[:6]],
            "Nothing unusual in the last 6 weeks: it varies by chance between 2 and 21 days. 1 week before that "
            "stood out.",
        ),
        ([*QUIET, 30, 10], "Nothing unusual in the last week: it varies by chance"),
    ],
)
def test_the_chart_is_said_in_words(values, words):
    assert verdict(xmr([None if value is None else value * DAY for value in values])).startswith(words)


def test_after_a_recalculation_the_words_are_about_what_came_since():
    values = [value * DAY for value in [*QUIET, *[value + 20 for value in QUIET]]]
    assert (
        verdict(xmr(values, recalculate_after=[15])) == "Nothing unusual: it varies by chance between 26 and 36 days."
    )
    assert verdict(xmr(values[:20], recalculate_after=[15])) == (
        "Too few points for limits since they were begun anew: 4 of 13."
    )


def test_other_numbers_than_waits_are_said_as_numbers():
    assert verdict(xmr(QUIET), NUMBERS) == "Nothing unusual: it varies by chance between 5.68 and 16.32."
    falling = verdict(xmr([*QUIET, *[9.5, 9] * 3]), NUMBERS)
    assert falling.startswith("The last 6 points are all below the mean: the values are lower. It varies by chance")


def test_waits_of_hours_are_said_in_hours():
    hours = [value * 3600 for value in QUIET]
    assert verdict(xmr(hours)) == "Nothing unusual: it varies by chance between 6 and 16 hours."
    assert verdict(xmr([value / 60 for value in hours])).endswith("between 6 and 16 minutes.")
    assert verdict(xmr([value / 3600 for value in hours])).endswith("between 6 and 16 seconds.")
    assert verdict(xmr([value * 3600 for value in [49, 50] * 8])).endswith("between 47 and 52 hours.")
    assert verdict(xmr([DAY * 3] * 20)) == "Nothing unusual: it is always the same."


def test_a_lower_limit_below_zero_is_said_as_zero_where_nothing_can_be():
    assert verdict(xmr([1 * DAY, 9 * DAY] * 8)) == "Nothing unusual: it varies by chance between 0 and 26 days."
