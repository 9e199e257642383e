"""The real worker and two real beats, whose broker is killed and comes back."""

import os
import re
import signal
import sys
import time
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from cases.models import Escalation, SweepRun
from portal import processes
from portal.embedded import locks, places, valkey
from tests.portal.running import eventually, state_directory
from tests.soak.world import HOUR, a_world, finish, rounds

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

WORKER = ["worker", "-c", "1", "--without-gossip", "--without-mingle"]


class Servers:
    """Worker, beats and a broker of their own, on the tests' database; all of them end with the block."""

    def __init__(self, server, state, database):
        self.state, self.sockets = state, state / "run"
        self.sockets.mkdir(exist_ok=True)
        self.environment = {name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"} | {
            "MIDWATCH_STATE": str(state),
            "DATABASE_URL": database,
            "REDIS_URL": f"unix://{self.sockets}/valkey/valkey.sock",
            "EMAIL_URL": f"smtp://{server.host}:{server.port}",
            "SECRET_KEY": "s" * 50,
            "ALLOWED_HOSTS": "localhost",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }
        self.running = ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.running.close()

    def broker(self):
        broker = valkey.start(self.sockets, locks.file("servers"))
        self.running.callback(processes.stop, broker)
        return broker

    def celery(self, name, *arguments):
        process = processes.start(
            [sys.executable, "-m", "celery", "-A", "portal", *arguments],
            log=self.log(name),
            death=signal.SIGKILL,
            env=self.environment,
            cwd=settings.BASE_DIR,
        )
        self.running.callback(stop, process)
        return process

    def beat(self, name):
        return self.celery(name, "beat", "--pidfile=", "-s", f"{self.state}/{name}.schedule")

    def log(self, name):
        return self.state / f"{name}.log"

    def woken(self):
        """How often the worker was asked to sweep."""
        return len(re.findall(r"Task cases\.tasks\.sweep\S+ received", self.log("worker").read_text()))

    def said(self):
        return "\n".join(path.read_text()[-2000:] for path in self.state.glob("*.log"))


def stop(process):
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def swept():
    return SweepRun.objects.filter(finished_at__isnull=False).count()


def test_a_broker_that_is_killed_under_a_worker_and_two_beats_loses_nothing(server, soak_seconds, monkeypatch):
    database = places.database_url(connection.settings_dict["NAME"])
    for _ in rounds(soak_seconds, server):
        # So that the week ends within the hour to come: the worker sweeps as of now.
        world = a_world(timezone.now().replace(minute=0, second=0, microsecond=0) + HOUR - timedelta(days=7))
        with state_directory() as state, monkeypatch.context() as elsewhere:
            elsewhere.setenv("MIDWATCH_STATE", str(state))
            with server.running(), Servers(server, state, database) as servers:
                broker = servers.broker()
                worker, beats = servers.celery("worker", *WORKER), [servers.beat("first"), servers.beat("second")]
                # Each beat wakes it as soon as it has found all servers; before that it would refuse to start.
                eventually(lambda servers=servers: servers.woken() >= 2, "The worker was not woken by both beats.")
                eventually(swept, "The worker never swept.")
                broker.kill()
                broker.wait()
                time.sleep(2)  # a sweep that had begun is finished
                before = swept()
                world.act_until(timezone.now())  # everyone works on
                assert swept() == before, "nobody sweeps without a broker"
                assert not Escalation.objects.filter(is_told=True).exists()
                servers.broker()
                servers.beat("third")  # which wakes the sweep at once; the others do within a minute
                eventually(lambda before=before: swept() > before, "Nobody swept after the broker had come back.")
                assert Escalation.objects.filter(is_told=True).exists()
                assert [process.poll() for process in (worker, *beats)] == [None] * 3, servers.said()
            with server.running():
                finish(world, server)
