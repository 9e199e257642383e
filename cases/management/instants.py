"""Instants as they are typed on a command line."""

from datetime import datetime

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime


def instant(text: str) -> datetime:
    """Return the aware instant that ``text`` names; without an offset it is Europe/London.

    Raises CommandError with a sentence.
    """
    try:
        value = parse_datetime(text) or parse_datetime(f"{text}T00:00")
    except ValueError:
        value = None
    if value is None:
        raise CommandError(f"“{text}” is not a time. Write it like 2026-03-02T14:00:00Z.")
    return value if timezone.is_aware(value) else timezone.make_aware(value)
