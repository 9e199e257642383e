"""A time of day as people write it: 2:30pm, 9am, 14:30."""

import re
from datetime import datetime, time

from django import forms
from django.core.exceptions import ValidationError

from cases.showing import LONDON

WORDS = {"midday": time(12), "noon": time(12), "midnight": time(0)}
WRITTEN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", re.ASCII | re.IGNORECASE)


class TimeField(forms.CharField):
    """A time of day, as datetime.time."""

    def __init__(self, **options):
        widget = forms.TextInput(attrs={"class": "nhsuk-input--width-5", "autocomplete": "off"})
        super().__init__(**{"widget": widget, "help_text": "For example 2:30pm."} | options)

    def clean(self, value):
        text = super().clean(value).strip()
        return _time(text) if text else None


def _time(text):
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    found = WRITTEN.fullmatch(text)
    if found and (found[2] or found[3]):  # a bare number may be either half of the day
        hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
        if minute < 60 and (1 <= hour <= 12 if half else hour < 24):
            return time(hour % 12 + 12 * (half == "pm") if half else hour, minute)
    raise ValidationError("Write the time such as 2:30pm or 14:30.", code="invalid")


def instant(day, time_of_day) -> datetime | None:
    """The instant of a day and a time as the clocks in the hospital show them; None if either is missing."""
    return datetime.combine(day, time_of_day, tzinfo=LONDON) if day and time_of_day else None
