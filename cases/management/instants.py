"""Instants as they are typed on a command line."""

from datetime import datetime

from django.core.management.base import CommandError

from cases.history_import.times import read_time


def instant(text: str) -> datetime:
    """Return the aware instant that ``text`` names; without an offset it is Europe/London.

    Raises CommandError with a sentence.
    """
    try:
        return read_time(text)
    except ValueError as error:
        raise CommandError(str(error)) from None
