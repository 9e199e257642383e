"""Limits proposed for the stages of a map: what 85 in 100 of the stays that have ended kept to."""

import math
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from pathways.limits import Span, Unit
from pathways.models import PathwayVersion

AT_LEAST = 20  # stays: fewer say more about those few than about the next
SHARE = 0.85
HOURS_UP_TO = 48  # longer ones are proposed in whole days

# Of a stage by its code in all versions, and by the codes of those that went into it. What closed a case is no stay.
ENDED = """
SELECT wanted.code, count(*), percentile_cont(%(share)s) WITHIN GROUP (
    ORDER BY extract(epoch FROM left_at - entered_at)::float8
)
FROM pathways_stage AS wanted
JOIN pathways_stage AS stage ON stage.code = wanted.code OR stage.code = ANY (wanted.merged_from)
JOIN pathways_pathwayversion AS version ON version.id = stage.version_id AND version.pathway_id = %(pathway)s
JOIN cases_stageentry AS entry ON entry.stage_id = stage.id
WHERE wanted.version_id = %(version)s AND wanted.kind <> 'final' AND left_at IS NOT NULL AND NOT ends_journey
GROUP BY wanted.code
"""


@dataclass(frozen=True)
class Proposal:
    """What is proposed for a stage: the number of ``stays`` that have ended, and what 85 in 100 of them kept to."""

    stays: int
    kept_to: timedelta | None = None

    @property
    def limit(self) -> Span | None:
        """The limit in whole hours, from two days on in whole days, and below an hour in quarters of one; None where
        too few stays have ended, or most took no time.
        """
        if self.stays < AT_LEAST or not self.kept_to:
            return None
        quarters = math.ceil(self.kept_to / timedelta(minutes=15))
        if quarters < 4:
            return Span(15 * quarters, Unit.MINUTES)
        hours = math.ceil(self.kept_to / timedelta(hours=1))
        if hours <= HOURS_UP_TO:
            return Span(hours, Unit.HOURS)
        return Span(math.ceil(self.kept_to / timedelta(days=1)), Unit.DAYS)


def proposed_limits(version: PathwayVersion) -> dict[str, Proposal]:
    """Return what is proposed for each stage of ``version`` that cases have left, by its code."""
    with connection.cursor() as cursor:
        cursor.execute(ENDED, {"share": SHARE, "version": version.pk, "pathway": version.pathway_id})
        return {code: Proposal(stays, timedelta(seconds=seconds)) for code, stays, seconds in cursor}
