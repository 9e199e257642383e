"""Who signs in, and what the web process itself has sounded the alarm about."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class User(AbstractUser):
    """A member of staff who signs in. Ours from the first migration on, because it cannot be exchanged later."""

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Alarm(models.Model):
    """An e-mail of the web process, because nobody sweeps: one an outage and hour, whichever web process is first.

    ``outage`` is when the last sweep before it finished; the row is held from before the sending until after it.
    """

    outage = models.DateTimeField()
    hour = models.PositiveIntegerField()  # of the outage, from 0
    sent_at = models.DateTimeField(default=timezone.now)
    sent_to = models.PositiveIntegerField("e-mails sent", default=0)

    class Meta:
        ordering = ["-sent_at"]
        constraints = [models.UniqueConstraint(fields=["outage", "hour"], name="one_alarm_per_outage_and_hour")]

    def __str__(self) -> str:
        return f"No sweep since {self.outage}, hour {self.hour}"
