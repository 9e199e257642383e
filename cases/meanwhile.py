"""What happened to a case since a page about it was made: a page that is out of date is refused with what changed
meanwhile, and by whom.

A page knows the stay that it showed, and the time of the last thing that was recorded about the case by then. Acts are
done one after the other, each under the case's lock, and take their time there: what is recorded later has a later
time. The stay is known by its key as well, so that no move is missed even if the machine's clock was set back.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from textwrap import shorten

from django.db.models import DateTimeField, Func
from django.utils import timezone

from cases import showing
from cases.models import Case, CaseEvent, Document, FormRecord, Handoff, Hold, Note, Result, StageEntry
from cases.refusals import StaleView

How, Status = StageEntry.How, Handoff.Status


@dataclass(frozen=True)
class Seen:
    """What a page showed to its ``reader``: the stay, and all that was recorded ``until`` then (None: not known)."""

    entry: int
    until: datetime | None = None
    reader: object = None


@dataclass(frozen=True)
class Kind:
    """One kind of thing that is recorded about a case: when, by whom, and how it is told."""

    model: type
    at: str
    by: str
    act: Callable  # "completed the Risk assessment"
    detail: Callable = lambda row: ""  # what follows the time of day
    needs: tuple[str, ...] = ()  # what is read with it
    case: str = "case"


def _came(entry) -> str:
    others = {
        How.REOPENED: f"reopened this case in {entry.stage}",
        How.RETURNED: f"gave this case back, to {entry.stage}",
        How.MAPPED: f"moved this case to another version of its pathway, in {entry.stage}",
    }
    return others.get(entry.how, f"moved this case to {entry.stage}")


def _answered(handoff) -> str:
    if handoff.status in (Status.ACCEPTED, Status.RETURNED):
        return f"accepted this case for {handoff.to_team}"
    if handoff.status == Status.DECLINED:
        return f"declined this case for {handoff.to_team}"
    return f"withdrew the offer to {handoff.to_team}"


# A move is told whoever made it: also the reader's own, in another window.
STAYS = (
    Kind(StageEntry, "entered_at", "entered_by", _came, needs=("stage",)),
    Kind(StageEntry, "left_at", "left_by", lambda entry: "closed this case"),
)
# Of what one act has recorded the first is told: a move also ends a hold and withdraws an offer.
KINDS = (
    *STAYS,
    Kind(Hold, "started_at", "started_by", lambda hold: "put this case on hold", lambda hold: hold.reason),
    Kind(Hold, "ended_at", "ended_by", lambda hold: "ended the hold"),
    Kind(
        Handoff,
        "offered_at",
        "offered_by",
        lambda handoff: f"offered this case to {handoff.to_team}",
        lambda handoff: handoff.note,
        needs=("to_team",),
    ),
    Kind(Handoff, "answered_at", "answered_by", _answered, lambda handoff: handoff.answer, needs=("to_team",)),
    Kind(FormRecord, "completed_at", "completed_by", lambda record: f"completed the {record.form}", needs=("form",)),
    Kind(Note, "written_at", "written_by", lambda note: "wrote a note", lambda note: note.text),
    Kind(Document, "added_at", "added_by", lambda document: f"attached “{document}”"),
    Kind(FormRecord, "struck_at", "struck_by", lambda record: f"struck out the {record.form}", needs=("form",)),
    Kind(Note, "struck_at", "struck_by", lambda note: "struck out a note"),
    Kind(Document, "struck_at", "struck_by", lambda document: f"struck out “{document}”"),
    Kind(CaseEvent, "recorded_at", "recorded_by", lambda event: f"recorded: {event.get_kind_display()}"),
    Kind(CaseEvent, "struck_at", "struck_by", lambda event: f"struck out: {event.get_kind_display()}"),
    Kind(Result, "requested_at", "requested_by", lambda result: f"recorded that “{result}” is awaited"),
    Kind(Result, "arrived_at", "arrived_by", lambda result: f"recorded that “{result}” has arrived"),
    Kind(Result, "read_at", "read_by", lambda result: f"recorded that “{result}” was read"),
    Kind(Result, "cancelled_at", "cancelled_by", lambda result: f"cancelled the result “{result}”"),
)


class LastRecorded(Func):
    """The time of the last thing that was recorded about a case, given an expression of its key. In SQL as text: as
    subqueries of Django's it would take longer to put together than to answer.
    """

    output_field = DateTimeField()

    def __init__(self, case):
        columns = {(Case.history.model, "id"): ["history_date"]}
        for kind in KINDS:
            columns.setdefault((kind.model, "case_id"), []).append(kind.at)
        found = [_last(model._meta.db_table, key, names) for (model, key), names in columns.items()]
        super().__init__(case, template=f"GREATEST({', '.join(found)})")


def _last(table, key, names) -> str:
    # Under another name: the key that is asked for may be of a row of the same table, which would hide it.
    last = ", ".join(f"MAX(r.{name})" for name in names)
    return f"(SELECT GREATEST({last}) FROM {table} r WHERE r.{key} = %(expressions)s)"  # noqa: S608 - names of ours


def refuse_if_stale(case, entry, seen: int | Seen) -> None:
    """Raise StaleView with what changed meanwhile if ``case``, whose open stay is ``entry``, is not as ``seen``.

    The caller holds the case's lock. What the reader of the page recorded in another window is no surprise to them;
    that the case is not where the page showed it always is.
    """
    seen = seen if isinstance(seen, Seen) else Seen(seen)
    is_there = entry is not None and entry.pk == seen.entry
    if is_there and (seen.until is None or entry.recorded_until == seen.until):
        return
    told = list(since(case, seen))
    if told or not is_there:
        raise StaleView(told)


def since(case, seen: Seen) -> Iterator[str]:
    """Yield a sentence for each thing that others have done to ``case`` after what was ``seen``, in its order."""
    after = seen.until or case.entries.filter(pk=seen.entry).values_list("entered_at", flat=True).first()
    if after is None:
        return
    now, found = timezone.now(), {}
    for kind in KINDS if seen.until else STAYS:
        rows = kind.model.objects.filter(**{kind.case: case, f"{kind.at}__gt": after})
        rows = rows if kind in STAYS else rows.exclude(**{kind.by: seen.reader})
        for row in rows.select_related(kind.by, *kind.needs):
            who, at = getattr(row, kind.by), getattr(row, kind.at)
            found.setdefault((at, who.pk), _sentence(who, kind.act(row), at, now, kind.detail(row)))
    if seen.until:
        for who, at, act in _changes(case, seen):
            found.setdefault((at, who.pk), _sentence(who, act, at, now))
    yield from (sentence for _, sentence in sorted(found.items()))


def _changes(case, seen) -> Iterator:
    """Who made the case whose, or urgent, and when: no row but its history says so."""
    rows = case.history.filter(history_date__gt=seen.until).select_related("history_user", "owner")
    before = case.history.filter(history_date__lte=seen.until).order_by("-history_id").first()
    for old, new in pairwise([before, *rows.order_by("history_id")]):
        if old is None or new.stage != old.stage or new.status != old.status or new.history_user == seen.reader:
            continue
        if new.owner_id != old.owner_id:
            yield new.history_user, new.history_date, _given(new.owner, new.history_user)
        elif new.priority != old.priority:
            yield new.history_user, new.history_date, f"made this case {Case.Priority(new.priority).label}"


def _given(owner, by) -> str:
    if owner is None:
        return "gave this case back to the team"
    return "took this case" if owner == by else f"gave this case to {owner}"


def _sentence(who, act, at, now, detail="") -> str:
    day = "" if showing.day(at) == showing.day(now) else f"on {showing.day(at, now)} "
    said = f": {shorten(detail, 120, placeholder=' …').rstrip('.')}" if detail else ""
    return f"{who} {act} {day}at {showing.clock(at)}{said}."
