"""What was written down about a case: forms, notes and documents. None is ever rewritten; a newer one is added."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from pathways.history import trail


class FormRecord(models.Model):
    """A form as it was completed: the answers with the questions' wording of that day."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="form_records")
    form = models.ForeignKey("pathways.FormDefinition", models.PROTECT, related_name="+")
    form_code = models.SlugField()  # a record made under one version counts in the next, by this code
    answers = models.JSONField()  # [{"code", "question", "kind", "answer"}] in the order asked
    completed_at = models.DateTimeField(default=timezone.now)
    completed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    history = trail()

    class Meta:
        ordering = ["-completed_at", "-pk"]
        indexes = [models.Index(fields=["case", "form_code", "-completed_at"], name="latest_record_of_a_form")]

    def __str__(self):
        return f"{self.form}, {self.case}"


class Note(models.Model):
    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="notes")
    text = models.TextField()
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    history = trail()

    class Meta:
        ordering = ["-written_at", "-pk"]

    def __str__(self):
        return f"Note on {self.case}"


class Document(models.Model):
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

    class Meta:
        ordering = ["-added_at", "-pk"]

    def __str__(self):
        return self.name


class DocumentContent(models.Model):
    """The bytes of a document, apart from it, so that lists do not read them."""

    document = models.OneToOneField(Document, models.PROTECT, primary_key=True, related_name="content")
    content = models.BinaryField()

    def __str__(self):
        return str(self.document)
