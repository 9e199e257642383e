"""Timers: one row for each thing that is watched, which says when it must be looked at next."""

import logging

from django.db import InterfaceError, OperationalError, transaction

from cases.models import Case, Timer
from cases.refusals import Refused
from cases.watch import set_aside, watched
from cases.watch.watched import Kind, Watched

log = logging.getLogger(__name__)

NOT_COMPUTED = "Its times cannot be computed."
DATABASE = (OperationalError, InterfaceError)  # it is not there: then it is no fault of a row
JOURNEY = (Kind.STAGE, Kind.HOLD)  # one row a case: the stay, or the hold while it is held


def lock(case) -> Timer | None:
    """Lock all timers of the case, after the case; return that of its journey. A sweep locks timers first and never
    cases with them, so that an operation either waits for the sweep here, before it has written anything, or is
    skipped by it.
    """
    found = Timer.objects.select_for_update(no_key=True).filter(case=case).order_by("pk")
    return next((timer for timer in found if timer.kind in JOURNEY), None)


def watch(case, seen: Watched, timer: Timer | None) -> None:
    """Set the case's due time (not saved) and the timer of its journey to what ``seen`` says."""
    case.due_at = seen.due_at
    values = {**seen.timer(), "error": "", "retry_at": None}
    if timer is None:
        Timer.objects.create(case=case, **values)
    else:
        Timer.objects.filter(pk=timer.pk).update(**values)


def watch_thing(seen: Watched) -> None:
    """Watch a task, a handoff or a result, or watch it by its new due time."""
    values = {**seen.timer(), "error": "", "retry_at": None, "case": seen.case}
    Timer.objects.update_or_create(kind=values.pop("kind"), thing_id=values.pop("thing_id"), defaults=values)


def watch_new(found: list[Watched]) -> None:
    """Watch many tasks at once that were just made."""
    Timer.objects.bulk_create(Timer(case=seen.case, **seen.timer()) for seen in found)


def clear(case) -> None:
    """Nothing about the case's journey is watched any more."""
    Timer.objects.filter(case=case, kind__in=JOURNEY).delete()


def clear_thing(kind, thing) -> None:
    """The task, the handoff or the result is not watched any more."""
    Timer.objects.filter(kind=kind, thing_id=thing.pk).delete()


def watch_many(entries) -> None:
    """Set timers and due times of many open cases at once, given their open ``entries`` (with case): for imports."""
    seen = watched.stays(entries)
    Timer.objects.filter(case__in=[item.case.pk for item in seen], kind__in=JOURNEY).delete()
    Timer.objects.bulk_create([Timer(case=item.case, **item.timer()) for item in seen])
    for item in seen:
        item.case.due_at = item.due_at
    Case.objects.bulk_update([item.case for item in seen], ["due_at"])


def rebuild(*, check=False, batch_size=2000, kinds=tuple(watched.OPEN)) -> list[str]:
    """Compute the timers and due times of all that is open again and mend those that differ; with ``check`` only find
    them.

    Returns a sentence for each that differed, and for each case that cannot be computed (see ``cannot_be_mended``): it
    stops no other. Suspects are found without locks and looked at again under the case's lock, so that a case which is
    just being moved is never called wrong.
    """
    suspects = set()
    for kind in kinds:
        last = 0
        while things := watched.OPEN[kind]().filter(pk__gt=last).order_by("pk")[:batch_size]:
            last = things[len(things) - 1].pk
            suspects |= _suspects(kind, list(things))
    suspects |= _watched_for_nothing()
    return [sentence for case in sorted(suspects) for sentence in _looked_at(case, check)]


def mend(case) -> list[str]:
    """Set the timers and the due time of one case right; return a sentence for each that differed.

    Raises Refused if they cannot be computed.
    """
    try:
        return _mend(case.pk, check=False)
    except DATABASE:
        raise
    except Exception as error:
        log.exception("The timers of case %s cannot be computed.", case.pk)
        raise Refused(_why(error)) from error


def cannot_be_mended(sentences: list[str]) -> list[str]:
    """Return those of the ``sentences`` of ``rebuild`` that say of a case that it cannot be computed."""
    return [sentence for sentence in sentences if NOT_COMPUTED in sentence]


def _suspects(kind, things):
    """The cases of ``things`` that have a timer which differs, or that cannot be computed: such a one is sought by
    halves, as it is for a batch of the sweep.
    """
    existing = _timers_of(kind, things)
    try:
        seen = watched.READ[kind](things)
        return {item.case.pk for item in seen if differences(item, existing.get(_key(kind, item.thing)))}
    except DATABASE:
        raise
    except Exception:
        half = len(things) // 2
        if not half:
            return {thing.case_id for thing in things}
        return _suspects(kind, things[:half]) | _suspects(kind, things[half:])


def _looked_at(pk, check):
    try:
        return _mend(pk, check)
    except DATABASE:
        raise
    except Exception as error:
        log.exception("The timers of case %s cannot be computed.", pk)
        return [f"{Case.objects.get(pk=pk)}: {_why(error)}"]


def _why(error):
    return f"{NOT_COMPUTED} {set_aside.in_plain_words(set_aside.recorded(error))}"


def _key(kind, thing):
    return thing.case_id if kind == Kind.STAGE else thing.pk


def _timers_of(kind, things):
    """The timers of ``things``: of stays by their case, since that of a held case is its hold's."""
    if kind == Kind.STAGE:
        rows = Timer.objects.filter(kind__in=JOURNEY, case__in=[thing.case_id for thing in things])
        return {timer.case_id: timer for timer in rows}
    return {timer.thing_id: timer for timer in Timer.objects.filter(kind=kind, thing_id__in=[t.pk for t in things])}


def _watched_for_nothing():
    """The cases with a timer of something that is over."""
    found = set(Timer.objects.filter(kind__in=JOURNEY, case__status="closed").values_list("case", flat=True))
    for kind in watched.OPEN.keys() - JOURNEY:
        stray = Timer.objects.filter(kind=kind).exclude(thing_id__in=watched.OPEN[kind]().values("pk"))
        found |= set(stray.values_list("case", flat=True))
    return found


@transaction.atomic
def _mend(pk, check):
    """Compare all timers of one case with what they must be, under its lock; mend them unless ``check``."""
    case = Case.objects.lock(pk)
    lock(case)
    found = []
    for kind, rows in watched.OPEN.items():
        things = list(rows().filter(case=case))
        existing = _timers_of(kind, things)
        for seen in watched.READ[kind](things):
            timer = existing.get(_key(kind, seen.thing))
            differs = differences(seen, timer)
            found += differs
            if differs and not check:
                _set_right(case, kind, seen, timer)
        stray = Timer.objects.filter(case=case, kind__in=JOURNEY if kind == Kind.STAGE else (kind,))
        stray = stray if not things else stray.exclude(thing_id__in=[t.pk for t in things]).exclude(kind__in=JOURNEY)
        found += [
            f"{case}: {timer.get_kind_display()} {timer.thing_id} is over, but it is still watched." for timer in stray
        ]
        if not check:
            stray.delete()
    return found


def _set_right(case, kind, seen, timer):
    if kind == Kind.STAGE:
        watch(case, seen, timer)
        Case.objects.filter(pk=case.pk).update(due_at=case.due_at)
    else:
        watch_thing(seen)


def differences(seen: Watched, timer: Timer | None) -> list[str]:
    """Return a sentence for each way in which the timer and the due time of a thing differ from what they must be."""
    case, wanted, found = seen.case, seen.timer(), []
    if timer is None:
        found.append(f"{case}: nothing is watched, and {_words(wanted)} is owed.")
    elif (have := {name: getattr(timer, name) for name in wanted}) != wanted:
        found.append(f"{case}: the timer says {_words(have)}, but it must say {_words(wanted)}.")
    if seen.kind == Kind.STAGE and case.due_at != seen.due_at:
        found.append(f"{case}: the list says due {case.due_at}, but it is due {seen.due_at}.")
    return found


def _words(values):
    at = values["fires_at"]
    return (
        f"{values['kind']} {values['thing_id']} {values['rung'] or 'nothing'} at {at.isoformat() if at else 'no time'}"
    )
