"""The locks that say who is there. The kernel gives a lock back however its holder ends: none goes stale.

users     shared by all who use the servers; the keeper takes it for itself to know that nobody is left, and to stop
start     held by the newcomer who looks for a keeper or starts one: one at a time
servers   held by the keeper and, inherited, by each server process: free means that all of them are gone
ready     held by the keeper while its servers can be used
portal    held by `manage.py up`: one running portal for each state directory
"""

import fcntl
import os

from portal.embedded import places
from portal.refusal import Refused


def file(name: str) -> int:
    """Open the lock called ``name`` and return its file descriptor, holding nothing yet."""
    path = places.directory("run") / f"{name}.lock"
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Refused(places.unusable(path, error)) from None


def take(lock: int) -> None:
    """Wait until the lock is ours alone."""
    fcntl.flock(lock, fcntl.LOCK_EX)


def taken(lock: int) -> bool:
    """Take the lock for ourselves if that can be done at once, and tell whether it was."""
    return _at_once(lock, fcntl.LOCK_EX)


def shared(lock: int) -> bool:
    """Take our share of the lock if that can be done at once, and tell whether it was."""
    return _at_once(lock, fcntl.LOCK_SH)


def release(lock: int) -> None:
    """Give the lock back, and keep its file open."""
    fcntl.flock(lock, fcntl.LOCK_UN)


def held(name: str) -> bool:
    """Tell whether somebody has the lock called ``name`` for themselves."""
    lock = file(name)
    try:
        return not shared(lock)
    finally:
        os.close(lock)


def _at_once(lock: int, kind: int) -> bool:
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
