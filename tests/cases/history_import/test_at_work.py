"""What the worker does with a file, on real connections: once however often it is asked, seen from outside, killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection

from cases.history_import import at_work, uploads
from cases.history_import.progress import Progress, Step, Told
from cases.history_import.reading import Columns
from cases.models import Case, HistoryImport, LogEvent
from cases.refusals import Refused
from cases.watch import alone
from pathways import groups
from pathways.models import Pathway
from portal.embedded import places
from tests.cases.history_import.logs import journeys
from tests.cases.test_worker import a_worker, until
from tests.factories import fresh, in_group
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db(transaction=True)

LOG = "case_id,activity,timestamp\n" + "".join(
    f"C{case},{stage},2026-03-{day:02}T09:00:00Z\n"
    for case in range(50)
    for day, stage in enumerate(("Referred", "Seen", "Done"), start=2)
)


@pytest.fixture
def administrator(transactional_db):
    return in_group(groups.PATHWAY_ADMINISTRATOR)


def checked(by, code="clinic"):
    record = uploads.upload("log.csv", LOG.encode(), by=by, code=code, title=code)
    record = uploads.match(record, Columns(), by=by)
    record = uploads.check(record, by=by)
    assert at_work.work(record.pk, str(record.ticket))
    return fresh(record)


def at_once(*acts):
    start = threading.Barrier(len(acts))
    results = [None] * len(acts)

    def one(place, act):
        try:
            start.wait()
            results[place] = act()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_presses_at_once_one_is_taken_and_the_other_is_told(administrator):
    record = checked(administrator)
    outcomes = at_once(*[lambda: uploads.bring_in(record, by=administrator)] * 2)
    (refused,) = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert isinstance(refused, Refused)
    assert str(refused) == "This file is being brought in just now. Wait until that is done."


def test_a_task_that_comes_twice_at_once_brings_the_file_in_once(administrator):
    record = uploads.bring_in(checked(administrator), by=administrator)

    settled = at_once(*[lambda: at_work.work(record.pk, str(record.ticket))] * 3)

    assert set(settled) <= {True, False}
    assert at_work.work(record.pk, str(record.ticket))
    assert (fresh(record).state, fresh(record).added) == ("done", 150)
    assert (Pathway.objects.count(), Case.objects.count(), LogEvent.objects.count()) == (1, 50, 150)
    assert fresh(record).history.filter(history_change_reason="The worker began").count() == 2, "check and import"


def test_one_file_at_a_time_the_other_waits_without_keeping_a_worker(administrator):
    record = uploads.bring_in(checked(administrator), by=administrator)
    with held(uploads.ONE_AT_A_TIME):
        assert not at_work.work(record.pk, str(record.ticket))
        assert uploads.progress(record).step == Step.QUEUED
        HistoryImport.objects.filter(pk=record.pk).update(asked_at=record.asked_at - 9 * uploads.PATIENCE)
        assert uploads.is_busy(fresh(record)), "it is no worker's fault that it waits"
        assert at_work.work(record.pk, "00000000-0000-0000-0000-000000000000"), "nobody waits for this any more"
    assert at_work.work(record.pk, str(record.ticket))
    assert fresh(record).state == "done"


def test_two_logs_for_one_new_pathway_the_second_is_refused(administrator):
    first, second = (uploads.bring_in(checked(administrator), by=administrator) for _ in range(2))
    for record in (first, second):
        assert at_work.work(record.pk, str(record.ticket))
    assert [fresh(record).state for record in (first, second)] == ["done", "failed"]
    assert len(journeys("clinic")) == 50


def test_progress_is_seen_from_outside_while_nothing_is_written_yet(administrator, monkeypatch):
    record = uploads.bring_in(checked(administrator), by=administrator)
    seen, told = [], Told.__call__

    def look(self, step, done=0):
        told(self, step, done)
        at_once(lambda: seen.append((uploads.progress(record), Case.objects.count(), uploads.is_busy(fresh(record)))))

    monkeypatch.setattr(Told, "__call__", look)
    assert at_work.work(record.pk, str(record.ticket))

    later = list(Step)[2:]  # in their order
    assert [progress for progress, *_ in seen] == [
        Progress(Step.READING),
        Progress(Step.READING, done=150, rows=150),
        *(Progress(step, rows=150) for step in later),
    ]
    assert {cases for _, cases, _ in seen} == {0}
    assert {is_busy for *_, is_busy in seen} == {True}
    assert not uploads.is_busy(fresh(record))


def test_a_cache_that_does_not_answer_stops_no_import(administrator, settings):
    record = uploads.bring_in(checked(administrator), by=administrator)
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    assert uploads.progress(record) is None
    assert at_work.work(record.pk, str(record.ticket))
    assert fresh(record).state == "done"


def test_the_real_worker_brings_in_what_was_asked_for_on_the_page(administrator, tmp_path):
    log, server = tmp_path / "worker.log", MailServer()
    record = checked(administrator)
    with server.running(), a_worker(server, log) as worker:
        until(lambda: "ready." in log.read_text(), worker, log)
        uploads.bring_in(record, by=administrator)
        until(lambda: fresh(record).is_over, worker, log)
    assert (fresh(record).state, fresh(record).added) == ("done", 150)


# A worker that gets as far as making the cases, says so, and waits there to be killed.
STOPPED_IN_THE_MIDDLE = """
import sys, time
import django
django.setup()
from cases.history_import import at_work, progress

def tell(self, step, done=0):
    if step == progress.Step.STAYS:
        print("in the middle", flush=True)
        time.sleep(600)

progress.Told.__call__ = tell
at_work.work(int(sys.argv[1]), sys.argv[2])
"""


@contextmanager
def a_worker_in_the_middle_of(record):
    named = {
        "DATABASE_URL": places.database_url(connection.settings_dict["NAME"]),
        "REDIS_URL": places.redis_url(),
        "EMAIL_URL": "smtp://localhost:9",
        "SECRET_KEY": "s" * 50,
        "ALLOWED_HOSTS": "localhost",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    kept = {name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"}
    command = [sys.executable, "-c", STOPPED_IN_THE_MIDDLE, str(record.pk), str(record.ticket)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=kept | named, cwd=settings.BASE_DIR) as process:
        try:
            assert process.stdout.readline() == b"in the middle\n"
            yield process
        finally:
            process.kill()


def test_a_worker_that_is_killed_leaves_nothing_and_it_is_said_and_the_next_brings_all_of_it(administrator):
    record = uploads.bring_in(checked(administrator), by=administrator)
    with a_worker_in_the_middle_of(record) as process:
        assert uploads.is_busy(fresh(record))
        with pytest.raises(Refused, match="being brought in just now"):
            uploads.bring_in(record, by=administrator)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    until_the_database_knows(record)
    assert fresh(record).state == "importing"
    assert not uploads.is_busy(fresh(record)), "which the page takes for stopped"
    assert not Case.objects.exists()
    assert not Pathway.objects.exists()

    # The task comes a second time, as the broker found out that the worker was lost: it is not begun again by itself.
    assert at_work.work(record.pk, str(record.ticket))
    assert (fresh(record).state, fresh(record).said) == ("failed", [uploads.STOPPED])

    again = uploads.bring_in(record, by=administrator)
    assert at_work.work(record.pk, str(again.ticket))
    assert (fresh(record).state, fresh(record).added) == ("done", 150)
    assert len(journeys("clinic")) == 50


def test_after_a_worker_was_killed_it_may_be_asked_again_at_once(administrator):
    record = uploads.bring_in(checked(administrator), by=administrator)
    with a_worker_in_the_middle_of(record):
        pass
    until_the_database_knows(record)
    again = uploads.bring_in(record, by=administrator)
    assert at_work.work(record.pk, str(record.ticket)), "the task of the one that was killed is void"
    assert at_work.work(record.pk, str(again.ticket))
    assert fresh(record).state == "done"


def until_the_database_knows(record):
    end = time.monotonic() + 30
    while alone.is_held(uploads.lock_of(record)):
        assert time.monotonic() < end
        time.sleep(0.01)


@contextmanager
def held(name):
    """The lock ``name``, held by another connection."""
    is_held, may_end = threading.Event(), threading.Event()

    def hold():
        with alone.alone(name):
            is_held.set()
            may_end.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert is_held.wait(30)
    try:
        yield
    finally:
        may_end.set()
        thread.join()
