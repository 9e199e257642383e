"""What is owed about a case: tasks that a person or a team has to do, and results that must arrive and be read."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from pathways.history import trail
from pathways.models import Role

USER = settings.AUTH_USER_MODEL


class Task(models.Model):
    """The only thing a person owes: promises, follow-ups, chasers, reviews and phone calls are tasks."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="tasks")
    entry = models.ForeignKey(
        "cases.StageEntry", models.PROTECT, null=True, related_name="+"
    )  # the stay it was made in
    code = models.SlugField(blank=True)  # of the task template that made it; empty when made by hand
    title = models.CharField(max_length=200)
    text = models.TextField("what to do", blank=True)
    team = models.ForeignKey("pathways.Team", models.PROTECT, related_name="tasks")
    owner = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="tasks")
    follows_owner = models.BooleanField(default=False)  # it is the case's owner's, whoever that becomes
    due_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    done_as = models.CharField(max_length=20, choices=Role, blank=True)  # what they were in the team then
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    outcome = models.TextField(blank=True)  # what came of it, or why it was cancelled

    history = trail()

    class Meta:
        ordering = ["due_at", "pk"]
        indexes = [
            models.Index(fields=["case", "code"], name="tasks_of_a_template"),
            models.Index(fields=["team", "due_at"], condition=Q(done_at=None, cancelled_at=None), name="tasks_owed"),
            models.Index(
                fields=["owner", "due_at"], condition=Q(done_at=None, cancelled_at=None), name="tasks_owed_by_one"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None) | Q(done_at__isnull=False, done_by__isnull=False),
                name="task_done_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_by=None)
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
                name="task_cancelled_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(cancelled_at=None), name="task_is_not_both_done_and_cancelled"
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def is_open(self):
        return self.done_at is None and self.cancelled_at is None


class ResultQuerySet(models.QuerySet):
    def standing(self):
        """Those that were not cancelled."""
        return self.filter(cancelled_at=None)

    def unread(self):
        """Those that have arrived and nobody has read."""
        return self.standing().filter(arrived_at__isnull=False, read_at=None)


class Result(models.Model):
    """Something awaited from elsewhere: requested, arrived, read by its named reader. One that is needed no more, or
    was recorded in error, is cancelled: it stays to be read, and counts no more.
    """

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="results")
    what = models.CharField(max_length=200)
    reader = models.ForeignKey(USER, models.PROTECT, related_name="results_to_read")
    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    arrived_at = models.DateTimeField(null=True)
    arrived_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")  # who recorded it
    finding = models.TextField(blank=True)
    read_within_days = models.PositiveSmallIntegerField("to be read within, in days", default=2, db_default=2)
    due_at = models.DateTimeField("to be read by", null=True)  # from its arrival on
    read_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    cancelled_why = models.TextField(blank=True, default="", db_default="")

    objects = ResultQuerySet.as_manager()
    history = trail()

    class Meta:
        ordering = ["requested_at", "pk"]
        indexes = [
            models.Index(fields=["reader"], condition=Q(arrived_at__isnull=False, read_at=None), name="results_unread")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(arrived_at=None, arrived_by=None) | Q(arrived_at__isnull=False, arrived_by__isnull=False),
                name="result_arrived_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(read_at=None, read_by=None) | Q(read_at__isnull=False, read_by__isnull=False),
                name="result_read_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(due_at=None) | Q(arrived_at__isnull=False), name="result_is_due_from_its_arrival_on"
            ),
            models.CheckConstraint(
                condition=Q(read_at=None) | Q(arrived_at__isnull=False), name="result_arrives_before_it_is_read"
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_by=None, cancelled_why="")
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False) & ~Q(cancelled_why=""),
                name="result_cancelled_at_and_by_together",
            ),
        ]

    def __str__(self):
        return self.what

    @property
    def is_unread(self):
        return self.arrived_at is not None and self.read_at is None and self.cancelled_at is None
