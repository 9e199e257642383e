"""The stays of one stage as columns of numbers, for figures over very many of them. Pure.

What ``cases.durations.stays`` says of one stay is said here of all at once. Instants are whole microseconds since
2000, as the database keeps them.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from cases.durations.survival import Watched
from pathways.working_time import Schedule

BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND, SECOND = timedelta(microseconds=1), 1_000_000
NEVER = np.iinfo(np.int64).max  # as the database sends infinity
NOTHING = np.zeros(0, np.int64)


def number_of(instant: datetime) -> int:
    return (instant.astimezone(UTC) - BEGIN) // MICROSECOND


class Clock:
    """How much time passes between instants, in seconds: all of it, or with a schedule the open time."""

    def __init__(self, schedule: Schedule | None = None, first: int = 0, last: int = 0):
        """``first`` and ``last``: between which instants the schedule is asked for."""
        if schedule is None:
            self.instants = None
            return
        day, end = ((BEGIN + number * MICROSECOND).date() for number in (first, last))
        spans = []
        while day <= end + timedelta(days=1):
            spans += schedule.spans(day)
            day += timedelta(days=1)
        self.instants = np.array([[number_of(instant) for instant in span] for span in spans], np.int64).ravel()
        lengths = np.diff(self.instants, prepend=self.instants[:1])
        lengths[::2] = 0  # from a closing time to the next opening none passes
        self.passed = np.cumsum(lengths) / SECOND

    def between(self, start, end) -> np.ndarray:
        if self.instants is None:
            return (end - start) / SECOND
        return self._until(end) - self._until(start)

    def _until(self, instants):
        return np.interp(instants, self.instants, self.passed)


@dataclass(frozen=True)
class Columns:
    """Stays, one in each place of the columns; ``left`` is NEVER where one goes on, ``due`` where none is due.

    ``held``: place, start and end of each pause.
    """

    entered: np.ndarray = field(default_factory=lambda: NOTHING)
    left: np.ndarray = field(default_factory=lambda: NOTHING)
    due: np.ndarray = field(default_factory=lambda: NOTHING)
    held: tuple[np.ndarray, np.ndarray, np.ndarray] = (NOTHING, NOTHING, NOTHING)
    clock: Clock = field(default_factory=Clock)

    def where(self, chosen) -> "Columns":
        """Those that are ``chosen`` (an array of truths)."""
        places = np.cumsum(chosen) - 1
        of, starts, ends = self.held
        kept = chosen[of]
        held = places[of[kept]], starts[kept], ends[kept]
        return Columns(self.entered[chosen], self.left[chosen], self.due[chosen], held, self.clock)

    def ended(self, since: datetime, until: datetime) -> "Columns":
        """Those that left from ``since`` until ``until``, both included."""
        return self.where((self.left >= number_of(since)) & (self.left <= number_of(until)))

    def waiting(self, as_of: datetime) -> "Columns":
        """Those that had begun by ``as_of`` and not ended."""
        as_of = number_of(as_of)
        return self.where((self.entered <= as_of) & (self.left > as_of))

    def seconds(self, as_of: datetime) -> np.ndarray:
        """How long each had lasted by ``as_of``."""
        return self._seconds(np.minimum(self.left, number_of(as_of)))

    def excess(self, as_of: datetime) -> np.ndarray:
        """By how many elapsed seconds each was beyond its due time."""
        late = np.minimum(self.left, number_of(as_of)) - np.minimum(self.due, self.left)
        return np.maximum(late, 0) / SECOND

    def watched(self, since: datetime, as_of: datetime) -> Watched:
        """How each was watched in the period after ``since`` up to ``as_of``."""
        since, until = number_of(since), number_of(as_of)
        here = self.where((self.entered <= until) & (self.left > since))
        entry = here._seconds(np.maximum(here.entered, since))
        left = here._seconds(np.minimum(here.left, until))
        return Watched.of(np.minimum(entry, left), left, here.left <= until)

    def _seconds(self, until):
        """How long each lasted from its entry to the instant in ``until`` at its place."""
        seconds = self.clock.between(self.entered, until)
        of, starts, ends = self.held
        if of.size:
            held = self.clock.between(
                np.clip(starts, self.entered[of], until[of]), np.clip(ends, self.entered[of], until[of])
            )
            seconds -= np.bincount(of, held, seconds.size)
        return np.maximum(seconds, 0)
