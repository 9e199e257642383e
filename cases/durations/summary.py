"""The variation of stage duration: per stage how long finished stays took, and how long the others have waited so far.

A *spell* is a stay that had ended by the time asked about, a *wait* one that had begun and not ended; a stay that
closed its case is neither. Time is elapsed time, nights and holds included. A stage has one code in all versions.
"""

from datetime import UTC, datetime

from django.db import connection

from pathways.models import Pathway, PathwayVersion

PERCENTILES = "Median and p90 (90% took at most that) by linear interpolation between the two nearest stays."

# In the database, where numeric sums are exact and nothing is read that is not shown. percentile_cont interpolates.
SUMMARY = """
SELECT code, ended, count(*), avg(seconds), stddev_samp(seconds), max(seconds),
    percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY seconds::float8)
FROM (
    SELECT stage.code, coalesce(left_at <= %(as_of)s, false) AS ended,
        extract(epoch FROM CASE WHEN left_at <= %(as_of)s THEN left_at ELSE %(as_of)s END - entered_at) AS seconds
    FROM cases_stageentry
    JOIN pathways_stage AS stage ON stage.id = stage_id
    JOIN pathways_pathwayversion AS version ON version.id = stage.version_id
    WHERE pathway_id = %(pathway)s AND entered_at <= %(as_of)s AND NOT ends_journey
) AS stay
GROUP BY code, ended
"""


def table(pathway: Pathway, as_of: datetime) -> dict:
    """Return the durations of each stage of ``pathway`` as of an instant, all in seconds.

    ``{"pathway", "as_of", "stages": [{"code", "name", "n", "mean", "sd", "cv", "median", "p90", "max", "waiting":
    {"count", "median", "p90", "oldest"}}]}``; sd is the sample's, cv is sd / mean, None stands for what is undefined.
    """
    with connection.cursor() as cursor:
        cursor.execute(SUMMARY, {"pathway": pathway.pk, "as_of": as_of})
        found = {(code, ended): figures for code, ended, *figures in cursor}
    return {
        "pathway": pathway.code,
        "as_of": as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "stages": [
            {
                "code": code,
                "name": name,
                **_spells(found.get((code, True))),
                "waiting": _waits(found.get((code, False))),
            }
            for code, name in _stages(pathway)
        ],
    }


def _stages(pathway) -> list[tuple[str, str]]:
    """Code and name of each stage: those of the active version in its order, then what only earlier versions have."""
    versions = pathway.versions.exclude(status=PathwayVersion.Status.DRAFT)
    newest_first = sorted(versions, key=lambda v: (v.status == PathwayVersion.Status.ACTIVE, v.number), reverse=True)
    found = {}
    for version in newest_first:
        for stage in version.stages.order_by("position", "pk"):
            found.setdefault(stage.code, stage.name)
    return list(found.items())


def _spells(figures):
    if figures is None:
        return {"n": 0, "mean": None, "sd": None, "cv": None, "median": None, "p90": None, "max": None}
    n, mean, sd, longest, (median, p90) = figures
    return {
        "n": n,
        "mean": float(mean),
        "sd": None if sd is None else float(sd),
        "cv": None if sd is None or not mean else float(sd / mean),
        "median": median,
        "p90": p90,
        "max": float(longest),
    }


def _waits(figures):
    if figures is None:
        return {"count": 0, "median": None, "p90": None, "oldest": None}
    count, _, _, oldest, (median, p90) = figures
    return {"count": count, "median": median, "p90": p90, "oldest": float(oldest)}
