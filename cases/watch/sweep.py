"""The sweep: look at every timer that has fired, record the rungs passed, and owe the notices.

Late, twice or in parallel, the result is the same: what is passed is computed from the journey (``cases.deadlines``),
a rung is recorded once by a unique key, and a timer is held by one sweep at a time. A batch costs a fixed number of
queries.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cases import lifecycle
from cases.models import Case, Escalation, SweepRun, Timer
from cases.watch import escalations, notices, watched
from cases.watch.recipients import Recipients
from pathways.models import system_user

log = logging.getLogger(__name__)

BATCH_SIZE = 500
SET_ASIDE_FOR = timedelta(minutes=15)


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
    size = BATCH_SIZE
    while True:
        claimed = []
        try:
            with transaction.atomic():
                claimed = list(_due(kind, as_of).select_for_update(skip_locked=True, no_key=True)[:size])
                record.escalations += _raise_passed(kind, claimed, as_of) if claimed else 0
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


def _set_aside(timer, as_of, error, record):
    log.error("Timer %s is set aside.", timer.pk, exc_info=error)
    Timer.objects.filter(pk=timer.pk).update(error=f"{type(error).__name__}: {error}", retry_at=as_of + SET_ASIDE_FOR)
    record.set_aside += 1


def _raise_passed(kind, claimed, as_of):
    """Record what is passed for the claimed timers, owe the notices, and set each timer to its next rung."""
    # Read after the claim: while its timer is held no operation can change the thing (it waits in timers.lock).
    things = watched.OPEN[kind]().filter(pk__in=[timer.thing_id for timer in claimed])
    seen = {item.thing.pk: item for item in watched.READ[kind](things)}
    raised = []  # (watched, the rungs it has passed, their escalations)
    for timer in claimed:
        if (item := seen.get(timer.thing_id)) is None:
            timer.fires_at = None  # the stay has ended; its case is watched by another row
            continue
        passed = item.passed(as_of)
        for name, value in item.timer(also_recorded=passed).items():
            setattr(timer, name, value)
        timer.error, timer.retry_at = "", None
        if passed:
            raised.append((item, passed, [escalations.record(item, one, as_of) for one in passed]))
    owed = _who_is_told(raised)
    Escalation.objects.bulk_create([escalation for _, _, records in raised for escalation in records])
    notices.owe(owed, as_of)
    Timer.objects.bulk_update(claimed, ["kind", "thing_id", "fires_at", "rung", "error", "retry_at"])
    return sum(len(passed) for _, passed, _ in raised)


def _who_is_told(raised):
    """Pair the highest escalation of each thing with those it tells, and mark it as told. Of several passed at once
    only the highest is; what was reached before Midwatch watched it is backlog, and owed as part of one digest.
    """
    recipients = Recipients(item.team_id for item, _, _ in raised)
    owed = []
    for item, passed, records in raised:
        highest, escalation = max(zip(passed, records, strict=True), key=lambda pair: pair[0].height)
        people = recipients.of(item.step(highest.rung), team_id=item.team_id, owner=item.owner)
        escalation.is_told = bool(people)
        owed.append(notices.Owed(escalation, people, is_backlog=highest.reached_at < item.since))
    return owed


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
