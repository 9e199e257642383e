"""What a rung does besides telling: the case becomes urgent, or its team gets a task."""

from datetime import UTC, datetime, timedelta

from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from cases.models import Case, Task
from cases.watch import mail_times, timers, watched
from cases.watch.watched import Watched
from pathways.limits import LONDON, Span, Unit
from pathways.models import system_user

A_WORKING_DAY = Span(1, Unit.WORKING_DAYS)


def has_effects(seen: Watched, passed) -> bool:
    steps = [seen.step(one.rung) for one in passed]
    return any(step.raises_priority or step.task_title for step in steps)


def lock_cases(pks) -> dict[int, Case]:
    """Lock those of the cases that nobody else has locked, and return them.

    An operation locks the case before its timers, and a sweep holds the timers here: it must never wait for a case.
    """
    found = Case.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(pk__in=pks)
    return {case.pk: case for case in found.order_by("pk")}


def take(raised: list[tuple[Watched, list]], cases: dict[int, Case], now) -> None:
    """Let the rungs passed take effect: ``raised`` are things with what they passed, ``cases`` are theirs, locked.

    Each rung once in a stay: a repeat tells again, and does nothing else.
    """
    urgent, tasks, by = {}, [], system_user()
    for seen, passed in raised:
        case = cases[seen.case.pk]
        for step in (seen.step(one.rung) for one in passed if one.occurrence == 0):
            if step.raises_priority and case.priority != Case.Priority.URGENT:
                case.priority = Case.Priority.URGENT
                urgent[case.pk] = case
            if step.task_title:
                tasks.append(_task(case, seen, step, now, by))
    if urgent:
        reason = "A rung was passed that makes the case urgent"
        bulk_update_with_history(urgent.values(), Case, ["priority"], default_user=by, default_change_reason=reason)
    if tasks:
        _make(tasks, by)


def _task(case, seen, step, now, by):
    return Task(
        case=case,
        entry_id=seen.thing.pk,
        title=step.task_title,
        team_id=seen.team_id,
        due_at=a_working_day_later(now, seen.stay.schedule),
        made_at=now,
        made_by=by,
    )


def a_working_day_later(now, schedule=None) -> datetime:
    """Return the end of the next working day by the stage's calendar, or the same hour of England's next one."""
    if schedule is not None:
        return A_WORKING_DAY.after(now, schedule)
    later = now.astimezone(LONDON)
    while True:
        later += timedelta(days=1)  # by the wall clock, also where it changes
        if mail_times.is_working_day(later.date()):
            return later.astimezone(UTC)


def _make(tasks, by):
    reason = "Made by a rung that was passed"
    bulk_create_with_history(tasks, Task, default_user=by, default_change_reason=reason)
    timers.watch_new(watched.tasks(tasks))
