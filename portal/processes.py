"""Start a child process that never outlives its parent, and stop it in good order."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1


def start(arguments: Sequence[object], *, log: Path, death: int, **options) -> subprocess.Popen:
    """Start a child in a session of its own, writing to ``log``, that gets the signal ``death`` when its parent dies.

    In its own session a Ctrl-C in the terminal does not reach it: the parent alone hears it, and stops its children
    in order.
    """
    with open(log, "ab") as output:
        return subprocess.Popen(
            [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(death),
            **options,
        )


def die_with_parent(death: int) -> Callable[[], None] | None:
    """Return what a new child does so that the kernel sends it ``death`` when its parent dies (Linux only)."""
    if not sys.platform.startswith("linux"):
        return None
    libc, parent = ctypes.CDLL(None), os.getpid()

    def in_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, death, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return in_child


def stop(process: subprocess.Popen, *steps: tuple[signal.Signals, int]) -> None:
    """Send each signal in turn and give the process that many seconds for it; kill it if none was enough."""
    for number, seconds in (*steps, (signal.SIGKILL, 5)):
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
        return
