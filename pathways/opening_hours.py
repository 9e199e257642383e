"""Read the opening hours, holidays and time zone of a schedule, or say in one sentence what is wrong with them."""

import re
from collections.abc import Container, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)

Hours = tuple[tuple[timedelta, timedelta], ...]  # the spans of one weekday in order, as time since midnight


def zone(tz: str | ZoneInfo) -> ZoneInfo:
    """Return the time zone of that name; raise ValueError if there is none."""
    if isinstance(tz, ZoneInfo):
        return tz
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, TypeError, AttributeError, OSError):  # unknown, a path, no text, a folder of zones
        raise ValueError(f"{tz!r} is not a known time zone: give a name such as Europe/London.") from None


def week(hours: Mapping) -> tuple[Hours, ...]:
    """Return the hours of each weekday, Monday first, sorted and touching spans joined; raise ValueError if bad."""
    if not isinstance(hours, Mapping):
        raise ValueError("Give the opening hours as an object of weekdays mon to sun.")
    if unknown := sorted(str(key) for key in hours.keys() - set(WEEKDAYS)):
        raise ValueError(f"Name the weekdays mon, tue, wed, thu, fri, sat and sun, not {', '.join(unknown)}.")
    week = tuple(_opening_hours(weekday, hours.get(weekday, ())) for weekday in WEEKDAYS)
    if not any(week):
        raise ValueError("The schedule never opens: give at least one weekday opening hours.")
    return week


def _opening_hours(weekday: str, spans) -> Hours:
    if not isinstance(spans, (list, tuple)):
        raise ValueError(
            f'Give the hours of {weekday} as a list of opening and closing times, such as [["09:00", "17:00"]].'
        )
    merged = []
    for opens, closes in sorted(_span(weekday, span) for span in spans):
        if merged and opens < merged[-1][1]:
            raise ValueError(f"The opening hours of {weekday} overlap: change or join them.")
        if merged and opens == merged[-1][1]:
            opens = merged.pop()[0]
        merged.append((opens, closes))
    return tuple(merged)


def _span(weekday: str, span) -> tuple[timedelta, timedelta]:
    if not isinstance(span, (list, tuple)) or len(span) != 2:
        raise ValueError(
            f'Give each span of {weekday} as its opening and closing time, such as ["09:00", "17:00"], not {span!r}.'
        )
    opens, closes = (_since_midnight(weekday, time) for time in span)
    if opens >= closes:
        raise ValueError(
            f"On {weekday} {span[0]} is not before {span[1]}: let each span close after it opens, and "
            "give hours that run past midnight as one span to 24:00 and one from 00:00 on the next day."
        )
    return opens, closes


def _since_midnight(weekday: str, time) -> timedelta:
    # YAML 1.1 reads an unquoted 17:00 as the number 1020.
    if not isinstance(time, str) or not _TIME.fullmatch(time):
        raise ValueError(f'Give the times of {weekday} as text from "00:00" to "24:00", in quotes, not {time!r}.')
    hour, minute = time.split(":")
    return timedelta(hours=int(hour), minutes=int(minute))


def closed_dates(holidays: Container[date]) -> Container[date]:
    """Return a list or set of dates or ISO dates as a frozenset, any other container as it is."""
    if isinstance(holidays, (list, tuple, set, frozenset)):
        return frozenset(_holiday(day) for day in holidays)
    if isinstance(holidays, (str, bytes)) or not hasattr(holidays, "__contains__"):
        raise ValueError('Give the holidays as a list of dates, such as ["2026-12-25"].')
    return holidays


def _holiday(day) -> date:
    if isinstance(day, date) and not isinstance(day, datetime):
        return day
    try:
        return date.fromisoformat(day)
    except (TypeError, ValueError):
        raise ValueError(f"Give each holiday as a date such as 2026-12-25, not {day!r}.") from None
