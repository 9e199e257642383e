"""A length of time as the hospital says it: a number and a unit. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import TextChoices

from pathways.working_time import Schedule, add_calendar_days

LONDON = ZoneInfo("Europe/London")


class Unit(TextChoices):
    MINUTES = "minutes", "minutes"
    HOURS = "hours", "hours"
    DAYS = "days", "days"
    WORKING_MINUTES = "working_minutes", "working minutes"
    WORKING_HOURS = "working_hours", "working hours"
    WORKING_DAYS = "working_days", "working days"

    @property
    def is_working(self):
        return self.value.startswith("working")


@dataclass(frozen=True, slots=True)
class Span:
    """An amount of a unit, such as 10 working days. Working units need a schedule to be counted with."""

    amount: int
    unit: Unit

    def __str__(self):
        unit = Unit(self.unit).label
        return f"{self.amount} {unit.removesuffix('s') if self.amount == 1 else unit}"

    @property
    def is_working(self):
        return Unit(self.unit).is_working

    @property
    def elapsed(self) -> timedelta:
        """The span as plain time; only for units that are one (not days: a calendar day may have 23 hours)."""
        return timedelta(minutes=self.amount) if self.unit.endswith("minutes") else timedelta(hours=self.amount)

    def after(self, start: datetime, schedule: Schedule | None = None) -> datetime:
        """The instant at which this span, begun at ``start``, is used up (aware, UTC)."""
        if self.unit == Unit.DAYS:
            return add_calendar_days(start, self.amount, LONDON)
        if self.unit == Unit.WORKING_DAYS:
            return schedule.add_working_days(start, self.amount)
        if self.is_working:
            return schedule.add(start, self.elapsed)
        return start.astimezone(UTC) + self.elapsed  # arithmetic within a zone would be wall-clock time

    def before(self, end: datetime, schedule: Schedule | None = None) -> datetime:
        """The instant that lies this span before ``end`` (aware, UTC)."""
        if self.unit == Unit.DAYS:
            return add_calendar_days(end, -self.amount, LONDON)
        if self.unit == Unit.WORKING_DAYS:
            return schedule.subtract_working_days(end, self.amount)
        if self.is_working:
            return schedule.subtract(end, self.elapsed)
        return end.astimezone(UTC) - self.elapsed
