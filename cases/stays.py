"""The parts that acts on a case are made of: lock it, end a stay, begin the next, end a hold, close.

Only operations use these (``lifecycle``, ``detours``, ``handoffs``, ``migration``, ``calendar_change``), inside of
their transaction.
"""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from cases import deadlines, meanwhile, to_do, urgency
from cases.models import Case, Escalation, Handoff, Hold, StageEntry, Timer
from cases.refusals import Refused
from cases.watch import escalations, time_rules, timers, watched
from pathways.history import save_with_history
from pathways.maps import version_map

How = StageEntry.How

# Read with the stay under the lock, so that what is not there need not be looked for when it ends.
OF_STAY = OuterRef("pk")
ABOUT_STAY = Q(kind=Timer.Kind.STAGE) & (Q(thing_id=OF_STAY) | Q(resolved_at=None))
WITH_STAY = {
    "has_holds": Exists(Hold.objects.filter(entry=OF_STAY)),
    "has_offer": Exists(Handoff.objects.filter(entry=OF_STAY, status=Handoff.Status.OFFERED)),
    "has_escalations": Exists(Escalation.objects.filter(ABOUT_STAY, case=OuterRef("case"))),
}


def in_batches(entries, size: int) -> Iterator[list]:
    """Yield the open ``entries`` in lists of ``size``, the newest cases first (see ``Case.objects.lock_all``)."""
    before = None
    while batch := list((entries.filter(case__lt=before) if before else entries).order_by("-case_id")[:size]):
        before = batch[-1].case_id
        yield batch


def lock(case, seen_entry=None):
    """Lock the case, then its timers; return it with its open entry and the timer of its journey.

    Raises StaleView with what changed meanwhile if the case is not as a page showed it: ``seen_entry`` is the key of
    the stay that was shown, or a ``meanwhile.Seen``.
    """
    case = Case.objects.lock(case.pk)
    timer = timers.lock(case)
    asked = WITH_STAY | ({} if seen_entry is None else {"recorded_until": meanwhile.LastRecorded(F("case_id"))})
    entry = case.entries.filter(left_at=None).annotate(**asked).order_by().first()
    if entry is not None:
        entry.case = case
    if seen_entry is not None:
        meanwhile.refuse_if_stale(case, entry, seen_entry)
    return case, entry, timer


def time_of(at, entry):
    """The time of this act: never before the stay began, also when the machine's clock was set back since."""
    now = at or timezone.now()
    return max(now, entry.entered_at) if entry else now


def require_open(case):
    """Raise Refused if the case is closed."""
    if not case.is_open:
        raise Refused("This case is closed. Reopen it first.")


def begin(version, patient, *, now, by, reason, **values) -> Case:
    """Begin a case of ``patient`` in the first stage of ``version``."""
    first = version_map(version.pk).first_stage
    due_at = deadlines.first_due(time_rules.stay_in(first, now))
    case = Case(
        version=version,
        stage=first.code,
        patient=patient,
        team_id=first.team_id,
        opened_at=now,
        due_at=due_at,
        **values,
    )
    save_with_history(case, by=by, reason=reason)
    entry = enter(case, first, how=How.OPENED, at=now, by=by)
    timers.watch(case, watched.new_stay(entry), None)
    to_do.make_from_templates(entry, now=now, by=by)
    return case


def enter(case, stage, *, how, at, by, **values) -> StageEntry:
    """Begin a stay in ``stage``."""
    return StageEntry.objects.create(
        case=case, stage=stage, team_id=stage.team_id, how=how, entered_at=at, entered_by=by, **values
    )


def leave(case, entry, *, now, by, reason, calendars=None):
    """End the stay, as ``lock`` has read it: what was passed is settled and resolved, a hold ends, an offer of it is
    withdrawn, it gets its end. ``calendars`` were read already.
    """
    holds = list(entry.holds.order_by("started_at", "pk")) if entry.has_holds else []
    about = Q(thing_id=entry.pk) | Q(resolved_at=None)
    raised = list(case.escalations.filter(about, kind=Timer.Kind.STAGE)) if entry.has_escalations else []
    calendars = time_rules.calendars_of(case.version_map.by_pk[entry.stage_id]) if calendars is None else calendars
    seen = watched.ending_stay(entry, holds=holds, raised=raised, calendars=calendars)
    if case.is_held:  # first: if nobody swept at its ceiling, what was passed since is settled too
        end_hold(seen.open_hold, now=now, by=by, reason=reason)
    escalations.settle(seen, now, by=by)
    standing = [escalation for escalation in raised if escalation.resolved_at is None]
    escalations.resolve_these(standing, now, by=by, reason=reason)
    urgency.after_stay(case, case.version_map.by_pk[entry.stage_id])
    for handoff in entry.handoffs.filter(status=Handoff.Status.OFFERED) if entry.has_offer else ():
        answer_handoff(handoff, Handoff.Status.WITHDRAWN, answer="The case went another way.", now=now, by=by)
    entry.leave(at=now, by=by, reason=reason, due_at=seen.due_at)


def arrive(case, stage, timer, *, how, via, now, by, facts=None, calendars=None) -> StageEntry:
    """Begin the stay in ``stage``: its team, its watch, its tasks, the ``facts`` that were asked on the way; and the
    end of the case if it is final. Return the stay.
    """
    values = {"how": how, "via": via, "at": now, "by": by, "facts": facts or {}}
    if stage.team_id != case.team_id:
        case.team_id, case.owner = stage.team_id, None
    if stage.is_final:
        entry = enter(case, stage, **values, left_at=now, left_by=by, ends_journey=True)
        close(case, now=now, by=by)
        return entry
    entry = enter(case, stage, **values)
    timers.watch(case, watched.new_stay(entry, calendars), timer)
    to_do.make_from_templates(entry, now=now, by=by)
    return entry


def end_hold(hold, *, now, by, reason):
    """Let the hold end, at its ceiling if that has passed and nobody has swept since."""
    hold.ended_at, hold.ended_by = max(min(now, hold.until), hold.started_at), by
    save_with_history(hold, by=by, reason=reason)


def resume(case, entry, timer, *, now, by, reason):
    """Let the stage clock of a held case run on."""
    case.resume()
    end_hold(case.holds.get(ended_at=None), now=now, by=by, reason=reason)
    timers.watch(case, watched.stay(entry), timer)
    return save_with_history(case, by=by, reason=reason)


def close(case, *, now, by):
    """End the case (not saved): nothing of it is watched or owed any more, and the case it was a detour of goes on."""
    case.close()
    case.closed_at, case.due_at = now, None
    timers.clear(case)
    to_do.cancel_all(case, now=now, by=by, why="The case was closed.")
    if case.parent_id:
        come_back(case, now=now, by=by)


def come_back(child, *, now, by):
    """Let the case that ``child`` was a detour of go on: the hold that lasted until it ended, if there still is one,
    and the priority that it was given.
    """
    parent, entry, timer = lock(child.parent)
    reason = f"{child.detour or 'The detour'} has ended" if not child.restricted else "Another matter has ended"
    before = parent.priority
    if child.detour and child.detour.raises_priority:
        parent.priority = urgency.priority_of(parent, without=child)
    if parent.is_held and parent.holds.filter(ended_at=None, detour=child).exists():
        resume(parent, entry, timer, now=time_of(now, entry), by=by, reason=reason)
    elif parent.priority != before:
        save_with_history(parent, by=by, reason=reason)


def go_again(child, *, by):
    """Let the case that ``child`` was a detour of come first again: ``child`` was reopened."""
    parent, _, _ = lock(child.parent)
    if parent.is_open and parent.priority != Case.Priority.URGENT:
        parent.priority = Case.Priority.URGENT
        save_with_history(parent, by=by, reason=f"{child} was reopened" if not child.restricted else "Another matter")


def answer_handoff(handoff, status, *, answer, now, by):
    """Record the answer to an open handoff; it is watched no more."""
    escalations.end_thing(watched.handoffs([handoff])[0], now, by=by, reason=f"Handoff {status}")
    handoff.status, handoff.answered_at, handoff.answered_by, handoff.answer = status, now, by, answer
    return save_with_history(handoff, by=by, reason=f"Handoff {status}")
