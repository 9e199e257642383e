"""The demo's year before: finished journeys on the elective pathway, brought in from a log as a trust would do it.

In them the reports of one lab sometimes take weeks, which no mean shows, and triage has become quicker in the summer.
"""

import csv
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cases import history_import
from cases.demo import words
from cases.demo.stories import WORKING_DAY, WORKING_WEEK
from cases.history_import import Columns

PATHWAY, JOURNEYS, WEEKS = "elective-18-weeks", 420, 48
FACTS = {"diagnostics": "test", "awaiting-diagnostic-report": "lab"}  # what is known on the way into a stage
SLOW_LAB, OFTEN_SLOW = "A reporting company", 0.16
SLOWER = 1.7  # times the others, when it does not take weeks
QUICKER_TRIAGE = timedelta(weeks=22)  # ago

# How long each stage takes: half of the cases less than so many working days, and how widely they spread. All within
# the limits of the shipped pathway, but for the reports.
STAGES = {
    "referral-received": (0.5, 0.3),
    "triage": (1.6, 0.3),
    "awaiting-specialist-review": (4.5, 0.25),
    "diagnostics": (6.0, 0.3),
    "awaiting-diagnostic-report": (1.2, 0.4),
    "decision": (1.3, 0.35),
    "awaiting-treatment": (11.0, 0.25),
    "treated": None,
}


def bring_in(version_map, now: datetime, rng, *, by) -> None:
    """Import the journeys that have ended by ``now`` into the pathway of ``version_map``."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "cardiology.csv"
        with open(log, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["case_id", "activity", "timestamp", *FACTS.values()])
            for number in range(JOURNEYS):
                events = list(_events(now, rng))
                if events[-1][1] < now:
                    writer.writerows(
                        [f"CARD-{number:04}", version_map.by_code[code].name, at.isoformat(), *facts]
                        for code, at, facts in events
                    )
        with history_import.imported(log, PATHWAY, columns=Columns(facts=tuple(FACTS.values())), by=by):
            pass


def _events(now, rng) -> Iterator[tuple[str, datetime, list[str]]]:
    """Yield stage, time and facts of each event of one journey."""
    at = WORKING_WEEK.subtract(now, WORKING_DAY * rng.uniform(30, WEEKS * 5))
    known = {fact: rng.choice(words.FACTS[fact]) for fact in FACTS.values()}
    for code, usual in STAGES.items():
        facts = [known[fact] if FACTS.get(code) == fact else "" for fact in FACTS.values()]
        yield code, at.replace(second=0, microsecond=0), facts
        if usual:
            at = WORKING_WEEK.add(at, WORKING_DAY * _days(code, usual, at, known["lab"], now, rng))


def _days(code, usual, at, lab, now, rng) -> float:
    median, spread = usual
    if code == "triage" and at > now - QUICKER_TRIAGE:
        median /= 2
    if code == "awaiting-diagnostic-report" and lab == SLOW_LAB:
        if rng.random() < OFTEN_SLOW:
            return rng.uniform(13, 30)
        median *= SLOWER
    return median * rng.lognormvariate(0, spread)
