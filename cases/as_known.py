"""A case as its record knew it at an instant: what was written down later does not count, and is named.

Stays, tasks and the like carry when they *happened*; the history carries when that was *written down*. The two differ
where something was entered afterwards: an imported log, a hold that the sweep ended at its ceiling hours ago.
"""

from copy import copy
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from cases import who_was_told
from cases.models import Case, Escalation, Handoff, Hold, Result, StageEntry, Task, Timer
from cases.showing import moment
from pathways.maps import version_map


@dataclass
class AsKnown:
    """What was watched about a case at ``at``: its rows as they were, and ``remarks`` on what was not known then."""

    at: datetime
    case: Case  # with the version, the stage, the team and the owner that it had
    since: datetime | None  # when the case was first written down, if that was after ``at``
    entry: StageEntry | None = None
    holds: list[Hold] = field(default_factory=list)
    things: dict[str, list] = field(default_factory=dict)  # by kind of timer
    remarks: list[str] = field(default_factory=list)


def read(case: Case, at: datetime) -> AsKnown:
    """Read how ``case`` stood at ``at`` as it was known then; as it is known today, if nothing was written then."""
    trail = case.history.order_by("history_date", "history_id")
    row = trail.filter(history_date__lte=at).last()
    known = AsKnown(at, copy(case) if row is None else _as_recorded(row, case), None)
    if row is None:
        known.since = trail.values_list("history_date", flat=True).first()
        known.remarks.append(
            f"The case was written into Midwatch on {moment(known.since)}, after this moment: nobody could be told "
            "then. What follows is what the record says today of that moment."
            if known.since
            else "The record does not say when the case was written into Midwatch."
        )
    _read_stay(known, case, is_known=row is not None)
    _read_things(known, is_known=row is not None)
    return known


def _as_recorded(row, case):
    found = row.instance
    found.patient = case.patient
    return found


def _read_stay(known, case, *, is_known):
    at = known.at
    open_then = case.entries.filter(Q(left_at=None) | Q(left_at__gt=at), entered_at__lte=at)
    entry = open_then.select_related("stage", "team").order_by("entered_at", "pk").last()
    if entry is None:
        known.remarks.append("The case was closed at this moment: nothing about a stay is watched then.")
        return
    written = known.case.stage if is_known else entry.stage.code
    if written != entry.stage.code:
        known.remarks.append(
            f"The record still had the case in {_name(known.case, written)} at this moment: that the stay in "
            f"{entry.stage} began on {moment(entry.entered_at)} was written down later."
        )
    # By its code: a later version of the map may have led the stay to a stage of its own.
    stage = version_map(known.case.version_id).by_code.get(entry.stage.code)
    if is_known and stage is not None and written == entry.stage.code:
        entry.stage = stage
        entry.team_id = known.case.team_id
    else:
        known.case.version_id = entry.stage.version_id
    if entry.shortened_at is not None and entry.shortened_at > at:
        entry.shortened_at = entry.shortened_by = entry.due_by = None
    entry.case = known.case
    known.entry = entry
    known.holds = _holds(known, entry, is_known=is_known)


def _name(case, code):
    stage = version_map(case.version_id).by_code.get(code)
    return stage.name if stage else code


def _holds(known, entry, *, is_known):
    at, found = known.at, []
    recorded = _last_rows(Hold, at, entry_id=entry.pk)
    for hold in Hold.objects.filter(entry=entry, started_at__lte=at).order_by("started_at", "pk"):
        row = recorded.get(hold.pk)
        if is_known and row is None:
            known.remarks.append(
                f"The hold from {moment(hold.started_at)} was written down after this moment: it does not count here."
            )
            continue
        ended_at = row.ended_at if is_known else hold.ended_at
        if hold.ended_at is not None and hold.ended_at <= at and ended_at is None:
            known.remarks.append(
                f"That the hold ended on {moment(hold.ended_at)} was written down after this moment: it went on here."
            )
        hold.ended_at = ended_at if ended_at is not None and ended_at <= at else None
        found.append(hold)
    return found


def _read_things(known, *, is_known):
    """The tasks, the offer, the results and the unanswered escalations that were watched."""
    at, pk = known.at, known.case.pk
    tasks = Task.objects.filter(_after("done_at", at), _after("cancelled_at", at), case=pk, made_at__lte=at)
    handoffs = Handoff.objects.filter(_after("answered_at", at), case=pk, offered_at__lte=at)
    results = Result.objects.filter(_after("read_at", at), _after("cancelled_at", at), case=pk, arrived_at__lte=at)
    unanswered = Escalation.objects.filter(
        _after("acknowledged_at", at), _after("resolved_at", at), case=pk, raised_at__lte=at, answer_by__isnull=False
    )
    known.things = {
        Timer.Kind.TASK: _known_of(known, Task, tasks.select_related("owner"), is_known, ["due_at", "owner_id"]),
        Timer.Kind.HANDOFF: _known_of(known, Handoff, handoffs.select_related("to_team"), is_known, ["due_at"]),
        Timer.Kind.RESULT: _known_of(
            known, Result, results.select_related("reader"), is_known, ["due_at", "reader_id"]
        ),
        Timer.Kind.ESCALATION: _told_by_then(unanswered.order_by("pk"), at),
    }
    for found in known.things.values():
        for thing in found:
            thing.case = known.case


def _told_by_then(unanswered, at):
    """Without those that were told later: until then nobody had to answer them."""
    unanswered = list(unanswered)
    later = who_was_told.told_later(unanswered)
    return [one for one in unanswered if later.get(one.pk, at) <= at]


def _after(name, at):
    return Q(**{name: None}) | Q(**{f"{name}__gt": at})


def _known_of(known, model, rows, is_known, names):
    """Those of the ``rows`` that were written down by then, with the values of the ``names`` as they were."""
    recorded, found = _last_rows(model, known.at, case_id=known.case.pk) if is_known else {}, []
    for row in rows.order_by("pk"):
        if is_known and row.pk not in recorded:
            kind = model._meta.verbose_name
            known.remarks.append(f"The {kind} “{row}” was written down after this moment: it was not watched then.")
            continue
        if is_known:
            for name in names:
                setattr(row, name, getattr(recorded[row.pk], name))
        found.append(row)
    return found


def _last_rows(model, at, **of):
    """The last row of the history until ``at``, by the key of what it is about."""
    rows = model.history.filter(history_date__lte=at, **of).order_by("history_date", "history_id")
    return {row.id: row for row in rows}
