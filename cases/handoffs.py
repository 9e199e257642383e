"""Handoffs: a move offered to another team, and its answer. The sender stays accountable until it is accepted."""

from django.db import transaction

from cases import access, lifecycle, stays
from cases.models import Case, Handoff
from cases.refusals import Refused
from cases.watch import timers, watched
from pathways.history import save_with_history
from pathways.models import Calendar

Status = Handoff.Status


@transaction.atomic
def offer(case, transition, *, by, note, seen_entry=None, at=None) -> Handoff:
    """Offer ``case`` to the team of the stage that ``transition`` leads to; return the handoff.

    Raises PermissionDenied, StaleView, or Refused if one is open already, the move is not ready for all but the
    handoff, or what they need to know is missing.
    """
    case, entry, _ = stays.lock(case, seen_entry)
    now = stays.time_of(at, entry)
    stays.require_open(case)
    access.require(by, "move", case.team, transition=transition)
    if case.handoffs.filter(status=Status.OFFERED).exists():
        raise Refused("This case is offered already. Withdraw that offer first.")
    if transition not in case.possible_moves:
        raise Refused(f"“{transition.name}” is not possible from {case.stage_name}. Look at the case again.")
    if reasons := transition.refusals(case, now):
        raise Refused(reasons)
    if not note.strip():
        raise Refused("Say what the other team needs to know.")
    stage = transition.target
    handoff = Handoff(
        case=case,
        entry=entry,
        transition=transition,
        from_team=case.team,
        to_team_id=stage.team_id,
        note=note.strip(),
        offered_at=now,
        offered_by=by,
        due_at=wanted_by(stage, now),
    )
    save_with_history(handoff, by=by, reason=transition.name)
    timers.watch_thing(watched.handoffs([handoff])[0])
    return handoff


def wanted_by(stage, now):
    """Return the time by which the team of ``stage`` has to answer an offer made at ``now``; None without a limit."""
    limit = stage.acceptance_limit
    if limit is None:
        return None
    schedule = Calendar.objects.get(pk=stage.calendar_id).schedule() if limit.is_working else None
    return limit.after(now, schedule)


@transaction.atomic
def accept(handoff, *, by, answer="", at=None) -> Case:
    """Accept ``handoff``, which makes the move; return the case.

    Raises PermissionDenied if ``by`` may not answer it, Refused if it is answered, TransitionRefused if the move is
    not ready any more.
    """
    case, handoff, now = _lock_open(handoff, by, at)
    stays.answer_handoff(handoff, Status.ACCEPTED, answer=_who_said_so(handoff, by, answer), now=now, by=by)
    reason = f"Accepted by {handoff.to_team}"
    return lifecycle.move_case(case, handoff.transition, by=by, note=reason, handoff=handoff, at=now)


@transaction.atomic
def decline(handoff, *, by, why, at=None) -> Handoff:
    """Decline ``handoff``; the case stays where it is. Raises PermissionDenied, or Refused if it is answered or
    ``why`` is missing.
    """
    _, handoff, now = _lock_open(handoff, by, at)
    if not why.strip():
        raise Refused("Say why the handoff is declined.")
    return stays.answer_handoff(handoff, Status.DECLINED, answer=why.strip(), now=now, by=by)


@transaction.atomic
def withdraw(handoff, *, by, why, at=None) -> Handoff:
    """Take the offer back. Raises PermissionDenied if ``by`` is not of the sender, Refused if it is answered or
    ``why`` is missing.
    """
    _, handoff, now = _lock_open(handoff, by, at, sender=True)
    if not why.strip():
        raise Refused("Say why the offer is withdrawn.")
    return stays.answer_handoff(handoff, Status.WITHDRAWN, answer=why.strip(), now=now, by=by)


def answer_refusal(user, handoff) -> str | None:
    """Return a sentence if ``user`` may not answer for the receiving team; None if they may.

    An agency whose team has nobody with an account is answered for by the sender.
    """
    if access.role_in(user, handoff.to_team_id):
        return None
    if is_answered_for(handoff) and access.role_in(user, handoff.from_team_id):
        return None
    return f"You cannot answer this handoff. It is answered by {handoff.to_team}."


def is_answered_for(handoff) -> bool:
    """Is the receiving team an agency without accounts, so that the sender records its answer?"""
    return not handoff.to_team.memberships.filter(user__is_active=True).exists()


def _who_said_so(handoff, by, answer):
    if not answer.strip() and not access.role_in(by, handoff.to_team_id):
        raise Refused(f"Say who at {handoff.to_team} accepted, and how (phone, e-mail ...).")
    return answer.strip()


def _lock_open(handoff, by, at, *, sender=False):
    case, entry, _ = stays.lock(handoff.case)
    handoff = Handoff.objects.select_related("to_team", "from_team", "transition").get(pk=handoff.pk)
    handoff.case = case
    if sender:
        access.require(by, "handoff", handoff.from_team)
    elif sentence := answer_refusal(by, handoff):
        raise access.PermissionDenied(sentence)
    if handoff.status != Status.OFFERED:
        raise Refused(f"This handoff has been answered already: it was {handoff.get_status_display()}.")
    # The map's own rows, with their requirements, instead of the bare foreign key.
    handoff.transition = case.version_map.transitions[handoff.transition_id]
    return case, handoff, stays.time_of(at, entry)
