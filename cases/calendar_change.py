"""What a change of a calendar means for the cases that are counted with it: what is still to come moves, what was
raised stays.
"""

from django.db import connection, transaction
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from cases import stays
from cases.models import Case, StageEntry, Timer
from cases.watch import timers, watched

BATCH_SIZE = 1000


def count(calendar) -> int:
    """How many open cases have another due time, or another next rung, by ``calendar`` as it is saved now."""
    return sum(len(_changed(entries)) for entries in _in_batches(calendar))


@transaction.atomic
def recompute(calendar, *, by, now=None) -> int:
    """Set due times and timers of open cases to what ``calendar`` says now, and return how many changed.

    What is passed by the new reckoning alone counts as backlog: it is told in one digest.
    """
    now, changed = now or timezone.now(), 0
    for entries in _in_batches(calendar):
        cases = [entry.case_id for entry in entries]
        Case.objects.lock_all(cases)
        list(Timer.objects.select_for_update(no_key=True).filter(case__in=cases).order_by("pk"))
        again = StageEntry.objects.filter(left_at=None, case__in=cases).select_related("case", "case__owner")
        found = _changed(list(again))
        changed += len(found)
        _count_as_backlog([seen for seen in found if seen.passed(now)], by=by, now=now)
        timers.watch_many([seen.thing for seen in found])
    return changed


def _in_batches(calendar):
    entries = StageEntry.objects.filter(left_at=None, stage__calendar=calendar).select_related("case", "case__owner")
    yield from stays.in_batches(entries, BATCH_SIZE)


def _changed(entries):
    existing = {
        timer.case_id: timer
        for timer in Timer.objects.filter(case__in=[e.case_id for e in entries], kind__in=timers.JOURNEY)
    }
    return [seen for seen in watched.stays(entries) if timers.differences(seen, existing.get(seen.case.pk))]


def _count_as_backlog(found, *, by, now):
    if not found:
        return
    for seen in found:
        seen.thing.watched_since = now
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('midwatch.change_the_rules', 'on', true)")
    bulk_update_with_history(
        [seen.thing for seen in found],
        StageEntry,
        ["watched_since"],
        default_user=by,
        default_change_reason="The calendar changed",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('midwatch.change_the_rules', 'off', true)")
