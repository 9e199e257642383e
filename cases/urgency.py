"""What an urgent detour does to the case it was taken from: it comes first, and its stay is given less time.

Only operations use these (``detours``, ``stays``, ``lifecycle``), inside of their transaction.
"""

from cases import deadlines
from cases.models import Case
from cases.watch import escalations, timers, watched
from pathways.history import save_with_history


def priority_of(case, *, without=None) -> int:
    """What the priority of ``case`` must be: urgent while a detour that raises it is open; ``without``: one that ends
    now.
    """
    raising = case.children.open().filter(detour__raises_priority=True)
    if without is not None:
        raising = raising.exclude(pk=without.pk)
    return Case.Priority.URGENT if raising.exists() else Case.Priority.ROUTINE


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
