"""Laws that working time keeps for any schedule, and a slow count of minutes that it agrees with."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from pathways.working_time import Schedule, add_calendar_days
from tests.pathways.weeks import ALWAYS, LONDON, WEEK, hours, schedule, utc

# Half hours, but none at 01:30: a slow count of minutes would see the hour that comes twice differently.
TIMES = [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in range(0, 1441, 30) if minutes != 90]
day_hours = st.lists(st.sampled_from(TIMES), max_size=6, unique=True).map(
    lambda times: [list(pair) for pair in zip(sorted(times)[::2], sorted(times)[1::2], strict=False)]
)
near_clock_changes = st.sampled_from(["2024-03-31T01:00Z", "2024-10-27T01:00Z", "2026-03-29T01:00Z"]).flatmap(
    lambda change: st.integers(-2 * 86400, 2 * 86400).map(lambda seconds: utc(change) + timedelta(seconds=seconds))
)
instants = near_clock_changes | st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001 - hypothesis takes the zone apart
    datetime(2027, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
amounts = st.integers(0, 72 * 60).map(lambda minutes: timedelta(minutes=minutes)) | st.timedeltas(hours(0), hours(200))


@st.composite
def schedules(draw):
    week = {day: draw(day_hours) for day in WEEK}
    if not any(week.values()):
        week["wed"] = [["10:00", "12:00"]]
    closed = draw(st.sets(st.dates(date(2024, 3, 25), date(2024, 4, 5)), max_size=4))
    return Schedule(draw(st.sampled_from(["Europe/London", "UTC", "America/St_Johns"])), week, closed)


@given(schedules(), instants, amounts)
def test_what_is_added_is_the_open_time_that_passes(calendar, start, amount):
    due = calendar.add(start, amount)

    assert calendar.open_time(start, due) == amount
    if amount:
        assert calendar.open_time(start, due - timedelta(microseconds=1)) < amount


@given(schedules(), instants, amounts)
def test_what_is_subtracted_is_the_open_time_that_passes(calendar, end, amount):
    begun = calendar.subtract(end, amount)

    assert calendar.open_time(begun, end) == amount
    if amount:
        assert calendar.open_time(begun + timedelta(microseconds=1), end) < amount


@given(schedules(), instants, instants, amounts, amounts)
def test_a_later_start_or_a_longer_limit_is_never_due_earlier(calendar, one, other, short, long):
    (one, other), (short, long) = sorted([one, other]), sorted([short, long])

    assert calendar.add(one, short) <= calendar.add(other, short)
    assert calendar.add(one, short) <= calendar.add(one, long)
    assert calendar.subtract(one, short) <= calendar.subtract(other, short)


@given(schedules(), instants, amounts, amounts)
def test_counting_in_two_steps_is_counting_at_once(calendar, instant, first, second):
    assert calendar.add(calendar.add(instant, first), second) == calendar.add(instant, first + second)
    assert calendar.subtract(calendar.subtract(instant, first), second) == calendar.subtract(instant, first + second)


@given(schedules(), instants, amounts, amounts)
def test_adding_takes_back_what_was_subtracted(calendar, start, first, second):
    due = calendar.add(start, first + timedelta(microseconds=1))

    assert calendar.add(calendar.subtract(due, second), second) == due


@given(schedules(), instants, st.integers(0, 12), st.integers(0, 12))
def test_working_days_lead_into_opening_hours_and_never_back(calendar, start, fewer, more):
    fewer, more = sorted([fewer, more])
    due = calendar.add_working_days(start, more)

    assert calendar.add(due, timedelta()) == due
    assert start <= calendar.add_working_days(start, fewer) <= due
    assert calendar.subtract_working_days(start, more) <= calendar.subtract_working_days(start, fewer) <= start


@given(instants, st.integers(0, 20))
def test_working_days_of_a_service_that_never_closes_are_calendar_days(start, days):
    assert schedule(ALWAYS).add_working_days(start, days) == add_calendar_days(start, days, LONDON)


def is_open(week, closed, instant):
    """Say whether the clock on the wall shows a time within the hours: the slow way, without a schedule."""
    wall = instant.astimezone(LONDON)
    spans = [] if wall.date() in closed else week[WEEK[wall.weekday()]]
    return any(opens <= f"{wall:%H:%M}" < closes for opens, closes in spans)


@settings(max_examples=50)
@given(
    st.fixed_dictionaries(dict.fromkeys(WEEK, day_hours)).filter(lambda week: any(week.values())),
    st.sets(st.dates(date(2024, 3, 29), date(2024, 4, 1)), max_size=2),
    near_clock_changes.map(lambda start: start.replace(second=0)),
    st.integers(1, 600),
)
def test_the_answer_is_that_of_counting_minute_by_minute(week, closed, start, minutes):
    calendar = schedule(week, closed)
    end, passed = start, 0
    while passed < minutes and end < start + timedelta(days=4):
        passed += is_open(week, closed, end)
        end += timedelta(minutes=1)

    assert calendar.open_time(start, end) == timedelta(minutes=passed)
    if passed == minutes:
        assert calendar.add(start, timedelta(minutes=minutes)) == end
