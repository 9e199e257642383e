"""Marks of an axis: round, few, and in the unit in which people think."""

from datetime import date

import pytest

from cases.charts.scale import Scale, marks_of_number, marks_of_time, mondays, weeks_marked

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("longest", "words"),
    [
        (0, ["0", "1 second"]),
        (45 * MINUTE, ["0", "10", "20", "30", "40", "50 minutes"]),
        (5 * HOUR, ["0", "1", "2", "3", "4", "5 hours"]),
        (47 * HOUR, ["0", "12", "24", "36", "48 hours"]),
        (3 * DAY, ["0", "1", "2", "3 days"]),
        (41 * DAY, ["0", "7", "14", "21", "28", "35", "42 days"]),
        (400 * DAY, ["0", "91", "182", "273", "364", "455 days"]),
    ],
)
def test_a_time_axis_is_marked_in_its_own_unit(longest, words):
    marks = marks_of_time(longest)

    assert [said for _, said in marks] == words
    assert marks[-1][0] >= longest


@pytest.mark.parametrize(("most", "last"), [(0, 1), (1, 1), (4, 4), (7, 8), (41, 50), (999, 1000), (10**7, 10**7)])
def test_a_number_axis_reaches_beyond_the_most_in_few_marks(most, last):
    marks = marks_of_number(most)

    assert marks[-1][0] == last
    assert len(marks) <= 7


def test_what_lies_beyond_the_scale_is_drawn_at_its_edge():
    scale = Scale(100, 10, 110)

    assert [scale(value) for value in (-5, 0, 50, 100, 400)] == [10, 10, 60, 110, 110]


def test_a_scale_of_nothing_has_a_place_all_the_same():
    assert Scale(0, 10, 110)(0) == 10


def test_the_year_is_said_where_it_begins():
    weeks = mondays(date(2025, 12, 17), date(2026, 1, 20))

    assert weeks[0] == date(2025, 12, 15)
    assert [words for _, words in weeks_marked(weeks)] == [
        "15 Dec",
        "22 Dec",
        "29 Dec",
        "5 Jan 2026",
        "12 Jan",
        "19 Jan",
    ]


def test_no_week_is_marked_where_there_is_none():
    assert weeks_marked([]) == []
