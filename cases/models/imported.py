from django.db import models


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
