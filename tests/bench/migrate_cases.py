"""How long it takes to move 10,000 cases in flight to a new version of their pathway: one JSON line."""

import csv
import json
import os
import resource
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import tests.servers  # noqa: F401  starts servers of our own, and removes them at the end

CASES = 10_000


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from cases import migration
    from cases.history_import import imported
    from cases.models import Notice
    from cases.watch import sweep
    from pathways import publishing
    from pathways.models import system_user
    from tests.factories import a_manager, a_pathway

    call_command("migrate", verbosity=0)
    a_manager("booking")
    pathway, now = a_pathway(), timezone.now()
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["case_id", "activity", "timestamp"])
        rows.writerows((f"C{n}", "Triage", (now - timedelta(hours=n % 190)).isoformat()) for n in range(CASES))
        file.flush()
        with imported(file.name, pathway.code):
            pass
    draft = publishing.revise(pathway, by=system_user())
    stage = draft.stages.get(code="triage")
    stage.limit_amount = 3
    stage.save()
    publishing.publish(draft, by=system_user())

    began = time.perf_counter()
    counted = migration.impact(draft)
    seconds_of_impact = time.perf_counter() - began
    began = time.perf_counter()
    with CaptureQueriesContext(connection) as queries:
        done = migration.migrate(draft, by=system_user())
    seconds = time.perf_counter() - began
    sweep.run(timezone.now())
    figures = {
        "bench": "migrate_cases",
        "cases": done.moved,
        "seconds": round(seconds, 2),
        "statements": len(queries),
        "impact_seconds": round(seconds_of_impact, 2),
        "impact_escalations": sum(stage.escalations for stage in counted.stages),
        "mails_alone": Notice.objects.filter(kind="escalation").count(),
        "digests": Notice.objects.filter(kind="digest").count(),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
