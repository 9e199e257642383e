"""When a team is open: the calendar that working hours and working days are counted with."""

from datetime import date, time
from functools import lru_cache

import holidays
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from pathways.history import trail
from pathways.limits import LONDON
from pathways.working_time import Schedule


class Nation(models.TextChoices):
    ENGLAND = "ENG", "England"
    WALES = "WLS", "Wales"
    SCOTLAND = "SCT", "Scotland"
    NORTHERN_IRELAND = "NIR", "Northern Ireland"


class Weekday(models.IntegerChoices):
    MONDAY = 0, "Monday"
    TUESDAY = 1, "Tuesday"
    WEDNESDAY = 2, "Wednesday"
    THURSDAY = 3, "Thursday"
    FRIDAY = 4, "Friday"
    SATURDAY = 5, "Saturday"
    SUNDAY = 6, "Sunday"


class ClosedDays:
    """The days a calendar is closed: its nation's bank holidays by rule, for any year, and its own closures."""

    def __init__(self, nation: str, closures: dict[date, str]):
        self.bank_holidays = holidays.UnitedKingdom(subdiv=nation) if nation else {}
        self.closures = closures

    def __contains__(self, day):
        return day in self.closures or day in self.bank_holidays

    def get(self, day) -> str:
        """Return what a day is called: the bank holiday's name, or the closure's, which may have none."""
        return self.bank_holidays.get(day) or self.closures.get(day, "")


class Calendar(models.Model):
    """The opening hours of a week, without the nation's bank holidays and its own closures."""

    code = models.SlugField(unique=True, help_text="A short name that never changes, for example “office-hours”.")
    name = models.CharField(max_length=200, help_text="For example “Office hours, England”.")
    nation = models.CharField(
        "bank holidays of",
        max_length=3,
        choices=Nation,
        blank=True,
        help_text="Bank holidays are found by rule. Leave empty for a service that is open on them.",
    )
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    history = trail(excluded_fields=["changed_at"])

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.changed_at = timezone.now()
        super().save(*args, **kwargs)

    def touch(self):
        """Make every process build this calendar's schedule anew; called when its hours or closures change."""
        type(self).objects.filter(pk=self.pk).update(changed_at=timezone.now())

    def schedule(self) -> Schedule:
        """Return the pure schedule of this calendar as it is now. Raises ValueError if it is never open."""
        return _schedule(self.pk, self.changed_at)


@lru_cache(maxsize=256)
def _schedule(calendar_id, changed_at):
    # changed_at is part of the key alone: a calendar that changed is read again, by every process.
    calendar = Calendar.objects.prefetch_related("opening_hours", "closures").get(pk=calendar_id)
    hours = {}
    for row in calendar.opening_hours.all():
        closes = "24:00" if row.closes == time(0) else f"{row.closes:%H:%M}"
        hours.setdefault(Weekday(row.weekday).name.lower()[:3], []).append([f"{row.opens:%H:%M}", closes])
    closures = {closure.on: closure.name for closure in calendar.closures.all()}
    return Schedule(LONDON, hours, ClosedDays(calendar.nation, closures))


class CalendarPart(models.Model):
    """A row that belongs to a calendar: saving or deleting it makes the calendar's schedule be built anew."""

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        self.calendar.touch()

    def delete(self, *args, **kwargs):
        deleted = super().delete(*args, **kwargs)
        self.calendar.touch()
        return deleted


class OpeningHours(CalendarPart):
    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens = models.TimeField(help_text="For example 09:00.")
    closes = models.TimeField(help_text="For example 17:00. 00:00 means midnight at the end of the day.")

    history = trail()

    class Meta:
        ordering = ["weekday", "opens"]
        verbose_name_plural = "opening hours"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes__gt=models.F("opens")) | models.Q(closes=time(0)),
                name="opening_hours_close_after_they_open",
                violation_error_message="The closing time must be after the opening time. Use 00:00 for midnight.",
            ),
            models.UniqueConstraint(fields=["calendar", "weekday", "opens"], name="opening_hours_once"),
        ]

    def __str__(self):
        return f"{self.get_weekday_display()} {self.opens:%H:%M} to {self.closes:%H:%M}"

    def clean(self):
        if self.calendar_id is None or self.weekday is None or self.opens is None or self.closes is None:
            return
        end = self.closes if self.closes != time(0) else time.max
        same_day = OpeningHours.objects.filter(calendar=self.calendar_id, weekday=self.weekday).exclude(pk=self.pk)
        for other in same_day:
            other_end = other.closes if other.closes != time(0) else time.max
            if self.opens < other_end and other.opens < end:
                raise ValidationError(f"These hours overlap with {other}. Change one of the two.")


class Closure(CalendarPart):
    """A day on which the calendar is closed although the week and the bank holidays say otherwise."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="closures")
    on = models.DateField("closed on")
    name = models.CharField(max_length=200, blank=True, help_text="For example “Staff training day”.")

    history = trail()

    class Meta:
        ordering = ["on"]
        constraints = [models.UniqueConstraint(fields=["calendar", "on"], name="closure_once")]

    def __str__(self):
        return f"{self.on}"
