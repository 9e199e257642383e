"""What the sweep costs: 50,000 rungs that fall due at once among 100,000 open cases, and a sweep with nothing due at
5,000 and at 500,000 open cases. One JSON line each; ``load`` is how many others wanted the processors meanwhile.
"""

import json
import os
import resource
import statistics
import sys
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tests.servers  # noqa: F401  starts servers of our own, and removes them at the end

STORM, SMALL, BIG, TIMES = 100_000, 5_000, 500_000, 50

# The least that raising a rung is in rows: the timers claimed, the escalations, their lines, the timers' next rungs.
RAISED = """
WITH due AS (
    SELECT id, thing_id, case_id, fires_at FROM cases_timer
    WHERE kind = 'stage' AND fires_at < now() AND (retry_at IS NULL OR retry_at <= now())
    ORDER BY fires_at, id LIMIT 4000 FOR NO KEY UPDATE SKIP LOCKED
), raised AS (
    INSERT INTO cases_escalation (case_id, kind, thing_id, rung_code, rung_name, level, occurrence, urgent, stage_name,
                                  "limit", due_at, reached_at, raised_at, is_told, acknowledgement)
    SELECT case_id, 'stage', thing_id, 'warn', 'Warn', 1, 0, false, 'Triage', '10 days',
           fires_at + interval '2 days', fires_at, now(), true, '' FROM due RETURNING id
), lines AS (
    INSERT INTO cases_noticeline (notice_id, escalation_id, recipient_id)
    SELECT %(notice)s, id, %(manager)s FROM raised
)
UPDATE cases_timer SET fires_at = due.fires_at + interval '2 days', rung = 'breach' FROM due
WHERE cases_timer.id = due.id
"""
NOTHING_DUE = """
SELECT id, thing_id, rung FROM cases_timer
WHERE kind = 'stage' AND fires_at < now() AND (retry_at IS NULL OR retry_at <= now())
ORDER BY fires_at, id LIMIT 2000 FOR NO KEY UPDATE SKIP LOCKED
"""


def report(**figures):
    load, _, _ = os.getloadavg()
    print(json.dumps({"bench": "supervision"} | figures | {"load": round(load, 1)}), flush=True)


@contextmanager
def counted(connection):
    """Yield a list that grows by one with each statement. (Django's own log would keep their arrays.)"""
    statements = []

    def count(execute, *arguments):
        statements.append(1)
        return execute(*arguments)

    with connection.execute_wrapper(count):
        yield statements


def server_seconds(connection):
    """The processor time that the database has spent on this connection; 0 where Linux does not tell."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    told = Path(f"/proc/{pid}/schedstat")
    return int(told.read_text().split()[0]) / 1e9 if told.exists() else 0


def storm():
    """Let 50,000 rungs fall due at once; twenty managers are owed one digest each."""
    from django.db import connection, transaction
    from django.utils import timezone

    from cases.models import Escalation, Notice
    from cases.watch import sweep
    from pathways.models import Role, Team
    from tests.crowd import BEFORE, HALF_SOON_LATE, a_crowd
    from tests.factories import a_member

    crowd = a_crowd(STORM, due=HALF_SOON_LATE, fires=BEFORE)
    for team in Team.objects.filter(code__startswith="team-").exclude(memberships__role=Role.MANAGER):
        a_member(team, Role.MANAGER, password=None)
    notice = Notice.objects.create(kind=Notice.Kind.ESCALATION, recipient=crowd.manager)
    began, rungs = time.perf_counter(), 0
    with transaction.atomic(), connection.cursor() as cursor:
        values = {"notice": notice.pk, "manager": crowd.manager.pk}
        while rungs < STORM / 2:
            cursor.execute(RAISED, values)
            assert cursor.rowcount > 0
            rungs += cursor.rowcount
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the keys are checked, which a commit would do
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        raw = rungs / (time.perf_counter() - began)
        transaction.set_rollback(True)
    notice.delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    served = server_seconds(connection)
    began, worked = time.perf_counter(), time.process_time()
    with counted(connection) as statements:
        run = sweep.run(timezone.now())
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    served = server_seconds(connection) - served
    report(
        what="50,000 rungs at once",
        open_cases=STORM,
        rungs=Escalation.objects.count(),
        seconds=round(seconds, 2),
        rungs_per_second=round(run.escalations / seconds),
        python_seconds=round(cpu, 2),
        server_seconds=round(served, 2),
        # What a quiet machine would do: Python and the database work one after the other.
        rungs_per_processor_second=round(run.escalations / (cpu + served)),
        in_sql_rungs_per_second=round(raw),
        ratio_to_sql=round(raw * seconds / run.escalations, 1),
        statements=len(statements),
        peak_mib=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        peak_before_mib=round(before / 1024, 1),
        managers=Notice.objects.values("recipient").distinct().count(),
        notices=Notice.objects.count(),
        digests=Notice.objects.filter(kind=Notice.Kind.DIGEST).count(),
    )


def nothing_due(cases):
    """Sweep where nothing is due; return the median in milliseconds."""
    from django.db import connection, transaction
    from django.utils import timezone

    from cases.watch import sweep
    from tests.crowd import BEFORE, NONE_LATE, a_crowd

    a_crowd(cases, due=NONE_LATE, fires=BEFORE)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    with counted(connection) as statements:
        assert sweep.run(timezone.now()).escalations == 0

    def in_sql():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(NOTHING_DUE)

    taken = {
        name: statistics.median(measured(act) for _ in range(TIMES)) * 1000
        for name, act in (("swept", lambda: sweep.run(timezone.now())), ("in_sql", in_sql))
    }
    report(
        what="a sweep with nothing due",
        open_cases=cases,
        milliseconds=round(taken["swept"], 2),
        in_sql_milliseconds=round(taken["in_sql"], 2),
        statements=len(statements),
    )
    return taken["swept"]


def measured(act):
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    milliseconds = {}
    for act, cases in ((nothing_due, SMALL), (storm, None), (nothing_due, BIG)):
        milliseconds[cases] = act(cases) if cases else act()
        call_command("flush", interactive=False, verbosity=0, reset_sequences=False, inhibit_post_migrate=True)
    report(what="a sweep with nothing due, big / small", ratio=round(milliseconds[BIG] / milliseconds[SMALL], 2))


if __name__ == "__main__":
    main()
