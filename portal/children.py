"""The processes of a running portal: worker, beat and web, started in this order and stopped in the opposite one."""

import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings

from portal import processes
from portal.embedded import places
from portal.refusal import Refused

# What is run, and how long it may take to finish what it is doing after SIGTERM, in seconds.
PROGRAMS = {
    "worker": (["celery", "-A", "portal", "worker", "-c", "2", "--without-gossip", "--without-mingle"], 30),
    "beat": (["celery", "-A", "portal", "beat", "--pidfile="], 10),
    "web": (["gunicorn", "-c", "python:portal.web_server", "portal.wsgi"], 15),
}


@dataclass
class Children:
    """The processes that run. ``lock`` is the membership of the embedded servers, which each of them inherits."""

    lock: int | None
    running: dict[str, subprocess.Popen] = field(default_factory=dict)

    def start(self) -> None:
        """Start them all."""
        for name, (command, _) in PROGRAMS.items():
            self.running[name] = processes.start(
                [sys.executable, "-m", *command],
                log=places.log(name),
                death=signal.SIGTERM,
                cwd=settings.BASE_DIR,
                pass_fds=[] if self.lock is None else [self.lock],
            )

    def refuse_the_dead(self) -> None:
        """Refuse to go on when one of them has ended by itself."""
        for name, process in self.running.items():
            if process.poll() is not None:
                raise Refused(
                    f"The {name} ended by itself with exit code {process.returncode}, so everything was stopped. "
                    f"The reason is at the end of {places.log(name)}."
                )

    def stop(self, say: Callable[[str], None]) -> None:
        """Stop them, each given time to finish what it is doing."""
        while self.running:
            name, process = self.running.popitem()
            _, seconds = PROGRAMS[name]
            processes.stop(process, (signal.SIGTERM, seconds))
            say(f"{name} stopped")


def answers(url: str) -> bool:
    """Tell whether a web server answers at ``url``, with whatever."""
    # No proxy of the surroundings stands between this machine and itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2):
            return True
    except urllib.error.HTTPError as answer:
        answer.close()
        return True
    except OSError:
        return False
