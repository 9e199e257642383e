"""Sweeps that are killed outright at random points, for as long as the soak lasts."""

import os
import random
import signal
import sys
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from cases import deadlines
from cases.models import Escalation, Notice, NoticeLine, SweepRun
from cases.watch import sweep, timers, watched
from portal import processes
from tests.factories import LADDER, MONDAY, a_case, a_manager, a_pathway

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

END = MONDAY + timedelta(days=16)
# Sweeps on and on, ten minutes of the cases' time apart so that it is never done before it is killed, from where the
# last one that finished left off.
SWEEPER = """
import sys
from datetime import datetime, timedelta
import django
django.setup()
from django.db import connections
connections["default"].settings_dict["NAME"] = sys.argv[1]
from cases.watch import sweep
sweep.BATCH_SIZE = 3
end = datetime.fromisoformat(sys.argv[3])
as_of = sweep.last_as_of() or datetime.fromisoformat(sys.argv[2])
while as_of < end:
    as_of += timedelta(minutes=10)
    sweep.run(as_of)
"""


def test_sweeps_killed_at_random_record_what_an_undisturbed_one_would(tmp_path, soak_seconds):
    chance, kills, log = random.Random(7), 0, tmp_path / "sweeper.log"
    a_manager("booking")
    pathway = a_pathway(ladder=[*LADDER, ("daily", "after", "2 days", "12 hours", 4)])
    cases = [a_case(pathway, at=MONDAY + timedelta(minutes=7 * n)) for n in range(60)]
    arguments = [connection.settings_dict["NAME"], MONDAY.isoformat(), END.isoformat()]
    end = time.monotonic() + soak_seconds
    while time.monotonic() < end and (sweep.last_as_of() or MONDAY) < END:
        # Two at once: each may be killed while the other holds rows.
        pair = [
            processes.start(
                [sys.executable, "-c", SWEEPER, *arguments],
                log=log,
                death=signal.SIGKILL,
                cwd=settings.BASE_DIR,
                env=os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings"},
            )
            for _ in range(2)
        ]
        time.sleep(chance.uniform(1.5, 4.5))
        for process in pair:
            if process.poll() is None:
                process.kill()
                kills += 1
            process.wait()
    sweep.run(END)

    expected = set()
    for seen in watched.stays(case.open_entry for case in cases):
        passed = deadlines.ledger(seen.stay, seen.pauses, END)
        expected |= {(seen.thing.pk, p.rung.code, p.occurrence, p.reached_at) for p in passed}
    recorded = Escalation.objects.values_list("thing_id", "rung_code", "occurrence", "reached_at")
    assert kills, log.read_text()
    assert set(recorded) == expected
    assert len(recorded) == len(expected)
    assert timers.rebuild(check=True) == []
    told = set(Escalation.objects.filter(is_told=True).values_list("pk", flat=True))
    assert set(NoticeLine.objects.values_list("escalation", flat=True)) == told, "what is told is owed, once"
    assert Notice.objects.get().kind == "digest", "and nobody is flooded"
    assert not SweepRun.objects.filter(set_aside__gt=0).exists()
