"""Stays as columns: what is said of all at once is what is said of each."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.durations import stays, survival
from cases.durations.columns import NEVER, Clock, Columns, number_of
from cases.durations.stays import Stay
from pathways.working_time import Schedule

BEGIN = datetime(2026, 3, 20, tzinfo=UTC)  # over the change of the clocks
HOUR = timedelta(hours=1)
AS_OF = BEGIN + 40 * 24 * HOUR
HOURS = {day: [["09:00", "12:30"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
OFFICE = Schedule("Europe/London", HOURS | {"sat": [["22:00", "24:00"]]}, ["2026-04-03", "2026-04-06"])

INSTANTS = st.integers(0, 60 * 24 * 3600).map(lambda seconds: BEGIN + timedelta(seconds=seconds))


@st.composite
def a_stay(draw):
    """A stay with its due time and up to three pauses, of which the last may go on; it may end after ``AS_OF``."""
    times = sorted(draw(st.lists(INSTANTS, min_size=8, max_size=8)))
    left = draw(st.sampled_from([None, times[6]]))
    pauses = tuple(zip(times[0:6:2], [*times[1:5:2], draw(st.sampled_from([None, times[5]]))], strict=True))
    entered = draw(st.sampled_from(times[:4]))
    due = draw(st.sampled_from([None, times[3], times[7]]))
    return Stay(entered, left, due, pauses[: draw(st.integers(0, 3))])


def columns(found, schedule=None, *, held=True):
    numbers = [
        [NEVER if instant is None else number_of(instant) for instant in (stay.entered_at, stay.left_at, stay.due_at)]
        for stay in found
    ]
    pauses = [
        (place, number_of(begin), NEVER if end is None else number_of(end))
        for place, stay in enumerate(found)
        for begin, end in stay.pauses
    ]
    clock = Clock(schedule, number_of(BEGIN), number_of(AS_OF))
    held = np.array(pauses if held else [], np.int64).reshape(-1, 3).T
    return Columns(*np.array(numbers, np.int64).reshape(-1, 3).T, tuple(held), clock)


@given(st.lists(a_stay(), max_size=12), st.sampled_from([None, OFFICE]), st.booleans())
def test_lengths_and_lateness_are_those_of_each(found, schedule, without_holds):
    begun = [stay for stay in found if stay.entered_at <= AS_OF]
    table = columns(begun, schedule, held=without_holds)
    counted = {"schedule": schedule, "without_holds": without_holds}
    expected = [stays.seconds(stay, AS_OF, **counted) for stay in begun]
    assert table.seconds(AS_OF) == pytest.approx(expected, abs=1e-6)
    assert table.excess(AS_OF).tolist() == [stays.excess(stay, AS_OF) for stay in begun]


@given(st.lists(a_stay(), max_size=12), st.sampled_from([None, OFFICE]), st.booleans())
def test_those_that_ended_and_those_that_wait_are_the_same(found, schedule, without_holds):
    since, table = BEGIN + 200 * HOUR, columns(found, schedule, held=without_holds)
    counted = {"schedule": schedule, "without_holds": without_holds}
    ended = [stay for stay in found if stay.left_at and since <= stay.left_at <= AS_OF]
    waiting = stays.waits(found, AS_OF)
    for part, expected in ((table.ended(since, AS_OF), ended), (table.waiting(AS_OF), waiting)):
        assert part.entered.tolist() == [number_of(stay.entered_at) for stay in expected]
        lengths = [stays.seconds(stay, AS_OF, **counted) for stay in expected]
        assert part.seconds(AS_OF) == pytest.approx(lengths, abs=1e-6)


@given(st.lists(a_stay(), max_size=12), st.sampled_from([None, OFFICE]), st.booleans())
def test_they_are_watched_as_each_is(found, schedule, without_holds):
    since, table = BEGIN + 200 * HOUR, columns(found, schedule, held=without_holds)
    expected = survival.watched(found, since, AS_OF, schedule=schedule, without_holds=without_holds)
    watched = table.watched(since, AS_OF)
    assert watched.ended.tolist() == expected.ended.tolist()
    assert watched.entry_ages == pytest.approx(expected.entry_ages, abs=1e-6)
    assert watched.exit_ages == pytest.approx(expected.exit_ages, abs=1e-6)


def test_open_time_is_that_of_the_schedule_from_before_its_first_hour_to_after_its_last():
    clock = Clock(OFFICE, number_of(BEGIN), number_of(AS_OF))
    instants = [BEGIN + n * HOUR / 7 for n in range(-24, 41 * 24 * 7, 11)]
    found = clock.between(number_of(BEGIN), np.array([number_of(instant) for instant in instants]))
    expected = [OFFICE.open_time(BEGIN, instant).total_seconds() for instant in instants]
    later = [place for place, instant in enumerate(instants) if BEGIN <= instant <= AS_OF]
    assert found[later] == pytest.approx(np.array(expected)[later], abs=1e-6)


def test_no_stays_have_no_figures():
    table = Columns()
    assert table.seconds(AS_OF).size == table.excess(AS_OF).size == table.waiting(AS_OF).left.size == 0
    assert table.watched(BEGIN, AS_OF).weights.size == 0
