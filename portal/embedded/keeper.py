"""The keeper: starts the embedded servers, waits until nobody uses them, and stops them.

Started by the first user (see users.py), in a session of its own. It says "ready" on its output, or in one sentence
why it is not.
"""

import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from portal.embedded import account, locks, mail_server, places, postgres, valkey
from portal.refusal import Refused

log = logging.getLogger("keeper")

LONGEST_SOCKET = "postgres/.s.PGSQL.5432"
NOBODY_LEFT = signal.SIGUSR1
WAKING = {NOBODY_LEFT, signal.SIGCHLD, signal.SIGTERM, signal.SIGINT}


def main() -> None:
    """Keep the servers running for as long as they have users."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    servers = locks.file("servers")
    locks.take(servers)
    stops: list[tuple[str, Callable[[], None]]] = []
    try:
        watched = start(servers, stops)
        ready = locks.file("ready")
        locks.take(ready)
        say("ready")
        watch(watched)
        locks.release(ready)  # from here on a newcomer waits for the end
    except Refused as refusal:
        log.error("%s", refusal)
        say(str(refusal))
    except OSError as error:
        log.exception("The servers could not be started")
        say(
            f"The embedded servers could not be started: {error.strerror or error}. More is in {places.log('keeper')}."
        )
    finally:
        for name, stop in reversed(stops):
            stop()
            log.info("%s: stopped", name)


def start(servers: int, stops: list) -> dict:
    """Start the servers, write down where they are, and return their processes; ``stops`` grows as they start."""
    sockets = socket_directory()
    if not sockets.is_relative_to(places.state()):
        stops.append(("sockets", lambda: shutil.rmtree(sockets, ignore_errors=True)))
    database, notes = postgres.start(sockets, servers)
    stops.append(("PostgreSQL", lambda: postgres.stop(database)))
    broker = valkey.start(sockets, servers)
    stops.append(("Valkey", lambda: valkey.stop(broker)))
    # The mail server's thread comes last: a process with threads should not fork.
    places.write_addresses({"sockets": str(sockets), "mail_port": mail_server.start(), "notes": notes})
    log.info("PostgreSQL, Valkey and the mail server are ready")
    return {"PostgreSQL": database, "Valkey": broker}


def watch(servers: dict) -> None:
    """Return when nobody uses the servers any more, one of them has ended, or we are told to end."""
    # Blocked and waited for, rather than handled: a signal between a check and the wait would be lost to a handler.
    signal.pthread_sigmask(signal.SIG_BLOCK, WAKING)
    threading.Thread(target=wait_for_the_last_user, daemon=True).start()
    while True:
        for name, process in servers.items():
            if process.poll() is not None:
                log.error("%s ended by itself with %s; see its own log", name, process.returncode)
                return
        number = signal.sigwait(WAKING)
        if number != signal.SIGCHLD:
            log.info(
                "stopping: %s", "nobody uses the servers" if number == NOBODY_LEFT else signal.Signals(number).name
            )
            return


def wait_for_the_last_user() -> None:
    """Take the users' lock for ourselves, which is ours when the last of them has gone, and keep it to the end."""
    locks.take(locks.file("users"))
    os.kill(os.getpid(), NOBODY_LEFT)


def socket_directory() -> Path:
    """Return a directory for the servers' sockets that PostgreSQL's account reaches and whose path is short enough.

    A unix socket's address holds 107 bytes, and not every file system carries sockets: binding one finds out both.
    """
    near = places.directory("run")
    if account.reaches(near) and takes_sockets(near):
        return near
    tag = sha256(str(near).encode()).hexdigest()[:10]
    elsewhere = Path(tempfile.gettempdir()) / f"midwatch-{os.geteuid()}-{tag}"
    elsewhere.mkdir(mode=0o700, exist_ok=True)
    if (
        elsewhere.is_symlink() or elsewhere.stat().st_uid != os.geteuid()
    ):  # anybody can make a name in a shared directory first
        raise Refused(f"{elsewhere} belongs to somebody else. Remove it, or set MIDWATCH_STATE to another directory.")
    elsewhere.chmod(0o711 if account.unprivileged() else 0o700)
    return elsewhere


def takes_sockets(directory: Path) -> bool:
    """Tell whether a socket with the longest name we need can be bound in ``directory``."""
    trial = directory / "x".ljust(len(LONGEST_SOCKET), "x")
    trial.unlink(missing_ok=True)
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.bind(str(trial))
    except OSError:
        return False
    finally:
        trial.unlink(missing_ok=True)
    return True


def say(answer: str) -> None:
    """Answer the one who started us, who may be gone by now, and close the output that it reads."""
    try:
        print(answer, flush=True)  # noqa: T201 - the answer is read from here
    except BrokenPipeError:
        log.info("the one who started the servers is gone")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, sys.stdout.fileno())
    os.close(quiet)


if __name__ == "__main__":
    main()
