"""How time is counted in a stage: its limit, its calendar and its ladder."""

from datetime import datetime
from typing import NamedTuple

from cases import deadlines, showing
from pathways.models import Calendar, EscalationStep, Stage


class TimeRules(NamedTuple):
    """The time rules of one stage, read once for all stays in it."""

    stage: Stage
    steps: tuple[EscalationStep, ...]  # its ladder, the lowest rung first
    limit: str  # in words
    time: deadlines.Stay  # one that has not begun

    @classmethod
    def of(cls, stage, calendars: dict[int, Calendar]) -> "TimeRules":
        return cls(stage, tuple(stage.ladder.all()), limit_in_words(stage), stay_by(stage, None, calendars))

    def begun(self, entered_at: datetime, shortened_at: datetime | None, due_by: datetime | None) -> deadlines.Stay:
        """The stay that began at ``entered_at``, with what an urgent detour did to it."""
        rules = self.time
        return deadlines.Stay(entered_at, rules.limit, rules.ladder, rules.schedule, None, shortened_at, due_by)


def stay_in(stage, entered_at: datetime) -> deadlines.Stay:
    """The time rules of one stage, its calendar read anew."""
    return stay_by(stage, entered_at, calendars_of(stage))


def calendars_of(*stages) -> dict[int, Calendar]:
    """The calendars that the stages count their time with, read anew."""
    needed = {stage.calendar_id for stage in stages if stage.needs_calendar}
    return Calendar.objects.in_bulk(needed) if needed else {}


def stay_by(stage, entered_at: datetime, calendars: dict[int, Calendar], **shortening) -> deadlines.Stay:
    """The time rules of one stage, with calendars that were read already."""
    schedule = calendars[stage.calendar_id].schedule() if stage.needs_calendar else None
    return deadlines.Stay(entered_at, stage.limit, rungs_of(stage.ladder.all()), schedule, **shortening)


def shortening(of) -> dict:
    """What an urgent detour did to a stay (a StageEntry, or its time rules), for the rules of another."""
    return {"shortened_at": of.shortened_at, "due_by": of.due_by}


def rungs_of(ladder) -> tuple[deadlines.Rung, ...]:
    """The rungs of a ladder, the lowest first."""
    return tuple(
        deadlines.Rung(
            code=step.code,
            level=level,
            before=step.offset if step.when == step.When.BEFORE else None,
            after=step.offset if step.when == step.When.AFTER else None,
            share=step.amount if step.when == step.When.SHARE else None,
            repeat=step.repeat,
            repeat_at_most=step.repeat_at_most,
        )
        for level, step in enumerate(ladder, start=1)
    )


def limit_of(entry, rules: TimeRules) -> str:
    """The limit of a stay in words: that of its stage, unless an urgent detour gave it less time."""
    if entry.shortened_at is None:
        return rules.limit
    return f"{showing.duration(entry.due_by - entry.shortened_at)} since it became urgent"


def limit_in_words(stage) -> str:
    return str(stage.limit) if stage.limit else ""
