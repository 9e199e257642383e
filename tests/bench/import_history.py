"""How fast a log is imported, and how memory grows with it: one JSON line per size, and one with the ratio."""

import csv
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import tests.servers  # noqa: E402, F401  starts servers of our own, and removes them at the end

SIZES = (50_000, 500_000)
STAGES = [
    "Referral received",
    "Triage",
    "Booking",
    "First appointment",
    "Test",
    "Result",
    "Review",
    "Decision",
    "Discharge",
]
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)

# In a process of its own, so that the peak is that of this import alone.
MEASURED = """
import json, resource, sys, time
import django
django.setup()
from django.core.management import call_command
began = time.perf_counter()
call_command("import_history", *sys.argv[1:], "--final", "Discharge", "--json")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": round(time.perf_counter() - began, 2), "peak_mib": round(peak / 1024, 1)}))
"""


def write_log(path, events):
    """A log of ``events`` rows in the order of their time: cases of about nine events, some of them still open."""
    random.seed(events)
    rows = []
    for case in range(events):
        at = BEGIN + timedelta(minutes=random.randrange(500_000))
        last = len(STAGES) if random.random() < 0.8 else random.randrange(1, len(STAGES))
        for stage in STAGES[:last]:
            rows.append((at.isoformat(), f"C{case:07}", stage, random.choice("ABCDE")))
            if random.random() < 0.1 and stage == "Test":
                rows.append(((at + timedelta(hours=1)).isoformat(), f"C{case:07}", stage, "A"))
            at += timedelta(minutes=random.randrange(60, 10_000))
        if len(rows) >= events:
            break
    with open(path, "w", newline="") as file:
        log = csv.writer(file)
        log.writerow(["timestamp", "case_id", "activity", "site"])
        log.writerows(sorted(rows[:events]))


def measure(name, *arguments):
    """Run one import; return its figures."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *arguments],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    report, figures = map(json.loads, done.stdout.splitlines())
    found = {"bench": f"import_history {name}", "events": report["events"], "added": report["added"]} | figures
    print(json.dumps(found), flush=True)
    return found


def main():
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True)
    peaks = {}
    with tempfile.TemporaryDirectory() as place:
        for size in SIZES:
            log = Path(place) / f"{size}.csv"
            # Elsewhere: a process is counted from its fork on, with what its parent then held.
            writing = multiprocessing.Process(target=write_log, args=[log, size])
            writing.start()
            writing.join()
            arguments = [str(log), "--pathway", f"bench-{size}", "--facts", "site"]
            peaks[size] = measure(f"{size}", *arguments)["peak_mib"]
            measure(f"{size}, again", *arguments)
    small, big = SIZES
    print(
        json.dumps({"bench": "import_history peak memory, big / small", "ratio": round(peaks[big] / peaks[small], 3)})
    )


main()
