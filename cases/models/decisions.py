"""Decisions about how figures are read: evidence like any other, who took them and why."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from pathways.history import trail


class LimitsDecision(models.Model):
    """From the week of ``after`` on the weekly chart of a stage has limits of its own: something was changed for good.

    Made only by people, never by the portal (Making Data Count: limits are recalculated by a recorded decision).
    """

    pathway = models.ForeignKey("pathways.Pathway", models.PROTECT, related_name="+")
    stage_code = models.SlugField(max_length=100)  # a stage has one code in all versions
    after = models.DateField()  # the Monday of the first week that counts with the new limits
    reason = models.CharField(max_length=500)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    history = trail(no_db_index=["pathway", "decided_by", "withdrawn_by"])

    class Meta:
        ordering = ["after", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["pathway", "stage_code", "after"],
                condition=Q(withdrawn_at=None),
                name="limits_decided_once_a_week",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="limits_withdrawn_at_and_by_together",
            ),
        ]

    def __str__(self):
        return f"{self.stage_code}: new limits from {self.after}"
