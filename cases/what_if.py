"""What if the map were another: the same stays as they really were, by the rules there are and by others. Pure.

Stays and holds in, counts out: who would have been told how often, what would have been found earlier or later. Both
sides are reckoned with ``deadlines.ledger``, so that a difference is one of the rules and of nothing else.

Answers are not reckoned: neither who is told because nobody has answered, nor the repeats that a promise keeps quiet.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median

from cases import deadlines
from cases.refusals import Refused
from pathways.limits import LONDON, Span
from pathways.working_time import Schedule


@dataclass(frozen=True, slots=True)
class PastStay:
    """A stay as it was: in which stage (its code), from when to when (None: it goes on), and when it was held."""

    pk: int
    stage: str
    entered_at: datetime
    left_at: datetime | None = None
    pauses: tuple[deadlines.Pause, ...] = ()
    shortened_at: datetime | None = None
    due_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class StageRules:
    """The time rules of one stage; ``urgent`` are the codes of the rungs whose e-mails wait for no digest."""

    name: str
    limit: Span | None
    ladder: tuple[deadlines.Rung, ...] = ()
    schedule: Schedule | None = None
    urgent: frozenset[str] = frozenset()


Rules = Mapping[str, StageRules]  # by the stage's code
# Who is told of a rung: (the stay, the code of the rung, when it is reached) -> keys of people
Whom = Callable[[PastStay, str, datetime], Sequence[int]]
# When the digest goes that tells a person (key) of what is reached then; None: they have switched it off
DigestAt = Callable[[int, datetime], datetime | None]


@dataclass(frozen=True, slots=True)
class Course:
    """What becomes of one stay: the rungs it passed, when it became late, when somebody was told of that."""

    passed: tuple[deadlines.Passed, ...] = ()
    late_at: datetime | None = None
    found_at: datetime | None = None


IN_TIME = Course()


def course(stay: PastStay, rules: StageRules | None, until: datetime) -> Course:
    """Return what became of ``stay`` until it ended, or until ``until``, by ``rules``; nothing without any."""
    end = until if stay.left_at is None else min(stay.left_at, until)
    if rules is None or end <= stay.entered_at:
        return IN_TIME
    timed = deadlines.Stay(
        stay.entered_at,
        rules.limit,
        rules.ladder,
        rules.schedule,
        shortened_at=stay.shortened_at,
        due_by=stay.due_by,
    )
    if stay.pauses or timed.shortened_at is not None:
        late_at = _late_at(timed, stay.pauses, end)
    else:
        # Most stays end before anything is passed: seen without reckoning every rung with its repeats.
        due_at = deadlines.first_due(timed)
        if due_at is None or (due_at >= end and not _warns(timed, due_at, end)):
            return IN_TIME
        late_at = due_at if due_at < end else None
    passed = tuple(deadlines.ledger(timed, stay.pauses, end))
    found = (one.reached_at for one in passed if late_at is not None and one.reached_at >= late_at)
    return Course(passed, late_at, next(found, None))


def _warns(timed, due_at, end):
    """Does a rung that may lie before the due time fall into the stay?"""
    return any(deadlines.reach(rung, timed, due_at) < end for rung in timed.ladder if rung.after is None)


def _late_at(timed, pauses, end):
    """When the stay became late, or None: the first due time that was reached while its clock ran."""
    for run in deadlines.runs(timed, pauses):
        if run.begin >= end:
            return None
        if run.due_at is not None and run.due_at < (end if run.end is None else min(run.end, end)):
            return run.due_at
    return None


# Counting ------------------------------------------------------------------------------------------------------------


@dataclass
class Side:
    """The counts by one set of rules: by stage (code), by local day, by person (key)."""

    escalations: Counter[str] = field(default_factory=Counter)
    late: Counter[str] = field(default_factory=Counter)
    days: Counter[date] = field(default_factory=Counter)
    told: Counter[int] = field(default_factory=Counter)
    urgent: Counter[int] = field(default_factory=Counter)
    untold: int = 0  # escalations that there is nobody to tell of
    digests: defaultdict[int, set[datetime]] = field(default_factory=lambda: defaultdict(set))

    def e_mails(self, person: int) -> int:
        """How many e-mails a person would get: one for each urgent escalation, their digests for the others."""
        return self.urgent[person] + len(self.digests[person])

    def count(
        self, stay: PastStay, is_urgent, course: Course, since: datetime, whom: Whom, digest_at: DigestAt
    ) -> None:
        """Add what became of ``stay`` from ``since`` on."""
        if course.late_at is not None and course.late_at >= since:
            self.late[stay.stage] += 1
        highest = {}  # of several reached at once only the highest is told; they come in that order
        for passed in course.passed:
            if passed.reached_at >= since:
                self.escalations[stay.stage] += 1
                self.days[passed.reached_at.astimezone(LONDON).date()] += 1
                highest[passed.reached_at] = passed.rung.code
        for at, code in highest.items():
            people = whom(stay, code, at)
            self.untold += not people
            self.told.update(people)
            if code in is_urgent:
                self.urgent.update(people)
                continue
            for person in people:
                if (goes_at := digest_at(person, at)) is not None:
                    self.digests[person].add(goes_at)


@dataclass
class Shift:
    """What is found earlier, later, only by the other rules, or only by those there are; by how much, one a stay."""

    earlier: list[timedelta] = field(default_factory=list)
    later: list[timedelta] = field(default_factory=list)
    only_now: int = 0
    only_then: int = 0

    def add(self, now: datetime | None, then: datetime | None) -> None:
        """Add a stay whose breach was found at ``now`` by the rules there are, and at ``then`` by the others."""
        if now is None or then is None:
            self.only_now += now is not None
            self.only_then += then is not None
        elif then != now:
            (self.earlier if then < now else self.later).append(abs(then - now))

    def __add__(self, other: "Shift") -> "Shift":
        return Shift(
            self.earlier + other.earlier,
            self.later + other.later,
            self.only_now + other.only_now,
            self.only_then + other.only_then,
        )


def typical(lengths: list[timedelta]) -> timedelta | None:
    """Return the median of some lengths of time; None of none."""
    return median(lengths) if lengths else None


@dataclass
class WhatIf:
    """The counts by the rules there are (``now``) and by the others (``then``), and what is found when."""

    since: datetime
    until: datetime
    stays: Counter[str] = field(default_factory=Counter)
    now: Side = field(default_factory=Side)
    then: Side = field(default_factory=Side)
    shifts: defaultdict[str, Shift] = field(default_factory=lambda: defaultdict(Shift))

    @property
    def shift(self) -> Shift:
        """That of all stages together."""
        return sum(self.shifts.values(), Shift())


def compare(
    stays: Iterable[PastStay],
    *,
    now: Rules,
    then: Rules,
    since: datetime,
    until: datetime,
    told_now: Whom,
    told_then: Whom,
    digest_at: DigestAt,
) -> WhatIf:
    """Count what happened from ``since`` until before ``until`` by the rules ``now`` and by those of ``then``.

    Raises Refused where a time of the rules leads beyond all calendars.
    """
    found = WhatIf(since, until)
    for stay in stays:
        rules, others = now.get(stay.stage), then.get(stay.stage)
        found.stays[stay.stage] += 1
        try:
            by_now = course(stay, rules, until)
            by_then = by_now if rules == others else course(stay, others, until)
        except (ValueError, OverflowError):
            stage = (others or rules).name
            raise Refused(
                f"A time of {stage} cannot be counted: it leads too far ahead. Check its limit, its ladder and the "
                "calendar."
            ) from None
        if by_now is not IN_TIME:
            found.now.count(stay, rules.urgent, by_now, since, told_now, digest_at)
        if by_then is not IN_TIME:
            found.then.count(stay, others.urgent, by_then, since, told_then, digest_at)
        if any(at is not None and at >= since for at in (by_now.found_at, by_then.found_at)):
            found.shifts[stay.stage].add(by_now.found_at, by_then.found_at)
    return found
