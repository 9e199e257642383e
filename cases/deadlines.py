"""When a stay in a stage is due, and which rungs of its ladder are passed when. Pure: no database, no clock of its
own.

Everything that speaks of lateness (sweep, timers, worklist, explanations, the fault tests) asks these functions, so
that all agree. The meaning of time is written in the README under "Time, exactly".
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

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


class Passed(NamedTuple):
    """A rung reached: the n-th ``occurrence`` (0 is the first) at ``reached_at``, when the stay was due at
    ``due_at``.
    """

    rung: Rung
    occurrence: int
    reached_at: datetime
    due_at: datetime

    @property
    def key(self):
        return (self.rung.code, self.occurrence)

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
    # From ``shortened_at`` on it is due by ``due_by`` at the latest: an urgent detour gave it less time. Both or none.
    shortened_at: datetime | None = None
    due_by: datetime | None = None

    def __post_init__(self):
        _in_utc(self, "entered_at", "due_at", "shortened_at", "due_by")


@dataclass(frozen=True, slots=True)
class Run:
    """The stage clock running from ``begin`` to ``end`` (None: without end), and when the stay is due meanwhile."""

    begin: datetime
    end: datetime | None
    due_at: datetime | None


def _in_utc(thing, *names):
    """Keep the instants of a frozen ``thing`` in UTC: Python reckons within any other zone by the wall clock."""
    for name in names:
        if (instant := getattr(thing, name)) is not None and instant.tzinfo is not UTC:
            object.__setattr__(thing, name, instant.astimezone(UTC))


def first_due(stay: Stay) -> datetime | None:
    """The due time as it was on entry, before any hold; None without a limit."""
    return stay.limit.after(stay.entered_at, stay.schedule) if stay.limit else stay.due_at


def due(stay: Stay, pauses: Sequence[Pause] = ()) -> datetime | None:
    """The due time after all finished pauses; None without a limit, and None while the clock is stopped."""
    *_, last = runs(stay, pauses)
    return last.due_at if last.end is None else None


def runs(stay: Stay, pauses: Sequence[Pause] = ()) -> Iterator[Run]:
    """Each time the clock of ``stay`` runs, in order; a pause ends one, and so does the moment it was shortened.

    The last has no end, unless the clock is stopped. A stay is shortened from ``shortened_at`` on only: what it was
    due before is as it was, and a breach is never undone. A pause that overlaps that moment is split there.
    """
    begin, due_at, coming = stay.entered_at, first_due(stay), stay.shortened_at
    for pause in sorted(pauses, key=lambda p: p.start):
        if coming is not None and coming <= pause.start:
            yield Run(begin, coming, due_at)
            begin, due_at, coming = coming, _at_the_latest(due_at, stay), None
        yield Run(begin, pause.start, due_at)
        if pause.end is None:
            return
        if coming is None or coming >= pause.end:
            due_at = moved(due_at, pause, stay)
        else:
            if due_at is None or pause.start < due_at:
                due_at = _at_the_latest(_later(due_at, pause.start, coming, stay), stay)
                due_at = _later(due_at, coming, pause.end, stay)
            coming = None
        begin = pause.end
    if coming is not None:
        yield Run(begin, coming, due_at)
        begin, due_at = coming, _at_the_latest(due_at, stay)
    yield Run(begin, None, due_at)


def _at_the_latest(due_at, stay):
    return stay.due_by if due_at is None else min(due_at, stay.due_by)


def moved(due_at: datetime | None, pause: Pause, stay: Stay) -> datetime | None:
    """The due time after one finished pause: later by the open time held, unless it was past already when the pause
    began.

    A breach is never undone: a pause that began at or after the due time so far changes nothing.
    """
    if due_at is not None and pause.start >= due_at:
        return due_at
    return _later(due_at, pause.start, pause.end, stay)


def _later(due_at, start, end, stay):
    """The due time later by what was held from ``start`` to ``end``."""
    if due_at is None:
        return None
    if stay.limit is None or not stay.limit.is_working:
        return due_at + (end - start)
    held = stay.schedule.open_time(start, end)
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
    may be used up. What was passed before a pause stays as it was then; while the clock is stopped nothing is passed,
    and what would have been is reached when it runs again; the rest is reckoned from the due time as the pause moved
    it.
    """
    return sorted(
        (passed for passed in _all(stay, pauses, until) if passed.reached_at < until),
        key=_order,
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
    ahead = (passed for passed in _all(stay, pauses, None) if passed.key not in recorded)
    return min(ahead, key=_order, default=None)


def passed_and_next(
    stay: Stay, pauses: Sequence[Pause], recorded: frozenset[tuple[str, int]], now: datetime
) -> tuple[list[Passed], Passed | None]:
    """What the ``ledger`` says at ``now`` without what is ``recorded``, and what is ``upcoming`` once that is recorded
    too: both in one go, which a sweep over thousands needs.
    """
    if pauses or stay.shortened_at is not None:
        passed = [one for one in ledger(stay, pauses, now) if one.key not in recorded]
        return passed, upcoming(stay, pauses, recorded | {one.key for one in passed})
    due_at = first_due(stay)
    left = [one for one in reaches(stay, due_at) if one.key not in recorded] if due_at is not None else []
    left.sort(key=_order)
    count = bisect_left(left, now, key=lambda one: one.reached_at) if stay.entered_at < now else 0
    return left[:count], next(iter(left[count:]), None)


def _order(passed):
    return passed.reached_at, passed.height


def _all(stay, pauses, until):
    """Each rung once, with the instant at which it was or will be reached; ``until`` None looks ahead without end."""
    if stay.shortened_at is None:
        return list(_reached(stay, pauses, until).values())
    # What it had reached before it was shortened stays as it was.
    before = _reached(replace(stay, shortened_at=None, due_by=None), pauses, until)
    found = {key: passed for key, passed in before.items() if passed.reached_at < stay.shortened_at}
    return list((_reached(stay, pauses, until, stay.shortened_at) | found).values())


def _reached(stay, pauses, until, since=None):
    """{(rung code, occurrence): Passed} by the due time there is whenever the clock runs; with ``since`` from then on
    only, and what lies before is reached then. What falls into a pause is reached when the clock runs again.
    """
    found = {}
    for run in runs(stay, pauses):
        if until is not None and run.begin >= until:
            break
        if run.due_at is None or (since is not None and run.begin < since):
            continue
        # The first run is left alone: what was agreed for a day before it began was reached on that day.
        from_here = run.begin if run.begin > stay.entered_at else since
        for passed in reaches(stay, run.due_at):
            if from_here is not None and passed.reached_at < from_here:
                passed = passed._replace(reached_at=from_here)
            if run.end is None or passed.reached_at < run.end:
                found.setdefault(passed.key, passed)
    return found
