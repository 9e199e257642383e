"""How old a case is in its stage, against the limit of that stage, and what was promised by when: the same words on
every page.
"""

from dataclasses import dataclass
from datetime import datetime

from cases import due_in_words, showing
from cases.due_in_words import Schedules


@dataclass(frozen=True)
class Age:
    """A case's age in its stage: how long it waited, the limit in words, what that means, and the share used of it."""

    entered_at: datetime | None
    waited: str
    limit: str
    due: showing.Due
    share: float | None


def age(
    case,
    entered_at: datetime | None,
    now: datetime,
    schedules: Schedules | None = None,
    due_by: datetime | None = None,
) -> Age:
    """Return the age of ``case``, whose open stay began at ``entered_at`` (None: it is closed).

    A page of many cases gives the same ``schedules`` for all. ``due_by``: an urgent detour shortened the stay to this.
    """
    if entered_at is None:
        return Age(None, "", "", showing.Due("none", "closed"), None)
    stage = case.stage_now
    is_shortened = due_by is not None and due_by == case.due_at
    limit = "" if is_shortened else str(stage.limit or "")
    due = due_in_words.due(
        stage, case.due_at, now, limit=limit, schedules=schedules, entered_at=entered_at, held=case.is_held
    )
    whole = (case.due_at - entered_at).total_seconds() if case.due_at else 0
    share = (now - entered_at).total_seconds() / whole if whole > 0 else None
    return Age(entered_at, showing.duration(now - entered_at), limit, due, share)


def promised(due_at: datetime | None, since: datetime, now: datetime) -> showing.Due:
    """Say by when a task is to be done or a handoff answered, which was agreed ``since``."""
    if due_at is None:
        return showing.Due("none", "no date")
    if due_at < now:
        return showing.Due("late", f"was due {showing.short_when(due_at, now)}")
    return showing.due(due_at, now, entered_at=since)
