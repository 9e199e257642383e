"""The table of a pathway's stages: per stage how long finished stays took, and how long the others have waited so far.

A stay that closed its case is neither spell nor wait. Time is elapsed time, nights and holds included. A stage has one
code in all versions.
"""

from datetime import UTC, datetime

from django.db import connection

from cases.durations import summary
from pathways.models import Pathway, PathwayVersion

# One array for each stage, of spells and of waits: numbers travel faster than rows. When a stay is due is kept with it
# as it ends, and with its case until then.
LENGTHS = """
SELECT code, ended, array_agg(extract(epoch FROM until - entered_at)::float8),
    array_agg(greatest(extract(epoch FROM until - due_at), 0)::float8), bool_or(due_at IS NOT NULL)
FROM (
    SELECT stage.code, entered_at, coalesce(left_at <= %(as_of)s, false) AS ended,
        CASE WHEN left_at <= %(as_of)s THEN left_at ELSE %(as_of)s END AS until,
        CASE WHEN left_at IS NULL THEN its_case.due_at ELSE entry.due_at END AS due_at
    FROM cases_stageentry AS entry
    JOIN cases_case AS its_case ON its_case.id = case_id
    JOIN pathways_stage AS stage ON stage.id = stage_id
    JOIN pathways_pathwayversion AS version ON version.id = stage.version_id
    WHERE pathway_id = %(pathway)s AND entered_at <= %(as_of)s AND NOT ends_journey
) AS stay
GROUP BY code, ended
"""
LATE = ("beyond", "excess")
SPELLS = ("n", "mean", "sd", "cv", "median", "p90", "max", "variance", "q1", "q3", "p85", "p95", "share_beyond", *LATE)
WAITS = ("count", "median", "p90", "oldest", *LATE)


def table(pathway: Pathway, as_of: datetime) -> dict:
    """Return the durations of each stage of ``pathway`` as of an instant, all in seconds (variance: their square).

    ``{"pathway", "as_of", "stages": [{"code", "name", *SPELLS, "waiting": {*WAITS}}]}``; sd and variance are the
    sample's, cv is sd / mean, None stands for what is undefined, or where no stay has a due time.
    """
    with connection.cursor() as cursor:
        cursor.execute(LENGTHS, {"pathway": pathway.pk, "as_of": as_of})
        found = {(code, ended): figures for code, ended, *figures in cursor}
    return {
        "pathway": pathway.code,
        "as_of": as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "stages": [
            {
                "code": code,
                "name": name,
                **_figures(summary.spells, found.get((code, True)), SPELLS),
                "waiting": _figures(summary.waits, found.get((code, False)), WAITS),
            }
            for code, name in _stages(pathway)
        ],
    }


def _figures(sum_up, found, names) -> dict:
    seconds, late, has_limit = found or ([], [], False)
    figures = sum_up(seconds, late if has_limit else None)
    return {name: getattr(figures, name) for name in names}


def _stages(pathway) -> list[tuple[str, str]]:
    """Code and name of each stage: those of the active version in its order, then what only earlier versions have."""
    versions = pathway.versions.exclude(status=PathwayVersion.Status.DRAFT)
    newest_first = sorted(versions, key=lambda v: (v.status == PathwayVersion.Status.ACTIVE, v.number), reverse=True)
    found = {}
    for version in newest_first:
        for stage in version.stages.order_by("position", "pk"):
            found.setdefault(stage.code, stage.name)
    return list(found.items())
