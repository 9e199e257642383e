"""Everything that happened to a case, as one list, the newest first: who did what, when, and in what words.

Made of what ``case_record`` has read; costs no statement of its own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.db import models
from django.urls import reverse

from cases import event_words, showing
from cases.case_record import CaseRecord
from cases.models import Case, Handoff, StageEntry
from cases.who_was_told import was_promised


class Kind(models.TextChoices):
    """What the list can be narrowed to."""

    MOVES = "moves", "Moves"
    CONTACTS = "contacts", "Contacts"
    HOLDS = "holds", "Holds"
    ESCALATIONS = "escalations", "Escalations"
    DETOURS = "detours", "Detours"
    HANDOFFS = "handoffs", "Handoffs"
    OWNERS = "owners", "Who had it"
    TASKS = "tasks", "Tasks and results"
    PAPERS = "papers", "Forms and documents"
    NOTES = "notes", "Notes"


@dataclass(frozen=True)
class Item:
    """Something that happened: what, when and by whom; what somebody wrote (``text``), and more ``about`` it."""

    at: datetime
    kind: Kind
    title: str
    by: object = None
    text: str = ""
    about: tuple[str, ...] = ()
    facts: dict | None = None  # of a stay: as they are kept, code to answer
    url: str = ""
    tag: str = ""
    struck: tuple[datetime, object, str] | None = None  # when, by whom, why
    strike: str = ""  # the address at which it is struck out, if it has no page of its own


def timeline(record: CaseRecord, now: datetime) -> list[Item]:
    """Return everything that happened to a case, the newest first; of one instant the last told stands first."""
    items = [item for tell in TELL for item in tell(record, now)]
    order = sorted(range(len(items)), key=lambda place: (items[place].at, place), reverse=True)
    return [items[place] for place in order]


# How it moved --------------------------------------------------------------------------------------------------------


def stays(record, now) -> Iterator[Item]:
    overridden = {}
    for override in record.overrides:
        overridden.setdefault(override.entry_id, []).append(override)
    reopened = iter(_why_reopened(record.changes))
    because = record.changes[0].reason if record.changes else ""
    for stay in record.stays:
        how = stay.via.name if stay.via else stay.get_how_display().capitalize()
        if stay.how == StageEntry.How.REOPENED:
            because = next(reopened, "")
        yield Item(
            at=stay.entered_at,
            kind=Kind.MOVES,
            title=stay.stage.name,
            by=stay.entered_by,
            # What was returned is told with its reason by the handoff.
            text=because if because != how and stay.how != StageEntry.How.RETURNED else "",
            about=(f"{how}, with {stay.team}", _lasted(stay, now)),
            facts=stay.facts,
        )
        for override in overridden.get(stay.pk, ()):
            title = f"Moved although this was not met: {override.sentence}"
            yield Item(stay.entered_at, Kind.MOVES, title, override.overridden_by, override.reason, tag="Overridden")
        because = record.left_because.get(stay.pk, "")
    yield from _closed(record)


def _why_reopened(changes) -> list[str]:
    closed = Case.Status.CLOSED
    return [now.reason for before, now in pairwise(changes) if before.status == closed != now.status]


def _lasted(stay, now) -> str:
    if stay.ends_journey:
        return "the journey ended"
    lasted = showing.duration((stay.left_at or now) - stay.entered_at)
    return f"{'stayed' if stay.left_at else 'here for'} {lasted}"


def _closed(record):
    """Tell of each time that the case was closed where it stood, without a last stage."""
    for stay, following in zip(record.stays, [*record.stays[1:], None], strict=True):
        is_last = following is None or following.how == StageEntry.How.REOPENED
        if is_last and stay.left_at and not stay.ends_journey:
            yield Item(stay.left_at, Kind.MOVES, "Closed", stay.left_by, record.left_because.get(stay.pk, ""))


def holds(record, now):
    for hold in record.holds:
        until = f"at most until {showing.moment(hold.until)}"
        yield Item(hold.started_at, Kind.HOLDS, "Put on hold", hold.started_by, hold.reason, (until,))
        if hold.ended_at:
            held = showing.duration(hold.ended_at - hold.started_at)
            yield Item(hold.ended_at, Kind.HOLDS, f"Hold ended after {held}", hold.ended_by)


def handoffs(record, now):
    done = {
        Handoff.Status.ACCEPTED: "accepted it",
        Handoff.Status.RETURNED: "accepted it",
        Handoff.Status.DECLINED: "declined it",
    }
    for handoff in record.handoffs:
        offered = f"Offered to {handoff.to_team}"
        yield Item(
            handoff.offered_at, Kind.HANDOFFS, offered, handoff.offered_by, handoff.note, (handoff.transition.name,)
        )
        if handoff.answered_at:
            answer = done.get(handoff.status)
            title = f"{handoff.to_team} {answer}" if answer else f"The offer to {handoff.to_team} was withdrawn"
            yield Item(handoff.answered_at, Kind.HANDOFFS, title, handoff.answered_by, handoff.answer)
        if handoff.returned_at:
            title = f"{handoff.to_team} returned it"
            yield Item(handoff.returned_at, Kind.HANDOFFS, title, handoff.returned_by, handoff.return_reason)


def detours(record, now):
    for child in record.children:
        name, case = child.case.detour or "A case that belongs to this one", child.case
        url, about = (case.get_absolute_url(), ()) if child.is_visible else ("", ("with a team you are not in",))
        yield Item(case.opened_at, Kind.DETOURS, f"{name} began: {case}", about=about, url=url)
        if child.is_visible and case.closed_at:
            yield Item(case.closed_at, Kind.DETOURS, f"{name} ended: {case}", about=(case.stage_name,), url=url)
    for stay in record.stays:
        if stay.shortened_at:
            due = f"It is due on {showing.moment(stay.due_by)} at the latest."
            yield Item(stay.shortened_at, Kind.DETOURS, f"Less time in {stay.stage}", stay.shortened_by, about=(due,))


def changes(record, now):
    """Who had it, how urgent it was, and on whose record it stood; told only where it changed."""
    before = None
    for change in record.changes:
        if before is not None:
            yield from _change(before, change)
        elif change.owner:
            yield _owner(change)
        before = change


def _change(before, change):
    if change.owner != before.owner and (change.owner or change.team_id == before.team_id):
        yield _owner(change)
    if change.priority != before.priority:
        # Without its reason: that may name a detour which not every reader of this case may know of.
        urgent = change.priority > before.priority
        title = f"Became {Case.Priority(change.priority).label}" if urgent else "No longer urgent"
        yield Item(change.at, Kind.DETOURS, title, change.by)
    if change.patient_id != before.patient_id:
        yield Item(change.at, Kind.OWNERS, "Moved to another record of the patient", change.by, change.reason)


def _owner(change):
    plain = f"Given to {change.owner}" if change.owner else "Given back to the team"
    took = f"{change.owner} took it" if change.owner and change.owner == change.by else plain
    return Item(change.at, Kind.OWNERS, took, change.by, change.reason if change.reason != plain else "")


# What was said and seen ----------------------------------------------------------------------------------------------


def escalations(record, now):
    for escalation in record.escalations:
        repeat = f", repeat {escalation.occurrence}" if escalation.occurrence else ""
        yield Item(
            at=escalation.reached_at,
            kind=Kind.ESCALATIONS,
            title=escalation.rung_name,
            about=(
                f"level {escalation.level}{repeat}, {escalation.where}",
                record.telling.in_words(escalation),
            ),
        )
        if escalation.acknowledged_at and not was_promised(escalation):
            yield Item(
                escalation.acknowledged_at,
                Kind.ESCALATIONS,
                f"Answered: {escalation.rung_name}",
                escalation.acknowledged_by,
                escalation.acknowledgement,
            )


def events(record, now):
    for event in record.events:
        yield Item(
            at=event.recorded_at,
            kind=Kind.CONTACTS,
            title=event_words.what(event),
            by=event.recorded_by,
            text=event.text,
            about=tuple(event_words.about(event)),
            struck=_struck(event),
        )


def notes(record, now):
    for note in record.notes:
        url = reverse("strike_note", args=[record.case.reference, note.pk])
        yield Item(
            note.written_at,
            Kind.NOTES,
            "Note",
            note.written_by,
            note.text,
            struck=_struck(note),
            strike="" if note.struck_at else url,
        )


def _struck(recorded):
    return (recorded.struck_at, recorded.struck_by, recorded.struck_why) if recorded.struck_at else None


# What was owed and handed in -----------------------------------------------------------------------------------------


def papers(record, now):
    for form in record.forms:
        url = reverse("form_record", args=[record.case.reference, form.pk])
        said = f"{form.form} filled in"
        yield Item(form.completed_at, Kind.PAPERS, said, form.completed_by, url=url, struck=_struck(form))
    for document in record.documents:
        struck = _struck(document)
        url = "" if struck else reverse("download", args=[record.case.reference, document.pk])
        said = f"{document} attached"
        yield Item(document.added_at, Kind.PAPERS, said, document.added_by, url=url, struck=struck)


def tasks(record, now):
    for task in record.tasks:
        url = reverse("task", args=[record.case.reference, task.pk])
        whose = f"for {task.owner or task.team}"
        made_by = None if task.code else task.made_by
        yield Item(task.made_at, Kind.TASKS, f"Task: {task}", made_by, about=(whose,), url=url)
        if task.done_at:
            yield Item(task.done_at, Kind.TASKS, f"Done: {task}", task.done_by, task.outcome, url=url)
        if task.cancelled_at:
            yield Item(task.cancelled_at, Kind.TASKS, f"Cancelled: {task}", task.cancelled_by, task.outcome, url=url)


def results(record, now):
    for result in record.results:
        reader = (f"{result.reader} reads it",)
        yield Item(result.requested_at, Kind.TASKS, f"Result asked for: {result}", result.requested_by, about=reader)
        cancelled = (result.cancelled_at, result.cancelled_by, result.cancelled_why) if result.cancelled_at else None
        if result.arrived_at:
            said = f"Result arrived: {result}"
            yield Item(result.arrived_at, Kind.TASKS, said, result.arrived_by, result.finding, struck=cancelled)
        if result.read_at:
            yield Item(result.read_at, Kind.TASKS, f"Result read: {result}", result.read_by)
        if cancelled:
            yield Item(cancelled[0], Kind.TASKS, f"Result cancelled: {result}", *cancelled[1:])


# Of one instant the later ones stand above: a move, then the tasks that it made.
TELL: tuple[Callable[[CaseRecord, datetime], Iterator[Item]], ...] = (
    escalations,
    handoffs,
    stays,
    changes,
    detours,
    holds,
    tasks,
    results,
    papers,
    events,
    notes,
)
