"""The calendars that a version counts its working time with."""

from datetime import timedelta

from django.utils import timezone

from pathways.checking.problem import Found, error, warning
from pathways.checking.times import calendars_needed, why_unusable
from pathways.drawn import Drawn

AHEAD = timedelta(days=365)


def usable(drawn: Drawn) -> Found:
    for calendar in calendars_needed(drawn):
        if sentence := why_unusable(calendar):
            yield error(sentence, calendar)


def closures(drawn: Drawn) -> Found:
    """Whoever keeps a list of their own closures counts on it: where it ends, limits would run on closed days."""
    today = timezone.localdate()
    for calendar in calendars_needed(drawn):
        last = max((closure.on for closure in calendar.closures.all()), default=None)
        if last and last < today + AHEAD:
            yield warning(
                f"The own closures of the calendar “{calendar}” end on {last:%-d %B %Y}, less than 12 months ahead. "
                "Add those that follow.",
                calendar,
            )


CHECKS = (usable, closures)
