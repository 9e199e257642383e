"""Stays in a stage as data, and how long each lasted as of an instant. Pure: no database, no clock of its own.

A *spell* is a stay that had ended by the instant asked about, a *wait* one that had begun and not ended. The stay of
no length that closes a case is neither: whoever reads the rows leaves it out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pathways.working_time import Schedule

Pause = tuple[datetime, datetime | None]  # held from, until; None: held still


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay in one stage. ``key`` is its StageEntry's; ``facts`` may explain how long it took (name → answer)."""

    entered_at: datetime
    left_at: datetime | None = None
    due_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    key: int | None = None
    team_id: int | None = None
    facts: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self):
        # Python reckons within any other zone by the wall clock, which is an hour out when the clocks change.
        for name in ("entered_at", "left_at", "due_at"):
            if (instant := getattr(self, name)) is not None and instant.tzinfo is not UTC:
                object.__setattr__(self, name, instant.astimezone(UTC))

    def end(self, as_of: datetime) -> datetime:
        """When it ended, or ``as_of`` if it had not by then."""
        return as_of if is_wait(self, as_of) else self.left_at


def spells(stays: Iterable[Stay], since: datetime | None, as_of: datetime) -> list[Stay]:
    """Those that ended after ``since`` (None: whenever) and by ``as_of``."""
    return [
        stay
        for stay in stays
        if stay.left_at is not None and stay.left_at <= as_of and (since is None or stay.left_at > since)
    ]


def waits(stays: Iterable[Stay], as_of: datetime) -> list[Stay]:
    """Those that had begun by ``as_of`` and not ended."""
    return [stay for stay in stays if stay.entered_at <= as_of and is_wait(stay, as_of)]


def is_wait(stay: Stay, as_of: datetime) -> bool:
    """Tell whether a stay that had begun by ``as_of`` had not ended by then."""
    return stay.left_at is None or stay.left_at > as_of


def seconds(stay: Stay, as_of: datetime, *, schedule: Schedule | None = None, without_holds: bool = False) -> float:
    """Return how long ``stay`` had lasted by ``as_of``, in seconds: from entry until it ended, or until then.

    With ``schedule`` only its open time counts; ``without_holds`` leaves out what it was held of that. Raises
    ValueError if it had not begun.
    """
    end = stay.end(as_of)
    if end < stay.entered_at:
        raise ValueError(f"This stay begins at {stay.entered_at}: at {as_of} it has no length.")
    length = _length(stay.entered_at, end, schedule)
    if without_holds:
        length -= sum((_length(*held, schedule) for held in _held(stay, end)), timedelta())
    return length.total_seconds()


def excess(stay: Stay, as_of: datetime) -> float:
    """Return the elapsed seconds beyond its due time: 0 if it was in time, or has no due time."""
    if stay.due_at is None:
        return 0.0
    return max(0.0, (stay.end(as_of) - stay.due_at).total_seconds())


def _length(start: datetime, end: datetime, schedule: Schedule | None) -> timedelta:
    return (end.astimezone(UTC) - start.astimezone(UTC)) if schedule is None else schedule.open_time(start, end)


def _held(stay: Stay, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When it was held between its entry and ``end``, in order; what two pauses share comes once."""
    reached = stay.entered_at
    for begins, ends in sorted(stay.pauses, key=lambda pause: pause[0]):
        begins, ends = max(begins, reached), end if ends is None else min(ends, end)
        if begins < ends:
            yield begins, ends
            reached = ends
