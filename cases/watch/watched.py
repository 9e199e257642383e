"""What is watched: a stay, a task, a handoff, an unread result or an escalation to be answered, with all that its time
depends on, read in a fixed number of queries.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from cases import deadlines
from cases.models import Escalation, Handoff, Hold, Result, StageEntry, Task, Timer
from cases.watch import ladders
from cases.watch.ladders import HANDOFF_LADDER, RESULT_LADDER, TASK_LADDER
from cases.watch.time_rules import TimeRules, calendars_of, limit_of, rungs_of
from pathways.maps import version_map
from pathways.models import EscalationStep

Kind = Timer.Kind


@dataclass(frozen=True)
class Watched:
    """A thing of a case that may become late: whose it is, its time rules, and what is recorded about it already."""

    kind: Kind
    thing: object  # StageEntry, Task, Handoff, Result or Escalation
    case: object
    team_id: int
    owner: object
    title: str  # what is late, in words: the stage, the task, the handoff, the result
    limit: str
    since: datetime  # what was passed before is backlog: it is told in one digest
    steps: tuple[EscalationStep, ...]
    stay: deadlines.Stay
    holds: tuple[Hold, ...] = ()
    recorded: frozenset[tuple[str, int]] = frozenset()  # (rung code, occurrence) of the escalations that exist

    @property
    def pauses(self):
        return [deadlines.Pause(hold.started_at, hold.ended_at) for hold in self.holds]

    @property
    def open_hold(self):
        return next((hold for hold in self.holds if hold.ended_at is None), None)

    @property
    def due_at(self):
        return deadlines.due(self.stay, self.pauses)

    def step(self, rung: deadlines.Rung) -> EscalationStep:
        return self.steps[rung.level - 1]

    def passed(self, now) -> list[deadlines.Passed]:
        """The rungs passed at ``now`` that no escalation records yet, in the order in which they were reached."""
        return [one for one in deadlines.ledger(self.stay, self.pauses, now) if one.key not in self.recorded]

    def timer(self) -> dict:
        """What the timer must say: kind, thing_id, fires_at and rung."""
        return self._timer(deadlines.upcoming(self.stay, self.pauses, self.recorded))

    def passed_and_timer(self, now) -> tuple[list[deadlines.Passed], dict]:
        """What is passed at ``now``, and what the timer must say once that is recorded."""
        passed, coming = deadlines.passed_and_next(self.stay, self.pauses, self.recorded, now)
        return passed, self._timer(coming)

    def _timer(self, coming):
        if hold := self.open_hold:
            return {"kind": Kind.HOLD, "thing_id": hold.pk, "fires_at": hold.until, "rung": ""}
        return {
            "kind": self.kind,
            "thing_id": self.thing.pk,
            "fires_at": coming.reached_at if coming else None,
            "rung": coming.rung.code if coming else "",
        }


def stays(entries) -> list[Watched]:
    """Read the ``entries`` (with their case and its owner) as watched stays."""
    entries = list(entries)
    holds = defaultdict(list)
    for hold in Hold.objects.filter(entry__pk__any=_keys(entries)):
        holds[hold.entry_id].append(hold)
    recorded = _recorded(Kind.STAGE, entries)
    stages = {entry.stage_id: version_map(entry.case.version_id).by_pk[entry.stage_id] for entry in entries}
    calendars = calendars_of(*stages.values())
    rules = {pk: TimeRules.of(stage, calendars) for pk, stage in stages.items()}  # once a stage: many are in it
    return [
        _stay(
            entry,
            rules[entry.stage_id],
            owner=entry.case.owner,
            holds=tuple(holds[entry.pk]) if entry.pk in holds else (),
            recorded=recorded[entry.pk],
        )
        for entry in entries
    ]


def new_stay(entry, calendars=None) -> Watched:
    """A stay that has just begun: nothing can have held it yet, and nothing be recorded about it. Whom it concerns is
    asked when it is swept.
    """
    return _stay(entry, _rules_of(entry, calendars), owner=None)


def ending_stay(entry, *, holds, raised, calendars) -> Watched:
    """A stay that is about to end, with its ``holds`` and the escalations ``raised`` about it: nobody will be told of
    it any more.
    """
    recorded = frozenset((row.rung_code, row.occurrence) for row in raised if row.thing_id == entry.pk)
    return _stay(entry, _rules_of(entry, calendars), owner=None, holds=tuple(holds), recorded=recorded)


def _rules_of(entry, calendars):
    stage = version_map(entry.case.version_id).by_pk[entry.stage_id]
    return TimeRules.of(stage, calendars_of(stage) if calendars is None else calendars)


def _stay(entry, rules, *, owner, holds=(), recorded=frozenset()):
    return Watched(
        kind=Kind.STAGE,
        thing=entry,
        case=entry.case,
        team_id=entry.team_id,
        owner=owner,
        title=rules.stage.name,
        limit=limit_of(entry, rules),
        since=entry.watched_since,
        steps=rules.steps,
        stay=rules.begun(entry.entered_at, entry.shortened_at, entry.due_by),
        holds=holds,
        recorded=recorded,
    )


def stay(entry) -> Watched:
    return stays([entry])[0]


def tasks(found) -> list[Watched]:
    """Read open tasks (with their case and owner) as watched things. One that was promised in answer to an escalation
    has a ladder of its own.
    """
    found = list(found)
    promises = Escalation.objects.filter(promise__in=[task.pk for task in found]).order_by("urgent")
    promised = dict(promises.values_list("promise", "urgent"))  # urgent if one of them was

    def ladder(task):
        return ladders.of_promise(promised[task.pk]) if task.pk in promised else TASK_LADDER

    def about(task):
        # What somebody typed may name the patient, and this goes into e-mails: only the map's own words do.
        title = f"task “{task.title}”" if task.code else "a promise" if task.pk in promised else "a task"
        return task.team_id, task.owner, title, task.made_at

    return _agreed(Kind.TASK, found, ladder, about)


def handoffs(found) -> list[Watched]:
    """Read open handoffs (with their case, its owner, and the receiving team) as watched things."""
    return _agreed(
        Kind.HANDOFF,
        list(found),
        lambda handoff: HANDOFF_LADDER,
        lambda handoff: (
            handoff.from_team_id,
            handoff.case.owner,
            f"handoff to {handoff.to_team}",
            handoff.offered_at,
        ),
    )


def results(found) -> list[Watched]:
    """Read results that have arrived and are not read (with their case and reader) as watched things.

    The managers are those of the team that has the case now: it answers for what lies unread.
    """
    return _agreed(
        Kind.RESULT,
        list(found),
        lambda result: RESULT_LADDER,
        # Which result is typed by hand, and this goes into e-mails.
        lambda result: (result.case.team_id, result.reader, "a result to be read", result.arrived_at),
    )


def escalations(found) -> list[Watched]:
    """Read escalations that were told and not answered (with their case and its owner) as watched things: if nobody
    answers in time, those of the next higher rung are told.
    """
    return _agreed(
        Kind.ESCALATION,
        list(found),
        ladders.of_answer,
        lambda one: (one.case.team_id, one.case.owner, one.stage_name, one.raised_at),
    )


# What of each kind is still to be watched, and how it is read.
OPEN = {
    # Owners apart: they are few, and a join would make one anew for each of thousands of cases.
    Kind.STAGE: lambda: StageEntry.objects.filter(left_at=None).select_related("case").prefetch_related("case__owner"),
    Kind.TASK: lambda: Task.objects.filter(done_at=None, cancelled_at=None).select_related("case", "owner"),
    Kind.HANDOFF: lambda: Handoff.objects.filter(status="offered").select_related("case", "case__owner", "to_team"),
    Kind.RESULT: lambda: Result.objects.unread().select_related("case", "reader"),
    Kind.ESCALATION: lambda: Escalation.objects.filter(
        answer_by__isnull=False, acknowledged_at=None, resolved_at=None
    ).select_related("case", "case__owner"),
}
READ = {
    Kind.STAGE: stays,
    Kind.TASK: tasks,
    Kind.HANDOFF: handoffs,
    Kind.RESULT: results,
    Kind.ESCALATION: escalations,
}


def _agreed(kind, things, ladder_of, about):
    """Things whose due time was agreed, instead of computed from a limit."""
    recorded = _recorded(kind, things)
    found = []
    for thing in things:
        team_id, owner, title, began_at = about(thing)
        ladder = ladder_of(thing)
        # Of an answer that is missing only the first rung is passed: those above it are reached by the stay itself.
        passed = ladder[:1] if kind == Kind.ESCALATION else ladder
        due_at = thing.answer_by if kind == Kind.ESCALATION else thing.due_at
        found.append(
            Watched(
                kind=kind,
                thing=thing,
                case=thing.case,
                team_id=team_id,
                owner=owner,
                title=title,
                limit="",
                since=began_at,
                steps=ladder,
                stay=deadlines.Stay(began_at, None, rungs_of(passed), due_at=due_at),
                recorded=recorded[thing.pk],
            )
        )
    return found


def _recorded(kind, things):
    found = defaultdict(frozenset)
    raised = Escalation.objects.filter(kind=kind, thing_id__any=_keys(things))
    for thing, code, occurrence in raised.values_list("thing_id", "rung_code", "occurrence"):
        found[thing] |= {(code, occurrence)}
    return found


def _keys(things):
    return {thing.pk for thing in things}
