"""Why a stay is due when it is: the sum behind the date, step by step and day by day. Pure, as ``deadlines`` is.

``account(stay, pauses)`` is the same reckoning as ``deadlines.due``, written out: first the limit, then each hold and
the shortening by an urgent detour in their order, each step with the days that it was counted over. Its last step ends
at exactly the due time; a test with random calendars, holds and units keeps it so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from cases import deadlines
from cases.deadlines import Pause, Stay
from pathways.limits import LONDON, Unit
from pathways.working_time import Schedule

DAY = timedelta(days=1)
NOTHING = timedelta()


class Cause(StrEnum):
    """What made a due time, or moved it."""

    LIMIT = "limit"
    HOLD = "hold"
    SHORTENED = "shortened"


@dataclass(frozen=True, slots=True)
class Line:
    """A day of the sum, or a run of days alike, in local time.

    ``counts`` is what the whole run adds: days (int) for a limit in days, else the time (timedelta). ``why`` says why
    nothing counts; ``hours`` are the instants between which the time of the run's first day counts.
    """

    first: date
    last: date
    counts: int | timedelta
    why: str = ""
    hours: tuple[tuple[datetime, datetime], ...] = ()
    clocks: str = ""  # "forward" or "back", if the clocks go so on this day

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the sum: the due time was ``before`` and is ``after`` by ``amount``, counted over ``lines``.

    For the limit ``before`` is the entry; None: nothing was due. While the clock is stopped there is no ``after``.
    What moves nothing says ``why_not``: "late", "closed", "short", "no limit" or "held".
    """

    cause: Cause
    before: datetime | None
    after: datetime | None
    amount: int | timedelta
    lines: tuple[Line, ...] = ()
    pause: Pause | None = None
    why_not: str = ""


def account(stay: Stay, pauses: Sequence[Pause] = ()) -> list[Step]:
    """Return the steps that lead to the due time of a stay; none if nothing limits it and it was never held.

    The ``after`` of the last is ``deadlines.due(stay, pauses)``: None while the clock is stopped.
    """
    steps = [_of_limit(stay)] if stay.limit else []
    due_at, coming = deadlines.first_due(stay), stay.shortened_at
    for pause in sorted(pauses, key=lambda pause: pause.start):
        if coming is not None and coming <= pause.start:
            steps.append(_shortened(stay, due_at))
            due_at, coming = steps[-1].after, None
        for step in _of_hold(stay, pause, due_at, coming):
            steps.append(step)
            due_at = step.after
        if pause.end is None:
            return steps
        if coming is not None and coming < pause.end:
            coming = None
    return [*steps, _shortened(stay, due_at)] if coming is not None else steps


def _of_limit(stay):
    due_at, limit = deadlines.first_due(stay), stay.limit
    if limit.unit == Unit.WORKING_DAYS:
        lines, amount = _working_days(stay, due_at), limit.amount
    elif limit.unit == Unit.DAYS:
        lines, amount = _calendar_days(stay, due_at), limit.amount
    else:
        lines, amount = _time(stay.entered_at, due_at, stay.schedule if limit.is_working else None), limit.elapsed
    return Step(Cause.LIMIT, stay.entered_at, due_at, amount, _in_runs(lines))


def _shortened(stay, before, why_not=""):
    after = stay.due_by if before is None else min(before, stay.due_by)
    return Step(Cause.SHORTENED, before, before if why_not else after, NOTHING, why_not=why_not)


def _of_hold(stay, pause, before, coming):
    """What a hold did; in two parts, if the stay was shortened (``coming``) while it went on."""
    is_split = coming is not None and (pause.end is None or coming < pause.end)
    if pause.end is None:
        yield Step(Cause.HOLD, before, None, NOTHING, pause=pause)
        if is_split:
            yield Step(Cause.SHORTENED, before, None, NOTHING, why_not="held")
    elif before is not None and pause.start >= before:
        yield Step(Cause.HOLD, before, before, NOTHING, pause=pause, why_not="late")
        if is_split:
            yield _shortened(stay, before, why_not="late")
    elif is_split:
        first = _part_of_hold(stay, Pause(pause.start, coming), before, pause)
        yield first
        shortened = _shortened(stay, first.after)
        yield shortened
        yield _part_of_hold(stay, Pause(coming, pause.end), shortened.after, pause)
    else:
        yield _part_of_hold(stay, pause, before, pause)


def _part_of_hold(stay, part, before, pause):
    schedule = stay.schedule if stay.limit and stay.limit.is_working else None
    held = schedule.open_time(part.start, part.end) if schedule else part.end - part.start
    if before is None:
        return Step(Cause.HOLD, None, None, held, pause=pause, why_not="no limit")
    if not held:
        return Step(Cause.HOLD, before, before, held, pause=pause, why_not="closed" if schedule else "short")
    after = schedule.add(before, held) if schedule else before + held
    return Step(Cause.HOLD, before, after, held, _in_runs(_time(before, after, schedule)), pause)


# Days --------------------------------------------------------------------------------------------------------------


def _working_days(stay, due_at) -> Iterator[Line]:
    schedule = stay.schedule
    counted_from = local_day(schedule.add_working_days(stay.entered_at, 0))
    for day in _days(local_day(stay.entered_at), local_day(due_at)):
        if not schedule.is_working_day(day):
            yield Line(day, day, 0, closed_because(schedule, day))
        elif day < counted_from:
            yield Line(day, day, 0, "it began after closing time")
        elif day == counted_from:
            yield Line(day, day, 0, "counted from here (day 0)")
        else:
            yield Line(day, day, 1)


def _calendar_days(stay, due_at) -> Iterator[Line]:
    began_on = local_day(stay.entered_at)
    for day in _days(began_on, local_day(due_at)):
        if day == began_on:
            yield Line(day, day, 0, "counted from here (day 0)")
        else:
            yield Line(day, day, 1, clocks=clocks(day))


# Time --------------------------------------------------------------------------------------------------------------


def _time(start, end, schedule) -> Iterator[Line]:
    """The open time from ``start`` to ``end``, or without a schedule all of it, local day by local day."""
    for day in _days(local_day(start), local_day(end)):
        opens, closes = max(start, _midnight(day)), min(end, _midnight(day + DAY))
        if opens == closes and day != local_day(start):
            return  # used up exactly at midnight
        if schedule is None:
            yield Line(day, day, closes - opens, hours=((opens, closes),), clocks=clocks(day))
            continue
        hours = tuple(_clipped(schedule.spans(day), opens, closes))
        counts = sum((until - since for since, until in hours), NOTHING)
        yield (
            Line(day, day, counts, hours=hours, clocks=clocks(day))
            if counts
            else Line(day, day, NOTHING, _nothing_because(schedule, day, opens))
        )


def _clipped(spans, start, end):
    for opens, closes in spans:
        if max(opens, start) < min(closes, end):
            yield max(opens, start), min(closes, end)


def _nothing_because(schedule, day, start):
    if not schedule.is_working_day(day):
        return closed_because(schedule, day)
    return "after closing time" if start >= schedule.spans(day)[-1][1] else "before opening time"


def closed_because(schedule: Schedule, day: date) -> str:
    """Say why ``schedule`` is closed on ``day``: the bank holiday's or closure's name, a weekend, or just so."""
    if not schedule.hours[day.weekday()]:
        return "weekend" if day.weekday() >= 5 else "not a working day"
    return schedule.name_of(day) or "closed"


def clocks(day: date) -> str:
    """Say whether the clocks go "forward" or "back" on a local date; an empty string on all others."""
    length = _midnight(day + DAY) - _midnight(day)
    return "" if length == DAY else "forward" if length < DAY else "back"


# Runs --------------------------------------------------------------------------------------------------------------


def _in_runs(lines) -> tuple[Line, ...]:
    """Join days that follow each other and are alike."""
    runs: list[Line] = []
    for line in lines:
        if runs and _alike(runs[-1], line):
            runs[-1] = replace(runs[-1], last=line.last, counts=runs[-1].counts + line.counts)
        else:
            runs.append(line)
    return tuple(runs)


def _alike(run, line) -> bool:
    if run.why or line.why or run.clocks or line.clocks:
        return run.why == line.why and run.clocks == line.clocks == ""
    return run.counts == line.counts * run.days and _wall_clock(run.hours) == _wall_clock(line.hours)


def _wall_clock(hours) -> Sequence[tuple[time, time]]:
    return [(since.astimezone(LONDON).time(), until.astimezone(LONDON).time()) for since, until in hours]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + n * DAY for n in range((last - first).days + 1))


def local_day(instant: datetime) -> date:
    return instant.astimezone(LONDON).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, LONDON).astimezone(UTC)
