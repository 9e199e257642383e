"""What was brought in from logs: their events, and the files in which people brought them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from pathways.history import trail

USER = settings.AUTH_USER_MODEL


class LogEvent(models.Model):
    """One event of an imported log, as it stood there. The entries of its case are made from these and can be made
    again.

    The same event is never taken twice: it is known by its case, time, activity and how many-th of its like it is.
    """

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="log_events", db_index=False)
    happened_at = models.DateTimeField()
    activity = models.CharField(max_length=500)
    occurrence = models.PositiveIntegerField()
    position = models.BigIntegerField()  # order among events of one instant: that of the file which brought them
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["happened_at", "position"]
        constraints = [
            models.UniqueConstraint(fields=["case", "happened_at", "activity", "occurrence"], name="log_event_once")
        ]

    def __str__(self):
        return f"{self.activity}, {self.happened_at}"


class HistoryImport(models.Model):
    """A log that somebody brings in on the import page: what its columns mean, and what became of it.

    Checking it and bringing it in is work for the worker. Each piece of it has a ``ticket``, so that work that was
    asked for again, or twice, is done once.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", "columns to be matched"
        MATCHED = "matched", "to be checked"
        CHECKING = "checking", "being checked"
        CHECKED = "checked", "checked"
        IMPORTING = "importing", "being brought in"
        DONE = "done", "brought in"
        FAILED = "failed", "failed"
        THROWN_AWAY = "thrown_away", "thrown away"

    AT_WORK = (State.CHECKING, State.IMPORTING)
    OVER = (State.DONE, State.THROWN_AWAY)

    name = models.CharField("file", max_length=200)
    size = models.PositiveIntegerField("size in bytes")
    lines = models.PositiveIntegerField()
    uploaded_at = models.DateTimeField(default=timezone.now)
    uploaded_by = models.ForeignKey(USER, models.PROTECT, related_name="+")

    # Where it goes: a pathway that is there, or one that is made from it, and is there afterwards.
    pathway = models.ForeignKey("pathways.Pathway", models.SET_NULL, null=True, related_name="imports")
    makes_pathway = models.BooleanField(default=False)
    pathway_code = models.SlugField(max_length=100)
    pathway_name = models.CharField(max_length=200)

    # What its columns mean.
    case_column = models.CharField(max_length=500, blank=True)
    stage_column = models.CharField(max_length=500, blank=True)
    time_column = models.CharField(max_length=500, blank=True)
    fact_columns = ArrayField(models.CharField(max_length=500), default=list, blank=True)
    stages = models.JSONField(default=list)  # of a new pathway: [[name, events, cases that end with it]]
    finals = ArrayField(models.CharField(max_length=200), default=list, blank=True)

    # The work, and what came of it.
    state = models.CharField(max_length=20, choices=State, default=State.UPLOADED)
    ticket = models.UUIDField(null=True)
    asked_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField(null=True)  # when the worker began
    finished_at = models.DateTimeField(null=True)
    cases = models.PositiveIntegerField(null=True)
    events = models.PositiveIntegerField(null=True)
    added = models.PositiveIntegerField(null=True)
    rejected = models.PositiveIntegerField(null=True)
    said = ArrayField(models.TextField(), default=list, blank=True)  # notes, or why it failed

    history = trail()

    class Meta:
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(asked_at=None, asked_by=None, ticket=None)
                | Q(asked_at__isnull=False, asked_by__isnull=False, ticket__isnull=False),
                name="import_asked_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["checking", "importing"]) | Q(asked_at__isnull=False),
                name="import_at_work_was_asked_for",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("import", args=[self.pk])

    @property
    def is_at_work(self):
        return self.state in self.AT_WORK

    @property
    def is_over(self):
        return self.state in self.OVER

    @property
    def is_checked(self):
        """Is it known what the file would bring, by the columns that are chosen now?"""
        return self.events is not None and self.state != self.State.CHECKING

    @property
    def brings_something(self):
        return self.is_checked and self.added > 0


class HistoryImportFile(models.Model):
    """The bytes of a log (gzip), apart from it, so that lists do not read them; gone when it has been brought in."""

    history_import = models.OneToOneField(HistoryImport, models.CASCADE, primary_key=True, related_name="file")
    content = models.BinaryField()

    def __str__(self):
        return str(self.history_import)


class RejectedRow(models.Model):
    """A row of a log that cannot be used, and why; as the latest check or import found it."""

    history_import = models.ForeignKey(HistoryImport, models.CASCADE, related_name="rejected_rows", db_index=False)
    number = models.PositiveIntegerField()
    reason = models.TextField()

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["history_import", "number"], name="rejected_rows_of_an_import")]

    def __str__(self):
        return f"Row {self.number}: {self.reason}"
