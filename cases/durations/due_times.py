"""When ended stays were due, where nobody said it as they ended: imported stays, and those of an older Midwatch."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime

from django.db import connection, transaction
from django.db.models import Q

from cases import deadlines
from cases.models import Hold, StageEntry
from pathways.models import Stage

BATCH_SIZE = 5000
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

# What the database otherwise forbids to all: a stay that has ended may be given the due time that it does not have.
FILL = """
UPDATE cases_stageentry AS entry SET due_at = new.due_at
FROM unnest(%s::bigint[], %s::timestamptz[]) AS new (id, due_at)
WHERE entry.id = new.id AND entry.due_at IS NULL
"""


def fill(entries=None) -> int:
    """Give each ended stay among ``entries`` (a queryset; None: all) its due time if it has none; return how many got
    one.

    Those whose limit cannot be counted, since the calendar is never open, stay without.
    """
    without = (StageEntry.objects.all() if entries is None else entries).filter(
        Q(stage__limit_amount__isnull=False) | Q(due_by__isnull=False),
        left_at__isnull=False,
        due_at=None,
        ends_journey=False,
    )
    last, filled, rules = 0, 0, Rules()
    while batch := list(without.filter(pk__gt=last).order_by("pk")[:BATCH_SIZE]):
        last = batch[-1].pk
        filled += _fill(batch, rules)
    return filled


class Rules(dict):
    """By the key of a stage the rules of a stay in it, whenever that began, read when first asked for; None where the
    limit cannot be counted.
    """

    def __missing__(self, stage_id):
        self[stage_id] = self._read(Stage.objects.select_related("calendar").get(pk=stage_id))
        return self[stage_id]

    def _read(self, stage):
        if stage.limit is None or not stage.limit.is_working:
            return deadlines.Stay(LONG_AGO, stage.limit)
        try:
            return deadlines.Stay(LONG_AGO, stage.limit, schedule=stage.calendar.schedule())
        except (AttributeError, ValueError):  # no calendar, or one that is never open
            return None


@transaction.atomic
def _fill(batch, rules):
    pauses = defaultdict(list)
    for hold in Hold.objects.filter(entry__in=batch).order_by("started_at", "pk"):
        pauses[hold.entry_id].append(deadlines.Pause(hold.started_at, hold.ended_at))
    found = {entry.pk: due_at for entry in batch if (due_at := due(entry, rules, pauses.get(entry.pk, ())))}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL midwatch.fill_due_times = 'on'")
        cursor.execute(FILL, [list(found), list(found.values())])
        filled = cursor.rowcount
        cursor.execute("SET LOCAL midwatch.fill_due_times = 'off'")
    return filled


def due(entry, rules: Rules, pauses) -> datetime | None:
    """When the stay was due after ``pauses``; None if it has no limit, or one that cannot be counted, or is held."""
    if (stay := rules[entry.stage_id]) is None:
        return None
    times = {"entered_at": entry.entered_at, "shortened_at": entry.shortened_at, "due_by": entry.due_by}
    return deadlines.due(replace(stay, **times), pauses)
