"""The journey: one StageEntry per stay in a stage, and the holds that stopped its clock."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from pathways.history import ChangesOnly, save_with_history, trail
from pathways.models.people import TsTzRange


class StageEntry(models.Model):
    """One stay in one stage: a *wait* while it is open, a *spell* once it has ended.

    A database trigger lets only the columns that end it change, and forbids deleting it. The row is its own record of
    how the stay began; its history holds the changes alone.
    """

    class How(models.TextChoices):
        OPENED = "opened", "case opened"
        MOVED = "moved", "moved"
        REOPENED = "reopened", "case reopened"
        IMPORTED = "imported", "imported from a log"
        MAPPED = "mapped", "mapped to a new version"
        RETURNED = "returned", "returned by those it was handed over to"

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="entries")
    stage = models.ForeignKey("pathways.Stage", models.PROTECT, related_name="+")
    team = models.ForeignKey("pathways.Team", models.PROTECT, related_name="+")
    how = models.CharField(max_length=10, choices=How)
    via = models.ForeignKey("pathways.Transition", models.PROTECT, null=True, related_name="+", db_index=False)
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    # Since when Midwatch watches this stay by the rules it has now: what was passed before is backlog, told in one
    # digest.
    watched_since = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True)
    left_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    ends_journey = models.BooleanField(default=False)  # the final stage that closed the case: neither spell nor wait
    facts = models.JSONField(default=dict)
    # An urgent detour gave this stay less time than its stage has: since when, and by when it is due at the latest.
    shortened_at = models.DateTimeField(null=True)
    shortened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    due_by = models.DateTimeField(null=True)
    # When the stay was due, as that stood when it ended. While it is open its case says it.
    due_at = models.DateTimeField(null=True)

    # due_at is computed from entry, limit and holds, so that it is no evidence of its own.
    history = trail(
        ChangesOnly, excluded_fields=["due_at"], no_db_index=["case", "stage", "team", "via", "entered_by", "left_by"]
    )

    class Meta:
        # Of stays begun in one instant all but the last took no time; an import may learn of one of those late.
        ordering = ["entered_at", "left_at", "pk"]
        verbose_name_plural = "stage entries"
        indexes = [
            models.Index(fields=["stage", "left_at"], name="entry_spells_of_stage"),
            models.Index(fields=["stage", "entered_at"], condition=Q(left_at=None), name="entry_waits_of_stage"),
            models.Index(fields=["entered_at", "case"], condition=Q(left_at=None), name="entry_list_of_waits"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(left_at=None), name="one_open_entry_per_case"),
            models.CheckConstraint(
                condition=Q(left_at=None) | Q(left_at__gte=F("entered_at")), name="entry_left_not_before_entered"
            ),
            models.CheckConstraint(
                condition=Q(left_at=None, left_by=None) | Q(left_at__isnull=False, left_by__isnull=False),
                name="entry_left_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(shortened_at=None, shortened_by=None, due_by=None)
                | Q(shortened_at__isnull=False, shortened_by__isnull=False, due_by__gte=F("shortened_at")),
                name="entry_shortened_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(due_at=None) | Q(left_at__isnull=False), name="entry_due_at_once_it_has_ended"
            ),
            models.CheckConstraint(
                condition=Q(ends_journey=False) | Q(left_at=F("entered_at")), name="entry_that_ends_takes_no_time"
            ),
        ]

    def __str__(self):
        return f"{self.case}: {self.stage}"

    def leave(self, *, at, by, reason, due_at):
        """End the stay, which was due at ``due_at``."""
        self.left_at, self.left_by, self.due_at = at, by, due_at
        save_with_history(self, by=by, reason=reason, update_fields=["left_at", "left_by", "due_at"])


class Hold(models.Model):
    """The local stage clock stopped: why, by whom, and until when at most."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="holds")
    entry = models.ForeignKey(StageEntry, models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=500)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    until = models.DateTimeField("at most until")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    detour = models.ForeignKey(
        "cases.Case", models.PROTECT, null=True, related_name="+"
    )  # held until this child case ends

    history = trail(no_db_index=["case", "entry", "started_by", "ended_by", "detour"])

    class Meta:
        ordering = ["started_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("started_at")), name="hold_has_a_ceiling_after_its_start"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="hold_ended_not_before_started"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="hold_ended_at_and_by_together",
            ),
            ExclusionConstraint(
                name="holds_of_a_case_do_not_overlap",
                expressions=[
                    ("case", RangeOperators.EQUAL),
                    (TsTzRange("started_at", "ended_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self):
        return f"{self.case}: {self.reason}"
