"""What makes a case come first: an urgent detour, which also gives its stay less time, or a rung of its ladder.

Only operations use these (``detours``, ``stays``, ``lifecycle``), inside of their transaction.
"""

from cases import deadlines
from cases.models import Case, Timer
from cases.watch import escalations, timers, watched
from pathways.history import save_with_history


def priority_of(case, *, without=None) -> int:
    """What the priority of ``case`` must be: urgent while it is itself an urgent detour, a rung passed in its stay
    raises it, or a detour that raises it is open; ``without``: one that ends now.
    """
    if (case.detour and case.detour.raises_priority) or _is_raised_in_stay(case):
        return Case.Priority.URGENT
    raising = case.children.open().filter(detour__raises_priority=True)
    if without is not None:
        raising = raising.exclude(pk=without.pk)
    return Case.Priority.URGENT if raising.exists() else Case.Priority.ROUTINE


def after_stay(case, stage) -> None:
    """Set back (not saved) what the ladder of ``stage`` did to the priority of ``case``, which has left it."""
    if case.priority != Case.Priority.ROUTINE and any(step.raises_priority for step in stage.ladder.all()):
        case.priority = priority_of(case)


def _is_raised_in_stay(case):
    codes = [step.code for step in case.stage_now.ladder.all() if step.raises_priority] if case.is_open else []
    if not codes:
        return False
    return case.escalations.filter(kind=Timer.Kind.STAGE, resolved_at=None, rung_code__in=codes).exists()


def shorten(case, entry, timer, span, *, now, by, reason) -> bool:
    """Let the open stay be due ``span`` after ``now`` at the latest, and say whether that changed anything (the case
    is not saved).

    What was passed by the old due time is settled first. A stay that is late stays late; one that is due earlier
    anyway is left alone.
    """
    seen = watched.stay(entry)
    due_by = span.after(now)
    so_far = [deadlines.Pause(pause.start, pause.end or max(now, pause.start)) for pause in seen.pauses]
    due_at = deadlines.due(seen.stay, so_far)
    if due_at is not None and due_at <= due_by:
        return False
    escalations.settle(seen, now, by=by)
    entry.shortened_at, entry.shortened_by, entry.due_by = now, by, due_by
    fields = ["shortened_at", "shortened_by", "due_by"]
    save_with_history(entry, by=by, reason=reason, update_fields=fields)
    timers.watch(case, watched.stay(entry), timer)
    return True
