"""One small world for all faults: cases that move, are held and finished over a week, swept every four hours.

Its life is the same however often and by whom it is swept, so that what is recorded must be the same too.
"""

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

import time_machine
from django.core.management import call_command

from cases import lifecycle, to_do
from cases.models import Escalation, Notice, NoticeLine, Task
from cases.watch import notices, sweep, timers
from pathways.models import system_user
from tests.factories import MONDAY, PatientFactory, a_case, a_manager, a_member, a_pathway, fresh, the_move

CASES, HOUR = 24, timedelta(hours=1)
WEEK = timedelta(days=7)
# By then, Easter or not, everyone's digest has had its hour; and it is a working day again, outside of quiet hours, as
# the end of every world is: on another a late digest would wait.
AFTERWARDS = timedelta(days=7)
LADDER = [
    ("half", "share", 50, {"tells": ["owner"]}),
    ("warn", "before", "6 hours"),
    ("breach", "after", "0 days", {"urgent": True}),
    ("daily", "after", "1 day", "12 hours", 3),
]
RING = {"code": "ring", "title": "Ring the patient", "limit_amount": 1, "limit_unit": "days"}


@dataclass
class World:
    """The acts still to come, each with its time, in their order."""

    begin: datetime
    acts: list[tuple[datetime, Callable]]
    people: list
    expected: frozenset[tuple] = frozenset()  # what is recorded if nothing goes wrong

    @property
    def end(self) -> datetime:
        return self.begin + WEEK

    def sweeps(self, every=4 * HOUR) -> list[datetime]:
        """When it is swept if nothing is wrong; the last time at the end."""
        return [self.begin + every * n for n in range(1, WEEK // every + 1)]

    def act_until(self, now) -> None:
        """Let happen what happens before ``now``."""
        while self.acts and self.acts[0][0] < now:
            at, act = self.acts.pop(0)
            with time_machine.travel(at, tick=False):
                act()


def a_world(begin: datetime = MONDAY) -> World:
    """A world in an empty database, at the beginning of its week."""
    expected = undisturbed(begin)
    return replace(_populated(begin), expected=expected)


def _populated(begin):
    """Triage within 2 days with a ladder to the managers, a task in each stay, and review within 5 working days."""
    people = [a_manager("booking"), a_manager("booking"), a_manager("clinic"), owner := a_member("booking")]
    pathway = a_pathway(limit="2 days", ladder=LADDER, tasks=[RING])
    acts = []
    for n in range(CASES):
        opened = begin + n * timedelta(minutes=37)
        case = _Case(pathway, owner if n % 2 else None)
        acts.append((opened, case.open))
        acts += [(opened + after, act) for after, act in case.life(n)]
    return World(begin, sorted(acts, key=lambda act: act[0]), people)


class _Case:
    """One case and what is done with it."""

    def __init__(self, pathway, owner):
        self.pathway, self.owner, self.by, self.case = pathway, owner, system_user(), None

    def life(self, n):
        """What is done, each so long after it was opened: one of six lives."""
        acts = [(36 * HOUR, self.ring)] if n % 4 == 0 else []
        return (
            acts
            + [
                [],
                [(75 * HOUR, self.to("review"))],
                [(24 * HOUR, self.hold(36 * HOUR))],  # until its ceiling
                [(20 * HOUR, self.hold(90 * HOUR)), (40 * HOUR, self.resume), (100 * HOUR, self.to("review"))],
                [(60 * HOUR, self.to("done"))],
                [(30 * HOUR, self.to("review")), (80 * HOUR, self.to("triage"))],
            ][n % 6]
        )

    def open(self):
        at = datetime.now(tz=MONDAY.tzinfo)
        self.case = a_case(self.pathway, at=at, patient=PatientFactory())
        if self.owner:
            lifecycle.assign_case(self.case, self.owner, by=self.by)

    def to(self, stage):
        return lambda: lifecycle.move_case(self.case, the_move(self.case, stage), by=self.by)

    def hold(self, at_most):
        return lambda: lifecycle.hold_case(
            self.case, reason="Away", until=datetime.now(tz=MONDAY.tzinfo) + at_most, by=self.by
        )

    def resume(self):
        lifecycle.resume_case(fresh(self.case), by=self.by)

    def ring(self):
        to_do.complete_task(Task.objects.get(case=self.case, done_at=None), by=self.by)


def look(as_of) -> None:
    """Do what the worker does when it is woken."""
    sweep.run(as_of)
    notices.send_due(at=as_of)


def live(world: World, sweeps: Iterable[datetime], look=look) -> None:
    """Let the world live its week, and look at it at each of the ``sweeps``, whatever their order."""
    for as_of in sweeps:
        world.act_until(as_of)
        look(as_of)


def recorded() -> set[tuple]:
    """The ledger of escalations in words that are the same in every world: which case, which stay or task of it, the
    rung, the occurrence and when it was reached.
    """
    rows = Escalation.objects.values_list("case", "kind", "thing_id", "rung_code", "occurrence", "reached_at")
    cases, things = set(), defaultdict(set)
    for case, kind, thing, *_ in rows:
        cases.add(case)
        things[case, kind].add(thing)
    rank = {case: n for n, case in enumerate(sorted(cases))}
    nth = {key: {thing: n for n, thing in enumerate(sorted(found))} for key, found in things.items()}
    found = [(rank[case], kind, nth[case, kind][thing], *rest) for case, kind, thing, *rest in rows]
    assert len(set(found)) == len(found), "nothing is recorded twice"
    return set(found)


@cache
def undisturbed(begin: datetime) -> frozenset[tuple]:
    """What is recorded when nothing goes wrong. Leaves an empty database."""
    world = _populated(begin)
    live(world, world.sweeps(), look=sweep.run)
    found = recorded()
    empty()
    assert len(found) > 5 * CASES, "a world in which much falls due"
    return frozenset(found)


def empty() -> None:
    call_command("flush", interactive=False, verbosity=0, reset_sequences=False, inhibit_post_migrate=True)


def rounds(seconds: float, server) -> Iterator[random.Random]:
    """A first round that is always the same, then others while there is time, each in an empty database."""
    end, seed = time.monotonic() + seconds, 1
    while True:
        print(f"seed {seed}")
        yield random.Random(seed)
        if time.monotonic() >= end:
            return
        empty()
        server.mails.clear()
        seed = random.randrange(2**32)


def finish(world: World, server) -> None:
    """Sweep and send once more when everything is well again, and check what was recorded, told and delivered.

    The mail ``server`` must be running.
    """
    world.act_until(world.end)
    look(world.end)
    notices.send_due(at=world.end + AFTERWARDS)
    assert recorded() == world.expected
    assert timers.rebuild(check=True) == []
    told = set(Escalation.objects.filter(is_told=True).values_list("pk", flat=True))
    assert set(NoticeLine.objects.values_list("escalation", flat=True)) == told, "what is told is owed, to each once"
    all_delivered(server)


def all_delivered(server) -> None:
    """Check that each notice was delivered at least once, always with its own Message-ID, and is recorded as sent."""
    assert not Notice.objects.filter(sent_at=None).exists()
    owed = Notice.objects.exclude(kind=Notice.Kind.HOLD_ENDED)  # these are part of a digest
    wanted = set(owed.values_list("message_id", "recipient__email"))
    delivered = {(mail["Message-ID"], mail["To"]) for mail in server.mails}
    assert delivered == wanted, f"not delivered: {wanted - delivered}; delivered, but not owed: {delivered - wanted}"
    assert set(owed.values_list("message_id", "sent_to")) == wanted
    assert wanted
