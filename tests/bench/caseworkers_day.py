"""What a caseworker's screens cost with 50,000 open cases: one JSON line for each screen, one for a move.

``milliseconds`` is the median of a whole request, Python and database, in this process; ``statements`` all that the
request asks the database, session and user included.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tests.servers  # noqa: F401  starts servers of our own, and removes them at the end

CASES, TIMES = 50_000, 20


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from cases import lifecycle
    from cases.models import Case
    from tests.crowd import a_crowd

    call_command("migrate", verbosity=0)
    call_command("collectstatic", "--noinput", verbosity=0)
    crowd = a_crowd(CASES)
    mine = Case.objects.filter(owner=crowd.caseworker).order_by("pk")
    case = mine.select_related("patient").first()

    def measured(name, act, prepare=lambda: ()):
        act(*prepare())  # the first one reads the map
        with CaptureQueriesContext(connection) as queries:
            act(*prepare())
        statements = [q for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE"))]
        taken = []
        for _ in range(TIMES):
            ready = prepare()
            began = time.perf_counter()
            act(*ready)
            taken.append(time.perf_counter() - began)
        median = statistics.median(taken) * 1000
        line = {
            "bench": "caseworkers_day",
            "what": name,
            "open_cases": CASES,
            "milliseconds": round(median, 1),
            "statements": len(statements),
        }
        print(json.dumps(line), flush=True)
        return median

    for who, user in (("caseworker", crowd.caseworker), ("manager", crowd.manager)):
        client = Client(headers={"host": "localhost"})
        client.force_login(user)

        def get(address, client=client):
            response = client.get(address)
            assert response.status_code == 200, (address, response.status_code)

        for name, address in (
            ("My day", "/my-day/"),
            ("worklist", "/cases/"),
            ("worklist, late of my teams", "/cases/?team=@my-teams&late=late"),
            ("handoffs", "/handoffs/"),
            ("escalations", "/escalations/"),
            *([("my teams", "/supervision/")] if who == "manager" else []),
            ("case page", case.get_absolute_url()),
        ):
            measured(f"{name}, {who}", lambda address=address, get=get: get(address))

    fresh = iter(mine.exclude(pk=case.pk)[: 3 * TIMES])

    def a_move():
        found = Case.objects.select_related("team").get(pk=next(fresh).pk)
        return found, next(way for way in found.possible_moves if way.target.code == "review")

    service = measured(
        "move, the operation", lambda found, way: lifecycle.move_case(found, way, by=crowd.caseworker), a_move
    )

    def in_sql(found, way):
        """The least that the same move is in rows, with the same guards by the database and nothing else."""
        entry = found.open_entry.pk
        began = time.perf_counter()
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in RAW:
                cursor.execute(statement, {"case": found.pk, "entry": entry, "target": way.target_id, "by": 1})
        return time.perf_counter() - began

    raw = statistics.median(in_sql(*a_move()) for _ in range(TIMES)) * 1000
    line = {
        "bench": "caseworkers_day",
        "what": "move, in SQL alone",
        "milliseconds": round(raw, 2),
        "ratio": round(service / raw, 1),
    }
    print(json.dumps(line))


RAW = [
    "SELECT * FROM cases_case WHERE id = %(case)s FOR NO KEY UPDATE",
    "UPDATE cases_stageentry SET left_at = now(), left_by_id = %(by)s WHERE id = %(entry)s",
    """INSERT INTO cases_stageentry (case_id, stage_id, team_id, how, entered_at, entered_by_id, watched_since,
                                     ends_journey, facts)
       SELECT %(case)s, id, team_id, 'moved', now(), %(by)s, now(), false, '{}' FROM pathways_stage
       WHERE id = %(target)s""",
    """UPDATE cases_case SET stage = s.code, team_id = s.team_id, owner_id = NULL, due_at = now() + interval '7 days'
       FROM pathways_stage s WHERE s.id = %(target)s AND cases_case.id = %(case)s""",
    "UPDATE cases_timer SET fires_at = now() + interval '5 days' WHERE case_id = %(case)s AND kind = 'stage'",
    """INSERT INTO cases_historicalcase (id, reference, status, stage, log_id, opened_at, restricted, priority,
                                         history_date, history_type, team_id, version_id, patient_id)
       SELECT id, reference, status, stage, log_id, opened_at, restricted, priority, now(), '~', team_id, version_id,
              patient_id FROM cases_case WHERE id = %(case)s""",
]


if __name__ == "__main__":
    main()
