"""Stays without their lives: rows that are right one by one, made at once, for figures over many of them."""

from datetime import UTC, datetime, timedelta

from cases.models import Case, StageEntry
from pathways.models import system_user
from tests.factories import a_draft, a_move, a_stage, publish

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)  # a Monday in summer time
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def stages(code="elective", **limits):
    """Publish a pathway of stages with these codes and limits ("10 days", or None) and an end; return them by code."""
    version = a_draft(code)
    made = {
        name: a_stage(version, name, is_first=not n, limit=limit) for n, (name, limit) in enumerate(limits.items())
    }
    end = a_stage(version, "end", limit=None, kind="final")
    for stage in made.values():
        a_move(stage, end)
    publish(version)
    return made


def stays(stage, *times, team=None, due_after=None, facts=None, how="moved"):
    """Make a stay in ``stage`` of a case of its own for each of ``times`` (entered, left or None); return them.

    Each is due ``due_after`` its entry.
    """
    by, team_id = system_user(), (team or stage.team).pk
    due = {"due_at": None}
    cases = Case.objects.bulk_create(
        Case(
            version_id=stage.version_id,
            stage=stage.code,
            status="closed" if left else "open",
            team_id=team_id,
            opened_at=entered,
            closed_at=left,
            **({"due_at": entered + due_after} if due_after and not left else due),
        )
        for entered, left in times
    )
    return StageEntry.objects.bulk_create(
        StageEntry(
            case=case,
            stage=stage,
            team_id=team_id,
            how=how,
            entered_at=entered,
            entered_by=by,
            left_at=left,
            left_by=by if left else None,
            facts=facts or {},
            **({"due_at": entered + due_after} if due_after and left else due),
        )
        for case, (entered, left) in zip(cases, times, strict=True)
    )
