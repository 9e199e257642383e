"""By how much a limit is exceeded, counted as the limit itself is counted. Pure.

For a limit in working units only the time counts in which the team was open: what became due on Friday at 5pm is not
two days late on Sunday.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache

from pathways.working_time import Schedule

SMALLER = ((3600, "hour"), (60, "minute"))
UNITS = ((86400, "day"), *SMALLER)


def over(due_at: datetime, now: datetime, *, schedule: Schedule | None = None) -> str:
    """Say in the largest unit how far ``now`` is past ``due_at``: 2 days; with a team's ``schedule``, 2 working days.

    What is left over is dropped, never rounded up.
    """
    if schedule is None:
        return _largest((now - due_at).total_seconds(), "", UNITS)
    if days := whole_working_days(due_at, now, schedule):
        return count(days, "working day")
    return _largest(schedule.open_time(due_at, now).total_seconds(), "working ", SMALLER)


def whole_working_days(start: datetime, end: datetime, schedule: Schedule) -> int:
    """Return how many whole working days lie between two instants: the most that can be added to ``start``."""
    days = _working_days(schedule, start.astimezone(schedule.tz).date(), end.astimezone(schedule.tz).date())
    while days and schedule.add_working_days(start, days) > end:
        days -= 1
    return days


def of_limit(words: str, limit: str) -> str:
    """Say of what limit it is over: "2 working days over its limit of 10", when both are counted in the same. What
    has none was agreed for a date, and is just late.
    """
    if not limit:
        return f"{words} late"
    (_, _, unit), (amount, _, of_unit) = words.partition(" "), limit.partition(" ")
    same = amount != "1" and unit.removesuffix("s") == of_unit.removesuffix("s")
    return f"{words} over its limit of {amount if same else limit}"


def count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


@lru_cache(maxsize=10_000)
def _working_days(schedule, first: date, last: date) -> int:
    """The working days after ``first`` up to ``last``. A list asks for the same days on every page."""
    return sum(schedule.is_working_day(first + timedelta(days=n + 1)) for n in range((last - first).days))


def _largest(seconds, kind, units):
    for size, name in units:
        if seconds >= size:
            return count(int(seconds // size), f"{kind}{name}")
    return f"less than a {kind}minute"
