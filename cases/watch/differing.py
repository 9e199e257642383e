"""The cases whose timers differ from what the record says they must be: found every night, kept until the next, or
until rebuild_timers looks at all of them again.

Computing it takes minutes for all cases, so that no page does. What was found is no fact about a case but a fault to
be mended: it is kept in the cache, by database, and is gone when that is emptied; the next night finds it again.
"""

import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone
from redis.exceptions import RedisError

from cases import access
from cases.watch import timers

KEPT_FOR = 2 * 24 * 60 * 60  # seconds: a night that was missed is bridged
AT_MOST = 1000  # cases; where more differ, rebuild_timers mends them all

# One at a time: whoever takes a case off the list writes the rest of it anew.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('midwatch'), hashtext('timers that differ'))"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """The references of the cases that were found, and when all had been looked at."""

    at: datetime
    references: list[str]


def keep(sentences: list[str]) -> None:
    """Keep which cases the ``sentences`` of ``timers.rebuild`` are about, those that hold still, in place of what was
    kept: all have been looked at now.
    """
    found = sorted({sentence.partition(":")[0] for sentence in sentences})
    with _alone():
        cache.set(_key(), Found(timezone.now(), found[:AT_MOST]), KEPT_FOR)


def kept() -> Found | None:
    """Return what was last found; None if nobody has looked for two days, or the cache does not answer."""
    try:
        return cache.get(_key())
    except RedisError as error:
        log.warning("What timers differ is not known just now: %s", type(error).__name__)
        return None


def references() -> list[str]:
    """Return the references of the cases that were found; none where that is not known."""
    found = kept()
    return found.references if found else []


def forget() -> None:
    """Keep nothing any more."""
    cache.delete(_key())


def set_right(case, *, by) -> list[str]:
    """Compute the timers and the due time of ``case`` again; return a sentence for each that differed.

    Raises PermissionDenied if ``by`` is not of the team that has the case, Refused if they cannot be computed.
    """
    access.require(by, "watch", case.team)
    differed = timers.mend(case)
    for sentence in differed:
        log.warning("Mended, as user %s asked: %s", by.pk, sentence)
    _take_off(case.reference)
    return differed


def _take_off(reference):
    with _alone():
        if found := cache.get(_key()):
            rest = [other for other in found.references if other != reference]
            cache.set(_key(), replace(found, references=rest), KEPT_FOR)


@contextmanager
def _alone():
    """Change what is kept while nobody else does; without the cache leave it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK)
            yield
    except RedisError as error:
        log.warning("What timers differ could not be kept: %s", type(error).__name__)


def _key():
    return f"watched-wrongly:{connection.settings_dict['NAME']}"
