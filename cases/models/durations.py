"""Rollups of how long stays took: what figures over many stays are made of, so that they need not be read one by one.

Neither table is a record of anything: both can be made again from the stays. No history.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class DurationCell(models.Model):
    """The stays that left one stage on one day of Europe/London, or in the week or the month that begins on that day.

    Number and sums are exact. ``counts[i]`` of them took a time in bucket ``buckets[i]`` (see
    ``cases.durations.buckets``), from which percentiles come within 2%.
    """

    class Grain(models.IntegerChoices):
        DAY = 0
        WEEK = 1  # from Monday
        MONTH = 2

    pk = models.CompositePrimaryKey("stage", "grain", "on")
    stage = models.ForeignKey("pathways.Stage", models.CASCADE, related_name="+", db_index=False)
    grain = models.SmallIntegerField(choices=Grain)
    on = models.DateField()
    n = models.IntegerField()
    seconds = models.DecimalField(max_digits=24, decimal_places=6)
    squares = models.DecimalField(max_digits=40, decimal_places=12)  # of the seconds
    late = models.IntegerField()  # how many stayed beyond their due time
    excess = models.DecimalField(max_digits=24, decimal_places=6)  # seconds that these were late together
    buckets = ArrayField(models.SmallIntegerField())
    counts = ArrayField(models.IntegerField())

    def __str__(self):
        return f"{self.n} stays that left {self.stage}, {self.get_grain_display().lower()} of {self.on}"


class SpellChange(models.Model):
    """A finished stay that came (1) or went (-1) and is not in the cells yet.

    Written by a trigger of ``StageEntry`` in the transaction that made the change, so that no way of writing can
    forget it; many transactions write here and none waits for another.
    """

    stage = models.ForeignKey(
        "pathways.Stage", models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    sign = models.SmallIntegerField()

    def __str__(self):
        return f"{self.sign:+} stay that left {self.stage} at {self.left_at}"
