"""What a stage brings with it besides its limit: tasks that are made on entry, and detours that may be taken from
it.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from pathways.history import trail
from pathways.limits import Span, Unit
from pathways.models.people import Role


class TaskTemplate(models.Model):
    """A task that every case gets when it enters the stage, so that follow-ups happen by themselves."""

    class For(models.TextChoices):
        OWNER = "owner", "the case's owner"
        TEAM = "team", "anybody in the team"

    stage = models.ForeignKey("pathways.Stage", models.CASCADE, related_name="task_templates")
    position = models.PositiveSmallIntegerField(default=0, help_text="Tasks are shown in this order.")
    code = models.SlugField(help_text="A short name that stays the same across versions, for example “chase-report”.")
    title = models.CharField(max_length=200, help_text="For example “Ring the patient with the date”.")
    text = models.TextField("what to do", blank=True, help_text="More words, if the title is not enough.")
    whose = models.CharField(max_length=10, choices=For, default=For.TEAM)
    team = models.ForeignKey(
        "pathways.Team",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who does it, if it is not the team of the stage.",
    )
    limit_amount = models.PositiveIntegerField(
        "limit", null=True, blank=True, help_text="How long it may take from entering the stage. Empty: no limit."
    )
    limit_unit = models.CharField("limit counted in", max_length=20, choices=Unit, blank=True)

    history = trail()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "code"],
                name="task_template_code_once_per_stage",
                violation_error_message="Two tasks of this stage have the same code. Give each its own.",
            ),
            models.CheckConstraint(
                condition=Q(limit_amount=None, limit_unit="") | Q(limit_amount__gt=0) & ~Q(limit_unit=""),
                name="task_template_limit_has_amount_and_unit",
                violation_error_message="A limit needs a number above zero and a unit. Fill in both, or neither.",
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def limit(self) -> Span | None:
        return Span(self.limit_amount, Unit(self.limit_unit)) if self.limit_amount else None


class DetourRule(models.Model):
    """How a detour (did not attend, safeguarding, urgent) may be taken from this version: as a child case on a short
    pathway.

    The parent never leaves its stage for it.
    """

    class Clock(models.TextChoices):
        RUNS = "runs", "runs on"
        HELD = "held", "is held until the detour ends"

    version = models.ForeignKey("pathways.PathwayVersion", models.CASCADE, related_name="detour_rules")
    position = models.PositiveSmallIntegerField(default=0, help_text="Detours are offered in this order.")
    code = models.SlugField(help_text="A short name that stays the same across versions, for example “dna”.")
    name = models.CharField(max_length=200, help_text="What the button says, for example “Did not attend”.")
    pathway = models.ForeignKey(
        "pathways.Pathway", models.PROTECT, related_name="+", help_text="The short pathway that the detour follows."
    )
    stages = ArrayField(
        models.SlugField(max_length=100),
        default=list,
        blank=True,
        help_text="Codes of the stages from which it may be taken. Empty: from every stage.",
    )
    roles = ArrayField(
        models.CharField(max_length=20, choices=Role),
        default=list,
        blank=True,
        help_text="Who may take it, in the team that owns the stage.",
    )
    clock = models.CharField("the stage clock", max_length=10, choices=Clock, default=Clock.RUNS)
    hold_amount = models.PositiveIntegerField(
        "held at most", null=True, blank=True, help_text="For example 10 (days)."
    )
    hold_unit = models.CharField("counted in", max_length=20, choices=Unit, blank=True)
    restricted = models.BooleanField(
        default=False, help_text="Only the teams that have the detour may see it, for example for safeguarding."
    )
    blocks_closing = models.BooleanField(
        default=True, help_text="The case that it was taken from cannot be closed while it is open."
    )
    form = models.SlugField(
        "form asked for at once",
        blank=True,
        help_text="The code of a form of that pathway, which is filled in when the detour is taken.",
    )
    on_dna = models.BooleanField(
        "taken when a patient did not attend",
        default=False,
        help_text="It is taken by itself when an appointment's outcome is recorded as did not attend or was not "
        "brought.",
    )
    raises_priority = models.BooleanField(
        default=False, help_text="The case that it was taken from becomes urgent, until the detour ends."
    )
    shorten_amount = models.PositiveIntegerField(
        "shortens the stage to",
        null=True,
        blank=True,
        help_text="The case that it was taken from is due this long after at the latest, for example 4 (hours).",
    )
    shorten_unit = models.CharField("shortened in", max_length=20, choices=Unit, blank=True)
    tell_at_once = models.BooleanField(default=False, help_text="The managers of its first team are told at once.")

    history = trail()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "code"],
                name="detour_rule_code_once_per_version",
                violation_error_message="Two detours of this version have the same code. Give each its own.",
            ),
            models.UniqueConstraint(
                fields=["version"],
                condition=Q(on_dna=True),
                name="one_detour_on_dna_per_version",
                violation_error_message="Another detour is taken when a patient did not attend. Choose one of them.",
            ),
            models.CheckConstraint(
                condition=Q(shorten_amount=None, shorten_unit="")
                | Q(shorten_amount__gt=0) & ~Q(shorten_unit="") & ~Q(shorten_unit__startswith="working"),
                name="detour_that_shortens_says_to_what",
                violation_error_message=(
                    "A detour that shortens the stage needs a number above zero and a unit: minutes, hours or days."
                ),
            ),
            models.CheckConstraint(
                condition=Q(clock="runs", hold_amount=None, hold_unit="")
                | Q(clock="held", hold_amount__gt=0) & ~Q(hold_unit="") & ~Q(hold_unit__startswith="working"),
                name="detour_that_holds_says_how_long",
                violation_error_message=(
                    "A detour that holds the clock needs how long at most, in minutes, hours or days. "
                    "One that lets it run needs none."
                ),
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def hold_at_most(self) -> Span | None:
        return Span(self.hold_amount, Unit(self.hold_unit)) if self.hold_amount else None

    @property
    def shortens_to(self) -> Span | None:
        return Span(self.shorten_amount, Unit(self.shorten_unit)) if self.shorten_amount else None

    def may_be_taken_from(self, stage) -> bool:
        return not stage.is_final and (not self.stages or stage.code in self.stages)
