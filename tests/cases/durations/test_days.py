"""Days of London as instants, and periods put together from days, weeks and months."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.durations.days import DAY, MONTH, WEEK, Tile, begin_of, day_of, end_of, monday_of, tiles

DAYS = st.dates(date(2023, 1, 1), date(2027, 12, 31))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "begin", "end"),
    [
        (date(2026, 1, 15), "2026-01-15T00:00", "2026-01-15T23:59:59.999999"),
        (date(2026, 6, 15), "2026-06-14T23:00", "2026-06-15T22:59:59.999999"),
        (date(2026, 3, 29), "2026-03-29T00:00", "2026-03-29T22:59:59.999999"),  # 23 hours
        (date(2026, 10, 25), "2026-10-24T23:00", "2026-10-25T23:59:59.999999"),  # 25 hours
    ],
)
def test_a_day_begins_and_ends_at_midnight_in_london(day, begin, end):
    assert (begin_of(day), end_of(day)) == (at(begin), at(end))
    assert day_of(begin_of(day)) == day_of(end_of(day)) == day
    assert day_of(end_of(day) + timedelta(microseconds=1)) == day + timedelta(days=1)


@given(DAYS, st.integers(-1, 500), st.sampled_from([DAY, WEEK, MONTH]))
def test_tiles_are_the_days_of_a_period_each_once_in_order(first, days, largest):
    last, reached = first + timedelta(days=days), first
    for tile in tiles(first, last, largest):
        assert tile.on == reached
        assert tile.grain <= largest
        assert (
            tile
            == {DAY: tile, WEEK: Tile(WEEK, monday_of(tile.on)), MONTH: Tile(MONTH, tile.on.replace(day=1))}[
                tile.grain
            ]
        )
        reached = tile.end
    assert reached == max(first, last + timedelta(days=1))


@given(DAYS, st.integers(0, 500))
def test_tiles_are_few(first, days):
    found = tiles(first, first + timedelta(days=days))
    grains = [tile.grain for tile in found]
    assert grains.count(DAY) <= 24
    assert grains.count(WEEK) <= 10
    assert grains.count(MONTH) >= (days - 60) // 31


def test_a_period_by_hand():
    found = tiles(date(2026, 1, 30), date(2026, 3, 12))
    assert found == [
        Tile(DAY, date(2026, 1, 30)),
        Tile(DAY, date(2026, 1, 31)),
        Tile(MONTH, date(2026, 2, 1)),
        Tile(DAY, date(2026, 3, 1)),
        Tile(WEEK, date(2026, 3, 2)),
        *(Tile(DAY, date(2026, 3, day)) for day in range(9, 13)),
    ]
    assert [tile.days for tile in found[:5]] == [1, 1, 28, 1, 7]
