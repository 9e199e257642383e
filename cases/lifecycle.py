"""What can be done to a case. Each act is one operation: atomic, the case locked first, the time taken once, history
with user and reason, the watch set, messages after commit.

``at`` is for journeys that are built up from elsewhere (demo data, tests): an act is otherwise always done now.
"""

from django.db import transaction
from django.utils import timezone

from cases import access, asked, overrides, patients, stays, to_do
from cases.models import Hold
from cases.refusals import Refused
from cases.stays import How
from cases.watch import escalations, time_rules, timers, watched
from pathways.far_dates import too_far
from pathways.history import save_with_history
from pathways.maps import version_map
from pathways.members import hold_member
from pathways.models import Team


@transaction.atomic
def open_case(pathway, patient, *, by, parent=None, note="", at=None):
    """Open a case of ``patient`` in the first stage of the pathway's active version, and return it.

    Raises PermissionDenied if ``by`` is not of the first stage's team, Refused if the pathway has no active version or
    the patient's record was merged into another.
    """
    now = at or timezone.now()
    version = pathway.active_version
    if version is None:
        raise Refused(f"{pathway.name} has no active version. Ask your pathway administrator to publish one.")
    access.require(by, "open", Team.objects.get(pk=version_map(version.pk).first_stage.team_id))
    patient = patients.lock_for_new_case(patient) if patient else None
    return stays.begin(version, patient, parent=parent, now=now, by=by, reason=note or "Case opened")


@transaction.atomic
def move_case(
    case,
    transition,
    *,
    by,
    note="",
    facts=None,
    forms=None,
    overriding=None,
    seen_entry=None,
    handoff=None,
    at=None,
):
    """Move ``case`` along ``transition`` and return it; a hold ends, a final stage closes the case.

    ``facts`` {code: answer} are kept on the stay that begins; ``forms`` {code: {question code: answer}} are completed
    first; ``overriding`` {key of a requirement: reason} moves the case although that is not met. All or nothing: a
    move that is refused records none of it.

    Raises PermissionDenied if ``by`` may not make this move or override a requirement, StaleView if the case is not
    any more as the page that showed ``seen_entry`` (see ``stays.lock``), TransitionRefused with the reasons if
    requirements are not met, Refused with a sentence for each answer that is missing or wrong.
    """
    case, entry, timer = stays.lock(case, seen_entry)
    now, note = stays.time_of(at, entry), note.strip()
    if handoff is None:  # an accepted one: they who accept make the move
        access.require_move(by, case, transition)
    asked.record(case, entry, transition, note=note, forms=forms, now=now, by=by)
    facts = asked.given(facts, transition.target)
    if handoff is None:
        granted, granted_at, granted_by = overrides.grant(case, transition, overriding, now=now, by=by), now, by
    else:  # by those who offered it
        granted, granted_at, granted_by = (
            overrides.of_offer(handoff, case, now),
            handoff.offered_at,
            handoff.offered_by,
        )
    left, was_held = case.stage_now, case.is_held
    case.move(transition, now, without=granted)
    # A note that is a row of its own is not said twice.
    reason = note if note and not asked.wants_note(transition) else transition.name
    if handoff is not None:
        reason = f"Accepted by {handoff.to_team}"
    calendars = time_rules.calendars_of(left, transition.target)
    stays.leave(case, entry, now=now, by=by, reason=reason, calendars=calendars)
    if was_held:
        case.resume()
    opened = stays.arrive(
        case,
        transition.target,
        timer,
        how=How.MOVED,
        via=transition,
        now=now,
        by=by,
        facts=facts,
        calendars=calendars,
    )
    overrides.record(granted, case, opened, now=granted_at, by=granted_by)
    return save_with_history(case, by=by, reason=reason + overrides.in_words(granted))


@transaction.atomic
def hold_case(case, *, reason, until, by, seen_entry=None, detour=None, at=None):
    """Stop the stage clock of ``case`` until it is resumed, at most until ``until``; return the Hold.

    With ``detour``, a child case, it resumes by itself when that ends.

    Raises PermissionDenied, StaleView, or Refused if the case is held or closed, or the reason or a ceiling to come is
    missing, or the ceiling is a year or more away (that of a detour is the map's).
    """
    case, entry, timer = stays.lock(case, seen_entry)
    now = stays.time_of(at, entry)
    access.require(by, "hold", case.team)
    if case.is_held:
        raise Refused("This case is on hold already. Resume it before you hold it again.")
    stays.require_open(case)
    if not reason.strip():
        raise Refused("Say why the case is put on hold.")
    if until <= now:
        raise Refused("Choose a date in the future until which the case is on hold at most.")
    if detour is None and (far := too_far(until, now, years=1)):
        raise Refused(f"{far} A case is on hold for less than a year at a time.")
    escalations.settle(watched.stay(entry), now, by=by)
    case.hold()
    hold = Hold(
        case=case, entry=entry, reason=reason.strip(), started_at=now, started_by=by, until=until, detour=detour
    )
    save_with_history(hold, by=by, reason=hold.reason)
    timers.watch(case, watched.stay(entry), timer)
    save_with_history(case, by=by, reason=f"On hold: {hold.reason}")
    return hold


@transaction.atomic
def resume_case(case, *, by, note="", seen_entry=None, at=None):
    """Let the stage clock of ``case`` run on, the due time later by the open time held; return the case.

    Raises PermissionDenied, StaleView, or Refused if it is not on hold.
    """
    case, entry, timer = stays.lock(case, seen_entry)
    now = stays.time_of(at, entry)
    access.require(by, "resume", case.team)
    if not case.is_held:
        raise Refused("This case is not on hold.")
    return stays.resume(case, entry, timer, now=now, by=by, reason=note or "Hold ended")


@transaction.atomic
def close_case(case, *, by, reason, seen_entry=None, at=None):
    """Close ``case`` where it stands, for ``reason``, and return it.

    Raises PermissionDenied, StaleView, or Refused if it is closed, has open child cases, or the reason is missing.
    """
    case, entry, _ = stays.lock(case, seen_entry)
    now = stays.time_of(at, entry)
    access.require(by, "close", case.team)
    stays.require_open(case)
    if not reason.strip():
        raise Refused("Say why the case is closed.")
    if blocked := case.closing_refusal():
        raise Refused(blocked)
    stays.leave(case, entry, now=now, by=by, reason=reason)
    stays.close(case, now=now, by=by)
    return save_with_history(case, by=by, reason=reason.strip())


@transaction.atomic
def reopen_case(case, *, by, reason, at=None):
    """Reopen ``case`` in the last stage it was in that is not final, with a new limit, and return it.

    Raises PermissionDenied, or Refused if it is not closed or the reason is missing.
    """
    case, _, timer = stays.lock(case, None)
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
    stays.arrive(case, stage, timer, how=How.REOPENED, via=None, now=now, by=by)
    if case.detour and case.detour.raises_priority:
        stays.go_again(case, by=by)
    return save_with_history(case, by=by, reason=reason.strip())


@transaction.atomic
def assign_case(case, owner, *, by, note="", seen_entry=None, at=None):
    """Make ``owner`` (None: nobody) the person of the case's team who has it, and return the case.

    Raises PermissionDenied, StaleView, or Refused if the case is closed or ``owner`` is not an active member of its
    team.
    """
    case, _, _ = stays.lock(case, seen_entry)
    access.require(by, "assign", case.team)
    stays.require_open(case)
    if owner is not None and not hold_member(owner, [case.team_id]):
        raise Refused(f"{owner} is not in {case.team}. Choose a person of that team.")
    case.owner = owner
    to_do.give_with_case(case, owner, by=by)
    reason = note or (f"Given to {owner}" if owner else "Given back to the team")
    return save_with_history(case, by=by, reason=reason, at=at)  # since when somebody has it stands in no other row
