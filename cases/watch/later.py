"""What could be told to nobody is told as soon as somebody can be: the set-up was mended meanwhile."""

from django.db import transaction
from django.utils import timezone

from cases.watch import concerned, escalations, notices
from cases.watch.watchman import untold
from pathways.models import system_user

BATCH_SIZE = 500


def tell(now=None) -> int:
    """Tell of the escalations that stand and of which nobody was told, and return of how many somebody is told now."""
    now, told, last = now or timezone.now(), 0, 0
    while True:
        with transaction.atomic():
            waiting = untold().filter(pk__gt=last).order_by("pk")
            found = list(waiting.select_for_update(of=("self",), no_key=True, skip_locked=True)[:BATCH_SIZE])
            told += _tell(found, now)
        if not found:
            return told
        last = found[-1].pk


def _tell(found, now):
    """Of several about one thing the highest is told as its rung says, the others in the digest, which says it once:
    an answer to the highest answers all.
    """
    found = [one for one in concerned.by(found, now) if one.to_tell]
    highest = {}
    for one in sorted(found, key=lambda one: (one.escalation.level, one.escalation.occurrence)):
        highest[one.escalation.kind, one.escalation.thing_id] = one
    times = notices.digest_times({person for one in found for person in one.to_tell}, now)
    owed = []
    for one in found:
        row = one.escalation
        is_highest = highest[row.kind, row.thing_id] is one
        owed.append(notices.Owed(row.pk, row.case_id, one.to_tell, at_once=is_highest and one.step.urgent))
        if is_highest:
            row.answer_by = notices.answer_by(one.seen, one.step, owed[-1], times, now)
    escalations.tell_later([one.escalation for one in found], by=system_user())
    notices.owe(owed, now, times)
    return len(found)
