import nhs_number
from django.core.exceptions import ValidationError
from django.db import models

from pathways.history import trail


def validate_nhs_number(value):
    """Raise ValidationError unless ``value`` is ten digits with a right check digit (modulus 11)."""
    if not (len(value) == 10 and value.isascii() and value.isdigit() and nhs_number.is_valid(value)):
        raise ValidationError("This is not a valid NHS number. Check the 10 digits and type them again.")


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

    history = trail()

    class Meta:
        ordering = ["family_name", "given_name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(nhs_number=None) | models.Q(nhs_number__regex=r"^\d{10}$"),
                name="nhs_number_is_ten_digits",
            )
        ]

    def __str__(self):
        return f"{self.family_name.upper()}, {self.given_name}"

    def clean(self):
        self.nhs_number = "".join((self.nhs_number or "").split()) or None

    def age(self, on) -> int:
        """Whole years of age on a date."""
        return on.year - self.born_on.year - ((on.month, on.day) < (self.born_on.month, self.born_on.day))
