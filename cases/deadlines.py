"""When a stay in a stage is due, and which rungs of its ladder are passed when. Pure: no database, no clock of its
own.

Everything that speaks of lateness (sweep, timers, worklist, explanations, the fault tests) asks these functions, so
that all agree. The meaning of time is written in the README under "Time, exactly".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pathways.limits import Span
from pathways.working_time import Schedule


@dataclass(frozen=True, slots=True)
class Pause:
    """The stage clock stopped from ``start`` to ``end``; an ``end`` of None means that it is stopped still."""

    start: datetime
    end: datetime | None = None

    def __post_init__(self):
        _in_utc(self, "start", "end")


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of a ladder. Exactly one of ``before``, ``after`` and ``share`` (per cent of the limit) is set;
    ``after`` may be a span of 0, which is the due time itself. It is repeated ``repeat_at_most`` times, each
    ``repeat`` after the last.
    """

    code: str
    level: int
    before: Span | None = None
    after: Span | None = None
    share: int | None = None
    repeat: Span | None = None
    repeat_at_most: int = 0


@dataclass(frozen=True, slots=True)
class Passed:
    """A rung reached: the n-th ``occurrence`` (0 is the first) at ``reached_at``, when the stay was due at
    ``due_at``.
    """

    rung: Rung
    occurrence: int
    reached_at: datetime
    due_at: datetime

    @property
    def height(self):
        """Sorts rungs passed at once: the last is the highest, which is the one to tell."""
        return (self.rung.level, self.occurrence)


@dataclass(frozen=True, slots=True)
class Stay:
    """What the time of one stay depends on. ``schedule`` is needed only where working units are counted."""

    entered_at: datetime
    limit: Span | None
    ladder: tuple[Rung, ...] = ()
    schedule: Schedule | None = None
    due_at: datetime | None = None  # agreed for this one, in place of a limit

    def __post_init__(self):
        _in_utc(self, "entered_at", "due_at")


def _in_utc(thing, *names):
    """Keep the instants of a frozen ``thing`` in UTC: Python reckons within any other zone by the wall clock."""
    for name in names:
        if (instant := getattr(thing, name)) is not None:
            object.__setattr__(thing, name, instant.astimezone(UTC))


def first_due(stay: Stay) -> datetime | None:
    """The due time as it was on entry, before any hold; None without a limit."""
    return stay.limit.after(stay.entered_at, stay.schedule) if stay.limit else stay.due_at


def due(stay: Stay, pauses: Sequence[Pause] = ()) -> datetime | None:
    """The due time after all finished pauses; None without a limit, and None while the clock is stopped."""
    at = first_due(stay)
    for pause in sorted(pauses, key=lambda p: p.start):
        if pause.end is None:
            return None
        at = moved(at, pause, stay)
    return at


def moved(due_at: datetime | None, pause: Pause, stay: Stay) -> datetime | None:
    """The due time after one finished pause: later by the open time held, unless it was past already when the pause
    began.

    A breach is never undone: a pause that began at or after the due time so far changes nothing.
    """
    if due_at is None or pause.start >= due_at:
        return due_at
    if stay.limit is None or not stay.limit.is_working:
        return due_at + (pause.end - pause.start)
    held = stay.schedule.open_time(pause.start, pause.end)
    return (
        stay.schedule.add(due_at, held) if held else due_at
    )  # adding nothing at a closing time would jump to the next opening


def reach(rung: Rung, stay: Stay, due_at: datetime) -> datetime:
    """The instant at which ``rung`` is first reached when the stay is due at ``due_at``."""
    if rung.share is not None:
        if stay.limit is not None and stay.limit.is_working:
            open_time = stay.schedule.open_time(stay.entered_at, due_at)
            return stay.schedule.add(stay.entered_at, open_time * rung.share / 100)
        return stay.entered_at + (due_at - stay.entered_at) * rung.share / 100
    if rung.before is not None:
        # A "before" longer than the limit falls at entry.
        return max(stay.entered_at, rung.before.before(due_at, stay.schedule))
    return rung.after.after(due_at, stay.schedule) if rung.after.amount else due_at


def reaches(stay: Stay, due_at: datetime) -> Iterator[Passed]:
    """Every rung with its repeats, as it will be reached when the stay is due at ``due_at``."""
    for rung in stay.ladder:
        at = reach(rung, stay, due_at)
        yield Passed(rung, 0, at, due_at)
        for occurrence in range(1, rung.repeat_at_most + 1):
            at = rung.repeat.after(at, stay.schedule)
            yield Passed(rung, occurrence, at, due_at)


def ledger(stay: Stay, pauses: Sequence[Pause], until: datetime) -> list[Passed]:
    """The rungs of one stay that are passed at ``until``, in the order in which they were reached.

    ``until`` is now, or when the stay ended. A rung is passed from the first instant *after* it is reached, as a limit
    may be used up. What was passed before a pause stays as it was then; while the clock is stopped nothing is passed;
    the rest is reckoned from the due time as the pause moved it.
    """
    return sorted(
        (passed for passed in _all(stay, pauses, until) if passed.reached_at < until),
        key=lambda passed: (passed.reached_at, passed.height),
    )


def upcoming(
    stay: Stay, pauses: Sequence[Pause], recorded: frozenset[tuple[str, int]] | set = frozenset()
) -> Passed | None:
    """The next rung that is reached if nothing else happens, leaving out those ``recorded`` already (rung code,
    occurrence).

    It may lie in the past, when nobody has looked since. None while the clock is stopped, or when no rung is left.
    """
    if any(pause.end is None for pause in pauses):
        return None
    ahead = (passed for passed in _all(stay, pauses, None) if (passed.rung.code, passed.occurrence) not in recorded)
    return min(ahead, key=lambda passed: (passed.reached_at, passed.height), default=None)


def _all(stay, pauses, until):
    """Each rung once, with the instant at which it was or will be reached; ``until`` None looks ahead without end."""
    due_at = first_due(stay)
    if due_at is None:
        return []
    found = {}

    def take(before=None):
        for passed in reaches(stay, due_at):
            if before is None or passed.reached_at < before:
                found.setdefault((passed.rung.code, passed.occurrence), passed)

    for pause in sorted(pauses, key=lambda p: p.start):
        if until is not None and pause.start >= until:
            break
        take(before=pause.start)
        if pause.end is None or (until is not None and pause.end >= until):
            return list(found.values())
        due_at = moved(due_at, pause, stay)
    take()
    return list(found.values())
