from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from pathways.history import trail

USER = settings.AUTH_USER_MODEL


class Handoff(models.Model):
    """A move offered to another team. Accepting makes the move; until then stage, clock and ownership are the
    sender's.
    """

    class Status(models.TextChoices):
        OFFERED = "offered", "offered, not answered yet"
        ACCEPTED = "accepted", "accepted"
        DECLINED = "declined", "declined"
        WITHDRAWN = "withdrawn", "withdrawn"
        RETURNED = "returned", "accepted, and returned later"

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="handoffs")
    entry = models.ForeignKey("cases.StageEntry", models.PROTECT, related_name="handoffs")
    transition = models.ForeignKey("pathways.Transition", models.PROTECT, related_name="+", db_index=False)
    from_team = models.ForeignKey("pathways.Team", models.PROTECT, related_name="handoffs_sent")
    to_team = models.ForeignKey("pathways.Team", models.PROTECT, related_name="handoffs_received")
    status = models.CharField(max_length=10, choices=Status, default=Status.OFFERED)
    note = models.TextField("what they need to know")
    # What was not met when it was offered all the same: [{"requirement": key, "sentence", "reason"}].
    passed_over = models.JSONField(default=list, blank=True, db_default=[])
    offered_at = models.DateTimeField(default=timezone.now)
    offered_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    due_at = models.DateTimeField("to be answered by", null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    returned_at = models.DateTimeField(null=True)
    returned_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    return_reason = models.TextField(blank=True)
    answer = models.TextField(blank=True)  # why it was declined or withdrawn; who said so and how, for an agency

    history = trail()

    class Meta:
        ordering = ["-offered_at", "-pk"]
        indexes = [models.Index(fields=["to_team"], condition=Q(status="offered"), name="handoffs_to_answer")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="returned", returned_at__isnull=False, returned_by__isnull=False)
                | ~Q(status="returned") & Q(returned_at=None, returned_by=None),
                name="handoff_returned_at_and_by_together",
            ),
            models.UniqueConstraint(fields=["case"], condition=Q(status="offered"), name="one_open_handoff_per_case"),
            models.CheckConstraint(
                condition=Q(status="offered", answered_at=None, answered_by=None)
                | ~Q(status="offered") & Q(answered_at__isnull=False, answered_by__isnull=False),
                name="handoff_answered_at_and_by_together",
            ),
        ]

    def __str__(self):
        return f"{self.case} to {self.to_team}"
