"""Escalations: rungs that were passed; recorded, answered by a person, resolved when the case moves on."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from cases import access
from cases.models import Case, Escalation, NoticeLine, Task, Timer
from cases.refusals import Refused
from cases.watch import rows, timers, watched
from cases.watch.ladders import PROMISE_BROKEN, UNANSWERED
from pathways.far_dates import too_far
from pathways.history import save_with_history
from pathways.members import hold_colleague

Kind = Timer.Kind
STAGE_NAME, TITLE = Escalation._meta.get_field("stage_name"), Task._meta.get_field("title")


def values(seen, passed, now, *, is_told=False, answer_by=None, promised=None) -> dict:
    """The columns of the escalation that records a rung passed: due time, limit and rung are kept as they are now.
    ``promised``: an answer given before that stands for this one too.
    """
    step = seen.step(passed.rung)
    return {
        "case_id": seen.case.pk,
        "kind": seen.kind.value,
        "thing_id": seen.thing.pk,
        "rung_code": step.code,
        "rung_name": step.name,
        "level": passed.rung.level,
        "occurrence": passed.occurrence,
        "urgent": step.urgent,
        "stage_name": _cut(seen.title, STAGE_NAME),
        "limit": seen.limit,
        "due_at": passed.due_at,
        "reached_at": passed.reached_at,
        "raised_at": now,
        "answer_by": answer_by,
        "is_told": is_told,
        "acknowledged_at": promised and promised.acknowledged_at,
        "acknowledged_by_id": promised and promised.acknowledged_by_id,
        "acknowledgement": promised.acknowledgement if promised else "",
        "promise_id": promised and promised.promise_id,
    }


def _cut(words, field):
    """The words as long as the column of ``field`` takes them: a thing's title is longer than the name in it, and an
    answer as long as somebody likes.
    """
    most = field.max_length
    return words if len(words) <= most else f"{words[: most - 3]}..."


def raise_all(recorded: list[dict]) -> list[int]:
    """Insert these escalations (see ``values``), watch those that must be answered, and return their keys."""
    keys = rows.insert_with_keys(Escalation, recorded)
    asked = [(key, row) for key, row in zip(keys, recorded, strict=True) if row["answer_by"]]
    rows.insert(Timer, [_timer_of_answer(key, row) for key, row in asked])
    return keys


def _timer_of_answer(key, row):
    return {
        "case_id": row["case_id"],
        "kind": Kind.ESCALATION.value,
        "thing_id": key,
        "fires_at": row["answer_by"],
        "rung": UNANSWERED,
        "error": "",
    }


def tell_later(found, *, by) -> None:
    """Record that somebody is told of the escalations ``found`` after all, and by when it is to be answered
    (``answer_by``, if it is): when they were raised there was nobody to tell.
    """
    for escalation in found:
        escalation.is_told = True
    if found:
        fields, reason = ["is_told", "answer_by"], "Told later: there is somebody to tell now"
        bulk_update_with_history(found, Escalation, fields, default_user=by, default_change_reason=reason)
    asked = [one for one in found if one.answer_by]
    rows.insert(Timer, [_timer_of_answer(one.pk, vars(one)) for one in asked])


def settle(seen, now, *, by) -> None:
    """Record the rungs passed that nobody swept, resolved at once and told to nobody, so that an outage loses
    nothing.
    """
    missed = [Escalation(**values(seen, one, now), resolved_at=now, resolved_by=by) for one in seen.passed(now)]
    if missed:
        Escalation.objects.bulk_create(missed)


def resolve(case, now, *, by, reason, kinds=(Kind.STAGE,), thing=None) -> None:
    """Resolve what is unresolved about the case's journey, or about one task or handoff (``thing``): it is over."""
    unresolved = case.escalations.filter(resolved_at=None, kind__in=kinds)
    resolve_these(unresolved.filter(thing_id=thing.pk) if thing else unresolved, now, by=by, reason=reason)


def end_thing(seen, now, *, by, reason) -> None:
    """A task, a handoff or a result is over: what was passed is settled and resolved, and it is watched no more."""
    settle(seen, now, by=by)
    resolve(seen.case, now, by=by, reason=reason, kinds=[seen.kind], thing=seen.thing)
    timers.clear_thing(seen.kind, seen.thing)


def resolve_these(unresolved, now, *, by, reason) -> None:
    """Resolve these escalations: what they are about is over. Nobody has to answer them any more, or to keep what was
    promised.
    """
    unresolved = list(unresolved)
    asked = [one for one in unresolved if one.answer_by]
    if asked:
        _stop_watching(asked, now, by=by)
        unresolved += Escalation.objects.filter(kind=Kind.ESCALATION, thing_id__in=_keys(asked), resolved_at=None)
    for escalation in unresolved:
        escalation.resolved_at, escalation.resolved_by = now, by
    if unresolved:
        bulk_update_with_history(
            unresolved, Escalation, ["resolved_at", "resolved_by"], default_user=by, default_change_reason=reason
        )
    promised = {one.promise_id for one in unresolved if one.promise_id}
    if promised:
        from cases import to_do  # which ends tasks, and resolves what is about them with this module

        to_do.cancel_promises(promised, now=now, by=by)


def _keys(escalations):
    return [one.pk for one in escalations]


def _stop_watching(asked, now, *, by):
    """Nobody has to answer these any more; that the time to answer them had passed before is recorded."""
    overdue = [one.pk for one in asked if one.acknowledged_at is None and one.answer_by < now]
    if overdue:
        for seen in watched.escalations(watched.OPEN[Kind.ESCALATION]().filter(pk__in=overdue)):
            settle(seen, now, by=by)
    Timer.objects.filter(kind=Kind.ESCALATION, thing_id__in=_keys(asked)).delete()


@transaction.atomic
def acknowledge(escalation, *, by, answer, by_when=None, at=None):
    """Answer ``escalation`` with what will be done, and return it. With ``by_when`` that is a promise: a task of
    ``by``, due then; if it is not kept, managers and pathway lead are told.

    One answer is enough: what is unanswered about the same thing at lower levels is answered with it.

    Raises PermissionDenied if ``by`` was not told of it and is not of the team that has the case, Refused if it is
    answered, over, ``answer`` is empty, or ``by_when`` has passed or is a year away: it may be mistyped.
    """
    now = at or timezone.now()
    case = Case.objects.lock(escalation.case_id)
    timers.lock(case)
    found = _answered_with(Escalation.objects.get(pk=escalation.pk))
    answered = list(found.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    escalation = next(one for one in answered if one.pk == escalation.pk)
    if sentence := _refusal(by, case, escalation, answered):
        raise PermissionDenied(sentence)
    if not answer.strip():
        raise Refused("Say what will be done, and by when.")
    if escalation.resolved_at is not None:
        raise Refused("This escalation is over: the case has moved on.")
    if escalation.acknowledged_at is not None:
        raise Refused(f"{escalation.acknowledged_by} has answered this escalation already.")
    if by_when is not None and (sentence := promise_refusal(by_when, now)):
        raise Refused(sentence)
    if by_when is not None and not hold_colleague(by):  # last: see there
        raise PermissionDenied(access.REFUSAL.format(team=case.team))
    _stop_watching([one for one in answered if one.answer_by], now, by=by)
    promise = _promise(case, answer.strip(), by_when, now=now, by=by) if by_when else None
    for one in answered:
        if one.acknowledged_at is None and one.resolved_at is None:
            one.acknowledged_at, one.acknowledged_by, one.acknowledgement = now, by, answer.strip()
            one.promise = promise
            fields = ["acknowledged_at", "acknowledged_by", "acknowledgement", "promise"]
            save_with_history(one, by=by, reason="Escalation acknowledged", update_fields=fields)
    if promise is not None:
        timers.watch_thing(watched.tasks([promise])[0])  # after it is one: a promise has a ladder of its own
    return escalation


def promise_refusal(by_when, now) -> str:
    """Return a sentence if nothing can be promised for ``by_when``, which has passed, or of which the year must be
    mistyped; else nothing.
    """
    if by_when <= now:
        return "Choose a date in the future by which it will be done."
    return too_far(by_when, now, years=1)


def answer_refusal(user, escalation) -> str | None:
    """Return a sentence if ``user`` may not answer ``escalation``; None for those of the team that has its case, and
    for whoever was told of it: a deputy, the lead, somebody of another team.
    """
    return _refusal(user, escalation.case, escalation, _answered_with(escalation))


def _refusal(user, case, escalation, answered):
    sentence = access.refusal(user, "acknowledge", case.team)
    return sentence and (None if user.is_active and _was_told(user, escalation, answered) else sentence)


def _was_told(user, escalation, answered):
    """Was ``user`` told of one of the ``answered``, or of another that stands on the same row of the list? The list of
    who was told of one level shows the highest (``answers.for_user``), and theirs may have been answered before.
    """
    standing = {one.pk: one for one in Escalation.objects.filter(case=escalation.case_id, resolved_at=None)}
    of_promise = {one.promise_id: one for one in standing.values() if one.promise_id}

    def row(one):
        is_broken = one.kind == Kind.TASK and one.rung_code == PROMISE_BROKEN
        about = of_promise.get(one.thing_id) if is_broken else None
        about = standing.get(one.thing_id) if one.kind == Kind.ESCALATION else about
        return row(about) if about else (one.kind, one.thing_id)

    same = {pk for pk, one in standing.items() if row(one) == row(escalation)}
    return NoticeLine.objects.filter(escalation__in=same | set(_keys(answered)), recipient=user).exists()


def _answered_with(escalation):
    """The escalation, and those about the same thing that an answer to it answers too: the lower levels, and that
    these were not answered in time.
    """
    is_second = escalation.kind == Kind.ESCALATION  # that another one was not answered
    about = Escalation.objects.get(pk=escalation.thing_id) if is_second else escalation
    same = Escalation.objects.filter(case=about.case_id, kind=about.kind, thing_id=about.thing_id)
    lower = same.filter(Q(level__lt=about.level) | Q(level=about.level, occurrence__lte=about.occurrence))
    unanswered = Q(kind=Kind.ESCALATION, thing_id__in=list(lower.values_list("pk", flat=True)))
    wanted = Q(pk__in=lower.values("pk")) | unanswered
    still_open = Q(acknowledged_at=None, resolved_at=None) | Q(pk=escalation.pk)
    found = Escalation.objects.filter(wanted & still_open, case=escalation.case_id)
    return found.select_related("case", "acknowledged_by")


def _promise(case, answer, due_at, *, now, by) -> Task:
    """Make the task (not watched yet) that ``by`` owes for having promised ``answer``. Whoever they are, the case's
    team sees it.
    """
    title = _cut(" ".join(answer.split()), TITLE)
    task = Task(
        case=case,
        entry=case.open_entry,
        title=title,
        text=answer if title != answer else "",
        team_id=case.team_id,
        owner=by,
        due_at=due_at,
        made_at=now,
        made_by=by,
    )
    return save_with_history(task, by=by, reason="Promised in answer to an escalation")


@dataclass(frozen=True)
class Answered:
    """What came of answering one escalation: ``refusal`` is empty, or the sentence that says why it was not."""

    escalation: Escalation
    refusal: str = ""


def acknowledge_many(escalations, *, by, answer, by_when=None, at=None) -> list[Answered]:
    """Answer each of the ``escalations`` with the same words; return what came of each, in their order.

    Each is answered or refused by itself. Of several about one thing the highest is answered, the others with it.
    """
    now, done = at or timezone.now(), {}
    for one in sorted(escalations, key=lambda one: (one.case_id, one.kind == Kind.ESCALATION, -one.level, one.pk)):
        fresh = Escalation.objects.get(pk=one.pk)
        if fresh.acknowledged_at == now and fresh.acknowledged_by_id == by.pk:
            done[one.pk] = Answered(fresh)  # with a higher one, just now
            continue
        try:
            done[one.pk] = Answered(acknowledge(one, by=by, answer=answer, by_when=by_when, at=now))
        except (Refused, PermissionDenied) as refused:
            done[one.pk] = Answered(fresh, str(refused))
    return [done[one.pk] for one in escalations]
