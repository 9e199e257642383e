"""Working time on the nights the clocks change: 2026-03-29 01:00 becomes 02:00, 2026-10-25 02:00 becomes 01:00."""

from datetime import date, timedelta

import pytest

from pathways.working_time import Schedule, add_calendar_days
from tests.pathways.weeks import ALWAYS, LONDON, NIGHTS, hours, local, schedule, utc


@pytest.mark.parametrize(
    ("hours_of", "start", "end", "open_hours"),
    [
        (ALWAYS, "2026-03-29 00:00", "2026-03-30 00:00", 23),
        (ALWAYS, "2026-10-25 00:00", "2026-10-26 00:00", 25),
        (ALWAYS, "2026-03-28 12:00", "2026-03-29 12:00", 23),
        (ALWAYS, "2026-10-25 01:30", "2026-10-25 01:30*", 1),
        (NIGHTS, "2026-03-28 12:00", "2026-03-29 12:00", 11),
        (NIGHTS, "2026-10-24 12:00", "2026-10-25 12:00", 13),
        (NIGHTS, "2026-10-25 00:00", "2026-10-26 00:00", 13),
    ],
)
def test_the_length_of_a_span_is_the_time_that_really_passes(hours_of, start, end, open_hours):
    calendar, start, end = schedule(hours_of), local(start), local(end)

    assert calendar.open_time(start, end) == hours(open_hours)
    assert calendar.open_time(start.astimezone(LONDON), end.astimezone(LONDON)) == hours(open_hours)


@pytest.mark.parametrize(
    ("hours_of", "start", "amount", "due"),
    [
        (ALWAYS, "2026-03-28 12:00", 24, "2026-03-29 13:00"),
        (ALWAYS, "2026-10-24 12:00", 24, "2026-10-25 11:00"),
        (NIGHTS, "2026-03-28 20:00", 11, "2026-03-29 08:00"),
        (NIGHTS, "2026-03-28 20:00", 12, "2026-03-29 21:00"),
        (NIGHTS, "2026-10-24 20:00", 12, "2026-10-25 07:00"),
        (NIGHTS, "2026-10-24 20:00", 13, "2026-10-25 08:00"),
    ],
)
def test_time_is_added_and_subtracted_across_a_clock_change(hours_of, start, amount, due):
    calendar = schedule(hours_of)

    assert calendar.add(local(start), hours(amount)) == local(due)
    assert calendar.subtract(local(due), hours(amount)) == local(start)


@pytest.mark.parametrize(
    ("span", "day", "expected"),
    [
        (["00:30", "01:30"], date(2026, 3, 29), ("2026-03-29T00:30Z", "2026-03-29T01:00Z")),
        (["01:30", "05:00"], date(2026, 3, 29), ("2026-03-29T01:00Z", "2026-03-29T04:00Z")),
        (["00:30", "01:30"], date(2026, 10, 25), ("2026-10-24T23:30Z", "2026-10-25T00:30Z")),
        (["01:30", "05:00"], date(2026, 10, 25), ("2026-10-25T00:30Z", "2026-10-25T05:00Z")),
    ],
)
def test_hours_begin_and_end_when_the_clock_on_the_wall_first_reaches_their_time(span, day, expected):
    assert schedule({"sun": [span]}).spans(day) == [tuple(map(utc, expected))]


def test_hours_that_lie_in_the_skipped_hour_do_not_happen():
    calendar = schedule({"sun": [["01:15", "01:45"]]})

    assert not calendar.is_working_day(date(2026, 3, 29))
    assert calendar.add(local("2026-03-28 12:00"), timedelta()) == local("2026-04-05 01:15")


def test_no_time_is_lost_where_clocks_go_back_across_midnight():
    # Newfoundland, to 2011: at 00:01 on Sunday it was 23:01 on Saturday once more, 02:31 in UTC.
    calendar, again_saturday = Schedule("America/St_Johns", ALWAYS), utc("2010-11-07T03:00Z")
    assert again_saturday.astimezone(calendar.tz).isoformat() == "2010-11-06T23:30:00-03:30"

    assert calendar.open_time(again_saturday - hours(1), again_saturday) == hours(1)
    assert calendar.add(again_saturday, hours(1)) == again_saturday + hours(1)
    assert calendar.subtract(again_saturday, hours(1)) == again_saturday - hours(1)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        pytest.param("2026-05-01 10:00", 3, "2026-05-04 10:00", id="closed days count"),
        pytest.param("2026-03-27 17:30", 3, "2026-03-30 17:30", id="clocks go forward"),
        pytest.param("2026-10-23 17:30", 3, "2026-10-26 17:30", id="clocks go back"),
        pytest.param("2026-03-28 01:30", 1, "2026-03-29 02:30", id="a time that is skipped moves forward"),
        pytest.param("2026-10-24 01:30", 1, "2026-10-25 01:30", id="a time that comes twice is the first"),
        pytest.param("2026-10-25 01:30*", 1, "2026-10-26 01:30", id="from the second of two"),
        pytest.param("2026-10-25 01:30*", 0, "2026-10-25 01:30*", id="no days from the second of two"),
        pytest.param("2026-10-26 17:30", -3, "2026-10-23 17:30", id="backwards"),
        pytest.param("2026-03-30 00:30", 0, "2026-03-30 00:30", id="no days"),
    ],
)
def test_calendar_days_keep_the_wall_clock_time(start, days, due):
    assert add_calendar_days(local(start), days, "Europe/London") == local(due)
    assert add_calendar_days(local(start), days, LONDON) == local(due)
