"""Midwatch as its users start it: real processes, on a state directory of their own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
NAMES = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "ALLOWED_HOSTS", "MIDWATCH_BASE_URL", "BIND")
PATIENCE = 180  # seconds, on a machine that is busy with the other tests


def environment(**given: object) -> dict[str, str]:
    """Return what a process sees: our own surroundings without anything about servers, and what is given."""
    # Under pytest the settings would take themselves for the tests' own, and the journeys relax a rule of Django's.
    ours = (*NAMES, *(name for name in os.environ if name.startswith(("PYTEST", "DJANGO"))))
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {name: str(value) for name, value in given.items()}


def manage(*arguments: str, **given: object) -> subprocess.CompletedProcess:
    """Run a command of manage.py to its end."""
    return run("manage.py", *arguments, **given)


def run(*arguments: str, **given: object) -> subprocess.CompletedProcess:
    """Run Python with ``arguments`` to its end."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=CHECKOUT, env=environment(**given), capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip


@contextmanager
def started(*arguments: str, **given: object) -> Iterator[subprocess.Popen]:
    """Start Python with ``arguments``; whatever happens, it has ended afterwards."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=CHECKOUT, env=environment(**given), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen, words: str) -> str:
    """Read what the process says until a line holds ``words``, and return all of it."""
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"It never said {words!r}, but:\n{said}")


def eventually(fulfilled: Callable[[], object], otherwise: str) -> None:
    """Wait until ``fulfilled``."""
    end = time.monotonic() + PATIENCE
    while not fulfilled():
        assert time.monotonic() < end, otherwise
        time.sleep(0.02)


def processes_of(state: Path) -> dict[int, str]:
    """Return the processes that have to do with ``state``, as number and command line.

    Found by what they were started with, by their command line and by the directory they are in: PostgreSQL's own
    children show nothing but the last.
    """
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words = (place / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ").strip()
            surroundings = (place / "environ").read_bytes().decode(errors="replace")
            directory = os.readlink(place / "cwd")
        except OSError:  # it ended, or it is not ours
            continue
        if f"MIDWATCH_STATE={state}\0" in surroundings or f"{state}/" in f"{words} {directory}/":
            found[int(place.name)] = words
    return found


def none_left(state: Path) -> None:
    """Wait until no process of ``state`` is left."""
    eventually(lambda: not processes_of(state), f"There are still {processes_of(state)}.")


def kill(state: Path, words: str) -> int:
    """Kill the one process of ``state`` whose command line holds ``words``, without notice."""
    (number,) = [number for number, line in processes_of(state).items() if words in line]
    os.kill(number, signal.SIGKILL)
    return number


def kill_all(state: Path) -> None:
    """Kill every process of ``state`` without notice, as when the machine loses its power."""
    for number in processes_of(state):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    none_left(state)


@contextmanager
def state_directory() -> Iterator[Path]:
    """A state directory that every account reaches, with nobody left in it afterwards."""
    state = Path(tempfile.mkdtemp(prefix="midwatch-state-")).resolve()
    state.chmod(0o711)
    try:
        yield state
    finally:
        kill_all(state)
        shutil.rmtree(state)


def prepare(state: Path) -> None:
    """Bring a state directory to where a start finds nothing left to do."""
    for command in (["migrate"], ["collectstatic", "--no-input"]):
        done = manage(*command, "--verbosity=0", MIDWATCH_STATE=state, MIDWATCH_FORGETFUL=1)
        assert done.returncode == 0, done.stderr


def copy(state: Path, target: Path) -> None:
    """Copy a state directory that nobody uses, owners and all."""
    subprocess.run(["cp", "--archive", f"{state}/.", target], check=True)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def is_a_sentence(words: str) -> bool:
    """Tell whether somebody could read ``words``: a capital, a full stop, and nothing of a traceback."""
    words = words.strip()
    return words[:1].isupper() and words.endswith(".") and "Traceback" not in words
