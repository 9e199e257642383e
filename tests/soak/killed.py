"""Work done in child processes, which can be killed without notice."""

import os
import signal
import traceback
from collections.abc import Callable

from django.db import connections

from portal.processes import die_with_parent


def begin(work: Callable[[], object]) -> int:
    """Begin ``work`` in a child process with connections of its own; return its number."""
    connections.close_all()  # a connection belongs to one process
    death = die_with_parent(signal.SIGKILL)
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        if death:
            death()
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def kill(child: int) -> bool:
    """Kill the child without notice, and return whether it was still at work."""
    os.kill(child, signal.SIGKILL)  # not collected yet, so that nobody else has its number
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def wait(child: int) -> bool:
    """Wait until the child has ended, and return whether it did its work."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
