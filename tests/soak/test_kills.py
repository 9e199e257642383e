"""Sweeps that are killed outright, doubled, or lose their database at random points."""

import os
import signal
import time

import psycopg
import pytest
import time_machine
from django.db import connection, connections

from cases import tasks
from cases.models import SweepRun
from cases.watch import sweep
from portal.embedded import places
from tests.soak import killed
from tests.soak.world import a_world, finish, live, look, rounds

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

KILLED = 50


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    """Let each sweep commit many times, so that it can be killed between two commits, and in each of them."""
    monkeypatch.setattr(sweep, "BATCH_SIZE", 3)


def crash_the_database():
    """Let PostgreSQL end all sessions at once, recover, and serve again: what it does when one of its processes is
    killed, and what it would do after an immediate restart. (The server itself is also that of the other tests.)
    """
    connection.ensure_connection()
    os.kill(connection.connection.info.backend_pid, signal.SIGKILL)
    connections.close_all()
    end = time.monotonic() + 60
    while True:
        try:
            with psycopg.connect(places.database_url()) as fresh:
                fresh.execute("SELECT 1")
                return
        except psycopg.OperationalError:
            assert time.monotonic() < end, "it never came back"
            time.sleep(0.05)


def unfinished():
    return SweepRun.objects.filter(finished_at=None).count()


def test_fifty_sweeps_killed_at_random_points_record_what_undisturbed_ones_would(server, soak_seconds):
    for chance in rounds(soak_seconds, server):
        world, kills, longest = a_world(), 0, 0.05

        def kill_it(as_of, chance=chance):
            nonlocal kills, longest
            if kills >= KILLED:
                return look(as_of)
            began, child = time.monotonic(), killed.begin(lambda: look(as_of))
            if kills % 10 == 0:  # now and then one that is let go, to know how long they take now
                killed.wait(child)
                longest = time.monotonic() - began
                child = killed.begin(lambda: look(as_of))
            time.sleep(chance.uniform(0, longest))
            kills += killed.kill(child)
            return None

        every = (world.end - world.begin) / (KILLED * 4)  # most are done before they can be killed
        with server.running():
            live(world, world.sweeps(every), kill_it)
            assert kills == KILLED, "fifty were still at work"
            assert unfinished() >= 3, "and some in the middle of the sweep, others before it or in sending"
            finish(world, server)


def test_two_beats_and_two_sweeps_at_once_record_what_one_would(server, soak_seconds):
    for chance in rounds(soak_seconds, server):
        world, swept = a_world(), 0

        def twice(as_of, chance=chance):
            nonlocal swept
            # As two workers do that are woken by two beats, who ask for the lock; and as if there was no lock.
            work = tasks.sweep if chance.random() < 0.3 else lambda: look(as_of)
            with time_machine.travel(as_of, tick=False):
                children = [killed.begin(work) for _ in range(2)]
                swept += sum([killed.wait(child) for child in children])

        with server.running():
            live(world, world.sweeps(), twice)
            assert swept == 2 * len(world.sweeps())
            assert SweepRun.objects.count() > len(world.sweeps())
            finish(world, server)


def test_a_database_that_is_restarted_in_the_middle_of_sweeps_loses_nothing(server, soak_seconds):
    for chance in rounds(soak_seconds, server):
        world, restarts, longest = a_world(), 0, 0.05

        def restart(as_of, chance=chance, calm=world.begin + 2 * (world.end - world.begin) / 7):
            nonlocal restarts, longest
            if as_of < calm or restarts >= 4:
                began = time.monotonic()
                look(as_of)
                longest = time.monotonic() - began
                return
            child = killed.begin(lambda: look(as_of))
            time.sleep(chance.uniform(0, longest))
            crash_the_database()
            restarts += not killed.wait(child)

        with server.running():
            live(world, world.sweeps(), restart)
            assert restarts, "it was restarted under a sweep"
            finish(world, server)
