"""“Why this date?”: the sum behind a due time in words, what was told when, and what will happen when, to whom."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cases import deadlines, showing, why
from cases.watch import answers, time_rules, watched
from cases.watch.recipients import in_turn
from cases.why import Cause
from pathways.limits import Span, Unit
from pathways.models import Calendar

MINUTE = timedelta(minutes=1)
AT_LAST = datetime(9000, 1, 1, tzinfo=UTC)

WHY_NOT = {
    "late": "It moves nothing: the date had passed when it began, and what was late stays late.",
    "closed": "It moves nothing: no working time fell into it.",
    "short": "It moves nothing: it took no time.",
    "no limit": "It moves nothing: there was no limit.",
    "held": "While the clock is stopped there is no date.",
}
CLOCKS = {"forward": "the clocks go forward", "back": "the clocks go back"}


@dataclass(frozen=True)
class Row:
    """A line of the sum: the day or days, what they are, what they count, and how much that makes so far."""

    days: str
    what: str
    counts: str
    so_far: str

    @property
    def is_skipped(self):
        return not self.counts


@dataclass(frozen=True)
class Part:
    """A step of the sum with its lines: what it is, what it does to the date, and what the date is then."""

    title: str
    about: tuple[str, ...]
    rows: list[Row]
    due: str


@dataclass(frozen=True)
class Told:
    """A rung: when it is reached, what it is, and who was or will be told."""

    at: datetime
    name: str
    is_past: bool
    words: str


@dataclass(frozen=True)
class Why:
    parts: list[Part]
    due_at: datetime | None
    calendar: str
    rungs: list[Told]


def of_stay(entry, holds, telling, recipients, now) -> Why:
    """Explain the due time of the stay ``entry``, given its ``holds`` and the ``telling`` of its case's escalations.

    ``recipients`` answers who is told. Costs one statement if working time is counted, else none.
    """
    stage = entry.case.version_map.by_pk[entry.stage_id]
    calendars = Calendar.objects.in_bulk([stage.calendar_id]) if stage.needs_calendar else {}
    stay = time_rules.stay_by(stage, entry.entered_at, calendars, **time_rules.shortening(entry))
    holds = sorted((hold for hold in holds if hold.entry_id == entry.pk), key=lambda hold: hold.started_at)
    pauses = {deadlines.Pause(hold.started_at, hold.ended_at): hold for hold in holds}
    steps = why.account(stay, list(pauses))
    return Why(
        parts=[_part(step, entry, stage, pauses) for step in steps],
        due_at=steps[-1].after if steps else None,
        calendar=str(calendars[stage.calendar_id]) if stay.limit and stay.limit.is_working else "",
        rungs=_rungs(entry, stage, stay, list(pauses), telling, recipients, now),
    )


# The sum -------------------------------------------------------------------------------------------------------------


def _part(step, entry, stage, pauses) -> Part:
    title, about = TELL[step.cause](step, entry, stage, pauses.get(step.pause))
    if step.why_not:
        about = (*about, WHY_NOT[step.why_not])
    if step.after is None:
        due = "no limit" if step.why_not == "no limit" else "no date while the clock is stopped"
    else:
        due = showing.moment(step.after)
    return Part(title, about, _rows(step.lines), due)


def _limit(step, entry, stage, _):
    return f"The limit of {stage.name}: {stage.limit}", (f"It began on {showing.moment(entry.entered_at)}.",)


def _hold(step, entry, stage, hold):
    began = f"{showing.moment(hold.started_at)}, by {hold.started_by}: {hold.reason}"
    if hold.ended_at is None:
        return "On hold now", (f"Since {began}", f"At most until {showing.moment(hold.until)}.")
    ended = f"Until {showing.moment(hold.ended_at)}."
    moved = f"On hold: the date moves by {amount(step.amount)}" if step.lines else "On hold"
    return moved, (f"From {began}", ended)


def _shortened(step, entry, stage, _):
    at_the_latest = f"From {showing.moment(entry.shortened_at)} on it is due on {showing.moment(entry.due_by)} "
    return "It became urgent", (f"{at_the_latest}at the latest (recorded by {entry.shortened_by}).",)


TELL = {Cause.LIMIT: _limit, Cause.HOLD: _hold, Cause.SHORTENED: _shortened}


def _rows(lines) -> list[Row]:
    rows, sum_so_far = [], None
    for line in lines:
        before, sum_so_far = sum_so_far, line.counts if sum_so_far is None else sum_so_far + line.counts
        counts = amount(_shown(sum_so_far) - _shown(before or line.counts * 0)) if line.counts else ""
        so_far = amount(sum_so_far) if line.counts else ""
        rows.append(Row(_days(line), _what(line), _kept_together(counts), _kept_together(so_far)))
    return rows


def _kept_together(words) -> str:
    return re.sub(r"(?<=\d) ", showing.NO_BREAK, words)


def _shown(value):
    """What is shown of a time: its whole minutes. Lines show the differences of these, so that they add up."""
    return value if isinstance(value, int) else value // MINUTE * MINUTE


def amount(value: int | timedelta) -> str:
    """Say how much counts: 3 days, 7 hours 30 minutes. Never in days of 24 hours: a working day has fewer."""
    if isinstance(value, int):
        return f"{value} day{'' if value == 1 else 's'}"
    hours, minutes = divmod(value // MINUTE, 60)
    parts = [f"{n} {name}{'' if n == 1 else 's'}" for n, name in ((hours, "hour"), (minutes, "minute")) if n]
    return " ".join(parts) or "less than a minute"


def _days(line) -> str:
    first, last = line.first, line.last
    if first == last:
        return f"{first:%A} {_day(first)}"
    is_one_month = (first.year, first.month) == (last.year, last.month)
    return f"{first:%A} {first.day if is_one_month else _day(first)} to {last:%A} {_day(last)}"


def _day(day) -> str:
    return f"{day.day} {day:%B}"


def _what(line) -> str:
    if line.why:
        return line.why[0].upper() + line.why[1:]
    words = []
    if len(line.hours) != 1 or not _is_whole_day(line.hours[0]):
        words = [f"{showing.clock(since)} to {showing.clock(until)}" for since, until in line.hours]
    return ", ".join([*words, *filter(None, [CLOCKS.get(line.clocks)])])


def _is_whole_day(hours) -> bool:
    return all(showing.clock(instant) == "midnight" for instant in hours) and hours[1] - hours[0] > timedelta(hours=22)


# The ladder ----------------------------------------------------------------------------------------------------------


def _rungs(entry, stage, stay, pauses, telling, recipients, now) -> list[Told]:
    raised = {
        (one.rung_code, one.occurrence): one
        for one in telling.escalations
        if one.kind == watched.Kind.STAGE and one.thing_id == entry.pk
    }
    told = [_was_told(one, telling) for one in raised.values()]
    if entry.left_at is None:
        steps = {step.code: step for step in stage.ladder.all()}
        ahead = [
            passed
            for passed in deadlines.ledger(stay, pauses, AT_LAST)
            if (passed.rung.code, passed.occurrence) not in raised
        ]
        is_promised = any(one.promise_id for one in raised.values())
        quiet = answers.quiet_until(watched.Kind.STAGE, entry.pk, stay.ladder, now) if is_promised else {}
        told += _to_come(ahead, steps, entry, recipients, quiet, now)
    return sorted(told, key=lambda one: one.at)


def _was_told(escalation, telling) -> Told:
    words = telling.in_words(escalation)
    if escalation.acknowledged_at:
        words += f"; answered by {escalation.acknowledged_by} on {showing.moment(escalation.acknowledged_at)}"
    repeat = f", repeat {escalation.occurrence}" if escalation.occurrence else ""
    return Told(escalation.reached_at, f"{escalation.rung_name}{repeat}", is_past=True, words=words)


def _to_come(ahead, steps, entry, recipients, quiet, now):
    """The rungs that are not raised yet; of one that repeats only the next, with how often it does, and the next of
    which somebody is told.
    """
    first, ladder, pathway = {}, list(steps.values()), entry.case.version_map.pathway.pk
    who = {"team_id": entry.team_id, "owner": entry.case.owner, "pathway_lead": recipients.leads.get(pathway)}
    who["among"] = recipients.who_may_know(entry.case)
    for passed in ahead:
        until = quiet.get(passed.rung.level)
        is_quiet = until is not None and max(passed.reached_at, now) < until
        first.setdefault((passed.rung.code, until if is_quiet else None), []).append(passed)
    for (code, until), occurrences in first.items():
        step, coming = steps[code], occurrences[0]
        is_past = coming.reached_at < now
        if until is not None:
            words = f"nobody is told while what was promised stands, until {showing.moment(until)}"
            yield Told(coming.reached_at, step.name, is_past, words)
            continue
        people = recipients.first(in_turn(step, ladder), **who, at=max(coming.reached_at, now))
        words = f"tells {', '.join(str(person) for person in people)}" if people else "there is nobody to tell"
        if more := len(occurrences) - 1:
            words += f", and again every {step.repeat}, {more} time{'' if more == 1 else 's'} at most"
        yield Told(coming.reached_at, step.name, is_past, "will be told in the next minutes" if is_past else words)


# What was agreed -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Agreed:
    """Something with a date of its own: what it is, when it is due, and why in one or two lines."""

    what: str
    due_at: datetime | None
    lines: list[str]


def agreed(record, version_map) -> list[Agreed]:
    """Explain the dates of what is owed about a case: open tasks, an open offer, results that are not read."""
    found = [Agreed(str(task), task.due_at, of_task(task, version_map)) for task in record.tasks if task.is_open]
    found += [
        Agreed(f"Answer of {offer.to_team}", offer.due_at, of_handoff(offer, version_map))
        for offer in record.handoffs
        if offer.status == "offered"
    ]
    unread = [result for result in record.results if result.is_unread]
    return found + [Agreed(f"Reading “{result}”", result.due_at, of_result(result)) for result in unread]


def of_task(task, version_map) -> list[str]:
    """Say in one or two lines why a task is due when it is."""
    if task.due_at is None:
        return ["It was given no date."]
    template = version_map.task_templates.get(task.code) if task.code else None
    if template and template.limit:
        made = f"The pathway gives it {template.limit} from {showing.moment(task.made_at)}."
    else:
        made = f"{task.made_by} chose this date on {showing.moment(task.made_at)}."
    return [made, then(task.due_at, watched.TASK_LADDER)]


def of_handoff(handoff, version_map) -> list[str]:
    """Say in one or two lines why the answer to an offer is wanted by then."""
    if handoff.due_at is None:
        return ["The pathway sets no limit for the answer."]
    limit = version_map.transitions[handoff.transition_id].target.acceptance_limit
    offered = f"The pathway gives {limit or 'them'} from {showing.moment(handoff.offered_at)} to answer."
    return [offered, then(handoff.due_at, watched.HANDOFF_LADDER)]


def of_result(result) -> list[str]:
    """Say in one or two lines by when a result that has arrived is to be read."""
    within = Span(result.read_within_days, Unit.DAYS)
    if result.due_at is None:
        return [f"It is to be read within {within} of its arrival."]
    arrived = f"It is to be read within {within} of its arrival on {showing.moment(result.arrived_at)}."
    return [arrived, then(result.due_at, watched.RESULT_LADDER)]


def then(due_at, ladder) -> str:
    """Say what will happen when, on a ladder of ours."""
    steps = [f"{step.name}, {showing.moment(step.offset.after(due_at) if step.amount else due_at)}" for step in ladder]
    return f"{'; '.join(steps)}."
