"""The checks a pathway may demand before a move, each answering with the sentence the caseworker reads.

To add one: write a function of a case, an instant and its options that returns a sentence which says what to do, or
None when the case passes; decorate it with ``@requirement`` and its options. It can then be chosen in the admin and in
pathway files.
"""

from cases import showing
from pathways.limits import Span, Unit
from pathways.registry import Option, requirement

UNITS = tuple((unit.value, unit.label) for unit in Unit if not unit.is_working)


@requirement(
    "form completed",
    options=[
        Option("form", "Form", "form"),
        Option(
            "max_age_days", "Not older than (days)", "number", required=False, help_text="Empty: it may have any age."
        ),
    ],
)
def form_completed(case, now, *, form, max_age_days=None):
    name = case.version_map.forms[form].name
    record = case.form_records.filter(form_code=form, completed_at__lte=now).first()
    if record is None:
        return f"Complete the {name} first."
    age = (now - record.completed_at).days
    if max_age_days is not None and age > max_age_days:
        return f"The {name} is {age} days old. Complete a new one (at most {max_age_days} days)."
    return None


@requirement("note written", options=[])
def note_written(case, now):
    """A note since the case came into this stage: an old one says nothing about this stay."""
    if not case.notes.filter(written_at__gte=case.open_entry.entered_at, written_at__lte=now).exists():
        return f"Write a note about {case.stage_name} first."
    return None


@requirement(
    "waited at least",
    options=[Option("amount", "Number", "number"), Option("unit", "Counted in", "choice", choices=UNITS)],
)
def waited_at_least(case, now, *, amount, unit):
    span = Span(amount, Unit(unit))
    ready_at = span.after(case.open_entry.entered_at)
    if now < ready_at:
        return f"This case must stay in {case.stage_name} for at least {span}: until {showing.moment(ready_at)}."
    return None


@requirement("no open child case", options=[])
def no_open_child_case(case, now):
    children = [str(child) for child in case.children.open()]
    if children:
        belongs = "it belongs" if len(children) == 1 else "they belong"
        return f"Close {' and '.join(children)} first: {belongs} to this case."
    return None
