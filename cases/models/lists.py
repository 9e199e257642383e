"""Lists of cases that people keep, and those that they took out of the portal."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from pathways.history import trail

USER = settings.AUTH_USER_MODEL


class SavedView(models.Model):
    """A list of cases with a name and an address of its own: the filters, for one person or shared with a team."""

    name = models.CharField(max_length=100)
    query = models.CharField(max_length=2000)  # the worklist's query string, without its page
    owner = models.ForeignKey(USER, models.CASCADE, related_name="saved_views")
    shared_with = models.ForeignKey("pathways.Team", models.CASCADE, null=True, blank=True, related_name="saved_views")
    saved_at = models.DateTimeField(default=timezone.now)

    history = trail()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once_per_person")]

    def __str__(self):
        return self.name


class ListExport(models.Model):
    """A list of cases that somebody took out of the portal as a file: who, when, which, how many rows."""

    query = models.CharField(max_length=2000)
    rows = models.PositiveIntegerField()
    exported_at = models.DateTimeField(default=timezone.now)
    exported_by = models.ForeignKey(USER, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-exported_at", "-pk"]

    def __str__(self):
        return f"{self.rows} cases, {self.exported_at}"
