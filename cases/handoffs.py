"""Handoffs: a move offered to another team, and its answer. The sender stays accountable until it is accepted."""

from django.db import transaction

from cases import access, asked, lifecycle, overrides, stays, to_do
from cases.models import Case, Handoff
from cases.refusals import Refused
from cases.watch import timers, watched
from pathways.history import save_with_history
from pathways.members import hold_member
from pathways.models import Calendar

Status = Handoff.Status


CANNOT_RETURN = "This case cannot be returned to {team} any more: it has gone on, or its pathway changed."


@transaction.atomic
def offer(case, transition, *, by, note, forms=None, overriding=None, seen_entry=None, at=None) -> Handoff:
    """Offer ``case`` to the team of the stage that ``transition`` leads to; return the handoff.

    ``forms`` {code: {question code: answer}} are completed first, and kept only if the case is offered; ``overriding``
    {key of a requirement: reason} offers it although that is not met. Where the move requires a note, what they need
    to know is one.

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
    if not note.strip():
        raise Refused("Say what the other team needs to know.")
    asked.record(case, entry, transition, note=note.strip(), forms=forms, now=now, by=by)
    stage = transition.target
    if not to_do.may_know(stage.team_id, case) and _has_accounts(stage.team):
        raise Refused(to_do.MAY_NOT_KNOW.format(team=stage.team))
    granted = overrides.grant(case, transition, overriding, now=now, by=by)
    if reasons := transition.refusals(case, now, without=granted):
        raise Refused(reasons)
    handoff = Handoff(
        case=case,
        entry=entry,
        transition=transition,
        from_team=case.team,
        to_team_id=stage.team_id,
        note=note.strip(),
        passed_over=overrides.kept(granted),
        offered_at=now,
        offered_by=by,
        due_at=wanted_by(stage, now),
    )
    save_with_history(handoff, by=by, reason=transition.name + overrides.in_words(granted))
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
def accept(handoff, *, by, answer="", facts=None, at=None) -> Case:
    """Accept ``handoff``, which makes the move; return the case. ``facts`` {code: answer} are kept on the stay that
    begins.

    Raises PermissionDenied if ``by`` may not answer it, Refused if it is answered, TransitionRefused if the move is
    not ready any more.
    """
    case, handoff, now = _lock_open(handoff, by, at)
    stays.answer_handoff(handoff, Status.ACCEPTED, answer=_who_said_so(handoff, by, answer), now=now, by=by)
    return lifecycle.move_case(case, handoff.transition, by=by, facts=facts, handoff=handoff, at=now)


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


@transaction.atomic
def give_back(handoff, *, by, why, who="", seen_entry=None, at=None) -> Case:
    """Return the case of an accepted ``handoff`` to the stage it was offered from; return the case.

    It goes to who offered it, if they are still of that team, and begins a stay there with a new limit. ``who`` said
    so and how is needed where the sender records it for an agency without accounts.

    Raises PermissionDenied if ``by`` may not answer for the receiving team, StaleView, or Refused if the case has left
    the stay that began when it was accepted, or a reason is missing.
    """
    case, entry, timer = stays.lock(handoff.case, seen_entry)
    now = stays.time_of(at, entry)
    handoff = Handoff.objects.select_related("to_team", "from_team", "offered_by").get(pk=handoff.pk)
    if sentence := answer_refusal(by, handoff):
        raise access.PermissionDenied(sentence)
    if to_give_back(case, entry) != handoff:
        raise Refused(CANNOT_RETURN.format(team=handoff.from_team))
    if not why.strip():
        raise Refused("Say why the case is returned.")
    if not who.strip() and not access.role_in(by, handoff.to_team_id):
        raise Refused(f"Say who at {handoff.to_team} returns the case, and how they said so (phone, e-mail ...).")
    stage = case.version_map.by_code[handoff.entry.stage.code]
    was_held, reason = case.is_held, f"Returned by {handoff.to_team}"
    stays.leave(case, entry, now=now, by=by, reason=reason)
    if was_held:
        case.resume()
    case.begin_in(stage)
    stays.arrive(case, stage, timer, how=stays.How.RETURNED, via=None, now=now, by=by)
    if hold_member(handoff.offered_by, [stage.team_id]):
        case.owner = handoff.offered_by
        to_do.give_with_case(case, case.owner, by=by)
    handoff.status, handoff.returned_at, handoff.returned_by = Status.RETURNED, now, by
    handoff.return_reason = "\n".join(filter(None, [why.strip(), who.strip()]))
    save_with_history(handoff, by=by, reason=reason)
    return save_with_history(case, by=by, reason=reason)


def to_give_back(case, entry) -> Handoff | None:
    """Return the handoff whose acceptance began the stay ``entry``, the case's open one; None if there is none, or it
    does not lead back.
    """
    if entry is None or entry.via_id is None:
        return None
    accepted = case.handoffs.filter(status=Status.ACCEPTED, transition=entry.via_id, answered_at=entry.entered_at)
    found = accepted.select_related("entry__stage").first()
    return found if found and leads_back(found, case) else None


def leads_back(handoff, case) -> bool:
    """Does the pathway of ``case`` still have the stage from which it was offered, and is that not final now?"""
    stage = case.version_map.by_code.get(handoff.entry.stage.code)
    return stage is not None and not stage.is_final


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
    return not _has_accounts(handoff.to_team)


def _has_accounts(team) -> bool:
    return team.memberships.filter(user__is_active=True).exists()


def answered(handoff) -> str:
    """Say how a handoff that is over was answered, and by whom."""
    return f"{handoff.get_status_display()} by {handoff.answered_by}"


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
        raise Refused(f"This handoff has been answered already: it was {answered(handoff)}.")
    # The map's own rows, with their requirements, instead of the bare foreign key.
    handoff.transition = case.version_map.transitions[handoff.transition_id]
    return case, handoff, stays.time_of(at, entry)
