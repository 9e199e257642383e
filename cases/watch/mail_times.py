"""When a person gets their digest: at the hour they chose, on working days, outside of their quiet hours. Pure."""

from datetime import UTC, datetime, time, timedelta

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
        if goes >= now and _is_day(preference, day):
            return goes
        day += timedelta(days=1)


def late(preference: MailPreference, now: datetime) -> datetime:
    """Return the first time from ``now`` on at which a digest goes whose own time has passed (aware, UTC): at once, or
    when the quiet hours end, or else when the next one goes. The mail server may have been away.
    """
    wall, goes = now.astimezone(LONDON), next_digest(preference, now)
    if not is_quiet(preference, wall.time()):
        return now if _is_day(preference, wall.date()) else goes
    ends_on = wall.date() + timedelta(days=wall.time() >= preference.quiet_until)
    first, again = (
        datetime.combine(ends_on, preference.quiet_until, LONDON).replace(fold=fold).astimezone(UTC) for fold in (0, 1)
    )
    ends = first if first > now else again  # the hour that comes twice when the clocks go back
    return min(ends, goes) if _is_day(preference, ends_on) else goes


def hour(preference: MailPreference):
    """Return the time of day at which the digest goes: the one chosen, or else the end of the quiet hours it is in."""
    chosen = preference.digest_at
    return preference.quiet_until if is_quiet(preference, chosen) else chosen


def is_quiet(preference: MailPreference, at: time) -> bool:
    """Is ``at`` (wall-clock time) in the quiet hours, if there are any? Their end is no part of them."""
    start, end = preference.quiet_from, preference.quiet_until
    if start is None:
        return False
    return start <= at < end if start < end else at >= start or at < end


def _is_day(preference, day) -> bool:
    return is_working_day(day) or not preference.working_days_only


def is_working_day(day) -> bool:
    return day.weekday() < 5 and day not in BANK_HOLIDAYS
