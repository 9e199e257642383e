"""Tasks: made by a stage or by hand, given, done, cancelled."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from cases import access
from cases.models import Case, Escalation, Task, Timer
from cases.refusals import Refused
from cases.watch import escalations, timers, watched
from cases.watch.ladders import PROMISE_BROKEN
from pathways.far_dates import too_far
from pathways.history import save_with_history
from pathways.members import hold_member
from pathways.models import Calendar

MAY_NOT_KNOW = (
    "{team} may not know of this case: it is restricted to the teams that have it or have had it. Choose one of those."
)


def make_from_templates(entry, *, now, by) -> None:
    """Make the tasks that the stage of ``entry`` gives to every case which enters it."""
    stage = entry.case.version_map.by_pk[entry.stage_id]
    for template in stage.task_templates.all():
        _make_from(template, entry, stage, now=now, by=by)


def _make_from(template, entry, stage, *, now, by):
    team_id, follows_owner = _whose(template, entry), template.whose == template.For.OWNER
    is_owners = follows_owner and team_id == entry.case.team_id
    owner = entry.case.owner if is_owners else None
    is_there = owner is not None and owner.is_active and access.role_in(owner, team_id)
    task = Task(
        case=entry.case,
        entry=entry,
        code=template.code,
        title=template.title,
        text=template.text,
        team_id=team_id,
        owner=owner if is_there else None,  # otherwise nobody's, and so on the day of all
        follows_owner=follows_owner,
        due_at=_due(template.limit, stage, now),
        made_at=now,
        made_by=by,
    )
    return _make(task, reason=f"Made by {stage}")


def _whose(template, entry) -> int:
    """The team of a task of the map. Of a restricted case its own team does what a team would that may not know of
    it: otherwise nobody could read the task.
    """
    if template.team_id is None or not may_know(template.team_id, entry.case):
        return entry.team_id
    return template.team_id


def may_know(team_id, case) -> bool:
    return not case.restricted or case.entries.filter(team=team_id).exists()


@transaction.atomic
def ask_again(case, code, *, by, at=None) -> Task:
    """Make the map's task ``code`` for ``case`` once more, with its limit beginning now, and return it: it was
    cancelled, needs a second pair of eyes, or came to the map after the case had entered the stage.

    Raises PermissionDenied if ``by`` is not of the case's team, Refused if the case is closed or owes the task
    already.
    """
    case = Case.objects.lock(case.pk)
    access.require(by, "task", case.team)
    if not case.is_open:
        raise Refused("This case is closed. Reopen it first.")
    if _open(case).filter(code=code).exists():
        raise Refused("This task is owed already.")
    template, entry = case.version_map.task_templates[code], case.open_entry
    entry.case = case
    stage = case.version_map.by_pk[template.stage_id]
    return _make_from(template, entry, stage, now=max(at or timezone.now(), entry.entered_at), by=by)


def _due(limit, stage, now):
    if limit is None:
        return None
    schedule = Calendar.objects.get(pk=stage.calendar_id).schedule() if limit.is_working else None
    return limit.after(now, schedule)


def _make(task, *, reason):
    save_with_history(task, by=task.made_by, reason=reason)
    timers.watch_thing(watched.tasks([task])[0])
    return task


@transaction.atomic
def add_task(case, title, *, by, text="", team=None, owner=None, due_at=None, at=None) -> Task:
    """Give a task about ``case`` to ``team`` (its own, if None) or to ``owner``, and return it. While another team
    owes it, they can read the case.

    Raises PermissionDenied if ``by`` is not of the case's team, Refused if it is closed, the title is missing, the due
    time has passed or is two years or more away, ``owner`` is not in the team, or the case is restricted and the team
    may not know of it.
    """
    now = at or timezone.now()
    case = Case.objects.lock(case.pk)
    access.require(by, "task", case.team)
    team = team or case.team
    if not case.is_open:
        raise Refused("This case is closed. Reopen it first.")
    if not title.strip():
        raise Refused("Say what is to be done.")
    if due_at is not None and due_at <= now:
        raise Refused("Choose a date in the future by which it is to be done.")
    if far := too_far(due_at, now):
        raise Refused(far)
    _require_member(owner, team)
    if not may_know(team.pk, case):
        raise Refused(MAY_NOT_KNOW.format(team=team))
    task = Task(
        case=case,
        entry=case.open_entry,
        title=title.strip(),
        text=text.strip(),
        team=team,
        owner=owner,
        due_at=due_at,
        made_at=now,
        made_by=by,
    )
    return _make(task, reason="Task added")


@transaction.atomic
def complete_task(task, *, by, outcome="", at=None) -> Task:
    """Record that ``task`` is done, by somebody of its team or of the case's or who promised it, and return it.

    Raises PermissionDenied, or Refused if it is done or cancelled already.
    """
    task = _lock_open(task, by)
    role = access.role_in(by, task.team_id) or access.role_in(by, task.case.team_id) or ""
    task.done_at, task.done_by, task.done_as = max(at or timezone.now(), task.made_at), by, role
    task.outcome = outcome.strip()
    task = _end(task, now=task.done_at, by=by, reason="Task done")
    _end_promised_before(task, now=task.done_at, by=by)
    return task


def _end_promised_before(task, *, now, by):
    """End the promises that were not kept, and in whose place ``task`` was given: what it answers is done."""
    broken = Escalation.objects.filter(promise=task, kind=Timer.Kind.TASK, rung_code=PROMISE_BROKEN)
    before = Task.objects.filter(pk__in=broken.values("thing_id"), done_at=None, cancelled_at=None)
    for one in before.select_related("case", "owner"):
        _cancel(one, now=max(now, one.made_at), by=by, why="Something else was promised in its place, and is done.")
        _end_promised_before(one, now=now, by=by)


@transaction.atomic
def cancel_task(task, *, by, why, at=None) -> Task:
    """Record that ``task`` will not be done, and why, and return it.

    Raises PermissionDenied, or Refused if it is done or cancelled already, it is a promise that stands, or the reason
    is missing.
    """
    task = _lock_open(task, by)
    if sentence := cancel_refusal(task):
        raise Refused(sentence)
    if not why.strip():
        raise Refused("Say why the task is cancelled.")
    return _cancel(task, now=max(at or timezone.now(), task.made_at), by=by, why=why.strip())


def refusal(user, task) -> str | None:
    """Return a sentence if ``user`` may not act on ``task``; None for those of its team and of the case's, and for who
    promised it in answer to an escalation they were told of: they need be of neither.
    """
    own = access.refusal(user, "task", task.team)
    sentence = own and access.refusal(user, "task", task.case.team)
    return sentence and (None if _is_own_promise(user, task) else sentence)


def _is_own_promise(user, task) -> bool:
    gave_it = user.is_active and task.owner_id == user.pk == task.made_by_id
    return gave_it and Escalation.objects.filter(promise=task).exists()


def cancel_refusal(task) -> str | None:
    """Return a sentence if ``task`` cannot be cancelled: it was promised in answer to an escalation that stands. Were
    it taken back, nobody would be reminded of that any more; not kept, it climbs, and is answered anew.
    """
    if Escalation.objects.filter(promise=task, resolved_at=None).exists():
        return (
            "This was promised in answer to an escalation, and ends when the case moves on. Record what was done, or "
            "give it to somebody else. If it is not done in time, the managers are told."
        )
    return None


@transaction.atomic
def give_task(task, owner, *, by) -> Task:
    """Make ``owner`` (None: anybody in its team) the one who owes ``task``, and return it.

    Raises PermissionDenied, or Refused if it is over, or ``owner`` is not in its team.
    """
    task = _lock_open(task, by)
    _require_member(owner, task.team)
    task.owner, task.follows_owner = owner, False
    return save_with_history(task, by=by, reason=f"Given to {owner}" if owner else "Given back to the team")


def give_with_case(case, owner, *, by) -> None:
    """Give the tasks that follow the case's owner to ``owner``. The caller holds the case's lock."""
    for task in _open(case).filter(follows_owner=True, team=case.team):
        task.owner = owner
        save_with_history(task, by=by, reason="Given with the case")


def cancel_all(case, *, now, by, why) -> None:
    """Cancel what is owed about a case that has ended. The caller holds the case's lock."""
    for task in _open(case).select_related("case", "owner"):
        _cancel(task, now=max(now, task.made_at), by=by, why=why)


def cancel_promises(tasks, *, now, by) -> None:
    """Cancel the promises (keys of tasks) that are still open: what they were given for is over. The caller holds the
    case's lock.
    """
    for task in Task.objects.filter(pk__in=tasks, done_at=None, cancelled_at=None).select_related("case", "owner"):
        _cancel(task, now=max(now, task.made_at), by=by, why="The case has moved on.")


def _open(case):
    return Task.objects.filter(case=case, done_at=None, cancelled_at=None)


def _lock_open(task, by):
    timers.lock(Case.objects.lock(task.case_id))
    task = Task.objects.select_related("case__team", "owner", "team", "done_by", "cancelled_by").get(pk=task.pk)
    if sentence := refusal(by, task):
        raise PermissionDenied(sentence)
    if not task.is_open:
        what = f"{task.done_by} has done it" if task.done_at else f"{task.cancelled_by} has cancelled it"
        raise Refused(f"This task is over already: {what}.")
    return task


def _require_member(owner, team):
    if owner is not None and not hold_member(owner, [team.pk]):
        raise Refused(f"{owner} is not in {team}. Choose a person of that team.")


def _cancel(task, *, now, by, why):
    task.cancelled_at, task.cancelled_by, task.outcome = now, by, why
    return _end(task, now=now, by=by, reason=why)


def _end(task, *, now, by, reason):
    escalations.end_thing(watched.tasks([task])[0], now, by=by, reason=reason)
    return save_with_history(task, by=by, reason=reason)
