"""Do a piece of work unless another process is doing it already, on whichever machine."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, connection

log = logging.getLogger(__name__)

# A lock of two keys has objsubid 2; they stand there without their signs.
HELD = """
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 2 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND classid = (hashtext('midwatch')::bigint & 4294967295)::oid
        AND objid = (hashtext(%s)::bigint & 4294967295)::oid
)
"""


def do(name: str, work: Callable) -> None:
    """Do ``work`` and log how long it took; leave it to another process that is doing ``name`` just now.

    Without this sweeps that take longer than a minute would pile up until they hold every worker.
    """
    with alone(name) as is_mine:
        if not is_mine:
            log.info("Somebody else is doing it just now: %s.", name)
            return
        started = time.monotonic()
        work()
        log.info("Done: %s.", name, extra={"figures": {"seconds": round(time.monotonic() - started, 3)}})


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Hold the lock ``name`` of the database, and yield whether we got it.

    It belongs to the connection: with a worker that is killed it is gone too, and nobody waits for it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('midwatch'), hashtext(%s))", [name])
        (is_mine,) = cursor.fetchone()
    try:
        yield is_mine
    finally:
        # A connection that broke has taken the lock with it.
        with suppress(DatabaseError):
            if is_mine:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(hashtext('midwatch'), hashtext(%s))", [name])


def is_held(name: str) -> bool:
    """Is somebody doing ``name`` just now, on whichever machine?"""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [name])
        return cursor.fetchone()[0]
