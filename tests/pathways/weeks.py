"""Weeks and clock times that the tests of working time speak in."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pathways.working_time import Schedule

LONDON = ZoneInfo("Europe/London")
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = {day: [["09:00", "17:00"]] for day in WEEK[:5]}
SPLIT = {day: [["08:00", "12:00"], ["13:00", "18:00"]] for day in WEEK[:5]} | {"sat": [["09:00", "13:00"]]}
ALWAYS = {day: [["00:00", "24:00"]] for day in WEEK}
NIGHTS = {day: [["00:00", "08:00"], ["20:00", "24:00"]] for day in WEEK}


def schedule(hours, closed=()):
    return Schedule("Europe/London", hours, closed)


def local(text):
    """Read "2026-05-01 09:00" as London time; a trailing * means the second of two."""
    return datetime.fromisoformat(text.rstrip("*")).replace(tzinfo=LONDON, fold=text.endswith("*")).astimezone(UTC)


def hours(number):
    return timedelta(hours=number)


def utc(text):
    return datetime.fromisoformat(text)
