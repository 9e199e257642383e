"""How long it takes to try a draft on 90 days of 20,000 cases with three stays each, half of them owned, a tenth held:
one JSON line.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tests.servers  # noqa: F401  starts servers of our own, and removes them at the end

CASES, DAYS = 20_000, 90

# Stays of a few hours to three weeks: triage, review, and triage again, where the case is still or has left too.
FILL = [
    """
    INSERT INTO cases_case (version_id, stage, status, team_id, owner_id, opened_at, closed_at, restricted, log_id,
                            priority)
    SELECT %(version)s, 'triage', CASE WHEN n %% 4 > 0 THEN 'closed' ELSE 'open' END, %(team)s,
           CASE WHEN n %% 2 > 0 THEN %(owner)s::bigint END,
           now() - (n * 7919 %% 7776000) * interval '1 second' - interval '20 days',
           CASE WHEN n %% 4 > 0 THEN now() END, false, '', 0
    FROM generate_series(1, %(cases)s) n
    """,
    """
    INSERT INTO cases_stageentry (case_id, stage_id, team_id, how, entered_at, entered_by_id, watched_since, left_at,
                                  left_by_id, ends_journey, facts)
    SELECT c.id, (%(stages)s::bigint[])[1 + k %% 2], %(team)s, 'moved', s.entered_at, %(by)s, now(), e.left_at,
           CASE WHEN e.left_at IS NOT NULL THEN %(by)s END, false, '{}'
    FROM cases_case c, generate_series(0, 2) k,
         LATERAL (SELECT c.opened_at + k * (1 + c.id %% 13) * interval '1 day 3 hours 17 minutes' AS entered_at) s,
         LATERAL (SELECT CASE WHEN k < 2 OR c.status = 'closed'
                              THEN s.entered_at + (1 + c.id %% 13) * interval '1 day 3 hours 17 minutes'
                         END) e(left_at)
    """,
    """
    INSERT INTO cases_hold (case_id, entry_id, reason, started_at, started_by_id, until, ended_at, ended_by_id)
    SELECT e.case_id, e.id, 'Away', e.entered_at + interval '1 hour', %(by)s, e.entered_at + interval '9 days',
           least(e.entered_at + interval '20 hours', e.left_at), %(by)s
    FROM cases_stageentry e WHERE e.id %% 10 = 0
    """,
    """
    INSERT INTO cases_historicalcase (id, reference, version_id, status, stage, restricted, log_id, priority,
                                      opened_at, team_id, owner_id, history_date, history_type)
    SELECT c.id, c.reference, c.version_id, 'open', 'triage', false, '', 0, c.opened_at, c.team_id,
           CASE WHEN k > 0 THEN c.owner_id END, c.opened_at + k * interval '1 day',
           CASE WHEN k > 0 THEN '~' ELSE '+' END
    FROM cases_case c, generate_series(0, 3) k
    """,
    "ANALYZE",
]


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from cases import past_stays
    from cases.what_if_report import report
    from pathways import publishing
    from pathways.models import EscalationStep, Stage, system_user
    from tests.factories import a_draft, a_manager, a_member, a_move, a_stage, publish

    call_command("migrate", verbosity=0)
    by = system_user()
    a_manager("booking")
    owner = a_member("booking")
    version = a_draft("review")
    ladder = [
        ("warn", "before", "2 working days"),
        ("late", "after", "0 days"),
        ("again", "after", "1 day", "1 day", 5),
    ]
    triage = a_stage(version, "triage", is_first=True, limit="5 working days", ladder=ladder)
    review = a_stage(version, "review", limit="10 days")
    a_move(triage, review)
    EscalationStep.objects.filter(stage__version=version).update(tells=["owner", "managers"])
    pathway = publish(version)
    values = {
        "cases": CASES,
        "version": version.pk,
        "team": triage.team_id,
        "owner": owner.pk,
        "by": by.pk,
        "stages": [triage.pk, review.pk],
    }
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, values if "%(" in statement else None)
    draft = publishing.revise(pathway, by=by)
    Stage.objects.filter(version=draft).update(limit_amount=4)

    trial, now = past_stays.trial(pathway, days=DAYS), timezone.now()
    began, worked = time.perf_counter(), time.process_time()
    with CaptureQueriesContext(connection) as queries:
        found = report(trial, past_stays.run(trial, now))
    figures = {
        "bench": "what_if",
        "cases": CASES,
        "stays": found["total"]["stays"],
        "seconds": round(time.perf_counter() - began, 2),
        "cpu_seconds": round(time.process_time() - worked, 2),  # of this process: others do not count
        "statements": len(queries),
        "escalations": found["total"]["escalations"],
        "found_earlier": found["total"]["found_earlier"]["number"],
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
