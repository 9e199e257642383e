"""The watch: what must be looked at when (Timer), what was passed (Escalation), what is owed to whom (Notice)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from pathways.history import ChangesOnly, trail


class Timer(models.Model):
    """The next moment at which something about a case must be looked at. An index, not the truth: it can be rebuilt.

    Tasks and handoffs have one each while they are open. An open case has exactly one timer for its journey: of its
    stage entry, or of its hold while it is held. The row is reused from stay to stay, which is cheaper than deleting
    and inserting.
    """

    class Kind(models.TextChoices):
        STAGE = "stage", "stay in a stage"
        HOLD = "hold", "ceiling of a hold"
        TASK = "task", "task"
        HANDOFF = "handoff", "handoff"
        RESULT = "result", "result to be read"
        ESCALATION = "escalation", "escalation to be answered"

    case = models.ForeignKey("cases.Case", models.CASCADE, related_name="timers")
    kind = models.CharField(max_length=10, choices=Kind)
    thing_id = models.BigIntegerField()
    fires_at = models.DateTimeField(null=True)  # null: nothing more is owed
    rung = models.CharField(max_length=100, blank=True)
    error = models.TextField(blank=True)
    retry_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "thing_id"], name="one_timer_per_thing")]
        indexes = [
            models.Index(fields=["fires_at"], condition=Q(fires_at__isnull=False), name="timers_that_will_fire")
        ]

    def __str__(self):
        return f"{self.case}: {self.get_kind_display()}"


class Escalation(models.Model):
    """A rung that was passed, with due time, limit and rung as they were then; its history holds the changes alone."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="escalations")
    kind = models.CharField(max_length=10, choices=Timer.Kind)
    thing_id = models.BigIntegerField()
    rung_code = models.SlugField(db_index=False)
    rung_name = models.CharField(max_length=200)
    level = models.PositiveSmallIntegerField()  # 1 is the lowest rung of its ladder
    occurrence = models.PositiveSmallIntegerField(default=0)
    urgent = models.BooleanField(default=False)
    stage_name = models.CharField(max_length=200)
    limit = models.CharField(max_length=50)
    due_at = models.DateTimeField()
    reached_at = models.DateTimeField()
    raised_at = models.DateTimeField(default=timezone.now)
    answer_by = models.DateTimeField(null=True)  # told, and to be acknowledged by then
    is_told = models.BooleanField(default=False)  # of several passed at once only the highest is
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    acknowledgement = models.TextField(blank=True)
    promise = models.ForeignKey(
        "cases.Task", models.PROTECT, null=True, related_name="promise_of", db_index=False
    )  # what was promised with it
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    history = trail(ChangesOnly, no_db_index=["case", "acknowledged_by", "resolved_by", "rung_code"])

    class Meta:
        ordering = ["-reached_at", "-level", "-pk"]
        indexes = [
            models.Index(fields=["case"], condition=Q(resolved_at=None), name="escalations_unresolved"),
            models.Index(fields=["promise"], condition=Q(promise__isnull=False), name="escalations_promised"),
            models.Index(
                F("reached_at"), F("id"), condition=Q(resolved_at=None, is_told=True), name="escalations_open"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "thing_id", "rung_code", "occurrence"], name="rung_passed_once"),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by=None)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="escalation_acknowledged_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_by=None)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="escalation_resolved_at_and_by_together",
            ),
        ]

    def __str__(self):
        return f"{self.case}: {self.rung_name}"

    @property
    def is_before_due(self):
        return self.reached_at < self.due_at

    @property
    def where(self) -> str:
        """In which stage it was reached, or about what else: what is no stay has no place to be in."""
        if self.kind == Timer.Kind.STAGE:
            return f"in {self.stage_name}"
        the = "the " if self.stage_name.startswith(("handoff to ", "task “")) else ""
        return f"about {the}{self.stage_name}"


def new_message_id():
    return f"<{uuid.uuid4()}@midwatch>"


class Notice(models.Model):
    """One message owed to one member of staff: the outbox. Sent after commit, at least once, always with one Message-
    ID.
    """

    class Kind(models.TextChoices):
        ESCALATION = "escalation", "escalation"
        DIGEST = "digest", "digest"
        HOLD_ENDED = "hold_ended", "hold ended"
        DETOUR = "detour", "detour begun"

    kind = models.CharField(max_length=20, choices=Kind)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="notices")
    case = models.ForeignKey(
        "cases.Case", models.PROTECT, null=True, related_name="notices"
    )  # null: a digest of several
    hold = models.ForeignKey("cases.Hold", models.PROTECT, null=True, related_name="+")
    message_id = models.CharField(max_length=100, unique=True, default=new_message_id)
    created_at = models.DateTimeField(default=timezone.now)
    send_at = models.DateTimeField(null=True)  # not before: a digest waits for its hour, quiet hours for their end
    sent_at = models.DateTimeField(null=True)
    sent_to = models.EmailField(blank=True)
    attempts = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(F("id"), condition=Q(sent_at=None), name="notices_unsent")]
        constraints = [
            models.UniqueConstraint(
                fields=["recipient"], condition=Q(kind="digest", sent_at=None), name="one_unsent_digest_per_person"
            ),
            models.UniqueConstraint(fields=["id", "recipient"], name="notice_with_its_recipient"),
            models.UniqueConstraint(fields=["hold", "recipient"], name="hold_told_once"),
            models.UniqueConstraint(fields=["case", "recipient"], condition=Q(kind="detour"), name="detour_told_once"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} for {self.recipient}"


class NoticeLine(models.Model):
    """What a notice tells of: one escalation. Nobody is told of the same one twice."""

    # The recipient is the notice's own: one key in the database holds both.
    notice = models.ForeignKey(Notice, models.CASCADE, related_name="lines", db_constraint=False)
    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="lines", db_index=False)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["escalation", "recipient"], name="escalation_told_once_to_each")
        ]

    def __str__(self):
        return f"{self.escalation} to {self.recipient}"


class SweepRun(models.Model):
    """One run of the sweep: the watchman's own log, which the health page reads."""

    as_of = models.DateTimeField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    escalations = models.PositiveIntegerField(default=0)
    set_aside = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["-finished_at"], name="sweep_last_finished")]

    def __str__(self):
        return f"Sweep as of {self.as_of}"
