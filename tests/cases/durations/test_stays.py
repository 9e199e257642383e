"""How long a stay lasted: elapsed or open time, with or without holds, as of any instant."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.durations.stays import Stay, excess, is_wait, seconds, spells, waits
from pathways.working_time import Schedule

LONDON = ZoneInfo("Europe/London")
HOUR, DAY = 3600.0, 86400.0
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
OFFICE = Schedule(LONDON, {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")})


def after(days=0, hours=0):
    return MONDAY + timedelta(days=days, hours=hours)


def held(begin, end):
    """A pause, in hours after Monday 9am; None: held still."""
    return (after(hours=begin), None if end is None else after(hours=end))


@pytest.mark.parametrize(
    ("left", "as_of", "length"),
    [
        (after(3), after(10), 3 * DAY),
        (after(3), after(3), 3 * DAY),  # left just then: a spell
        (after(3), after(2), 2 * DAY),  # it had not left by then
        (None, after(2), 2 * DAY),
        (None, after(0), 0.0),
        (after(0), after(5), 0.0),
    ],
)
def test_a_stay_lasts_from_entry_until_it_ended_or_until_then(left, as_of, length):
    assert seconds(Stay(MONDAY, left), as_of) == length


def test_a_stay_that_has_not_begun_has_no_length():
    with pytest.raises(ValueError, match=r"at 2026-03-02 08:00:00[+]00:00 it has no length"):
        seconds(Stay(MONDAY), after(hours=-1))


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25)])
def test_a_day_on_which_the_clocks_change_is_as_long_as_it_was(day, hours):
    entered = datetime(*day, tzinfo=LONDON)
    assert seconds(Stay(entered, entered + timedelta(days=1)), after(1000)) == hours * HOUR
    assert seconds(Stay(entered), entered + timedelta(days=1)) == hours * HOUR
    assert excess(Stay(entered, due_at=entered), entered + timedelta(days=1)) == hours * HOUR
    pause = (entered, entered + timedelta(days=1))
    assert seconds(Stay(entered, pauses=(pause,)), entered + timedelta(days=2), without_holds=True) == 24 * HOUR


@pytest.mark.parametrize(
    ("pauses", "left_out"),
    [
        ((), 0),
        ((held(1, 3),), 2),
        ((held(1, 3), held(5, 6)), 3),
        ((held(5, 6), held(1, 3)), 3),
        ((held(1, 4), held(3, 6)), 5),  # what two share counts once
        ((held(1, 6), held(2, 3)), 5),
        ((held(-5, 1),), 1),  # only what lies within the stay
        ((held(23, None),), 1),
        ((held(20, 40),), 4),
        ((held(30, None),), 0),  # it began after the instant asked about
        ((held(2, 2),), 0),
    ],
)
def test_holds_are_left_out_as_far_as_they_lie_within_the_stay(pauses, left_out):
    stay = Stay(MONDAY, pauses=pauses)
    assert seconds(stay, after(1)) == DAY
    assert seconds(stay, after(1), without_holds=True) == DAY - left_out * HOUR


def test_open_time_leaves_out_nights_and_weekends_and_of_holds_only_what_was_open():
    friday_to_monday = Stay(after(4, 6), after(7, 2), pauses=((after(4, 7), after(7, 1)),))  # Friday 3pm, Monday 11am
    assert seconds(friday_to_monday, after(20), schedule=OFFICE) == 4 * HOUR
    assert seconds(friday_to_monday, after(20), schedule=OFFICE, without_holds=True) == 2 * HOUR
    assert seconds(Stay(after(5), after(6)), after(20), schedule=OFFICE) == 0


@given(
    st.integers(0, 100),
    st.integers(0, 100),
    st.lists(st.tuples(st.integers(-10, 120), st.integers(0, 60) | st.none()), max_size=5),
    st.booleans(),
)
def test_what_is_left_is_the_hours_in_which_the_stay_was_not_held(length, as_of, pauses, is_open):
    pauses = [(begin, None if hours is None else begin + hours) for begin, hours in pauses]
    stay = Stay(MONDAY, after(hours=length), pauses=tuple(held(*pause) for pause in pauses))
    counted = [
        hour
        for hour in range(min(length, as_of))
        if not any(begin <= hour and (end is None or hour < end) for begin, end in pauses)
        and (not is_open or (hour % 24 < 8 and hour // 24 % 7 < 5))
    ]
    found = seconds(stay, after(hours=as_of), schedule=OFFICE if is_open else None, without_holds=True)
    assert found == len(counted) * HOUR


def test_excess_is_what_lies_beyond_the_due_time_and_nothing_without_one():
    assert excess(Stay(MONDAY, after(5), due_at=after(3)), after(9)) == 2 * DAY
    assert excess(Stay(MONDAY, after(5), due_at=after(3)), after(4)) == DAY
    assert excess(Stay(MONDAY, after(5), due_at=after(5)), after(9)) == 0  # the limit may be used up
    assert excess(Stay(MONDAY, after(5), due_at=after(8)), after(9)) == 0
    assert excess(Stay(MONDAY, after(5)), after(9)) == 0


def test_a_spell_ended_in_the_period_and_a_wait_had_begun_and_not_ended():
    ended_just_before, ended_at_its_end, ended_later = Stay(after(-9), after(0)), Stay(MONDAY, after(5)), Stay(MONDAY)
    begins_later, of_no_length = Stay(after(6)), Stay(after(5), after(5))
    everything = [ended_just_before, ended_at_its_end, ended_later, begins_later, of_no_length]

    assert spells(everything, after(0), after(5)) == [ended_at_its_end, of_no_length]
    assert spells(everything, None, after(5)) == [ended_just_before, ended_at_its_end, of_no_length]
    assert waits(everything, after(5)) == [ended_later]
    assert waits(everything, after(4)) == [ended_at_its_end, ended_later]
    assert is_wait(ended_at_its_end, after(4))
    assert not is_wait(ended_at_its_end, after(5))
