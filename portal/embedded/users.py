"""Join the users of the embedded servers, and leave them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

from portal.embedded import locks, places
from portal.refusal import Refused

PATIENCE = 60  # seconds for servers to stop and to start: crash recovery of a demo's database is well within it

_membership: int | None = None
_keeper: subprocess.Popen | None = None


def join(say: Callable[[str], None] = lambda sentence: None) -> int:
    """Make sure that the servers run for as long as this process does, and return the lock that says so.

    Starts them if nobody has. ``say`` is told what the one who started them should know. A child process that
    inherits the lock counts as a user of its own. Refused, with a sentence, if the servers cannot be started.
    """
    global _membership
    if _membership is None:
        users = locks.file("users")
        until(lambda: locks.shared(users), "The embedded servers are still stopping after {} seconds.")
        start = locks.file("start")
        locks.take(start)
        try:
            until(
                lambda: locks.held("ready") or not locks.held("servers"),
                "Earlier embedded servers did not end in {} seconds.",
            )
            if not locks.held("ready"):
                start_keeper()
                for note in places.addresses().get("notes", []):
                    say(note)
        except BaseException:
            os.close(users)
            raise
        finally:
            os.close(start)
        _membership = users
    return _membership


def leave() -> None:
    """Stop using the servers; if nobody else does, return when they are gone."""
    global _membership
    if _membership is None:
        return
    users, _membership = _membership, None
    locks.release(users)
    until(lambda: not locks.held("servers") or others(users), "The embedded servers did not stop in {} seconds.")
    if _keeper and not others(users):
        _keeper.wait()
    os.close(users)


def others(users: int) -> bool:
    """Tell whether others use the servers. The keeper, which has the lock for itself while it stops, is no user."""
    someone = not locks.taken(users) and locks.shared(users)
    locks.release(users)
    return someone


def running() -> bool:
    """Tell whether the servers can be used now."""
    return locks.held("ready")


def start_keeper() -> None:
    """Start a keeper in a session of its own, so that no Ctrl-C reaches it, and wait until its servers are ready."""
    global _keeper
    with open(places.log("keeper"), "ab") as log:
        keeper = _keeper = subprocess.Popen(
            [sys.executable, "-m", "portal.embedded.keeper"],
            cwd=places.CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    answer = keeper.stdout.read().strip()  # the keeper closes its output when it is ready, or ends
    keeper.stdout.close()
    if answer != "ready":
        keeper.wait()
        raise Refused(answer or f"The embedded servers could not be started. The reason is in {places.log('keeper')}.")


def until(fulfilled: Callable[[], bool], otherwise: str) -> None:
    """Wait until ``fulfilled``; refuse with the sentence ``otherwise`` if that takes too long."""
    end = time.monotonic() + PATIENCE
    while not fulfilled():
        if time.monotonic() > end:
            raise Refused(otherwise.format(PATIENCE) + f" See the logs in {places.directory('log')}.")
        time.sleep(0.01)
