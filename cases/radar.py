"""The radar at work in the background: what it finds for each team, and what is wrong with the set-up.

The pages ask the radar live. What is wrong with the set-up takes more statements than a page may cost, so that it is
looked for every hour and kept; the page on how the watch stands asks it live.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from cases import overview
from cases.reasons import RADAR, Asked, chip
from cases.watch.faults import faults_of_setup
from pathways.models import Team, system_user

KEPT_FOR = 3 * 60 * 60  # seconds


@dataclass(frozen=True)
class Faults:
    """What was wrong with the set-up at ``at``, in sentences."""

    at: datetime
    sentences: list[str]


class Everybody(Asked):
    """Asks for all teams at once."""

    @cached_property
    def teams(self):
        return list(Team.objects.values_list("pk", flat=True))


def look(now: datetime) -> list[str]:
    """Return a sentence for each team that has open cases, or a closed one on the radar: what the radar finds there.
    It names no patient.
    """
    asked = Everybody(system_user(), now)
    return [_said(row) for row in overview.radar(asked, asked.teams)]


def _said(row):
    found = [chip(code, row[code]) for code in RADAR if row[code]]
    return f"{row['name']} ({row['code']}): {', '.join(found) or 'nothing on the radar'}."


def keep_faults(now: datetime) -> None:
    """Look for what is wrong with the set-up, and keep it for the pages."""
    cache.set(_key(), Faults(now, faults_of_setup(now)), KEPT_FOR)


def kept_faults() -> Faults | None:
    """Return what was last found; None if nobody has looked for a while, or the cache does not answer."""
    try:
        return cache.get(_key())
    except RedisError:
        return None


def _key():
    return f"faults-of-the-set-up:{connection.settings_dict['NAME']}"
