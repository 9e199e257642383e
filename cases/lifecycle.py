"""What can be done to a case. Each act is one operation: atomic, the case locked first, the time taken once, history
with user and reason, the watch set, messages after commit.

``at`` is for journeys that are built up from elsewhere (demo data, tests): an act is otherwise always done now.
"""

from django.db import transaction
from django.utils import timezone

from cases import access, deadlines
from cases.models import Case, Hold, StageEntry
from cases.refusals import Refused, StaleView
from cases.watch import escalations, timers
from pathways.history import save_with_history
from pathways.maps import version_map
from pathways.models import Team

How = StageEntry.How


@transaction.atomic
def open_case(pathway, patient, *, by, parent=None, note="", at=None):
    """Open a case of ``patient`` in the first stage of the pathway's active version, and return it.

    Raises PermissionDenied if ``by`` is not of the first stage's team, Refused if the pathway has no active version.
    """
    now = at or timezone.now()
    version = pathway.active_version
    if version is None:
        raise Refused(f"{pathway.name} has no active version. Ask your pathway administrator to publish one.")
    first = version_map(version.pk).first_stage
    team = Team.objects.get(pk=first.team_id)
    access.require(by, "open", team)
    due_at = deadlines.first_due(timers.stay_in(first, now))
    case = Case(
        version=version, stage=first.code, patient=patient, parent=parent, team=team, opened_at=now, due_at=due_at
    )
    save_with_history(case, by=by, reason=note or "Case opened")
    entry = _enter(case, first, how=How.OPENED, at=now, by=by)
    timers.watch(case, timers.watched_entry(entry), None)
    return case


@transaction.atomic
def move_case(case, transition, *, by, note="", seen_entry=None, at=None):
    """Move ``case`` along ``transition`` and return it; a hold ends, a final stage closes the case.

    Raises PermissionDenied if ``by`` may not make this move, StaleView if someone was quicker than the page that
    showed ``seen_entry``, TransitionRefused with the reasons if requirements are not met.
    """
    case, entry, timer = _lock(case, seen_entry)
    now = _now(at, entry)
    access.require(by, "move", case.team, transition=transition)
    was_held = case.is_held
    reason = note or transition.name
    case.move(transition, now)
    _leave(case, entry, now=now, by=by, reason=reason)
    if was_held:
        case.resume()
    _arrive(case, transition.target, timer, how=How.MOVED, via=transition, now=now, by=by)
    return save_with_history(case, by=by, reason=reason)


@transaction.atomic
def hold_case(case, *, reason, until, by, seen_entry=None, at=None):
    """Stop the stage clock of ``case`` until it is resumed, at most until ``until``; return the Hold.

    Raises PermissionDenied, StaleView, or Refused if the case is held or closed, or the reason or a ceiling to come is
    missing.
    """
    case, entry, timer = _lock(case, seen_entry)
    now = _now(at, entry)
    access.require(by, "hold", case.team)
    if case.is_held:
        raise Refused("This case is on hold already. Resume it before you hold it again.")
    _require_open(case)
    if not reason.strip():
        raise Refused("Say why the case is put on hold.")
    if until <= now:
        raise Refused("Choose a date in the future until which the case is on hold at most.")
    escalations.settle(timers.watched_entry(entry), now, by=by)
    case.hold()
    hold = Hold(case=case, entry=entry, reason=reason.strip(), started_at=now, started_by=by, until=until)
    save_with_history(hold, by=by, reason=hold.reason)
    timers.watch(case, timers.watched_entry(entry), timer)
    save_with_history(case, by=by, reason=f"On hold: {hold.reason}")
    return hold


@transaction.atomic
def resume_case(case, *, by, note="", seen_entry=None, at=None):
    """Let the stage clock of ``case`` run on, the due time later by the open time held; return the case.

    Raises PermissionDenied, StaleView, or Refused if it is not on hold.
    """
    case, entry, timer = _lock(case, seen_entry)
    now = _now(at, entry)
    access.require(by, "resume", case.team)
    if not case.is_held:
        raise Refused("This case is not on hold.")
    reason = note or "Hold ended"
    case.resume()
    _end_hold(case, now=now, by=by, reason=reason)
    timers.watch(case, timers.watched_entry(entry), timer)
    return save_with_history(case, by=by, reason=reason)


@transaction.atomic
def close_case(case, *, by, reason, seen_entry=None, at=None):
    """Close ``case`` where it stands, for ``reason``, and return it.

    Raises PermissionDenied, StaleView, or Refused if it is closed, has open child cases, or the reason is missing.
    """
    case, entry, _ = _lock(case, seen_entry)
    now = _now(at, entry)
    access.require(by, "close", case.team)
    _require_open(case)
    if not reason.strip():
        raise Refused("Say why the case is closed.")
    _leave(case, entry, now=now, by=by, reason=reason)
    _close(case, now=now)
    return save_with_history(case, by=by, reason=reason.strip())


@transaction.atomic
def reopen_case(case, *, by, reason, at=None):
    """Reopen ``case`` in the last stage it was in that is not final, with a new limit, and return it.

    Raises PermissionDenied, or Refused if it is not closed or the reason is missing.
    """
    case, _, timer = _lock(case, None)
    now = at or timezone.now()
    access.require(by, "reopen", case.team)
    if case.is_open:
        raise Refused("This case is not closed.")
    if not reason.strip():
        raise Refused("Say why the case is reopened.")
    last = case.entries.exclude(ends_journey=True).select_related("stage").last()
    stage = case.version_map.by_code[last.stage.code] if last else case.version_map.first_stage
    case.reopen()
    case.closed_at = None
    case.begin_in(stage)
    _arrive(case, stage, timer, how=How.REOPENED, via=None, now=now, by=by)
    return save_with_history(case, by=by, reason=reason.strip())


@transaction.atomic
def assign_case(case, owner, *, by, note="", at=None):
    """Make ``owner`` (None: nobody) the person of the case's team who has it, and return the case.

    Raises PermissionDenied, or Refused if the case is closed or ``owner`` is not an active member of its team.
    """
    case, _, _ = _lock(case, None)
    access.require(by, "assign", case.team)
    _require_open(case)
    if owner is not None and not (owner.is_active and access.role_in(owner, case.team_id)):
        raise Refused(f"{owner} is not in {case.team}. Choose a person of that team.")
    case.owner = owner
    return save_with_history(case, by=by, reason=note or (f"Given to {owner}" if owner else "Given back to the team"))


def _lock(case, seen_entry):
    """Lock the case, then its timer; return them with the open entry. Raises StaleView if that is not
    ``seen_entry``.
    """
    case = Case.objects.lock(case.pk)
    timer = timers.lock(case)
    entry = case.open_entry
    if entry is not None:
        entry.case = case
    if seen_entry is not None and (entry is None or entry.pk != seen_entry):
        raise StaleView(entry)
    return case, entry, timer


def _now(at, entry):
    """The time of this act: never before the stay began, also when the machine's clock was set back since."""
    now = at or timezone.now()
    return max(now, entry.entered_at) if entry else now


def _require_open(case):
    if not case.is_open:
        raise Refused("This case is closed. Reopen it first.")


def _leave(case, entry, *, now, by, reason):
    """End the stay: what was passed is settled and resolved, a hold ends, the entry gets its end."""
    escalations.settle(timers.watched_entry(entry), now, by=by)
    escalations.resolve(case, now, by=by, reason=reason)
    if case.is_held:
        _end_hold(case, now=now, by=by, reason=reason)
    entry.leave(at=now, by=by, reason=reason)


def _arrive(case, stage, timer, *, how, via, now, by):
    """Begin the stay in ``stage``: the team that owns it, its watch, and the end of the case if it is final."""
    team = Team.objects.get(pk=stage.team_id)
    if team.pk != case.team_id:
        case.owner = None
    case.team = team
    if stage.is_final:
        _enter(case, stage, how=how, via=via, at=now, by=by, left_at=now, left_by=by, ends_journey=True)
        _close(case, now=now)
    else:
        entry = _enter(case, stage, how=how, via=via, at=now, by=by)
        timers.watch(case, timers.watched_entry(entry), timer)


def _enter(case, stage, *, how, at, by, **values):
    return StageEntry.objects.create(
        case=case, stage=stage, team_id=stage.team_id, how=how, entered_at=at, entered_by=by, **values
    )


def _end_hold(case, *, now, by, reason):
    hold = case.holds.get(ended_at=None)
    hold.ended_at, hold.ended_by = max(now, hold.started_at), by
    save_with_history(hold, by=by, reason=reason)


def _close(case, *, now):
    case.close()
    case.closed_at, case.due_at = now, None
    timers.clear(case)
