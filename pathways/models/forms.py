"""Forms that caseworkers fill in: part of a version, frozen with it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from pathways.history import trail


class FormDefinition(models.Model):
    """A form, such as a risk assessment. Its code stays the same across versions, so that a record made under one
    counts in the next.
    """

    version = models.ForeignKey("pathways.PathwayVersion", models.CASCADE, related_name="forms")
    code = models.SlugField(help_text="A short name that never changes, for example “risk-assessment”.")
    name = models.CharField(max_length=200, help_text="For example “Risk assessment”.")
    introduction = models.TextField(
        blank=True, help_text="Shown above the questions: what this form is for, and who fills it in."
    )

    history = trail()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["version", "code"], name="form_code_once_per_version")]

    def __str__(self):
        return self.name


class QuestionKind(models.TextChoices):
    TEXT = "text", "short text"
    LONG_TEXT = "long_text", "long text"
    NUMBER = "number", "number"
    DATE = "date", "date"
    YES_NO = "yes_no", "yes or no"
    ONE_OF = "one_of", "one of several answers"
    SEVERAL_OF = "several_of", "any of several answers"

    @property
    def has_choices(self):
        return self in (QuestionKind.ONE_OF, QuestionKind.SEVERAL_OF)


class Question(models.Model):
    form = models.ForeignKey(FormDefinition, models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField(default=0, help_text="Questions are asked in this order.")
    code = models.SlugField(help_text="A short name that never changes, for example “falls-risk”.")
    text = models.CharField(
        max_length=500, help_text="The question as it is asked, for example “Is there a risk of falls?”."
    )
    hint = models.CharField(max_length=500, blank=True, help_text="Shown under the question in grey.")
    kind = models.CharField("answer", max_length=20, choices=QuestionKind, default=QuestionKind.TEXT)
    required = models.BooleanField(default=True)
    choices = ArrayField(
        models.CharField(max_length=200),
        default=list,
        blank=True,
        help_text="The answers to choose from, separated by commas.",
    )
    shown_if_code = models.SlugField(
        "ask only if the answer to",
        blank=True,
        help_text="The code of an earlier question. Empty: it is always asked.",
    )
    shown_if_answer = models.CharField("is", max_length=200, blank=True, help_text="For example “yes”.")
    fact = models.SlugField(
        "kept as the fact",
        blank=True,
        help_text="The code of a fact of this version that may explain long waits, for example “lab”.",
    )
    minimum = models.DecimalField(
        max_digits=12, decimal_places=3, null=True, blank=True, help_text="Smallest number allowed."
    )
    maximum = models.DecimalField(
        max_digits=12, decimal_places=3, null=True, blank=True, help_text="Largest number allowed."
    )

    history = trail()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["form", "code"], name="question_code_once_per_form"),
            models.CheckConstraint(
                condition=models.Q(minimum=None) | models.Q(maximum=None) | models.Q(minimum__lte=models.F("maximum")),
                name="question_range_is_not_empty",
                violation_error_message="The smallest number allowed must not be above the largest.",
            ),
            models.CheckConstraint(
                condition=models.Q(shown_if_code="", shown_if_answer="")
                | ~models.Q(shown_if_code="") & ~models.Q(shown_if_answer=""),
                name="question_condition_has_question_and_answer",
                violation_error_message="Give both the question and the answer it depends on, or neither.",
            ),
        ]

    def __str__(self):
        return self.text


class FactDefinition(models.Model):
    """A short coded answer that may explain duration: lab, test, site, referrer, delay reason.

    Given in a form, it is kept on the stay in which it was given; asked on the way into a stage, on that stay.
    """

    version = models.ForeignKey("pathways.PathwayVersion", models.CASCADE, related_name="facts")
    code = models.SlugField(help_text="A short name that stays the same across versions, for example “lab”.")
    name = models.CharField(max_length=200, help_text="For example “Laboratory”.")
    question = models.CharField(
        max_length=500, blank=True, help_text="How it is asked, for example “Which laboratory?”. Empty: by its name."
    )
    choices = ArrayField(
        models.CharField(max_length=200),
        default=list,
        blank=True,
        help_text="The answers to choose from, separated by commas. Needed where it is asked on a move.",
    )
    stages = ArrayField(
        models.SlugField(max_length=100),
        default=list,
        blank=True,
        help_text="Codes of the stages on whose way in it is asked, separated by commas. Empty: only in forms.",
    )

    history = trail()

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["version", "code"], name="fact_code_once_per_version")]

    def __str__(self):
        return self.name
