"""What could be told to nobody is told as soon as somebody can be: the set-up was mended meanwhile."""

import logging

from django.db import transaction
from django.utils import timezone

from cases.models import Timer
from cases.watch import concerned, escalations, outbox
from cases.watch.watchman import untold
from pathways.models import system_user

log = logging.getLogger(__name__)

BATCH_SIZE = 500


def tell(now=None) -> int:
    """Tell of the escalations that stand and of which nobody was told, and return of how many somebody is told now.

    Each case by itself, so that a bad row stops no other. Those that somebody is just working on are left for the
    next time.
    """
    now, told, last = now or timezone.now(), 0, 0
    while batch := list(untold().filter(pk__gt=last).order_by("pk")[:BATCH_SIZE]):
        last = batch[-1].pk
        for case in sorted(_cases_with_somebody(batch, now)):
            try:
                told += _tell(case, now)
            except Exception:
                log.exception("Nobody could be told of case %s.", case)
    return told


def _cases_with_somebody(batch, now) -> set[int]:
    """The cases (keys) of which somebody can be told now, looked for without a lock; all, if one of them is bad."""
    try:
        return {one.escalation.case_id for one in concerned.by(batch, now) if one.to_tell}
    except Exception:
        return {one.case_id for one in batch}


@transaction.atomic
def _tell(case, now) -> int:
    """Owe it in the digests, that of what is urgent at once: after a while without anybody it may be hundreds. Of
    several about one thing the digest tells the highest, and only that must be answered.
    """
    # As a sweep does: whoever works on the case has its timers, and reads what stands without locking it.
    timers = Timer.objects.filter(case=case)
    if len(timers.select_for_update(no_key=True, skip_locked=True).order_by("pk")) < timers.count():
        return 0
    waiting = untold().filter(case=case)
    found = concerned.by(waiting.select_for_update(of=("self",), no_key=True), now)
    found = [one for one in found if one.to_tell]
    highest = {(one.escalation.kind, one.escalation.thing_id): one for one in found}
    people = {person for one in found for person in one.to_tell}
    if outbox.being_sent(people):
        return 0
    times = outbox.digest_times(people, now)
    owed = []
    for one in found:
        row = one.escalation
        owed.append(outbox.Owed(row.pk, row.case_id, one.to_tell, hurries=row.urgent))
        if highest[row.kind, row.thing_id] is one:
            row.answer_by = outbox.answer_by(one.seen, one.step, owed[-1], times, now)
    escalations.tell_later([one.escalation for one in found], by=system_user())
    outbox.owe(owed, now, times)
    return len(found)
