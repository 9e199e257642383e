"""The real worker, killed outright in the middle of a sweep, with a mail server that goes away and comes back."""

import os
import signal
import sys
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from cases import detours
from cases.models import Escalation, Notice, SweepRun
from cases.watch import timers
from portal import processes
from portal.celery import app
from portal.embedded import places
from tests.factories import MONDAY, a_case, a_detour_pathway, a_manager, a_member, a_pathway
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db(transaction=True)

CASES = 300
# A worker as in production, but with small batches, so that it can be killed between two of them, and with a mail for
# each case.
SMALL = """
import django
django.setup()
from cases.watch import outbox, sweep
sweep.BATCH_SIZE = 5
outbox.MOST_ALONE = 1000
"""
# It gets as far as its fifth batch, and waits in the middle of that to be killed.
STOPPED_IN_THE_MIDDLE = """
import time
raise_passed, batches = sweep._raise_passed, []

def stop_at_the_fifth(*given):
    batches.append(given)
    return time.sleep(600) if len(batches) == 5 else raise_passed(*given)

sweep._raise_passed = stop_at_the_fifth
"""
WORKER = """
from portal.celery import app
app.worker_main(["worker", "--pool", "prefork", "--concurrency", "2", "--without-gossip", "--without-mingle"])
"""


@contextmanager
def a_worker(server, log, does=SMALL):
    cache.clear()  # and with it what earlier tests asked for: the broker is on the same database
    kept = {name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"}
    named = {
        "DATABASE_URL": places.database_url(connection.settings_dict["NAME"]),
        "REDIS_URL": places.redis_url(),
        "EMAIL_URL": f"smtp://{server.host}:{server.port}",
        "SECRET_KEY": "s" * 50,
        "ALLOWED_HOSTS": "localhost",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    worker = processes.start(
        [sys.executable, "-c", does + WORKER],
        log=log,
        death=signal.SIGKILL,
        env=kept | named,
        cwd=settings.BASE_DIR,
    )
    try:
        yield worker
    finally:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


def wake_the_sweep():
    """Do what beat does every minute."""
    app.send_task("cases.tasks.sweep")


def until(true, worker, log, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert worker.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.01)


def test_a_worker_killed_in_mid_sweep_and_a_mail_server_that_is_down_lose_nothing_and_repeat_nothing(tmp_path):
    manager = a_manager("booking")
    pathway = a_pathway(ladder=[("breach", "after", "0 days", {"urgent": True})])  # each a mail of its own
    for _ in range(CASES):
        a_case(pathway, at=MONDAY - timedelta(days=60))
    server, log = MailServer(), tmp_path / "worker.log"

    with server.running(), a_worker(server, log, does=SMALL + STOPPED_IN_THE_MIDDLE) as worker:
        wake_the_sweep()
        until(lambda: Escalation.objects.count() == 20, worker, log)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    assert Escalation.objects.count() == 20
    assert not SweepRun.objects.filter(finished_at__isnull=False).exists()

    log.write_text("")
    with server.running() as stop_the_mail_server, a_worker(server, log) as worker:
        until(lambda: "ready." in log.read_text(), worker, log)
        stop_the_mail_server()
        wake_the_sweep()
        until(SweepRun.objects.filter(finished_at__isnull=False).exists, worker, log)
        assert Escalation.objects.count() == CASES
        until(lambda: "The mail server cannot be reached" in log.read_text(), worker, log)
        assert Notice.objects.filter(sent_at=None).count() == CASES
        with server.running():
            wake_the_sweep()
            until(lambda: not Notice.objects.filter(sent_at=None).exists(), worker, log)

    assert Escalation.objects.count() == Notice.objects.count() == CASES
    assert timers.rebuild(check=True) == []
    sent = {mail["Message-ID"] for mail in server.mails}
    assert sent == set(Notice.objects.values_list("message_id", flat=True))
    assert {mail["To"] for mail in server.mails} == {manager.email}


def test_an_urgent_detour_wakes_the_worker_which_tells_the_managers_while_no_sweep_runs(tmp_path):
    ward, acute = a_manager("booking"), a_manager("acute")
    urgent = {"raises_priority": True, "tell_at_once": True, "name": "Urgent clinical escalation"}
    case = a_case(a_pathway(detours=[(a_detour_pathway("urgent", team="acute"), urgent)]))
    server, log = MailServer(), tmp_path / "worker.log"

    with server.running(), a_worker(server, log) as worker:
        until(lambda: "ready." in log.read_text(), worker, log)
        rule = case.version_map.detour_rules["urgent"]
        child = detours.take(case, rule, by=a_member("booking"), note="Score 7, very pale")
        until(lambda: len(server.mails) == 2, worker, log)

    assert not SweepRun.objects.exists()
    assert {mail["To"]: mail["Subject"] for mail in server.mails} == {
        acute.email: f"Urgent: {child}, Urgent clinical escalation, look at it now",
        ward.email: f"Urgent: {case}, Urgent clinical escalation, look at it now",
    }
