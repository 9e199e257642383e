"""Run the whole portal: what `make run` starts."""

import contextlib
import os
import signal
import sys
import time
import webbrowser

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connections

from cases import demo
from portal import bind, startup
from portal.children import Children, answers
from portal.embedded import locks, places, users
from portal.refusal import Refused

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = 60  # seconds for the web server to answer: a cold disk is slow


class Stop(Exception):
    """Somebody wants the portal to stop."""


class Command(BaseCommand):
    """Prepare the database and the static files, start worker, beat and web, and stay until told to stop."""

    help = "Run the whole portal: worker, beat and web, on real servers or on the embedded ones. Ctrl-C stops it."
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        """Take what may be left out of a start."""
        parser.add_argument("--no-demo", action="store_true", help="Load no demo data into the embedded database.")

    def handle(self, *, no_demo: bool, **_) -> None:
        """Run until a signal comes or a part fails; leave with 0 after a signal, with 1 after a failure."""
        for number in STOPPING:
            signal.signal(number, stop_once)
        children = Children(lock=users.join() if settings.EMBEDDED else None)
        try:
            host, port = self.claim()
            self.prepare(with_demo=settings.EMBEDDED and not no_demo)
            children.start()
            self.open_up(children, f"http://{f'[{host}]' if ':' in host else host}:{port}/")
            self.stay(children)
        except Stop as stop:
            self.say(f"\n{stop}: stopping")
        finally:
            leave_at_the_next_signal()
            children.stop(self.say)
            connections.close_all()
            users.leave()
            if settings.EMBEDDED and not users.running():
                self.say("servers stopped")

    def claim(self) -> tuple[str, int]:
        """Return host and port to listen on; refuse a second portal on this state, and an address in use."""
        self.lock = locks.file("portal")
        if not locks.taken(self.lock):
            raise Refused(
                f"Midwatch is already running on {places.state()}. Stop it where it was started, or set "
                "MIDWATCH_STATE to another directory."
            )
        host, port = bind.address(settings.BIND)
        if settings.EMBEDDED:
            bind.refuse_others_reach(host)
        else:
            startup.require_mail_server()
        bind.refuse_used(host, port)
        return host, port

    def prepare(self, *, with_demo: bool) -> None:
        """Bring database and static files up to date; the demo's data go into the embedded database and no other."""
        self.say("Preparing the database ...")
        try:
            call_command("migrate", verbosity=0, interactive=False)
            if with_demo:
                self.say("Loading the demo's data ...")
                call_command("load_demo", verbosity=0)
            self.sign_ins = demo.SIGN_INS if settings.EMBEDDED and demo.people.are_here() else []
        except DatabaseError as error:
            raise Refused(f"The database could not be brought up to date: {startup.first_line(error)}.") from None
        finally:
            connections.close_all()
        self.say("Collecting the static files ...")
        call_command("collectstatic", verbosity=0, interactive=False)

    def open_up(self, children: Children, url: str) -> None:
        """Wait until the web server answers; say where it is, and show it if there is a desktop."""
        self.say("Starting worker, beat and web ...")
        end = time.monotonic() + PATIENCE
        while not answers(f"{url}health/live"):
            children.refuse_the_dead()
            if time.monotonic() > end:
                raise Refused(f"The web server did not answer in {PATIENCE} seconds. See {places.log('web')}.")
            time.sleep(0.05)
        self.say(f"\nMidwatch is running at {url}")
        self.say(f"Its logs are in {places.directory('log')}. Ctrl-C stops it.")
        if self.sign_ins:
            self.say("\nSign in as        with the password    who")
        for username, password, does in self.sign_ins:
            self.say(f"  {username:<16}{password:<21}{does}")
        if settings.EMBEDDED and (os.environ.keys() & {"DISPLAY", "WAYLAND_DISPLAY"} or sys.platform == "darwin"):
            with contextlib.suppress(OSError, webbrowser.Error):
                webbrowser.open(url)

    def stay(self, children: Children) -> None:
        """Return never: stay until something fails, a signal comes, or the terminal is closed."""
        on_a_terminal = os.isatty(0)
        while True:
            children.refuse_the_dead()
            if settings.EMBEDDED and not users.running():
                raise Refused(f"The embedded servers ended, so everything was stopped. See {places.log('keeper')}.")
            if on_a_terminal and not os.isatty(0):
                raise Stop("Terminal closed")  # whose signal may have gone to make alone, which does not pass it on
            time.sleep(0.5)

    def say(self, words: str) -> None:
        """Say something at once, also into a pipe."""
        with contextlib.suppress(OSError):  # a closed terminal or pipe must not keep the rest from being stopped
            self.stdout.write(words)
            self.stdout.flush()


def stop_once(number: int, frame: object) -> None:
    """Stop in order at the first signal."""
    leave_at_the_next_signal()
    raise Stop(signal.Signals(number).name)


def leave_at_the_next_signal() -> None:
    """Leave at once at the next signal: the kernel tells the children, and the keeper sees that we are gone."""
    for number in STOPPING:
        signal.signal(number, lambda *_: os._exit(130))
