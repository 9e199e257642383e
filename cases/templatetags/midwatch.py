"""Show times, durations, ages and states: one tag each, in words first and in colour second."""

import re
from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from cases import showing

register = template.Library()

# Colour only means something: red is late, amber is close. The word inside says the same.
DUE_TAGS = {
    "late": mark_safe('<strong class="nhsuk-tag nhsuk-tag--red">Late</strong> '),
    "close": mark_safe('<strong class="nhsuk-tag nhsuk-tag--orange">Close</strong> '),
    "held": mark_safe('<strong class="nhsuk-tag nhsuk-tag--grey">On hold</strong> '),
}
BAR_WIDTH, BAR_LIMIT = 150, 100  # per cent of the limit: what is longer than one and a half limits fills the bar


@register.simple_tag
def when(value: date | datetime | None, now: datetime | None = None) -> str:
    """Show a moment and how long ago it was: 3 March 2026, 2:30pm (8 days ago)."""
    return _time(value, lambda: showing.when(value, now or timezone.now()))


@register.simple_tag
def when_short(value: date | datetime | None, now: datetime | None = None) -> str:
    """Show a moment as briefly as it stays clear: today 2:30pm, 10 March 5pm."""
    return _time(value, lambda: showing.short_when(value, now or timezone.now()))


@register.simple_tag
def moment(value: date | datetime | None) -> str:
    """Show a moment: 3 March 2026, 2:30pm."""
    return _time(value, lambda: showing.moment(value))


@register.simple_tag
def clock(value: datetime) -> str:
    """Show the time of day: 2:30pm."""
    return _time(value, lambda: showing.clock(value))


@register.simple_tag
def age_in_years(patient, now: datetime) -> int:
    """Show a patient's whole years of age."""
    return patient.age(timezone.localdate(now))


@register.filter
def duration(value) -> str:
    """Show a length of time, a timedelta or seconds: 3 hours 20 minutes. A line never breaks after a number."""
    return re.sub(r"(?<=\d) ", showing.NO_BREAK, showing.duration(value))


@register.filter
def nhs_number(value) -> str:
    """Show an NHS number 3 3 4, kept on one line."""
    return showing.nhs_number(str(value or ""))


@register.simple_tag
def due_tag(due: showing.Due) -> str:
    """Show a due time: a coloured word where it matters, then what it means."""
    if due.kind == "held":
        return DUE_TAGS["held"]
    return format_html('{}<span class="mw-due mw-due--{}">{}</span>', DUE_TAGS.get(due.kind, ""), due.kind, due.words)


@register.simple_tag
def due_word(due: showing.Due) -> str:
    """Show only the coloured word of a due time, where it has one: Late, Close, On hold."""
    return DUE_TAGS.get(due.kind, "")


@register.simple_tag
def today(now: datetime) -> str:
    """Show the day and the time of day: Tuesday 3 March, 8:12am."""
    local = now.astimezone(showing.LONDON)
    return f"{local:%A} {showing.day(now, now)}, {showing.clock(now)}"


@register.simple_tag
def age_bar(share: float | None, kind: str = "fine") -> str:
    """Draw how much of its limit a case has used: ``share`` 1.0 is the whole limit, marked by a line.

    Hidden from screen readers: the words beside it say the same.
    """
    if share is None:
        return ""
    used = max(0, min(round(share * BAR_LIMIT), BAR_WIDTH))
    return format_html(
        '<svg class="mw-bar mw-bar--{}" viewBox="0 0 150 10" width="150" height="10" aria-hidden="true">'
        '<rect class="mw-bar__track" width="150" height="10" rx="2"></rect>'
        '<rect class="mw-bar__used" width="{}" height="10" rx="2"></rect>'
        '<rect class="mw-bar__limit" x="99" width="2" height="10"></rect></svg>',
        kind,
        used,
    )


def _time(value, words) -> str:
    if not value:
        return showing.NOTHING
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), words())
