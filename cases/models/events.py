"""What happened to a patient on the way, as it was recorded: appointments and their outcomes, decisions, contacts.

Statutory clocks are derived from these rows and from nothing else.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

USER = settings.AUTH_USER_MODEL


class CaseEvent(models.Model):
    """Something that happened, on ``happened_on``, and is never rewritten: the row is its own record.

    One that was recorded in error is struck out, with who, when and why, and stays to be read. A database trigger
    lets nothing else change.
    """

    class Kind(models.TextChoices):
        APPOINTMENT = "appointment", "appointment booked"
        OUTCOME = "outcome", "outcome of an appointment"
        DECISION = "decision", "decision"
        CONTACT = "contact", "contact with the patient"

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="events")
    entry = models.ForeignKey("cases.StageEntry", models.PROTECT, null=True, related_name="+")  # the stay it fell into
    kind = models.CharField(max_length=20, choices=Kind)
    code = models.SlugField()  # which appointment, outcome, decision or contact: cases.events names them
    happened_on = models.DateField()  # the day booked, of the outcome, decided and told, spoken
    appointment_at = models.DateTimeField(null=True)  # when the patient is expected
    about = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="outcomes"
    )  # the appointment that an outcome is of
    text = models.TextField(blank=True)
    data = models.JSONField(default=dict)  # what belongs to the kind: where, with whom, how told
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    struck_at = models.DateTimeField(null=True)
    struck_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    struck_why = models.TextField(blank=True)

    class Meta:
        ordering = ["happened_on", "pk"]
        indexes = [
            models.Index(
                fields=["appointment_at"],
                condition=Q(kind="appointment", struck_at=None),
                name="appointments_by_time",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["about"], condition=Q(kind="outcome", struck_at=None), name="one_outcome_per_appointment"
            ),
            models.CheckConstraint(
                condition=Q(kind="appointment", appointment_at__isnull=False)
                | ~Q(kind="appointment") & Q(appointment_at=None),
                name="appointment_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(kind="outcome", about__isnull=False) | ~Q(kind="outcome") & Q(about=None),
                name="outcome_is_of_an_appointment",
            ),
            models.CheckConstraint(
                condition=Q(struck_at=None, struck_by=None, struck_why="")
                | Q(struck_at__isnull=False, struck_by__isnull=False) & ~Q(struck_why=""),
                name="event_struck_at_and_by_together",
            ),
        ]

    def __str__(self):
        return f"{self.case}: {self.get_kind_display()}, {self.code}"


class Override(models.Model):
    """A requirement that was not met when a move was made all the same: allowed by the map, with a reason, for ever.

    A database trigger lets nothing of it change.
    """

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="overrides")
    entry = models.ForeignKey(
        "cases.StageEntry", models.PROTECT, related_name="overrides"
    )  # the stay that the move began
    requirement = models.ForeignKey("pathways.Requirement", models.PROTECT, related_name="+", db_index=False)
    sentence = models.TextField()  # what was missing, in the words of that moment
    reason = models.TextField()
    overridden_at = models.DateTimeField(default=timezone.now)
    overridden_by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ["overridden_at", "pk"]

    def __str__(self):
        return f"{self.case}: {self.sentence}"
