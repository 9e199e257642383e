"""The calendars that a version counts its working time with."""

from datetime import date, time

import pytest
import time_machine

from pathways.models import Calendar, Closure, OpeningHours
from pathways.publishing import problems
from tests.factories import office_hours
from tests.pathways.checking.saying import change, error, found, stage, warning

pytestmark = pytest.mark.django_db


def test_a_calendar_that_is_never_open(sound):
    closed = Calendar.objects.create(code="closed", name="Never")
    for code in ("triage", "review"):
        change(stage(sound, code), limit_unit="working_days", calendar=closed)
    assert found(sound) == error("The calendar “Never” is never open. Give at least one weekday opening hours.")


def test_a_calendar_whose_hours_overlap(sound):
    calendar = office_hours("muddled")
    OpeningHours.objects.create(calendar=calendar, weekday=0, opens=time(16), closes=time(18))
    change(stage(sound, "review"), calendar=calendar)
    assert found(sound) == error(
        "The calendar “muddled” cannot be used. The opening hours of mon overlap: change or join them."
    )


def test_a_calendar_that_is_not_needed_may_be_in_any_state(sound):
    change(stage(sound, "triage"), calendar=Calendar.objects.create(code="closed", name="Never"))
    assert problems(sound) == []


@time_machine.travel("2026-11-23 12:00", tick=False)
def test_own_closures_that_end_less_than_twelve_months_ahead(sound):
    calendar = office_hours()
    for day in (date(2025, 12, 24), date(2026, 12, 24)):
        Closure.objects.create(calendar=calendar, on=day, name="Christmas Eve")
    assert found(sound) == warning(
        "The own closures of the calendar “office” end on 24 December 2026, less than 12 months ahead. "
        "Add those that follow."
    )
    Closure.objects.create(calendar=calendar, on=date(2027, 11, 23))
    assert problems(sound) == []


def test_the_closures_of_a_calendar_that_nothing_is_counted_with_may_end(sound):
    Closure.objects.create(calendar=office_hours("other"), on=date(2020, 12, 24))
    change(stage(sound, "triage"), calendar=Calendar.objects.get(code="other"))
    assert problems(sound) == []
