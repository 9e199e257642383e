"""Two sweeps at once: the second leaves it to the first."""

import pytest
from django.db import connection, connections

from cases import tasks
from cases.models import SweepRun
from cases.watch import alone
from tests.portal.running import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def elsewhere():
    """Another connection to the same database, as another worker has one."""
    other = connection.copy()
    yield other
    other.close()
    given_back()


def lock(other, name):
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('midwatch'), hashtext(%s))", [name])


def is_locked():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database "
            "WHERE locktype = 'advisory' AND datname = current_database()"
        )
        return cursor.fetchone()[0] > 0


def given_back():
    """The database learns a little later that a connection has gone."""
    eventually(lambda: not is_locked(), "The lock outlived its connection.")


def test_a_sweep_is_left_to_another_worker_that_sweeps_already(elsewhere):
    lock(elsewhere, "sweep")
    tasks.sweep()
    assert not SweepRun.objects.exists()

    elsewhere.close()  # killed, as far as the database can tell
    given_back()
    tasks.sweep()
    assert SweepRun.objects.count() == 1


def test_a_slow_mail_server_does_not_keep_the_watch_from_sweeping(elsewhere):
    lock(elsewhere, "send notices")
    tasks.sweep()
    assert SweepRun.objects.count() == 1


def test_the_lock_is_given_back_also_after_an_error():
    def fail():
        raise KeyError

    with pytest.raises(KeyError):
        alone.do("sweep", fail)
    with alone.alone("sweep") as is_mine:
        assert is_mine


def test_a_connection_that_breaks_in_the_middle_gives_the_lock_back_and_tells_of_its_own_error():
    def break_it():
        connection.connection.close()
        raise KeyError

    with pytest.raises(KeyError):
        alone.do("sweep", break_it)
    connections["default"].close()
    given_back()
