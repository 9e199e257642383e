"""When a person gets their digest: at the hour they chose, on working days, outside of their quiet hours. Pure."""

from datetime import UTC, datetime, timedelta

from pathways.limits import LONDON
from pathways.models import MailPreference
from pathways.models.calendars import ClosedDays, Nation

BANK_HOLIDAYS = ClosedDays(Nation.ENGLAND, {})
DEFAULT = MailPreference()  # of who has chosen nothing


def next_digest(preference: MailPreference, now: datetime) -> datetime:
    """Return the first time from ``now`` on at which a digest goes to whoever has ``preference`` (aware, UTC).

    A digest that would come in their quiet hours comes at the end of these. Wall-clock time, also where the clocks
    change.
    """
    at, day = hour(preference), now.astimezone(LONDON).date()
    while True:
        goes = datetime.combine(day, at, LONDON).astimezone(UTC)
        if goes >= now and (is_working_day(day) or not preference.working_days_only):
            return goes
        day += timedelta(days=1)


def hour(preference: MailPreference):
    """Return the time of day at which the digest goes: the one chosen, or else the end of the quiet hours it is in."""
    chosen, start, end = preference.digest_at, preference.quiet_from, preference.quiet_until
    if start is None:
        return chosen
    is_quiet = start <= chosen < end if start < end else chosen >= start or chosen < end
    return end if is_quiet else chosen


def is_working_day(day) -> bool:
    return day.weekday() < 5 and day not in BANK_HOLIDAYS
