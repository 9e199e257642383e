"""Limits, and whether what is counted in working time has a calendar to be counted with."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Model
from django.utils import timezone

from pathways.checking.problem import Found, error, warning
from pathways.drawn import Drawn
from pathways.limits import Span
from pathways.models import Calendar, Stage

LONGEST = timedelta(days=3653)  # ten years: a longer time is a slip of the finger

Named = tuple[str, Span, Model]  # what it is, how long, and the row that says so


def limits(drawn: Drawn) -> Found:
    for stage in drawn.stages:
        ladder = stage.ladder.all()
        if stage.is_final:
            if stage.limit or ladder:
                yield warning(
                    f"“{stage}” is final, so that no case waits there. Remove its limit and its ladder.", stage
                )
        elif stage.limit is None:
            if ladder:
                yield error(
                    f"“{stage}” has a ladder but no limit. Give it one, or remove the rungs.",
                    stage,
                )
            elif stage.kind == Stage.Kind.WAITING:
                yield warning(
                    f"“{stage}” is a waiting stage without a limit, so that no case there is ever late. Give it one.",
                    stage,
                )
        elif not ladder:
            yield warning(
                f"“{stage}” has a limit but no ladder, so that nobody is told when a case is late. Add a rung.", stage
            )


def lengths(drawn: Drawn) -> Found:
    usable = {calendar: why_unusable(calendar) is None for calendar in calendars_needed(drawn)}
    for stage in drawn.stages:
        spans = list(spans_of(stage))
        if any(span.is_working for _, span, _ in spans):
            if stage.calendar is None:
                yield error(f"“{stage}” counts in working time but has no calendar. Choose one.", stage)
            if not usable.get(stage.calendar):
                continue
        schedule = stage.calendar.schedule() if usable.get(stage.calendar) else None
        for what, span, row in spans:
            if _is_too_long(span, schedule):
                yield error(f"The {what} of “{stage}” is longer than ten years: {span}. Choose a shorter time.", row)
    for rule in drawn.detour_rules:
        if rule.shortens_to and _is_too_long(rule.shortens_to, None):
            yield error(
                f"The detour “{rule}” leaves its stage longer than ten years: {rule.shortens_to}. Choose a shorter "
                "time.",
                rule,
            )
        if rule.hold_at_most and _is_too_long(rule.hold_at_most, None):
            yield error(
                f"The detour “{rule}” holds the clock for longer than ten years: {rule.hold_at_most}. Choose a "
                "shorter time.",
                rule,
            )


def spans_of(stage: Stage) -> Iterator[Named]:
    """Everything of a stage that is counted; in a final one the acceptance limit only, for no case waits there."""
    if stage.acceptance_limit:
        yield "acceptance limit", stage.acceptance_limit, stage
    if stage.is_final:
        return
    if stage.limit:
        yield "limit", stage.limit, stage
    for step in stage.ladder.all():
        yield from ((f"rung “{step}”", span, stage) for span in step.spans)
    for task in stage.task_templates.all():
        if task.limit:
            yield f"limit of the task “{task}”", task.limit, task


def calendars_needed(drawn: Drawn) -> list[Calendar]:
    """The calendars that some working time of the version is counted with, each once."""
    stages = [stage for stage in drawn.stages if any(span.is_working for _, span, _ in spans_of(stage))]
    return list({stage.calendar.pk: stage.calendar for stage in stages if stage.calendar}.values())


def why_unusable(calendar: Calendar) -> str | None:
    """Return a sentence if nothing can be counted with ``calendar``, None if it can."""
    try:
        calendar.schedule()
    except ValueError as problem:
        if not calendar.opening_hours.all():
            return f"The calendar “{calendar}” is never open. Give at least one weekday opening hours."
        return f"The calendar “{calendar}” cannot be used. {problem}"
    return None


def _is_too_long(span, schedule):
    """Try it, from now on: how long working time really is depends on the calendar."""
    now = timezone.now()
    try:
        return span.after(now, schedule) - now > LONGEST
    except (ValueError, OverflowError):  # past the calendar's horizon, or past the year 9999
        return True


CHECKS = (limits, lengths)
