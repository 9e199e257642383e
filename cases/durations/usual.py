"""How long people usually wait in a stage: what the middle half of those who have left it lately waited."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

AT_LEAST = 20  # fewer say more about those few than about the next
LATELY = timedelta(days=365)
MOST = 60  # of the smaller unit: between 1 and 48 hours, but up to 3 days

# Spells only: stays that have ended, and not those that closed their case.
MIDDLE_HALF = """
SELECT count(*), percentile_cont(ARRAY[0.25, 0.75]) WITHIN GROUP (
    ORDER BY extract(epoch FROM left_at - entered_at)::float8
)
FROM cases_stageentry
WHERE stage_id IN (
        SELECT stage.id FROM pathways_stage AS stage JOIN pathways_pathwayversion AS version
            ON version.id = stage.version_id
        WHERE stage.code = %(code)s AND pathway_id = %(pathway)s
    )
    AND left_at > %(since)s AND left_at <= %(now)s AND NOT ends_journey
"""


@dataclass(frozen=True)
class Usual:
    """The middle half of what people waited: from the 25th to the 75th percentile of their spells."""

    shortest: timedelta
    longest: timedelta

    def __str__(self):
        """Say it as a patient reads it: between 2 and 3 weeks, about 4 days. Never shorter than it was."""
        length, name = _unit(self.shortest)
        if self.longest > MOST * length:
            length, name = _unit(self.longest)
        least, most = self.shortest // length, -(-self.longest // length)
        if least == most:
            return f"about {_count(most, name)}"
        return f"between {least} and {_count(most, name)}" if least else f"up to {_count(most, name)}"


def usual_wait(stage, now: datetime) -> Usual | None:
    """Return how long people usually wait in ``stage`` of its pathway, in any version; None if too few have left it.

    One statement, on an index of the stage and the end of its stays.
    """
    values = {"code": stage.code, "pathway": stage.version.pathway_id, "since": now - LATELY, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(MIDDLE_HALF, values)
        count, percentiles = cursor.fetchone()
    if count < AT_LEAST:
        return None
    return Usual(*(timedelta(seconds=seconds) for seconds in percentiles))


def _unit(length):
    """The largest unit that goes into ``length``."""
    units = ((timedelta(**{f"{name}s": 1}), name) for name in ("week", "day", "hour", "minute"))
    return next((unit for unit in units if unit[0] <= length), (timedelta(minutes=1), "minute"))


def _count(number, unit):
    return f"{number} {unit}{'' if number == 1 else 's'}"
