"""The sweep: look at every timer that has fired, record the rungs passed, and owe the notices.

Late, twice or in parallel, the result is the same: what is passed is computed from the journey (``cases.deadlines``),
a rung is recorded once by a unique key, and a timer is held by one sweep at a time. A batch costs a fixed number of
queries.
"""

import gc
import logging
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from cases import deadlines, lifecycle
from cases.arrays import array
from cases.models import Case, Escalation, SweepRun, Timer
from cases.watch import answers, effects, escalations, outbox, set_aside, swept, watched
from cases.watch.recipients import Recipients
from cases.watch.watched import Watched
from pathways.models import system_user

log = logging.getLogger(__name__)

BATCH_SIZE = 4000
SET_ASIDE_FOR = timedelta(minutes=15)
RUNS_KEPT_FOR = timedelta(days=90)  # as far back as a what-if looks


@dataclass(slots=True)
class Raised:
    """A thing with the rungs it has passed now, what its timer must say then, and who is told of the highest: of
    several passed at once only that is told, and nobody while what was ``promised`` about it stands.
    """

    seen: Watched
    passed: list[deadlines.Passed]
    timer: dict
    highest: deadlines.Passed | None = None
    people: list[int] = field(default_factory=list)
    at_once: bool = False
    hurries: bool = False
    answer_by: datetime | None = None
    promised: Escalation | None = None

    def __post_init__(self):
        self.highest = max(self.passed, key=lambda passed: passed.height, default=None)


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


def forget_old(now) -> int:
    """Delete the records of sweeps that nobody will ask for any more, and return how many: there is one a minute."""
    deleted, _ = SweepRun.objects.filter(as_of__lt=now - RUNS_KEPT_FOR).delete()
    return deleted


def _due(kind, as_of):
    due = Timer.objects.filter(kind=kind, fires_at__lt=as_of).filter(Q(retry_at=None) | Q(retry_at__lte=as_of))
    return due.order_by("fires_at", "pk")


def _raise_all(kind, as_of, record):
    """Claim the timers of one kind in batches until none is left. A batch that fails is halved until one bad row is
    left, which is set aside with its error and never stops the others; batches that are done grow again.
    """
    # left: what is just worked on or mailed, and what would be claimed again. The next sweep looks again
    size, left = BATCH_SIZE, set()
    while True:
        claimed = []
        try:
            with transaction.atomic(), _collecting_later():
                due = _due(kind, as_of).exclude(pk__in=left).values_list("pk", "thing_id", "rung", named=True)
                claimed = list(due.select_for_update(skip_locked=True, no_key=True)[:size])
                raised = _raise_passed(kind, claimed, as_of, left) if claimed else 0
            record.escalations += raised
            size = min(2 * size, BATCH_SIZE)
        except Exception as error:
            if not claimed:
                raise  # not a row but the database itself: the next sweep tries again
            if len(claimed) == 1:
                _set_aside(claimed[0], as_of, error, record)
            size = max(len(claimed) // 2, 1)
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
    Timer.objects.filter(pk=timer.pk).update(error=set_aside.recorded(error), retry_at=as_of + SET_ASIDE_FOR)
    record.set_aside += 1


def _raise_passed(kind, claimed, as_of, left):
    """Record what is passed for the claimed timers, owe the notices, let the rungs take effect, and set each timer to
    its next rung. The timers whose cases are being worked on, or of which somebody is told in a digest that is being
    sent, are left as they are and added to ``left``; so is what has fired still.
    """
    # Read after the claim: while its timer is held no operation can change the thing (it waits in timers.lock).
    things = swept.read(kind, {timer.thing_id for timer in claimed})
    raised = {seen.thing.pk: Raised(seen, *seen.passed_and_timer(as_of)) for seen in things}
    locked = _lock_for_effects(claimed, raised, left)
    passing = [one for one in raised.values() if one.passed]
    _look_for_promises(kind, passing, as_of)
    times, too_many = _address([one for one in passing if not one.promised], as_of)
    _leave_what_joins_a_digest_being_sent(claimed, raised, too_many, left)
    passing = [one for one in passing if one.seen.thing.pk in raised]
    owed = _record(passing, as_of)
    if locked:
        effects.take([(one.seen, one.passed) for one in passing if one.seen.case.pk in locked], locked, as_of)
    outbox.owe(owed, as_of, times, too_many)
    fired_still = _set_timers(kind, [timer for timer in claimed if timer.pk not in left], raised, as_of)
    # What a clock ahead of this one has recorded may fire before it begins: claimed again, it would be for ever.
    left |= fired_still
    return sum(len(one.passed) for one in passing)


def _lock_for_effects(claimed, raised, left):
    """Lock the cases that a rung passed has an effect on, and return them by their keys; leave out of ``raised`` those
    that cannot be locked at once.
    """
    affected = {pk: one for pk, one in raised.items() if one.passed and effects.has_effects(one.seen, one.passed)}
    if not affected:
        return {}
    locked = effects.lock_cases(one.seen.case.pk for one in affected.values())
    _leave(claimed, raised, {pk for pk, one in affected.items() if one.seen.case.pk not in locked}, left)
    return locked


def _leave_what_joins_a_digest_being_sent(claimed, raised, too_many, left):
    """Leave it to the next sweep: waiting for a mail server would hold up all that this batch has claimed, and whoever
    works on one of these cases.
    """
    joining = {pk: outbox.in_digest(one, too_many) for pk, one in raised.items()}
    sent = outbox.being_sent(set().union(*joining.values()))
    _leave(claimed, raised, {pk for pk, people in joining.items() if people & sent}, left)


def _leave(claimed, raised, busy, left):
    left |= {timer.pk for timer in claimed if timer.thing_id in busy}
    for pk in busy:
        del raised[pk]


def _look_for_promises(kind, raised, as_of):
    """Find what was promised about the things and is still to be done. An answer stands for its own rung, the repeats
    of it and the lower ones: who has promised to see to it by Friday is not asked again every day until then.
    """
    keys = {one.seen.thing.pk for one in raised if one.seen.recorded}
    found = answers.promised(kind, keys, as_of) if keys else {}
    for one in raised:
        # By the ladder there is now: the rung that was answered may have had another place on an older one, or none.
        levels = {rung.code: rung.level for rung in one.seen.stay.ladder}
        standing = [
            promised
            for promised in found.get(one.seen.thing.pk, ())
            if one.highest.rung.level <= levels.get(promised.rung_code, 0)
        ]
        one.promised = standing[0].answer if standing else None


def _address(raised, as_of):
    """Find out who is told of each thing, when, and by when it must be answered. What was reached before Midwatch
    watched it is backlog, and part of one digest. Return when each person gets their next digest, and who is flooded.
    """
    recipients = Recipients.about([one.seen for one in raised], as_of)
    found = {}  # many things are of one rung, team and owner
    for one in raised:
        seen, step = one.seen, one.seen.step(one.highest.rung)
        asked = (id(step), seen.team_id, seen.case.version_id, seen.owner and seen.owner.pk)
        asked += (seen.case.pk,) if seen.case.restricted else ()  # who may know of it is its own matter
        if asked not in found:
            found[asked] = [person.pk for person in recipients.told(seen, step)]
        one.people = found[asked]
        is_backlog = one.highest.reached_at < seen.since
        one.at_once, one.hurries = step.urgent and not is_backlog, step.urgent and is_backlog
    times = outbox.digest_times({person for people in found.values() for person in people}, as_of)
    too_many = outbox.flooded(raised)
    for one in raised:
        step = one.seen.step(one.highest.rung)
        one.answer_by = outbox.answer_by(one.seen, step, one, times, as_of, too_many)
    return times, too_many


def _record(raised, as_of):
    """Insert the escalations, and return what is owed for the highest of each thing."""
    found, owing = [], []
    for one in raised:
        highest = one.highest
        for passed in one.passed:
            told = {"is_told": bool(one.people), "answer_by": one.answer_by} if passed is highest else {}
            found.append(escalations.values(one.seen, passed, as_of, promised=one.promised, **told))
            owing.append(one if passed is highest else None)
    keys = escalations.raise_all(found)
    return [
        outbox.Owed(key, one.seen.case.pk, one.people, one.at_once, one.hurries)
        for key, one in zip(keys, owing, strict=True)
        if one is not None
    ]


# With plain arrays: bulk_update writes a CASE for every row and column, and takes longer than all the rest.
SET_TIMERS = """
UPDATE cases_timer SET kind = new.kind, thing_id = new.thing_id, fires_at = new.fires_at, rung = new.rung,
                       error = '', retry_at = NULL
FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[], %s::text[])
     AS new (id, thing_id, fires_at, kind, rung)
WHERE cases_timer.id = new.id
"""


def _set_timers(kind, claimed, raised, as_of) -> set[int]:
    """Set each timer to the next rung of its thing, and return those (keys) of which that has fired already."""
    set_to = []
    for timer in claimed:
        one = raised.get(timer.thing_id)
        # Not raised: the thing is over; its case is watched by another row.
        over = {"kind": kind, "thing_id": timer.thing_id, "fires_at": None, "rung": timer.rung}
        set_to.append(one.timer if one else over)
    things = [array(values[name] for values in set_to) for name in ("thing_id", "fires_at")]
    words = [[str(values[name]) for values in set_to] for name in ("kind", "rung")]
    with connection.cursor() as cursor:
        cursor.execute(SET_TIMERS, [array(timer.pk for timer in claimed), *things, *words])
    set_for = zip(claimed, set_to, strict=True)
    return {timer.pk for timer, values in set_for if values["fires_at"] is not None and values["fires_at"] < as_of}


def _end_holds(as_of, record):
    """End the holds that have reached their ceiling, at the ceiling, and tell the owner (or the team's managers)."""
    for timer in _due(Timer.Kind.HOLD, as_of).iterator():
        try:
            _end_hold(timer, as_of)
        except outbox.BeingSent:
            continue  # the next sweep ends it, at its ceiling all the same
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
    outbox.owe_hold_ended(case, hold, as_of, may_wait=False)
