"""Which stays figures are made of, and how their time is counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from cases.durations.days import INSTANT, begin_of, day_of
from pathways.models import Pathway, PathwayVersion, Team


@dataclass(frozen=True)
class Chosen:
    """The stays of ``pathway`` that left from ``first`` to ``last`` (days of Europe/London, both included), and those
    that waited at ``as_of``, an instant of the last day: now, or the end of a day in the past, as was known then.

    Only those in ``version``, of ``team`` and with ``facts`` (code → answer), if given. With ``open_time`` only the
    opening hours of the stage's calendar count, where it has one; ``without_holds`` leaves out what was held.
    """

    pathway: Pathway
    first: date
    last: date
    as_of: datetime
    version: PathwayVersion | None = None
    team: Team | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    open_time: bool = False
    without_holds: bool = False

    def __post_init__(self):
        # A midnight ends a day: what happens at that very instant belongs to the next.
        if self.as_of == begin_of(day_of(self.as_of)):
            object.__setattr__(self, "as_of", self.as_of - INSTANT)
        if day_of(self.as_of) != self.last:
            raise ValueError(f"The period ends on {self.last}, and not on the day of {self.as_of}.")

    @property
    def since(self) -> datetime:
        """From when on those that count have left."""
        return begin_of(self.first)

    @property
    def is_narrowed(self) -> bool:
        """Are there stays that do not count, or time that does not? No rollup knows of that."""
        return bool(self.team or self.facts or self.open_time or self.without_holds)
