"""Why was it, or was it not, escalated then: each thing that was watched, rung by rung, at one instant. Reads only.

Reckoned with the same ``deadlines.ledger`` as the sweep, from the record as it was known by then (``as_known``). What
the record does not hold is said in a sentence.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from django.db.models import Prefetch
from django.utils import timezone

from cases import as_known, deadlines, why
from cases.models import Case, Escalation, NoticeLine, SweepRun, Timer
from cases.refusals import Refused
from cases.showing import duration, moment, sentence
from cases.watch import sweep, watched, watchman
from cases.who_was_told import Telling, called
from cases.why import Cause
from pathways.models import Calendar

log = logging.getLogger(__name__)

FAR = datetime(9000, 1, 1, tzinfo=UTC)

TITLES = {Timer.Kind.STAGE: "The stay in {}", Timer.Kind.ESCALATION: "The answer to an escalation in {}"}


@dataclass(frozen=True)
class Told:
    """A rung at that moment: its ``state`` in a word, and the sentences that say why."""

    name: str
    state: (
        str  # "recorded", "untold" (and nobody was told), "missed" (reached, not recorded), "ahead", "held", "never"
    )
    reached_at: datetime | None
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Thing:
    """Something that was watched: since when, when it was due and how that came about, and its rungs."""

    title: str
    since: datetime
    due_at: datetime | None
    how: tuple[str, ...]
    rungs: tuple[Told, ...]


@dataclass(frozen=True)
class Explanation:
    """The answer: ``things`` that were watched at ``at``, whether the watch was awake, what must be known besides."""

    reference: str
    at: datetime
    things: tuple[Thing, ...]
    watch: tuple[str, ...]
    was_awake: bool
    remarks: tuple[str, ...] = field(default=())


def explain(case: Case, at: datetime, *, now: datetime | None = None) -> Explanation:
    """Explain what was escalated about ``case`` at ``at``, and what was not and why.

    Raises Refused for a time that has not come yet, or that lies before the case was opened.
    """
    if at > (now or timezone.now()):
        raise Refused("This time has not come yet. Give one that has passed.")
    if at < case.opened_at:
        raise Refused(f"{case} was opened on {moment(case.opened_at)}. Give a later time.")
    known = as_known.read(case, at)
    before, after = _sweep_before(at), _sweep_after(at)
    was_awake = before is not None and not watchman.is_late(before.as_of, at)
    things = tuple(_things(known, _telling(known.case), before))
    remarks = [*known.remarks, *_changed_calendars(known)]
    if known.entry is not None:
        remarks.append(f"By the rules of version {_version(known)} of the pathway, under which the case was then.")
    return Explanation(
        str(case), at, things, tuple(_of_watch(at, before, after, was_awake)), was_awake, tuple(remarks)
    )


def _version(known):
    return known.case.version_map.version.number


def _things(known, telling, before) -> Iterator[Thing]:
    if known.entry is not None:
        try:
            (seen,) = watched.stays([known.entry])
            yield _thing(replace(seen, holds=tuple(known.holds)), telling, known, before)
        except (ValueError, OverflowError):
            # The sweep sets such a row aside. What else is known of this moment is said all the same.
            log.warning("A time of case %s cannot be counted.", known.case.pk, exc_info=True)
            known.remarks.append(
                f"The stay in {known.entry.stage} cannot be explained: its times cannot be counted. Check the limit, "
                "the ladder and the calendar of this stage."
            )
    for kind, things in known.things.items():
        for seen in watched.READ[kind](things) if things else ():
            yield _thing(seen, telling, known, before)


def _telling(case):
    lines = Prefetch("lines", NoticeLine.objects.select_related("recipient", "notice"))
    return Telling(Escalation.objects.filter(case=case.pk).select_related("acknowledged_by").prefetch_related(lines))


def _changed_calendars(known):
    if known.entry is None or not known.entry.stage.needs_calendar:
        return
    changed = Calendar.objects.filter(pk=known.entry.stage.calendar_id, changed_at__gt=known.at)
    for calendar in changed:
        yield (
            f"The calendar “{calendar}” was changed on {moment(calendar.changed_at)}, after this moment. Dates are "
            "counted here by what it says today."
        )


# One thing -----------------------------------------------------------------------------------------------------------


def _thing(seen, telling, known, before) -> Thing:
    at = known.at
    steps = why.account(seen.stay, seen.pauses)
    due_at = steps[-1].after if steps else deadlines.due(seen.stay, seen.pauses)
    how = tuple(_how(step, seen) for step in steps) or _agreed(seen, due_at)
    return Thing(
        TITLES[seen.kind].format(seen.title) if seen.kind in TITLES else sentence(seen.title),
        seen.stay.entered_at,
        due_at,
        how,
        tuple(sorted(_rungs(seen, telling, at, before), key=lambda told: told.reached_at or FAR)),
    )


def _agreed(seen, due_at):
    if due_at is not None:
        return (f"It was to be done by {moment(due_at)}: that date was agreed, or given by the pathway.",)
    return ("It was given no date.",) if seen.kind != Timer.Kind.STAGE else ("Nothing limits the time of this stay.",)


def _how(step, seen) -> str:
    if step.cause == Cause.LIMIT:
        return f"{seen.stay.limit} from {moment(seen.stay.entered_at)}: due on {moment(step.after)}."
    if step.cause == Cause.SHORTENED:
        became = f"It became urgent on {moment(seen.stay.shortened_at)}"
        return f"{became}: due on {moment(step.after)} at the latest." if step.after else f"{became}."
    if step.pause.end is None:
        return f"On hold since {moment(step.pause.start)}: while the clock is stopped there is no date."
    held = f"On hold from {moment(step.pause.start)} to {moment(step.pause.end)}"
    if step.after is None or step.after == step.before:
        return f"{held}: that moved nothing."
    return f"{held}: due on {moment(step.after)}."


def _rungs(seen, telling, at, before) -> Iterator[Told]:
    raised = {
        (row.rung_code, row.occurrence): row
        for row in telling.escalations
        if (row.kind, row.thing_id) == (seen.kind, seen.thing.pk)
    }
    passed = {(one.rung.code, one.occurrence): one for one in deadlines.ledger(seen.stay, seen.pauses, at)}
    by_then = {key: row for key, row in raised.items() if row.raised_at <= at}
    for key, row in by_then.items():
        state = "recorded" if telling.is_told(row, at) else "untold"
        sentences = tuple(_recorded(row, passed.get(key), at, telling))
        yield Told(called(row.rung_name, key[1]), state, row.reached_at, sentences)
    for key, one in passed.items():
        if key not in by_then:
            name = called(seen.step(one.rung).name, key[1])
            yield Told(name, "missed", one.reached_at, tuple(_missed(one, raised.get(key), before)))
    yield from _ahead(seen, by_then.keys() | passed.keys())


def _ahead(seen, done):
    """The rungs not reached yet; of one that repeats only its next."""
    held = seen.open_hold
    coming = {}
    if held is None:
        for one in deadlines.ledger(seen.stay, seen.pauses, FAR):
            if (one.rung.code, one.occurrence) not in done:
                coming.setdefault(one.rung.code, one)
    for rung in seen.stay.ladder:
        name = seen.step(rung).name
        if one := coming.get(rung.code):
            told = f"Not reached yet: that would be on {moment(one.reached_at)}, if nothing else happened."
            yield Told(called(name, one.occurrence), "ahead", one.reached_at, (told,))
        elif held is not None and any((rung.code, n) not in done for n in range(rung.repeat_at_most + 1)):
            told = f"Not while the case is on hold: its clock was stopped on {moment(held.started_at)}."
            yield Told(name, "held", None, (told,))
        elif (rung.code, 0) not in done:
            yield Told(name, "never", None, ("Never reached: there is no date that it could be counted from.",))


# What became of a rung -----------------------------------------------------------------------------------------------


def _recorded(row, passed, at, telling):
    late = row.raised_at - row.reached_at
    after = f", {duration(late)} later" if late.total_seconds() >= 60 else ""
    reached = f"Reached on {moment(row.reached_at)} (due on {moment(row.due_at)})"
    yield f"{reached}, recorded on {moment(row.raised_at)}{after}."
    if passed is None:
        yield "By the record as it stands it was not reached yet: the date it was counted from has changed since."
    yield from telling.at(row, at)
    if row.acknowledged_at and row.acknowledged_at <= at:
        yield f"Answered by {row.acknowledged_by} on {moment(row.acknowledged_at)}: “{row.acknowledgement}”"
    elif row.resolved_at and row.resolved_at <= at:
        yield f"Over since {moment(row.resolved_at)}: the case went on."
    elif telling.is_told(row, at):
        later = f" That came on {moment(row.acknowledged_at)}." if row.acknowledged_at else ""
        yield f"Not answered by then.{later}"


def _missed(passed, row, before):
    yield f"Reached on {moment(passed.reached_at)} (due on {moment(passed.due_at)}), but not recorded by then."
    if before is None:
        yield "The record holds no sweep before this moment."
    elif before.as_of <= passed.reached_at:
        yield f"Nobody had looked since: the last sweep was that of {moment(before.as_of)}."
    else:
        yield (
            f"The sweep of {moment(before.as_of)} did not record it: it was set aside then, or what it is counted "
            "from has changed since."
        )
    yield f"It was recorded on {moment(row.raised_at)}." if row else "It has not been recorded since."


# The watch -----------------------------------------------------------------------------------------------------------


def _sweep_before(at):
    return SweepRun.objects.filter(finished_at__isnull=False, as_of__lte=at).order_by("-as_of").first()


def _sweep_after(at):
    return SweepRun.objects.filter(finished_at__isnull=False, as_of__gt=at).order_by("as_of").first()


def _of_watch(at, before, after, was_awake) -> Iterator[str]:
    if before is None:
        kept = f"Sweeps are kept for {sweep.RUNS_KEPT_FOR.days} days."
        yield f"The record holds no sweep before this moment: whether the watch was awake cannot be said. {kept}"
        return  # and the first that is kept need not be the one that came next
    ago = duration(at - before.as_of)
    woke = "The watch was awake" if was_awake else "The watch was asleep"
    last = f"the last sweep was that of {moment(before.as_of)}, {ago} before"
    yield f"{woke}: {last}. It raised {before.escalations}."
    if before.set_aside:
        yield f"That sweep set {before.set_aside} aside with an error."
    if after is None:
        yield "There was no sweep after it yet."
    else:
        later = f"{moment(after.as_of)}, {duration(after.as_of - at)} after"
        yield f"The next sweep was that of {later}. It raised {after.escalations}."
