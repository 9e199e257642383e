"""Working time in zones other than our own, and at the ends of what it can be asked."""

from datetime import UTC, date, datetime

import pytest

from pathways.working_time import HORIZON_DAYS, Schedule
from tests.pathways.weeks import ALWAYS, OFFICE, WEEK, hours, local, schedule, utc


def test_a_day_is_the_local_one_also_where_it_is_tomorrow_in_utc_already():
    west = Schedule("America/Los_Angeles", {day: [["09:00", "18:00"]] for day in WEEK[:5]})
    assert west.add_working_days(utc("2026-03-03 01:30Z"), 1) == utc(
        "2026-03-04 01:30Z"
    )  # 17:30 on Monday, on Tuesday


@pytest.mark.parametrize(
    ("days", "expected"), [(1, "2026-03-10 10:00"), (2, "2026-03-09 10:00"), (4, "2026-03-05 10:00")]
)
def test_working_days_are_counted_back_one_by_one(days, expected):
    assert schedule(OFFICE).subtract_working_days(local("2026-03-11 10:00"), days) == local(expected)


def test_hours_that_begin_in_the_hour_that_new_york_skips_begin_when_it_is_over():
    sunday = Schedule("America/New_York", {"sun": [["02:30", "06:00"]]})
    assert sunday.spans(date(2026, 3, 8)) == [(utc("2026-03-08 07:00Z"), utc("2026-03-08 10:00Z"))]


def test_every_instant_comes_out_in_utc():
    office = schedule(OFFICE | {"sun": [["01:30", "03:00"]]})
    clocks_change = [instant for day in (date(2026, 3, 29), date(2026, 10, 25)) for instant in office.spans(day)[0]]
    begin = local("2026-03-27 16:30")
    found = [
        *clocks_change,
        office.add_working_days(begin, 2),
        office.add(begin, hours(2)),
        office.next_opening(begin),
    ]
    assert [instant.tzinfo for instant in found] == [UTC] * len(found)


def test_the_years_100_to_9900_are_in_reach_and_no_others():
    office = schedule(ALWAYS)
    assert office.is_working_day(date(100, 1, 1))
    assert office.is_working_day(date(9900, 12, 31))
    for beyond in (date(99, 12, 31), date(9901, 1, 1)):
        with pytest.raises(ValueError, match="between the years 100 and 9900"):
            office.is_working_day(beyond)
    for year, beyond in ((100, 99), (9900, 9901)):
        instant = datetime(year, 6, 1, tzinfo=UTC)
        assert office.add(instant, hours(1)) == datetime(year, 6, 1, 1, tzinfo=UTC)
        with pytest.raises(ValueError, match="between the years 100 and 9900"):
            office.add(instant.replace(year=beyond), hours(1))


def test_as_many_working_days_may_be_asked_as_are_searched():
    with pytest.raises(ValueError, match="too little open time"):
        schedule(OFFICE).add_working_days(datetime(2026, 3, 2, 9, tzinfo=UTC), HORIZON_DAYS)
    with pytest.raises(ValueError, match="whole number from 0"):
        schedule(OFFICE).add_working_days(datetime(2026, 3, 2, 9, tzinfo=UTC), HORIZON_DAYS + 1)
