import nhs_number
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat, Lower
from django.utils import timezone

from pathways.history import trail


def validate_nhs_number(value):
    """Raise ValidationError unless ``value`` is ten digits with a right check digit (modulus 11)."""
    if not (len(value) == 10 and value.isascii() and value.isdigit() and nhs_number.is_valid(value)):
        raise ValidationError("This is not a valid NHS number. Check the 10 digits and type them again.")


# What a name is looked for in: family name first, in small letters.
NAME_SEARCHED = Lower(Concat("family_name", Value(" "), "given_name"))


class Patient(models.Model):
    """The person a case is about."""

    nhs_number = models.CharField(
        "NHS number",
        max_length=10,
        unique=True,
        null=True,
        blank=True,
        validators=[validate_nhs_number],
        error_messages={"unique": "A patient with this NHS number exists already. Choose that patient instead."},
    )
    given_name = models.CharField("given names", max_length=100)
    family_name = models.CharField(max_length=100)
    born_on = models.DateField("date of birth")
    needs = models.CharField(
        "what they need", max_length=200, blank=True, help_text="For example “Needs an interpreter (Polish)”."
    )

    at_risk = models.CharField(
        "why they are at risk",
        max_length=200,
        blank=True,
        help_text="For a vulnerable patient, for example “Has dementia and lives alone”. Empty: not known to be.",
    )
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")

    history = trail()

    class Meta:
        ordering = ["family_name", "given_name"]
        indexes = [
            GinIndex(OpClass(NAME_SEARCHED, name="gin_trgm_ops"), name="patient_by_parts_of_the_name"),
            models.Index(fields=["born_on"], name="patient_by_birth"),  # of a like name and born that day: duplicates
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(nhs_number=None) | Q(nhs_number__regex=r"^\d{10}$"), name="nhs_number_is_ten_digits"
            )
        ]

    def __str__(self):
        return f"{self.family_name.upper()}, {self.given_name}"

    def clean(self):
        self.nhs_number = "".join((self.nhs_number or "").split()) or None

    def age(self, on) -> int:
        """Whole years of age on a date."""
        return on.year - self.born_on.year - ((on.month, on.day) < (self.born_on.month, self.born_on.day))


class PatientMerge(models.Model):
    """Two records of one patient made one: the cases of ``merged`` went to ``kept``. It can be undone."""

    kept = models.ForeignKey(Patient, models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    case_ids = ArrayField(models.BigIntegerField())  # the cases that went from one to the other
    carried = models.JSONField(default=dict)  # {particular of the kept record: [what it said, what it says since]}
    reason = models.TextField()
    merged_at = models.DateTimeField(default=timezone.now)
    merged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    undone_why = models.TextField(blank=True)

    history = trail()

    class Meta:
        ordering = ["-merged_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["merged"], condition=Q(undone_at=None), name="patient_is_merged_into_one"),
            models.CheckConstraint(condition=~Q(kept=models.F("merged")), name="patient_is_not_merged_into_itself"),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None) | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="merge_undone_at_and_by_together",
            ),
        ]

    def __str__(self):
        return f"{self.merged} into {self.kept}"
