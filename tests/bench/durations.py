"""What the figures of durations cost: the board over 1,000,000 finished stays and 100,000 waits, whether it grows with
history beyond the period shown, and what keeping, checking and rebuilding the rollups takes. One JSON line each.
"""

import json
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tests.servers  # noqa: F401  starts servers of our own, and removes them at the end

A_YEAR, WAITS, TIMES, DAYS = 1_000_000, 100_000, 15, 90
# Days that half of the stays take, by stage; a few take very much longer.
MEDIANS = (0.1, 0.3, 1, 2, 3, 4, 5, 7, 7, 10, 10, 14, 14, 21, 21, 28, 30, 35, 42, 60)

CASES = """
INSERT INTO cases_case (version_id, status, stage, team_id, opened_at, due_at, restricted, log_id, priority)
SELECT %(version)s, 'open', (%(codes)s::text[])[place], %(team)s, now() - age * interval '1 day',
    now() + (median * 1.3 - age) * interval '1 day', false, '', 0
FROM (
    SELECT 1 + n %% 20 AS place, (%(medians)s::float8[])[1 + n %% 20] AS median,
        (%(medians)s::float8[])[1 + n %% 20] * random() * exp(0.8 * random_normal()) AS age
    FROM generate_series(1, %(waits)s) AS n
) AS drawn
"""
WAITS_OF_CASES = """
INSERT INTO cases_stageentry (case_id, stage_id, team_id, how, entered_at, entered_by_id, watched_since, ends_journey,
                              facts)
SELECT c.id, stage.id, c.team_id, 'moved', c.opened_at, %(by)s, now(), false, '{}'
FROM cases_case AS c JOIN pathways_stage AS stage ON stage.version_id = c.version_id AND stage.code = c.stage
"""
SPELLS = """
INSERT INTO cases_stageentry (case_id, stage_id, team_id, how, entered_at, entered_by_id, watched_since, left_at,
                              left_by_id, due_at, ends_journey, facts)
SELECT (SELECT min(id) FROM cases_case) + n %% %(waits)s, (%(stages)s::bigint[])[1 + n %% 20], %(team)s, 'moved',
    left_at - days * interval '1 day', %(by)s, now(), left_at, %(by)s,
    left_at + (median * 1.3 - days) * interval '1 day', false, '{}'
FROM (
    SELECT n, now() - (%(after)s + random() * 365) * interval '1 day' AS left_at,
        (%(medians)s::float8[])[1 + n %% 20] AS median,
        (%(medians)s::float8[])[1 + n %% 20] * exp(0.8 * random_normal()) AS days
    FROM generate_series(1, %(spells)s) AS n
) AS drawn
ORDER BY left_at
"""


def report(what, **figures):
    load, _, _ = os.getloadavg()
    figures = {name: round(value, 2) if isinstance(value, float) else value for name, value in figures.items()}
    print(json.dumps({"bench": "durations", "what": what} | figures | {"load": round(load, 1)}), flush=True)


def run(statement, values):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values if "%(" in statement else None)


@contextmanager
def timed():
    """Yield a dict that gets the seconds, and those of this process's processor."""
    began, worked, found = time.perf_counter(), time.process_time(), {}
    yield found
    found |= {"seconds": time.perf_counter() - began, "python_seconds": time.process_time() - worked}


def a_hospital():
    """20 stages on one pathway, and a wait in one of them for each of 100,000 cases. Return the values of the rows."""
    from django.db import connection

    from pathways.models import system_user
    from tests.factories import a_draft, a_move, a_stage, publish

    version = a_draft("elective")
    stages = [
        a_stage(version, f"stage-{n}", is_first=not n, limit=f"{max(1, round(median * 1.3))} days", ladder=[])
        for n, median in enumerate(MEDIANS)
    ]
    a_move(stages[0], a_stage(version, "done", limit=None, kind="final"))
    publish(version)
    values = {
        "version": version.pk,
        "team": stages[0].team_id,
        "by": system_user().pk,
        "stages": [stage.pk for stage in stages],
        "codes": [stage.code for stage in stages],
        "medians": [float(days) for days in MEDIANS],
        "waits": WAITS,
        "spells": A_YEAR,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
    run(CASES, values)
    run(WAITS_OF_CASES, values)
    return version.pathway, values


def a_year_of_spells(values, before):
    """Let a million stays have left in the year that ended ``before`` days ago; drain them."""
    from cases.durations import rollups

    with timed() as made:
        run(SPELLS, values | {"after": before})
    with timed() as drained:
        changes = rollups.drain()
    run("VACUUM ANALYZE", {})
    report("a million stays come", seconds=made["seconds"])
    report("drain", changes=changes, per_second=round(changes / drained["seconds"]), **drained)
