"""Decide that the weekly chart of a stage gets limits of its own from a week on, and take that back.

Something was changed for good, and the chart must not go on comparing with what was before. Only a recorded decision,
with author and reason, does that (nhs-rules section 7).
"""

from datetime import date, timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from cases import access
from cases.models import LimitsDecision
from cases.refusals import Refused
from pathways.history import save_with_history

NOT_YOURS = "New limits are decided by managers of a team and pathway administrators. Ask one of them."


def may_decide(user) -> bool:
    return access.manages_something(user) or access.is_pathway_administrator(user)


def standing(pathway, stage_code) -> list[LimitsDecision]:
    """The decisions about a stage that hold, the earliest first."""
    found = LimitsDecision.objects.filter(pathway=pathway, stage_code=stage_code, withdrawn_at=None)
    return list(found.select_related("decided_by"))


def recalculate_limits(pathway, stage_code, after: date, *, reason, by, at=None) -> LimitsDecision:
    """Let the chart of the stage begin anew with the week in which ``after`` lies, and return the decision.

    Raises PermissionDenied if ``by`` may not decide that, Refused if a reason is missing, the week has not begun, or
    it was decided for this week already.
    """
    _require(by)
    now = at or timezone.now()
    monday = after - timedelta(days=after.weekday())
    if not reason.strip():
        raise Refused("Write what was changed, and why the weeks before it should not count any more.")
    if monday > timezone.localdate(now):
        raise Refused("This week has not begun yet. Choose a week from which on something has changed.")
    decision = LimitsDecision(
        pathway=pathway, stage_code=stage_code, after=monday, reason=reason.strip(), decided_at=now, decided_by=by
    )
    try:
        with transaction.atomic():
            return save_with_history(decision, by=by, reason="New limits decided")
    except IntegrityError:
        raise Refused("New limits from this week on were decided already. Look at the chart again.") from None


@transaction.atomic
def withdraw(decision, *, by, at=None) -> LimitsDecision:
    """Let the chart go on with the limits that it had before. The decision stays on record, with who withdrew it."""
    _require(by)
    decision = LimitsDecision.objects.select_for_update(no_key=True).get(pk=decision.pk)
    if decision.withdrawn_at is not None:
        raise Refused("This decision has been withdrawn already.")
    decision.withdrawn_at, decision.withdrawn_by = max(at or timezone.now(), decision.decided_at), by
    return save_with_history(decision, by=by, reason="New limits withdrawn")


def _require(user):
    if not may_decide(user):
        raise PermissionDenied(NOT_YOURS)
