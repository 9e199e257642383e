"""What happened to a patient, in words: appointments, outcomes, decisions, contacts."""

from collections.abc import Iterator
from datetime import date

from cases import codes, showing
from cases.models import CaseEvent


def what(event) -> str:
    """Say what kind of event it was, and which."""
    name = codes.words(event.kind, event.code)
    if event.kind == CaseEvent.Kind.APPOINTMENT:
        return f"{name} booked for {showing.moment(event.appointment_at)}"
    if event.kind == CaseEvent.Kind.OUTCOME:
        of = codes.words(event.about.kind, event.about.code).lower()
        return f"{name}: {of}, {showing.moment(event.about.appointment_at)}"
    return f"{event.get_kind_display().capitalize()}: {name[0].lower()}{name[1:]}"


def about(event) -> Iterator[str]:
    """Say more about it: when it was, where, with whom, how they were told."""
    is_dated = event.kind in (CaseEvent.Kind.DECISION, CaseEvent.Kind.CONTACT)
    if is_dated and event.happened_on != _day(event.recorded_at):
        yield f"on {showing.day(event.happened_on)}, recorded later"
    yield from (event.data[name] for name in ("where", "whom") if event.data.get(name))
    if how := event.data.get("told"):
        yield f"told {codes.Told(how).label.lower()}"


def _day(instant) -> date:
    return instant.astimezone(showing.LONDON).date()
