"""How times, durations, NHS numbers and due dates are put into words: NHS content style, Europe/London. Pure.

Every page, mail and answer of the interface says these the same way, because they all ask here. Instants are aware;
``now`` is always given, so that one page is drawn as of one moment.
"""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cases import overdue

LONDON = ZoneInfo("Europe/London")
NO_BREAK = "\N{NO-BREAK SPACE}"
NOTHING = "\N{EN DASH}"

MINUTE, HOUR, DAY = 60, 3600, 86400
CLOSE_SHARE = 0.8  # of the time between entry and due: from here on a case is shown as close to its limit


def clock(instant: datetime) -> str:
    """Say the time of day: 5pm, 2:30pm, midday, midnight."""
    return time_of_day(instant.astimezone(LONDON))


def time_of_day(local: datetime | time) -> str:
    """Say a time as the clocks in the hospital show it: 5pm, 2:30pm, midday, midnight."""
    if local.minute == 0 and local.hour in (0, 12):
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def day(value: date | datetime, now: datetime | None = None) -> str:
    """Say the date: 3 March 2026. With ``now``, a day of the same year goes without its year."""
    local = _local_date(value)
    year = "" if now and local.year == now.astimezone(LONDON).year else f" {local.year}"
    return f"{local.day} {local:%B}{year}"


def moment(value: date | datetime) -> str:
    """Say the date, and the time where there is one: 3 March 2026, 2:30pm."""
    return f"{day(value)}, {clock(value)}" if isinstance(value, datetime) else day(value)


def ago(value: date | datetime, now: datetime) -> str:
    """Say how far ``value`` lies from ``now``: 20 minutes ago, yesterday, 8 days ago, in 3 hours, tomorrow."""
    days = (_local_date(now) - _local_date(value)).days
    if isinstance(value, datetime):
        seconds = (now - value).total_seconds()
        if abs(seconds) < MINUTE:
            return "just now" if seconds >= 0 else "in less than a minute"
        if abs(seconds) < HOUR:
            return _past_or_future(overdue.count(int(abs(seconds) // MINUTE), "minute"), seconds)
        if days == 0 or abs(seconds) < 12 * HOUR:
            return _past_or_future(overdue.count(int(abs(seconds) // HOUR), "hour"), seconds)
    named = {0: "today", 1: "yesterday", -1: "tomorrow"}.get(days)
    return named or _past_or_future(_long_count(abs(days)), days)


def when(value: date | datetime, now: datetime) -> str:
    """Say a moment and how long ago that was: 3 March 2026, 2:30pm (8 days ago)."""
    return f"{moment(value)} ({ago(value, now)})"


def short_when(value: date | datetime, now: datetime) -> str:
    """Say a moment as briefly as it stays clear: today 2:30pm, tomorrow 5pm, 10 March 5pm, 3 March 2025."""
    days = (_local_date(now) - _local_date(value)).days
    named = {0: "today", 1: "yesterday", -1: "tomorrow"}.get(days)
    if named is None and _local_date(value).year != _local_date(now).year:
        return day(value)
    named = named or day(value, now)
    return f"{named} {clock(value)}" if isinstance(value, datetime) else named


def duration(value: timedelta | float | None) -> str:
    """Say a length of time (timedelta, or seconds) in its two largest units: 2 days 5 hours, 3 hours 20 minutes.

    From 10 days on only the days. What is left over is dropped, never rounded up: 9 days 23 hours is not 10 days.
    """
    if value is None:
        return NOTHING
    seconds = abs(value.total_seconds() if isinstance(value, timedelta) else value)
    if 0 < seconds < MINUTE:
        return "less than a minute"
    days, hours, minutes = int(seconds // DAY), int(seconds % DAY // HOUR), int(seconds % HOUR // MINUTE)
    if days >= 10:
        return overdue.count(days, "day")
    if days:
        return overdue.count(days, "day") + (f" {overdue.count(hours, 'hour')}" if hours else "")
    if hours:
        return overdue.count(hours, "hour") + (f" {overdue.count(minutes, 'minute')}" if minutes else "")
    return overdue.count(minutes, "minute")


def percent(share: float) -> str:
    """Say a share as whole per cent: 31 %."""
    return f"{share * 100:.0f} %"


def nhs_number(value: str) -> str:
    """Show an NHS number 3 3 4, kept on one line. What is not ten digits is shown as it is."""
    return NO_BREAK.join((value[:3], value[3:6], value[6:])) if len(value) == 10 and value.isdigit() else value


def sentence(words: str) -> str:
    """Begin ``words`` with a capital letter, and leave the rest as it is."""
    return words[:1].upper() + words[1:]


class Due(NamedTuple):
    """A due time in words, with what it means: late, close, fine, held or none."""

    kind: str
    words: str


def due(
    due_at: datetime | None,
    now: datetime,
    *,
    limit="",
    schedule=None,
    entered_at: datetime | None = None,
    held=False,
) -> Due:
    """Say when something is due, or by how much it is over.

    Late from the first instant after ``due_at``. ``limit`` is what the limit reads like ("10 working days"); how far
    one in working units is exceeded is said in working units, where the team's ``schedule`` is given.
    Close: due within a day, or, where ``entered_at`` is known, when at least four fifths of the time have passed.
    """
    if held:
        return Due("held", "on hold, the clock is stopped")
    if due_at is None:
        return Due("none", "no limit")
    if due_at < now:
        over = overdue.over(due_at, now, schedule=schedule if "working" in limit else None)
        return Due("late", overdue.of_limit(over, limit))
    if entered_at is not None and due_at > entered_at:
        is_close = (now - entered_at) / (due_at - entered_at) >= CLOSE_SHARE
    else:
        is_close = due_at - now <= timedelta(days=1)
    return Due("close" if is_close else "fine", f"due {_due_when(due_at, now)}")


def _due_when(due_at: datetime, now: datetime) -> str:
    days = (_local_date(due_at) - _local_date(now)).days
    if 2 <= days <= 6:
        return f"{due_at.astimezone(LONDON):%A} {clock(due_at)}"
    return short_when(due_at, now)


def _local_date(value: date | datetime) -> date:
    return value.astimezone(LONDON).date() if isinstance(value, datetime) else value


def _long_count(days: int) -> str:
    if days < 60:
        return overdue.count(days, "day")
    return overdue.count(int(days / 30.44), "month") if days < 730 else overdue.count(int(days / 365.25), "year")


def _past_or_future(words: str, elapsed: float) -> str:
    return f"{words} ago" if elapsed > 0 else f"in {words}"
