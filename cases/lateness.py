"""Which cases are late, and which fall due when: the conditions that lists, filters and counts share."""

from datetime import datetime, time, timedelta

from django.db.models import Q

from cases.showing import LONDON

DAYS = {"today": 0, "1-day": 1, "3-days": 3, "7-days": 7}  # to the end of which day something falls due


def lateness(code: str, now: datetime) -> Q:
    """Return the condition for ``code``: "late", "held", "none" (no limit), or one of ``DAYS``: not late yet, but at
    the end of that day. The longer ones contain the shorter ones.
    """
    match code:
        case "late":
            return Q(due_at__lt=now)
        case "held":
            return Q(status="on_hold")
        case "none":
            return Q(status="open", due_at=None)
    return Q(due_at__gte=now, due_at__lt=end_of_day(now, DAYS[code]))


def end_of_day(now: datetime, days: int = 0) -> datetime:
    """Return the end of the day in London, ``days`` after today."""
    day = now.astimezone(LONDON).date() + timedelta(days=days + 1)
    return datetime.combine(day, time(), tzinfo=LONDON)
