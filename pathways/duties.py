"""Who of a team is on duty, and when nobody is. Planned by the team's managers."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from pathways.absences import said
from pathways.far_dates import too_far
from pathways.history import delete_with_history, save_with_history
from pathways.members import hold_member
from pathways.models import Absence, Duty, EscalationStep, Membership, PathwayVersion, Role, Team
from pathways.models.people import SYSTEM_USERNAME
from pathways.publishing import Refused


def may_plan(team, *, by) -> bool:
    """May ``by`` plan the duties of ``team``? Its managers may; and Midwatch itself, when somebody leaves."""
    if by.username == SYSTEM_USERNAME:
        return True
    return by.is_active and Membership.objects.filter(user=by, team=team, role=Role.MANAGER).exists()


@transaction.atomic
def add_duty(team, person, starts_at, ends_at, *, by) -> Duty:
    """Put ``person`` on duty for ``team`` from ``starts_at`` until ``ends_at``, and return the duty.

    Raises PermissionDenied, or Refused if the end is not after the start, or has passed, either is two years or more
    away, ``person`` is not in the team, or on duty for it then already.
    """
    _require(team, by)
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)  # the duties of a team are planned one after the other
    if ends_at <= starts_at:
        raise Refused("A duty must end after it starts. Change one of the times.")
    now = timezone.now()
    if ends_at <= now:
        raise Refused("This duty is over already. Choose an end in the future.")
    if far := too_far(starts_at, now) or too_far(ends_at, now):
        raise Refused(far)
    _require_member(person, team)
    if other := _meanwhile(team, person, starts_at, ends_at):
        raise Refused(f"{person} is on duty then already, {said(other)}. Choose other times.")
    duty = Duty(team=team, user=person, starts_at=starts_at, ends_at=ends_at)
    return save_with_history(duty, by=by, reason="Duty planned")


@transaction.atomic
def remove_duty(duty, *, by) -> Duty | None:
    """Take back a duty that is yet to come, or end one that has begun, now; return what is left of it.

    Raises PermissionDenied, or Refused if it is over.
    """
    duty = Duty.objects.select_for_update(of=("self",)).select_related("team").filter(pk=duty.pk).first()
    if duty is None:
        raise Refused("Somebody has taken this duty back already.")
    _require(duty.team, by)
    now = timezone.now()
    if duty.ends_at <= now:
        raise Refused("This duty is over already.")
    if duty.starts_at >= now:
        return delete_with_history(duty, by=by, reason="Duty taken back")
    duty.ends_at = now
    return save_with_history(duty, by=by, reason="Duty ended")


@transaction.atomic
def hand_over(duty, person, *, by, reason) -> Duty:
    """Let ``person`` take over what is left of ``duty``, and return their duty: one that has begun ends now for who
    had it, for until now they were told.

    Raises PermissionDenied, or Refused if it is over or taken back, ``person`` is not in the team, or on duty for it
    then already.
    """
    _require(duty.team, by)
    Team.objects.select_for_update(no_key=True).get(pk=duty.team_id)
    duty = Duty.objects.select_for_update(of=("self",)).select_related("team").filter(pk=duty.pk).first()
    if duty is None:
        raise Refused("Somebody has taken this duty back already.")
    now = timezone.now()
    if duty.ends_at <= now:
        raise Refused("This duty is over already.")
    _require_member(person, duty.team)
    if other := _meanwhile(duty.team, person, max(duty.starts_at, now), duty.ends_at):
        raise Refused(
            f"{person} is on duty for {duty.team} then already, {said(other)}. Choose another person, or ask a "
            "manager of that team to take one of the two duties back."
        )
    if duty.starts_at < now:
        theirs = Duty(team=duty.team, user=person, starts_at=now, ends_at=duty.ends_at)
        duty.ends_at = now
        save_with_history(duty, by=by, reason=reason)
        return save_with_history(theirs, by=by, reason=reason)
    duty.user = person
    return save_with_history(duty, by=by, reason=reason)


def ahead_of(person) -> list[Duty]:
    """Return the duties of ``person`` that are not over, the next first, each with its team."""
    return list(Duty.objects.filter(user=person, ends_at__gt=timezone.now()).select_related("team"))


def warnings_about(duty) -> list[str]:
    """Return a sentence for each thing about ``duty`` that is allowed and yet worth a second look."""
    away = duty.user.absences.filter(starts_at__lt=duty.ends_at, ends_at__gt=duty.starts_at)
    found = [f"{duty.user} is away then, {said(other)}. Plan somebody else." for other in away]
    if not duty.user.email:
        found.append(f"{duty.user} has no e-mail address, so that nobody is told. Ask an administrator to add it.")
    return found


def is_asked(team) -> bool:
    """Does a rung in use tell whoever of ``team`` is on duty, so that gaps matter?"""
    rungs = EscalationStep.objects.filter(stage__team=team, tells__contains=[EscalationStep.Recipient.ON_DUTY])
    return rungs.exclude(stage__version__status=PathwayVersion.Status.DRAFT).exists()


def gaps(team, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return the spans between ``start`` and ``end`` in which nobody of ``team`` is on duty who is there. Who has
    left the team is not.
    """
    within = {"starts_at__lt": end, "ends_at__gt": start}
    duties = list(Duty.objects.counted().filter(team=team, **within))
    away = {}
    for absence in Absence.objects.filter(user__in={duty.user_id for duty in duties}, **within):
        away.setdefault(absence.user_id, []).append((absence.starts_at, absence.ends_at))
    covered = []
    for duty in duties:
        covered += uncovered(away.get(duty.user_id, ()), duty.starts_at, duty.ends_at)
    return uncovered(covered, start, end)


def uncovered(spans: Iterable[tuple], start, end) -> list[tuple]:
    """Return what the ``spans`` leave of the time from ``start`` to ``end``. Pure."""
    left = []
    for first, last in sorted(spans):
        if first > start:
            left.append((start, min(first, end)))
        start = max(start, last)
        if start >= end:
            break
    if start < end:
        left.append((start, end))
    return [(a, b) for a, b in left if a < b]


def member_refusal(person, team) -> str | None:
    """Return a sentence if ``person`` is not in ``team``, and so cannot be on duty for it; None if they are: see
    ``hold_member``.
    """
    return None if hold_member(person, [team.pk]) else f"{person} is not in {team}. Choose a person of that team."


def _require_member(person, team):
    if sentence := member_refusal(person, team):
        raise Refused(sentence)


def _meanwhile(team, person, start, end) -> Duty | None:
    return Duty.objects.filter(team=team, user=person, starts_at__lt=end, ends_at__gt=start).first()


def _require(team, by):
    if not may_plan(team, by=by):
        raise PermissionDenied(f"The duties of {team} are planned by its managers.")
