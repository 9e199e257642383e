"""How far an import has come, told while its one transaction lets nobody see what it has written."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from django.core.cache import cache
from django.db.models import TextChoices
from redis.exceptions import RedisError

KEPT_FOR = 60 * 60  # seconds
EVERY = 2_000  # rows: telling costs as much as reading some ten of them


class Step(TextChoices):
    """What an import does, in its order."""

    QUEUED = "queued", "Waiting for another file, which the worker is at"
    READING = "reading", "Reading the rows"
    WAITING = "waiting", "Waiting for another import to end"
    MATCHING = "matching", "Looking for what Midwatch knows already"
    CASES = "cases", "Making the cases"
    STAYS = "stays", "Making their stays"
    DUE_TIMES = "due_times", "Reckoning when each stay was due"
    TIMERS = "timers", "Setting the timers of the cases that are open"
    SAVING = "saving", "Saving all of it together"


class Tell(Protocol):
    """Hears which step is done now, and how many rows or cases of it are behind."""

    def __call__(self, step: Step, done: int = 0) -> None: ...


@dataclass(frozen=True)
class Progress:
    """How far one import has come. ``rows``: how many were read, once all of them are; ``done``: of this step."""

    step: Step
    done: int = 0
    rows: int = 0


def in_silence(step: Step, done: int = 0) -> None:
    """Tell nobody."""


def counted(rows: Iterable, tell: Tell) -> Iterator:
    """Yield ``rows`` and tell now and then how many there were."""
    number = 0
    for number, row in enumerate(rows, start=1):
        if number % EVERY == 1:
            tell(Step.READING, number - 1)
        yield row
    tell(Step.READING, number)


class Told:
    """What is told of one piece of work, kept in the cache under its ``ticket``, where the pages read it."""

    def __init__(self, ticket):
        self._key, self._rows = f"import:{ticket}", 0

    def __call__(self, step: Step, done: int = 0) -> None:
        """Keep it. That a cache does not answer stops no import."""
        if step == Step.READING:
            self._rows = done
        try:
            cache.set(self._key, Progress(step, done, self._rows), KEPT_FOR)
        except RedisError:
            return

    def last(self) -> Progress | None:
        """Return what was last told; None if nothing was, or the cache does not answer."""
        try:
            return cache.get(self._key)
        except RedisError:
            return None
