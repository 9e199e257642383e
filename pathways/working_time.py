"""Count open time: add a limit to an instant, and measure the open time between two instants.

Everything here is pure. Opening hours are wall-clock times of one time zone, their length is the time that really
passes: a 24-hour day has 23 hours when the clocks go forward and 25 when they go back. Instants go in aware, in any
zone, and come out in UTC.

The conventions, the same for every function:

- A start outside opening hours counts from the next opening, also a start in a lunch break.
- Time used up exactly at a closing time is due at that closing time. So a closing time still belongs to its span:
  no time added to it gives it back, and adding in two steps gives what adding at once gives.
- Counting backwards is the mirror image: an end outside opening hours counts from the closing before it, and time
  used up exactly at an opening time falls at that opening time.
- On the night the clocks change, hours begin and end when the clock on the wall first reaches their time: at 02:00
  for one of 01:30 that is skipped, at the first 01:30 of two.
"""

from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from threading import RLock
from zoneinfo import ZoneInfo

from pathways.opening_hours import Hours, closed_dates, week, zone

Span = tuple[datetime, datetime]  # opens, closes: aware, UTC, opens < closes

# A calendar in which nobody ever works must end in a sentence, not in a search without end.
HORIZON_YEARS = 50
HORIZON_DAYS = HORIZON_YEARS * 366
CACHED_DAYS = 4096  # of each schedule: eleven years

# A calendar of the package holidays that is just adding a year denies that year's holidays to other threads.
_ASKING = RLock()

_DAY = timedelta(days=1)
_NONE = timedelta()


@dataclass(frozen=True)
class Schedule:
    """Know when a team is open: its time zone, its hours by weekday and its holidays.

    ``tz`` is a zone's name or a ZoneInfo. ``hours`` maps mon ... sun to spans of "HH:MM" such as
    ``[["08:00", "12:00"], ["13:00", "24:00"]]``; a weekday left out is closed; spans may not overlap, and those that
    touch become one. ``holidays`` are dates on which it is closed all day: a list or set of dates or ISO dates, or any
    other container that answers ``date in holidays``, such as a calendar computed from rules. Its answers are
    remembered: it must not change its mind.

    Raises ValueError with a sentence for anything else, and for hours that never open.
    """

    tz: ZoneInfo
    hours: tuple[Hours, ...]  # Monday first
    holidays: Container[date] = frozenset()
    _spans_by_day: dict[date, tuple[Span, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self):
        object.__setattr__(self, "tz", zone(self.tz))
        object.__setattr__(self, "hours", week(self.hours))
        object.__setattr__(self, "holidays", closed_dates(self.holidays))

    @classmethod
    def from_dict(cls, data: Mapping) -> "Schedule":
        """Make a schedule of ``{"tz": ..., "hours": {...}, "holidays": [ISO dates]}``; holidays may be left out."""
        if not isinstance(data, Mapping):
            raise ValueError("Give a schedule as an object with tz, hours and holidays.")
        if unknown := sorted(str(key) for key in data.keys() - {"tz", "hours", "holidays"}):
            raise ValueError(f"A schedule has tz, hours and holidays only: remove {', '.join(unknown)}.")
        for key in ("tz", "hours"):
            if key not in data:
                raise ValueError(f"The schedule has no {key}: add it.")
        return cls(data["tz"], data["hours"], data.get("holidays", ()))

    # Days

    def spans(self, day: date) -> list[Span]:
        """List when a local date opens and closes, in order, as instants in UTC; an empty list on a closed day."""
        return list(self._spans(_local_date(day)))

    def is_working_day(self, day: date) -> bool:
        """Tell whether a local date has any opening hours."""
        return bool(self._spans(_local_date(day)))

    def name_of(self, day: date) -> str:
        """Return what its holidays call a local date ("Good Friday"); an empty string where they have no name for it.

        A container of holidays has names if it answers ``get(date)``, as a mapping does.
        """
        with _ASKING:
            return getattr(self.holidays, "get", {}.get)(_local_date(day)) or ""

    def next_opening(self, instant: datetime) -> datetime:
        """Return the first open instant from ``instant`` on: itself if open, else the next opening time.

        A closing time is not open: it answers with the opening after it.
        """
        instant = _utc(instant)
        return next(max(opens, instant) for opens, closes in self._spans_from(instant) if instant < closes)

    # Open time

    def open_time(self, start: datetime, end: datetime) -> timedelta:
        """Return how much open time lies between two instants; none if ``end`` is not after ``start``."""
        start, end = _utc(start), _utc(end)
        total = _NONE
        if end <= start:
            return total
        day, last = self._local_day(start) - _DAY, self._local_day(end) + _DAY
        while day <= last:
            for opens, closes in self._spans(day):
                if start < closes and opens < end:
                    total += (closes if closes < end else end) - (opens if opens > start else start)
            day += _DAY
        return total

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """Return the first instant at which exactly ``amount`` of open time has passed since ``start``.

        No time at all gives the start itself if it is open or a closing time, else the next opening.
        """
        start, left = _utc(start), _open_time_to_count(amount)
        spans = self._spans_from(start)
        opens, closes = next(spans)
        opens = max(opens, start)
        while left > closes - opens:
            left -= closes - opens
            opens, closes = next(spans)
        return opens + left

    def subtract(self, end: datetime, amount: timedelta) -> datetime:
        """Return the last instant from which exactly ``amount`` of open time passes until ``end``.

        No time at all gives the end itself if it is open or a closing time, else the closing before it.
        """
        end, left = _utc(end), _open_time_to_count(amount)
        spans = self._spans_back_from(end)
        opens, closes = next(spans)
        closes = min(closes, end)
        while left > closes - opens:
            left -= closes - opens
            opens, closes = next(spans)
        return closes - left

    # Working days

    def add_working_days(self, start: datetime, days: int) -> datetime:
        """Return the same local time on the nth working day after ``start``, clamped to that day's opening hours.

        A start on a closed day or after closing counts as the next opening, one before opening or in a lunch break as
        the opening that follows. On the day it is due a time before opening becomes the opening, one after closing
        the closing, and one in a lunch break the end of the break.
        """
        start, days = _utc(start), _number_of_days(days)
        working_days = self._working_days(self._local_day(start))
        first_day, spans = next((day, spans) for day, spans in working_days if start <= spans[-1][1])
        counted_from = _clamp_forward(start, spans)
        if days == 0:
            return counted_from
        due_day, spans = next(islice(working_days, days - 1, None))
        return _clamp_forward(self._shift(counted_from, due_day - first_day), spans)

    def subtract_working_days(self, end: datetime, days: int) -> datetime:
        """Return the same local time on the nth working day before ``end``: add_working_days in the mirror.

        An end on a closed day or before opening counts as the closing before it, one after closing or in a lunch
        break as the closing it follows. A lunch break on the day that is found gives the beginning of the break.
        """
        end, days = _utc(end), _number_of_days(days)
        working_days = self._working_days(self._local_day(end), -_DAY)
        last_day, spans = next((day, spans) for day, spans in working_days if end >= spans[0][0])
        counted_from = _clamp_back(end, spans)
        if days == 0:
            return counted_from
        found_day, spans = next(islice(working_days, days - 1, None))
        return _clamp_back(self._shift(counted_from, found_day - last_day), spans)

    # Inside

    def _spans(self, day: date) -> tuple[Span, ...]:
        spans = self._spans_by_day.get(day)
        if spans is None:
            hours = self.hours[day.weekday()]
            with _ASKING:
                closed = not hours or day in self.holidays
            spans = () if closed else _on(day, hours, self.tz)
            if len(self._spans_by_day) >= CACHED_DAYS:
                self._spans_by_day.clear()
            self._spans_by_day[day] = spans
        return spans

    def _working_days(self, day: date, step: timedelta = _DAY) -> Iterator[tuple[date, tuple[Span, ...]]]:
        for _ in range(HORIZON_DAYS):
            if spans := self._spans(day):
                yield day, spans
            day += step
        raise ValueError(
            f"The opening hours and holidays leave too little open time within {HORIZON_YEARS} years: "
            "check them and the limit."
        )

    # A day earlier or later than the local date: yesterday's "24:00" is this midnight, and in a zone that sets its
    # clocks back across midnight an instant can lie in hours that began "tomorrow".

    def _spans_from(self, instant: datetime) -> Iterator[Span]:
        for _, spans in self._working_days(self._local_day(instant) - _DAY):
            for span in spans:
                if span[1] >= instant:
                    yield span

    def _spans_back_from(self, instant: datetime) -> Iterator[Span]:
        for _, spans in self._working_days(self._local_day(instant) + _DAY, -_DAY):
            for span in reversed(spans):
                if span[0] <= instant:
                    yield span

    def _local_day(self, instant: datetime) -> date:
        return instant.astimezone(self.tz).date()

    def _shift(self, instant: datetime, by: timedelta) -> datetime:
        return (instant.astimezone(self.tz) + by).astimezone(UTC)  # arithmetic in a zone is wall-clock arithmetic


def add_calendar_days(start: datetime, days: int, tz: str | ZoneInfo) -> datetime:
    """Return the same local time ``days`` calendar days later (earlier if negative), in UTC.

    Wall-clock days, not 24-hour blocks: a limit set on Friday before the clocks change is still due at the same time
    of day. A local time that the clocks skip moves forward by what they skip (01:30 becomes 02:30), one that happens
    twice is the first (both as in RFC 5545, section 3.3.5).
    """
    start, tz = _utc(start), zone(tz)
    if not isinstance(days, int) or isinstance(days, bool):
        raise ValueError(f"Give the days as a whole number: {days!r} is none.")
    if days == 0:
        return start  # not through the wall clock, which would turn the second 01:30 of October into the first
    try:
        return (start.astimezone(tz) + timedelta(days=days)).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{days} days lead beyond the calendar: give fewer.") from None


def _clamp_forward(instant: datetime, spans: tuple[Span, ...]) -> datetime:
    return next((max(opens, instant) for opens, closes in spans if instant <= closes), spans[-1][1])


def _clamp_back(instant: datetime, spans: tuple[Span, ...]) -> datetime:
    return next((min(closes, instant) for opens, closes in reversed(spans) if instant >= opens), spans[0][0])


def _on(day: date, hours: Hours, tz: ZoneInfo) -> tuple[Span, ...]:
    midnight = datetime.combine(day, time.min)
    offset = midnight.replace(tzinfo=tz).utcoffset()
    if offset == (midnight + _DAY).replace(tzinfo=tz, fold=1).utcoffset():
        start = midnight.replace(tzinfo=UTC) - offset
        return tuple((start + opens, start + closes) for opens, closes in hours)
    # The clocks change. Hours that lie wholly in the hour that is skipped do not happen.
    spans = ((_reached(midnight + opens, tz), _reached(midnight + closes, tz)) for opens, closes in hours)
    return tuple((opens, closes) for opens, closes in spans if opens < closes)


def _reached(wall: datetime, tz: ZoneInfo) -> datetime:
    """Return the first instant at which the clock on the wall has reached ``wall``.

    Unlike a shift by the skipped hour this keeps hours in their order on the night the clocks go forward, so that
    they never overlap: 01:30 is reached when 02:00 strikes.
    """
    first = wall.replace(tzinfo=tz)
    skipped = first.replace(fold=1).utcoffset() - first.utcoffset()
    if skipped <= _NONE:
        return first.astimezone(UTC)
    earliest = first.replace(fold=1).astimezone(UTC)
    seconds = range(round(skipped.total_seconds()))
    return earliest + timedelta(
        seconds=bisect_left(
            seconds,
            wall,
            key=lambda second: (earliest + timedelta(seconds=second)).astimezone(tz).replace(tzinfo=None),
        )
    )


def _utc(instant: datetime) -> datetime:
    if isinstance(instant, datetime) and instant.tzinfo is UTC and 100 <= instant.year <= 9900:
        return instant
    if not isinstance(instant, datetime) or instant.utcoffset() is None:
        raise ValueError(f"Give a date and time with its time zone: {instant} has none.")
    _year_in_reach(instant)
    return instant.astimezone(UTC)


def _local_date(day: date) -> date:
    if not isinstance(day, date) or isinstance(day, datetime):
        raise ValueError(f"Give a local date without a time: {day!r} is none.")
    return _year_in_reach(day)


def _year_in_reach(day: date) -> date:
    # Datetimes end with the year 9999: this leaves room for the whole search.
    if not 100 <= day.year <= 9900:
        raise ValueError(f"Give a date between the years 100 and 9900: {day} is too far away.")
    return day


def _open_time_to_count(amount: timedelta) -> timedelta:
    if not isinstance(amount, timedelta) or amount < _NONE:
        raise ValueError(f"Give the open time as a timedelta of zero or more, not {amount!r}.")
    return amount


def _number_of_days(days: int) -> int:
    if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= HORIZON_DAYS:
        raise ValueError(f"Give the working days as a whole number from 0 to {HORIZON_DAYS}, not {days!r}.")
    return days
