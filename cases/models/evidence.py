"""What was written down about a case: forms, notes and documents. None is ever rewritten: a newer one is added, and
what was recorded in error is struck out.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from pathways.history import trail


class EvidenceQuerySet(models.QuerySet):
    def standing(self):
        """Those that were not struck out."""
        return self.filter(struck_at=None)


class Evidence(models.Model):
    """Something that was written down. Struck out it stays to be read, with who and why, and counts no more."""

    struck_at = models.DateTimeField(null=True)
    struck_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    struck_why = models.TextField(blank=True, default="", db_default="")

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(struck_at=None, struck_by=None, struck_why="")
                | Q(struck_at__isnull=False, struck_by__isnull=False) & ~Q(struck_why=""),
                name="%(class)s_struck_at_and_by_together",
            )
        ]

    @property
    def recorder_id(self):
        """The key of who wrote it down."""
        raise NotImplementedError


class FormRecord(Evidence):
    """A form as it was completed: the answers with the questions' wording of that day."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="form_records")
    form = models.ForeignKey("pathways.FormDefinition", models.PROTECT, related_name="+")
    form_code = models.SlugField()  # a record made under one version counts in the next, by this code
    answers = models.JSONField()  # [{"code", "question", "kind", "answer"}] in the order asked
    completed_at = models.DateTimeField(default=timezone.now)
    completed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    history = trail()

    class Meta(Evidence.Meta):
        ordering = ["-completed_at", "-pk"]
        indexes = [models.Index(fields=["case", "form_code", "-completed_at"], name="latest_record_of_a_form")]

    def __str__(self):
        return f"{self.form}, {self.case}"

    @property
    def recorder_id(self):
        return self.completed_by_id


class Note(Evidence):
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="notes")
    text = models.TextField()
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    history = trail()

    class Meta(Evidence.Meta):
        ordering = ["-written_at", "-pk"]

    def __str__(self):
        return f"Note on {self.case}"

    @property
    def recorder_id(self):
        return self.written_by_id


class Document(Evidence):
    """A file about a case: a letter, a scan. Its content stands in the database, so that it is never lost apart from
    its case, and any number of web servers can serve it.
    """

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="documents")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField("size in bytes")
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    history = trail()

    class Meta(Evidence.Meta):
        ordering = ["-added_at", "-pk"]

    def __str__(self):
        return self.name

    @property
    def recorder_id(self):
        return self.added_by_id


class DocumentContent(models.Model):
    """The bytes of a document, apart from it, so that lists do not read them."""

    document = models.OneToOneField(Document, models.PROTECT, primary_key=True, related_name="content")
    content = models.BinaryField()

    def __str__(self):
        return str(self.document)
