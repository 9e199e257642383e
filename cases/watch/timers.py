"""Timers: the one row per case that says when its journey must be looked at next."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cases import deadlines
from cases.models import Case, Escalation, Hold, StageEntry, Timer
from pathways.maps import version_map
from pathways.models import Calendar


@dataclass(frozen=True)
class Watched:
    """A stay with all that its time depends on, read together."""

    entry: StageEntry
    stay: deadlines.Stay
    holds: tuple[Hold, ...]
    recorded: frozenset[tuple[str, int]]  # (rung code, occurrence) of the escalations that exist

    @property
    def pauses(self):
        return [deadlines.Pause(hold.started_at, hold.ended_at) for hold in self.holds]

    @property
    def open_hold(self):
        return next((hold for hold in self.holds if hold.ended_at is None), None)

    @property
    def due_at(self):
        return deadlines.due(self.stay, self.pauses)

    def passed(self, now) -> list[deadlines.Passed]:
        """The rungs passed at ``now`` that no escalation records yet, in the order in which they were reached."""
        found = deadlines.ledger(self.stay, self.pauses, now)
        return [passed for passed in found if (passed.rung.code, passed.occurrence) not in self.recorded]

    def timer(self, also_recorded=()) -> dict:
        """What the timer of this case's journey must say: kind, thing_id, fires_at and rung."""
        if hold := self.open_hold:
            return {"kind": Timer.Kind.HOLD, "thing_id": hold.pk, "fires_at": hold.until, "rung": ""}
        recorded = self.recorded | {(passed.rung.code, passed.occurrence) for passed in also_recorded}
        coming = deadlines.upcoming(self.stay, self.pauses, recorded)
        return {
            "kind": Timer.Kind.STAGE,
            "thing_id": self.entry.pk,
            "fires_at": coming.reached_at if coming else None,
            "rung": coming.rung.code if coming else "",
        }


def watched(entries) -> list[Watched]:
    """Read what the time of ``entries`` (with their case) depends on, in a fixed number of queries."""
    entries = list(entries)
    pks = [entry.pk for entry in entries]
    holds, recorded = defaultdict(list), defaultdict(set)
    for hold in Hold.objects.filter(entry__in=pks).order_by("started_at", "pk"):
        holds[hold.entry_id].append(hold)
    raised = Escalation.objects.filter(kind=Timer.Kind.STAGE, thing_id__in=pks)
    for thing, code, occurrence in raised.values_list("thing_id", "rung_code", "occurrence"):
        recorded[thing].add((code, occurrence))
    stages = {entry.pk: version_map(entry.case.version_id).by_pk[entry.stage_id] for entry in entries}
    needed = {stage.calendar_id for stage in stages.values() if stage.needs_calendar}
    calendars = Calendar.objects.in_bulk(needed) if needed else {}
    return [
        Watched(
            entry,
            stay_of(stages[entry.pk], entry.entered_at, calendars),
            tuple(holds[entry.pk]),
            frozenset(recorded[entry.pk]),
        )
        for entry in entries
    ]


def watched_entry(entry) -> Watched:
    return watched([entry])[0]


def stay_of(stage, entered_at: datetime, calendars: dict[int, Calendar]) -> deadlines.Stay:
    """The time rules of ``stage`` for a stay that began at ``entered_at``."""
    schedule = calendars[stage.calendar_id].schedule() if stage.needs_calendar else None
    return deadlines.Stay(entered_at, stage.limit, rungs(stage), schedule)


def rungs(stage) -> tuple[deadlines.Rung, ...]:
    """The ladder of ``stage``, lowest rung first."""
    return tuple(
        deadlines.Rung(
            code=step.code,
            level=level,
            before=step.offset if step.when == step.When.BEFORE else None,
            after=step.offset if step.when == step.When.AFTER else None,
            share=step.amount if step.when == step.When.SHARE else None,
            repeat=step.repeat,
            repeat_at_most=step.repeat_at_most,
        )
        for level, step in enumerate(stage.ladder.all(), start=1)
    )


def stay_in(stage, entered_at: datetime) -> deadlines.Stay:
    """The time rules of one stage, its calendar read anew."""
    calendars = {stage.calendar_id: Calendar.objects.get(pk=stage.calendar_id)} if stage.needs_calendar else {}
    return stay_of(stage, entered_at, calendars)


def limit_in_words(stage) -> str:
    return str(stage.limit) if stage.limit else ""


def lock(case) -> Timer | None:
    """Lock the timer of the case's journey, after the case. A sweep locks timers first and never cases with them, so
    that an operation either waits for the sweep here, before it has written anything, or is skipped by it.
    """
    return (
        Timer.objects.select_for_update(no_key=True)
        .filter(case=case, kind__in=[Timer.Kind.STAGE, Timer.Kind.HOLD])
        .first()
    )


def watch(case, seen: Watched, timer: Timer | None) -> None:
    """Set the case's due time (not saved) and its timer to what ``seen`` says."""
    case.due_at = seen.due_at
    values = {**seen.timer(), "error": "", "retry_at": None}
    if timer is None:
        Timer.objects.create(case=case, **values)
    else:
        Timer.objects.filter(pk=timer.pk).update(**values)


def clear(case) -> None:
    """Nothing about the case is watched any more."""
    Timer.objects.filter(case=case).delete()


def watch_many(entries) -> None:
    """Set timers and due times of many open cases at once, given their open ``entries`` (with case): for imports."""
    seen = watched(entries)
    Timer.objects.filter(case__in=[item.entry.case_id for item in seen]).delete()
    Timer.objects.bulk_create([Timer(case=item.entry.case, **item.timer()) for item in seen])
    for item in seen:
        item.entry.case.due_at = item.due_at
    Case.objects.bulk_update([item.entry.case for item in seen], ["due_at"])


def rebuild(*, check=False, batch_size=2000) -> list[str]:
    """Compute the timers and due times of all open cases again and mend those that differ; with ``check`` only find
    them.

    Returns a sentence for each that differed. Suspects are found without locks and looked at again under the case's
    lock, so that a case which is just being moved is never called wrong.
    """
    found, last = [], 0
    while entries := _open_entries().filter(pk__gt=last).order_by("pk")[:batch_size]:
        last = entries[len(entries) - 1].pk
        existing = {
            timer.case_id: timer for timer in Timer.objects.filter(case__in=[entry.case_id for entry in entries])
        }
        for item in watched(entries):
            if _differences(item, existing.get(item.entry.case_id)):
                found += _mend(item.entry.case, check)
    for case in Case.objects.filter(status=Case.Status.CLOSED, timers__isnull=False).distinct():
        found += _mend(case, check)
    return found


def _open_entries():
    return StageEntry.objects.filter(left_at=None).select_related("case")


@transaction.atomic
def _mend(case, check):
    case = Case.objects.lock(case.pk)
    timer = lock(case)
    entry = case.open_entry
    if entry is None:
        if not check:
            clear(case)
        return [f"{case}: the case is closed, but something about it is still watched."] if timer else []
    entry.case = case
    seen = watched_entry(entry)
    found = _differences(seen, timer)
    if found and not check:
        watch(case, seen, timer)
        Case.objects.filter(pk=case.pk).update(due_at=case.due_at)
    return found


def _differences(seen, timer):
    case, wanted, found = seen.entry.case, seen.timer(), []
    if timer is None:
        found.append(f"{case}: nothing is watched, and {_words(wanted)} is owed.")
    elif (have := {name: getattr(timer, name) for name in wanted}) != wanted:
        found.append(f"{case}: the timer says {_words(have)}, but it must say {_words(wanted)}.")
    if case.due_at != seen.due_at:
        found.append(f"{case}: the list says due {case.due_at}, but it is due {seen.due_at}.")
    return found


def _words(values):
    at = values["fires_at"]
    return (
        f"{values['kind']} {values['thing_id']} {values['rung'] or 'nothing'} at {at.isoformat() if at else 'no time'}"
    )
