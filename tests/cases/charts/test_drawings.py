"""Charts: what is drawn where, and what they say to who cannot see them."""

from datetime import date

import pytest
from django.template.loader import render_to_string

from cases.charts.bars import distribution
from cases.charts.control import SHAPES, control
from cases.charts.curve import survival as survival_chart
from cases.charts.flow import Week, flow
from cases.charts.strip import strip
from cases.durations import spc, summary
from cases.durations.survival import survival

DAY = 86400
MONDAYS = [date.fromordinal(date(2026, 1, 5).toordinal() + 7 * n) for n in range(20)]


def drawn(template, chart):
    return render_to_string(template, {"chart": chart, "strip": chart})


def days(*numbers):
    return [number * DAY for number in numbers]


# The strip


def test_a_strip_has_a_box_its_limit_and_a_dot_for_each_of_the_longest():
    spells = days(*range(1, 21))
    chart = strip("Triage", summary.spells(spells), days(19, 20), days(40), limit=10 * DAY)

    assert chart.box[0] < chart.limit < chart.box[1] < chart.box[2] < chart.whisker
    assert [(dot.is_waiting, dot.words) for dot in chart.dots] == [
        (False, "Took 20 days"),
        (True, "Waiting for 40 days"),
    ]
    assert chart.says == (
        "Triage. The middle half took 5 days 18 hours to 15 days. The oldest still waiting has waited 40 days. "
        "The limit is 10 days."
    )


def test_below_five_cases_dots_stand_in_place_of_the_box():
    chart = strip("Triage", summary.spells(days(1, 2, 9)), days(1, 2, 9), [])

    assert (chart.box, chart.whisker, chart.limit) == (None, None, None)
    assert len(chart.dots) == 3


def test_a_strip_of_nothing_is_empty_and_says_no_more_than_its_name():
    chart = strip("Triage", summary.spells([]), [], [])

    assert (chart.dots, chart.says) == ([], "Triage.")
    assert "<circle" not in drawn("charts/strip.svg", chart)


def test_every_dot_leads_where_it_is_told_to():
    chart = strip(
        "Triage", summary.spells(days(3)), days(3), days(5), link=lambda s, waiting: f"/{s // DAY}/{waiting}"
    )

    assert [dot.url for dot in chart.dots] == ["/3/False", "/5/True"]


# How they are spread


def test_bars_hold_every_stay_once_and_the_last_all_that_took_longer():
    ended, waiting = [(n * DAY, 1) for n in (0, 1, 1, 6)], [(6 * DAY, 3)]
    chart = distribution("Lengths", ended, waiting, limit=5 * DAY)

    assert (sum(chart.ended), sum(chart.waiting)) == (4, 3)
    assert chart.frame.says == (
        "4 cases finished, 3 waiting. 1 of those finished and 3 of those waiting took longer than the limit."
    )
    assert {bar.is_waiting for bar in chart.bars} == {True, False}
    assert all(bar.height > 0 and bar.width > 0 for bar in chart.bars)


def test_bars_of_one_moment_alone_are_drawn_all_the_same():
    assert distribution("Lengths", [(0.0, 1)], []).ended[0] == 1


# Who is waiting still


def test_the_curve_says_what_the_finished_alone_would_hide():
    curve = survival([0] * 6, days(1, 2, 3, 9, 9, 9), [True] * 3 + [False] * 3, fewest=1)
    chart = survival_chart("Waiting", curve, days(1, 2, 3), limit=4 * DAY)

    assert chart.frame.says == (
        "Counting those who wait still, half have left after 3 days. Of those who have left, half took up to 2 days."
    )
    assert chart.line.startswith("M64.0 28.0H")
    assert len(chart.rows) == 3
    assert "nan" not in drawn("charts/curve.svg", chart)


def test_a_curve_that_does_not_come_down_says_that_it_is_not_known():
    curve = survival([0] * 5, days(1, 9, 9, 9, 9), [True] + [False] * 4, fewest=1)

    assert "it is not known yet after how long half have left" in survival_chart("Waiting", curve, days(1)).frame.says


def test_a_curve_of_nobody_is_drawn_as_nothing():
    chart = survival_chart("Waiting", survival([], [], []), [])

    assert (chart.rows, chart.finished, chart.band) == ([], "", "")
    drawn("charts/curve.svg", chart)


# Week by week


def test_a_special_point_has_a_shape_of_its_own_besides_its_colour():
    values = days(*[3, 4] * 9, 30, 3)
    found = spc.xmr(values, improvement="low")
    chart = control("Weeks", MONDAYS, found, "It says this.")

    special = chart.points[18]
    assert (special.fill, special.shape) == ("#e46c0a", SHAPES["diamond"])
    assert special.words == "Week of 11 May 2026: 30 days, concern"
    assert chart.points[0].shape == SHAPES["triangle"], "a shift below the mean"
    assert chart.points[19].shape == SHAPES["circle"]
    assert chart.frame.says == "It says this."
    assert len(chart.stretches) == 1
    assert chart.stretches[0].lower <= 240, "a length below zero is none: for display alone"


def test_new_limits_begin_a_stretch_with_lines_of_its_own():
    chart = control("Weeks", MONDAYS, spc.xmr(days(*[9, 8] * 5, *[2, 1] * 5), minimum=5, recalculate_after=[9]), "")

    assert [lines.mean for lines in chart.stretches] == sorted(lines.mean for lines in chart.stretches)
    assert chart.stretches[0].end == chart.stretches[1].start


def test_too_few_weeks_are_drawn_without_limits():
    chart = control("Weeks", MONDAYS[:3], spc.xmr(days(1, 2, 3)), "Too few.")

    assert chart.stretches[0].upper is None
    assert "stroke-dasharray" not in drawn("charts/control.svg", chart)


# Who comes and who leaves


def test_the_flow_says_who_came_left_and_waits():
    chart = flow("Flow", [Week(MONDAYS[0], 5, 2, 3), Week(MONDAYS[1], 1, 4, 0)])

    assert chart.frame.says == (
        "In 2 weeks 6 entered and 6 left. 3 were waiting after the first of them, 0 after the last."
    )
    assert len(chart.bars) == 4
    assert chart.bars[0].words == "Week of 5 January 2026: 5 entered"


def test_a_flow_of_no_week_says_so():
    assert flow("Flow", []).frame.says == "Nothing has happened here yet."


@pytest.mark.parametrize("template", ["bars", "curve", "control", "flow"])
def test_a_chart_is_a_picture_by_itself_with_neither_style_nor_script(template):
    charts = {
        "bars": distribution("A name", [(DAY, 2)], [(2 * DAY, 1)], limit=DAY),
        "curve": survival_chart("A name", survival([0, 0], days(1, 2), [True, True], fewest=1), days(1, 2), limit=DAY),
        "control": control("A name", MONDAYS, spc.xmr(days(*range(20))), "It says."),
        "flow": flow("A name", [Week(MONDAYS[0], 5, 2, 3)]),
    }
    svg = drawn(f"charts/{template}.svg", charts[template])

    assert svg.startswith('<svg class="mw-chart" xmlns="http://www.w3.org/2000/svg"')
    assert "<title>A name</title>" in svg
    assert "style=" not in svg
    assert "<script" not in svg
