"""Which stays figures are made of, and how their time is counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from cases.durations.days import INSTANT, ONE_DAY, begin_of, day_of
from pathways.models import Pathway, PathwayVersion, Team

LATELY, A_YEAR = timedelta(days=60), timedelta(days=365)


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
    def lately(self) -> date:
        """The first of the last 60 days of the period: who was here in these says how long it takes who enters now."""
        return max(self.first, self.last - LATELY + ONE_DAY)

    @property
    def year(self) -> date:
        """The first of the last 365 days: with those who left in these a stage that may be filling up is compared."""
        return self.last - A_YEAR + ONE_DAY

    @property
    def is_narrowed(self) -> bool:
        """Are there stays that do not count, or time that does not? No rollup knows of that."""
        return bool(self.team or self.facts or self.open_time or self.without_holds)
