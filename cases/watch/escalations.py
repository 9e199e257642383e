"""Escalations: rungs that were passed; recorded, acknowledged by a person, resolved when the case moves on."""

from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from cases import access
from cases.models import Case, Escalation, Timer
from cases.refusals import Refused
from pathways.history import save_with_history


def record(seen, passed, now, **values) -> Escalation:
    """The Escalation (not saved) of a rung that ``seen`` has passed, with due time, limit and rung as they are now."""
    step = seen.step(passed.rung)
    return Escalation(
        case=seen.case,
        kind=seen.kind,
        thing_id=seen.thing.pk,
        rung_code=step.code,
        rung_name=step.name,
        level=passed.rung.level,
        occurrence=passed.occurrence,
        urgent=step.urgent,
        stage_name=seen.title,
        limit=seen.limit,
        due_at=passed.due_at,
        reached_at=passed.reached_at,
        raised_at=now,
        **values,
    )


def settle(seen, now, *, by) -> None:
    """Record the rungs passed that nobody swept, resolved at once and told to nobody, so that an outage loses
    nothing.
    """
    missed = [record(seen, passed, now, resolved_at=now, resolved_by=by) for passed in seen.passed(now)]
    if missed:
        Escalation.objects.bulk_create(missed)


def resolve(case, now, *, by, reason, kinds=(Timer.Kind.STAGE,), thing=None) -> None:
    """Resolve what is unresolved about the case's journey, or about one task or handoff (``thing``): it is over."""
    unresolved = case.escalations.filter(resolved_at=None, kind__in=kinds)
    resolve_these(unresolved.filter(thing_id=thing.pk) if thing else unresolved, now, by=by, reason=reason)


def resolve_these(unresolved, now, *, by, reason) -> None:
    """Resolve these escalations: what they are about is over."""
    unresolved = list(unresolved)
    for escalation in unresolved:
        escalation.resolved_at, escalation.resolved_by = now, by
    if unresolved:
        bulk_update_with_history(
            unresolved, Escalation, ["resolved_at", "resolved_by"], default_user=by, default_change_reason=reason
        )


@transaction.atomic
def acknowledge(escalation, *, by, answer, at=None):
    """Record what will be done about ``escalation``, and return it.

    Raises PermissionDenied if ``by`` is not of the team that has the case, Refused if it is answered, over, or
    ``answer`` is empty.
    """
    now = at or timezone.now()
    case = Case.objects.lock(escalation.case_id)
    access.require(by, "acknowledge", case.team)
    escalation = Escalation.objects.select_for_update(no_key=True).get(pk=escalation.pk)
    if not answer.strip():
        raise Refused("Say what will be done, and by when.")
    if escalation.resolved_at is not None:
        raise Refused("This escalation is over: the case has moved on.")
    if escalation.acknowledged_at is not None:
        raise Refused(f"{escalation.acknowledged_by} has answered this escalation already.")
    escalation.acknowledged_at, escalation.acknowledged_by, escalation.acknowledgement = now, by, answer.strip()
    return save_with_history(
        escalation,
        by=by,
        reason="Escalation acknowledged",
        update_fields=["acknowledged_at", "acknowledged_by", "acknowledgement"],
    )
