"""Days, weeks and months of Europe/London: as instants, and as what a period is put together from. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from cases.showing import LONDON

ONE_DAY, INSTANT = timedelta(days=1), timedelta(microseconds=1)
DAY, WEEK, MONTH = range(3)  # as in DurationCell.Grain


class Tile(NamedTuple):
    """A day, a week from its Monday, or a month from its first."""

    grain: int
    on: date

    @property
    def end(self) -> date:
        """The day after it."""
        if self.grain == MONTH:
            return (self.on.replace(day=1) + timedelta(days=31)).replace(day=1)
        return self.on + (7 if self.grain == WEEK else 1) * ONE_DAY

    @property
    def days(self) -> int:
        return (self.end - self.on).days


def begin_of(day: date) -> datetime:
    """The first instant of ``day``."""
    return datetime.combine(day, time(), tzinfo=LONDON).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The last instant of ``day``."""
    return begin_of(day + ONE_DAY) - INSTANT


def day_of(instant: datetime) -> date:
    return instant.astimezone(LONDON).date()


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def tiles(first: date, last: date, largest: int = MONTH) -> list[Tile]:
    """Return few tiles, none larger than ``largest``, that together are the days from ``first`` to ``last``."""
    if largest == MONTH and (months := _whole_months(first, last)):
        before, after = tiles(first, months[0].on - ONE_DAY, WEEK), tiles(months[-1].end, last, WEEK)
        return [*before, *months, *after]
    found, day = [], first
    while day <= last:
        is_week = largest >= WEEK and day.weekday() == 0 and Tile(WEEK, day).end - ONE_DAY <= last
        found.append(Tile(WEEK if is_week else DAY, day))
        day = found[-1].end
    return found


def _whole_months(first, last):
    found, month = [], Tile(MONTH, first if first.day == 1 else Tile(MONTH, first).end)
    while month.end - ONE_DAY <= last:
        found.append(month)
        month = Tile(MONTH, month.end)
    return found
