"""When something about a case is due, or by how much it is over, counted as its limit is counted: the same words on
every page and in every mail.
"""

from datetime import datetime
from functools import cached_property

from cases import showing
from pathways.models import Calendar
from pathways.working_time import Schedule


class Schedules:
    """When the teams of one page or mail are open: all calendars, in one statement, when the first is asked for."""

    @cached_property
    def _calendars(self):
        return Calendar.objects.in_bulk()

    def of(self, stage) -> Schedule | None:
        """Return the schedule of the calendar of ``stage``; None if it has none, or is never open."""
        if stage.calendar_id is None:
            return None
        try:
            return self._calendars[stage.calendar_id].schedule()
        except ValueError:  # a calendar without hours: the sweep says so, and the rest is still to be read
            return None


def due(
    stage, due_at: datetime | None, now: datetime, *, limit: str, schedules: Schedules | None = None, **how
) -> showing.Due:
    """Say when something of a case in ``stage`` is due: ``limit`` in words, empty if the time was agreed; ``how``: see
    ``showing.due``.

    What is over a limit in working units is over by working units of the stage's calendar. Several of one page give
    the same ``schedules``.
    """
    is_over = due_at is not None and due_at < now and "working" in limit
    schedule = (schedules or Schedules()).of(stage) if is_over else None
    return showing.due(due_at, now, limit=limit, schedule=schedule, **how)
