"""The sweep: look at every timer that has fired, record the rungs passed, and owe the notices.

Late, twice or in parallel, the result is the same: what is passed is computed from the journey (``cases.deadlines``),
a rung is recorded once by a unique key, and a timer is held by one sweep at a time. A batch costs a fixed number of
queries.
"""

import gc
import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from cases import deadlines, lifecycle
from cases.models import Case, Escalation, SweepRun, Timer
from cases.watch import effects, escalations, notices, rows, watched
from cases.watch.recipients import Recipients
from cases.watch.watched import Watched
from pathways.models import system_user

log = logging.getLogger(__name__)

BATCH_SIZE = 2000
SET_ASIDE_FOR = timedelta(minutes=15)


@dataclass
class Raised:
    """A thing with the rungs it has passed now, and the escalations that record them (in the same order)."""

    seen: Watched
    passed: list[deadlines.Passed]
    records: list[Escalation] = field(default_factory=list)


def run(as_of=None) -> SweepRun:
    """Do one sweep as of ``as_of`` (now, if None) and return its record. Notices are owed, not sent."""
    as_of = as_of or timezone.now()
    record = SweepRun.objects.create(as_of=as_of)
    _end_holds(as_of, record)
    for kind in watched.OPEN:
        _raise_all(kind, as_of, record)
    record.finished_at = timezone.now()
    record.save()
    return record


def last_as_of():
    """As of when the last sweep that finished was, or None."""
    return (
        SweepRun.objects.filter(finished_at__isnull=False).order_by("-as_of").values_list("as_of", flat=True).first()
    )


def _due(kind, as_of):
    due = Timer.objects.filter(kind=kind, fires_at__lt=as_of).filter(Q(retry_at=None) | Q(retry_at__lte=as_of))
    return due.order_by("fires_at", "pk")


def _raise_all(kind, as_of, record):
    """Claim the timers of one kind in batches until none is left. A batch that fails is done again row by row, so that
    one bad row is set aside with its error and never stops the others.
    """
    size, busy = BATCH_SIZE, set()  # busy: of cases that somebody is just working on. The next sweep looks again
    while True:
        claimed = []
        try:
            with transaction.atomic(), _collecting_later():
                due = _due(kind, as_of).exclude(pk__in=busy).values_list("pk", "thing_id", "rung", named=True)
                claimed = list(due.select_for_update(skip_locked=True, no_key=True)[:size])
                record.escalations += _raise_passed(kind, claimed, as_of, busy) if claimed else 0
        except Exception as error:
            if not claimed:
                raise  # not a row but the database itself: the next sweep tries again
            if len(claimed) > 1:
                size = 1
                continue
            _set_aside(claimed[0], as_of, error, record)
            size = BATCH_SIZE
        if not claimed:
            return


@contextmanager
def _collecting_later():
    """Leave Python's search for circular garbage to the end of a batch. All that a batch makes lives until then, and
    would be searched again and again: a third of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _set_aside(timer, as_of, error, record):
    log.error("Timer %s is set aside.", timer.pk, exc_info=error)
    Timer.objects.filter(pk=timer.pk).update(error=f"{type(error).__name__}: {error}", retry_at=as_of + SET_ASIDE_FOR)
    record.set_aside += 1


def _raise_passed(kind, claimed, as_of, busy):
    """Record what is passed for the claimed timers, owe the notices, let the rungs take effect, and set each timer to
    its next rung. The timers whose cases are being worked on are left as they are, and added to ``busy``.
    """
    # Read after the claim: while its timer is held no operation can change the thing (it waits in timers.lock).
    things = watched.OPEN[kind]().filter(pk__in=[timer.thing_id for timer in claimed])
    raised = {}
    for seen in watched.READ[kind](things):
        raised[seen.thing.pk] = Raised(seen, seen.passed(as_of))
    locked = _lock_for_effects(claimed, raised, busy)
    told = [one for one in raised.values() if one.passed]
    owed, times = _who_is_told(told, as_of)
    rows.insert(escalation for one in told for escalation in one.records)
    if locked:
        effects.take([(one.seen, one.passed) for one in told if one.seen.case.pk in locked], locked, as_of)
    notices.owe(owed, as_of, times)
    _set_timers(kind, [timer for timer in claimed if timer.pk not in busy], raised)
    return sum(len(one.passed) for one in told)


def _lock_for_effects(claimed, raised, busy):
    """Lock the cases that a rung passed has an effect on, and return them by their keys; leave out of ``raised`` those
    that cannot be locked at once.
    """
    affected = {pk: one for pk, one in raised.items() if one.passed and effects.has_effects(one.seen, one.passed)}
    if not affected:
        return {}
    locked = effects.lock_cases(one.seen.case.pk for one in affected.values())
    left = {pk for pk, one in affected.items() if one.seen.case.pk not in locked}
    busy |= {timer.pk for timer in claimed if timer.thing_id in left}
    for pk in left:
        del raised[pk]
    return locked


def _who_is_told(raised, as_of):
    """Record the rungs passed (not saved), and pair the highest of each thing with those it tells. Of several passed
    at once only the highest is told; what was reached before Midwatch watched it is backlog, and part of one digest.

    Return what is owed, and when each person gets their next digest.
    """
    recipients = Recipients.about([one.seen for one in raised], as_of)
    highest = [max(one.passed, key=lambda passed: passed.height) for one in raised]
    steps = [one.seen.step(top.rung) for one, top in zip(raised, highest, strict=True)]
    told = [recipients.told(one.seen, step) for one, step in zip(raised, steps, strict=True)]
    times = notices.digest_times({person.pk for people in told for person in people}, as_of)
    owed = []
    for one, top, step, people in zip(raised, highest, steps, told, strict=True):
        is_backlog = top.reached_at < one.seen.since
        at_once = step.urgent and not is_backlog
        for passed in one.passed:
            values = {}
            if passed is top and people:
                values = {"is_told": True}
                if step.answer_within:
                    told_at = as_of if at_once else min(times[person.pk] for person in people)
                    values["answer_by"] = step.answer_within.after(told_at, one.seen.stay.schedule)
            escalation = escalations.record(one.seen, passed, as_of, **values)
            one.records.append(escalation)
            if passed is top:
                owed.append(notices.Owed(escalation, people, at_once=at_once, is_backlog=is_backlog))
    return owed, times


# With plain arrays: bulk_update writes a CASE for every row and column, and takes longer than all the rest.
SET_TIMERS = """
UPDATE cases_timer SET kind = new.kind, thing_id = new.thing_id, fires_at = new.fires_at, rung = new.rung,
                       error = '', retry_at = NULL
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[], %s::text[])
     AS new (id, kind, thing_id, fires_at, rung)
WHERE cases_timer.id = new.id
"""


def _set_timers(kind, claimed, raised):
    """Set each timer to the next rung of its thing, and make those of the escalations that must be answered."""
    set_to = []
    for timer in claimed:
        one = raised.get(timer.thing_id)
        # Not raised: the thing is over; its case is watched by another row.
        over = {"kind": kind, "thing_id": timer.thing_id, "fires_at": None, "rung": timer.rung}
        values = one.seen.timer(also_recorded=one.passed) if one else over
        set_to.append((timer.pk, *(values[name] for name in ("kind", "thing_id", "fires_at", "rung"))))
    with connection.cursor() as cursor:
        cursor.execute(SET_TIMERS, [list(column) for column in zip(*set_to, strict=True)] if set_to else [[]] * 5)
    escalations.watch([record for one in raised.values() for record in one.records])


def _end_holds(as_of, record):
    """End the holds that have reached their ceiling, at the ceiling, and tell the owner (or the team's managers)."""
    for timer in _due(Timer.Kind.HOLD, as_of).iterator():
        try:
            _end_hold(timer, as_of)
        except Exception as error:
            _set_aside(timer, as_of, error, record)


@transaction.atomic
def _end_hold(timer, as_of):
    # The case is locked before anything else, as every operation does: a sweep that held the timer first would
    # deadlock.
    case = Case.objects.lock(timer.case_id)
    hold = case.holds.filter(pk=timer.thing_id, ended_at=None).first()
    if hold is None:
        return  # somebody was quicker
    case = lifecycle.resume_case(case, by=system_user(), note="The hold reached its ceiling.", at=hold.until)
    notices.owe_hold_ended(case, hold, as_of)
