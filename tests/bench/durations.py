"""What the figures of durations cost: the board over 1,000,000 finished stays and 100,000 waits, whether it grows with
history beyond the period shown, and what keeping, checking and rebuilding the rollups takes. One JSON line each.
"""

import json
import os
import statistics
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tests.servers  # noqa: F401  starts servers of our own, and removes them at the end

A_YEAR, WAITS, TIMES = 1_000_000, 100_000, 25
# Days within which half of the stays have left, by stage; a few take very much longer.
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
    """Yield a dict that gets the seconds."""
    began, found = time.perf_counter(), {}
    yield found
    found["seconds"] = time.perf_counter() - began


def processor_of(pid: int) -> float:
    """The seconds that a process has had of the processors: others that want them do not count."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def measured(what, act, *, times=TIMES, **figures):
    """Do ``act`` several times and report what it takes by the clock, and of the processors."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    with CaptureQueriesContext(connection) as captured:
        found = act()
    taken, python, database = [], time.process_time(), processor_of(backend)
    for _ in range(times):
        with timed() as one:
            act()
        taken.append(one["seconds"] * 1000)
    python, database = time.process_time() - python, processor_of(backend) - database
    report(
        what,
        milliseconds=statistics.median(taken),
        fastest_milliseconds=min(taken),
        python_milliseconds=python * 1000 / times,
        database_milliseconds=database * 1000 / times,
        statements=len(captured),
        **figures,
    )
    return found, (python + database) * 1000 / times


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
    """Let a million stays have left in the year that ended ``before`` days ago, and drain them."""
    from cases.durations import rollups

    with timed() as made:
        run(SPELLS, values | {"after": before})
    report("a million stays come", **made)
    with timed() as drained:
        changes = rollups.drain()
    report("drained into the rollups", changes=changes, per_second=round(changes / drained["seconds"]), **drained)
    run("VACUUM ANALYZE", {})


def the_board(pathway, days, *, ago=0, **options):
    """Return the act of working the board out over ``days`` until now, or until so many days ago."""
    from django.utils import timezone

    from cases.durations.board import board
    from cases.durations.chosen import Chosen
    from cases.durations.days import end_of

    def act():
        now = timezone.now()
        last = timezone.localdate(now) - timedelta(days=ago)
        chosen = Chosen(pathway, last - timedelta(days=days - 1), last, end_of(last) if ago else now)
        return board(chosen, **options)

    return act


RAW = """
SELECT stage_id, count(*), avg(seconds), stddev_samp(seconds),
    percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.85, 0.9, 0.95]) WITHIN GROUP (ORDER BY seconds)
FROM (
    SELECT stage_id, extract(epoch FROM left_at - entered_at)::float8 AS seconds FROM cases_stageentry
    WHERE stage_id = ANY (%(stages)s) AND left_at > now() - interval '365 days' AND NOT ends_journey
) AS spell
GROUP BY stage_id
"""


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from cases.durations import rollups

    call_command("migrate", verbosity=0)
    pathway, values = a_hospital()
    a_year_of_spells(values, before=0)
    _, small = measured("board of 90 days, 1 year of stays", the_board(pathway, 90), spells=A_YEAR, waits=WAITS)
    _, rolled = measured("board of 365 days", the_board(pathway, 365))
    _, raw = measured("the same percentiles of 365 days in SQL", lambda: run(RAW, values), times=3)
    report("board of 365 days against SQL over the stays", times_faster=raw / rolled)
    measured("board of 90 days, exact on request", the_board(pathway, 90, exact=True), times=3)
    measured("board of 90 days, as of 60 days ago", the_board(pathway, 90, ago=60), times=5)
    a_year_of_spells(values, before=365)
    _, big = measured("board of 90 days, 2 years of stays", the_board(pathway, 90), spells=2 * A_YEAR, waits=WAITS)
    report("board of 90 days, 2 years against 1", ratio=big / small)
    with timed() as checked:
        assert rollups.check(rollups.stages_of()) == []
    report("rollups checked against 2,000,000 stays", **checked)
    with timed() as rebuilt:
        rollups.rebuild(rollups.stages_of())
    report("rollups rebuilt from 2,000,000 stays", **rebuilt)


if __name__ == "__main__":
    main()
