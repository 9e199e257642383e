"""The map: pathways, their versions, stages, moves between them, what a move requires, and who hears when a stage
takes too long.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from pathways import registry
from pathways.history import trail
from pathways.limits import Span, Unit
from pathways.models.people import Role


class Pathway(models.Model):
    code = models.SlugField(
        unique=True, max_length=100, help_text="A short name that never changes, for example “elective-18-weeks”."
    )
    name = models.CharField(max_length=200, help_text="For example “Elective care, 18 weeks”.")
    description = models.TextField(blank=True, help_text="Who this pathway is for, and where it begins and ends.")
    source = models.TextField(blank=True, help_text="The guidance this pathway follows, with its date.")
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="pathways_led",
        help_text="Who answers for this pathway as a whole. A rung may tell them.",
    )
    review_on = models.DateField(
        "review by", null=True, blank=True, help_text="When somebody must check that it still follows its source."
    )

    history = trail()

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def active_version(self):
        """The version new cases are opened under, or None."""
        return self.versions.filter(status=PathwayVersion.Status.ACTIVE).first()


class PathwayVersion(models.Model):
    """One edition of a pathway's map. Only a draft can be edited; database triggers keep it so."""

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        ACTIVE = "active", "active"
        RETIRED = "retired", "retired"

    pathway = models.ForeignKey(Pathway, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, editable=False)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, editable=False, related_name="+"
    )

    history = trail()

    class Meta:
        ordering = ["pathway", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["pathway", "number"], name="version_number_once_per_pathway"),
            models.UniqueConstraint(
                fields=["pathway"], condition=Q(status="active"), name="one_active_version_per_pathway"
            ),
            models.UniqueConstraint(
                fields=["pathway"], condition=Q(status="draft"), name="one_draft_version_per_pathway"
            ),
            models.CheckConstraint(
                condition=Q(published_at=None, published_by=None)
                | Q(published_at__isnull=False, published_by__isnull=False),
                name="version_published_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(retired_at=None, retired_by=None) | Q(retired_at__isnull=False, retired_by__isnull=False),
                name="version_retired_at_and_by_together",
            ),
            models.CheckConstraint(
                condition=Q(status="draft", published_at=None) | (~Q(status="draft") & Q(published_at__isnull=False)),
                name="version_is_published_unless_draft",
            ),
        ]

    def __str__(self):
        return f"{self.pathway.name}, version {self.number} ({self.status})"

    @property
    def is_draft(self):
        return self.status == self.Status.DRAFT


class Stage(models.Model):
    """A place on the map where a case stays until it is moved."""

    class Kind(models.TextChoices):
        WORKING = "working", "working: the team does something"
        WAITING = "waiting", "waiting: for somebody or something"
        FINAL = "final", "final: the journey ends here"

    version = models.ForeignKey(PathwayVersion, models.CASCADE, related_name="stages")
    position = models.PositiveSmallIntegerField(default=0, help_text="Stages are shown in this order.")
    code = models.SlugField(
        max_length=100, help_text="A short name that stays the same across versions, for example “triage”."
    )
    name = models.CharField(max_length=200, help_text="For example “Awaiting Specialist Review”.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.WORKING)
    is_first = models.BooleanField("cases start here", default=False)
    team = models.ForeignKey(
        "pathways.Team",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stages",
        help_text="Who owns a case while it is here.",
    )
    limit_amount = models.PositiveIntegerField(
        "limit", null=True, blank=True, help_text="How long a case may stay here, for example 10. Empty: no limit."
    )
    limit_unit = models.CharField("limit counted in", max_length=20, choices=Unit, blank=True)
    calendar = models.ForeignKey(
        "pathways.Calendar",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stages",
        help_text="Working hours and working days are counted with this calendar.",
    )
    by_handoff = models.BooleanField(
        "entered by handoff",
        default=False,
        help_text="The case is offered, and moves when this team accepts it. Always so for an outside agency.",
    )
    accept_amount = models.PositiveIntegerField(
        "acceptance limit",
        null=True,
        blank=True,
        help_text="How long the team may take to answer a handoff, for example 2. Empty: no limit.",
    )
    accept_unit = models.CharField("acceptance limit counted in", max_length=20, choices=Unit, blank=True)
    patient_wording = models.TextField(
        "wording for the patient",
        blank=True,
        help_text="For example “Waiting for the specialist to look at your notes”.",
    )
    # Codes of stages of earlier versions that went into this one: where their cases go, and what logs call it too.
    merged_from = ArrayField(models.SlugField(max_length=100), default=list, blank=True, editable=False)

    history = trail()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "code"],
                name="stage_code_once_per_version",
                violation_error_message="Two stages of this version have the same code. Give each its own.",
            ),
            models.UniqueConstraint(
                fields=["version"],
                condition=Q(is_first=True),
                name="one_first_stage_per_version",
                violation_error_message="Cases can start in one stage only. Take the mark off the other stage first.",
            ),
            models.CheckConstraint(
                condition=Q(limit_amount=None, limit_unit="") | Q(limit_amount__gt=0) & ~Q(limit_unit=""),
                name="stage_limit_has_amount_and_unit",
                violation_error_message="A limit needs a number above zero and a unit. Fill in both, or neither.",
            ),
            models.CheckConstraint(
                condition=Q(accept_amount=None, accept_unit="") | Q(accept_amount__gt=0) & ~Q(accept_unit=""),
                name="stage_acceptance_limit_has_amount_and_unit",
                violation_error_message=(
                    "An acceptance limit needs a number above zero and a unit. Fill in both, or neither."
                ),
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def is_final(self):
        return self.kind == self.Kind.FINAL

    @property
    def limit(self) -> Span | None:
        return Span(self.limit_amount, Unit(self.limit_unit)) if self.limit_amount else None

    @property
    def acceptance_limit(self) -> Span | None:
        return Span(self.accept_amount, Unit(self.accept_unit)) if self.accept_amount else None

    @property
    def needs_calendar(self):
        """True if the limit, any rung, the acceptance limit or a task of this stage is counted in working time."""
        spans = [self.limit, self.acceptance_limit, *(span for step in self.ladder.all() for span in step.spans)]
        spans += [template.limit for template in self.task_templates.all()]
        return any(span and span.is_working for span in spans)


class Transition(models.Model):
    """An allowed move from one stage to another, as a button on the case page."""

    source = models.ForeignKey(Stage, models.CASCADE, related_name="transitions")
    target = models.ForeignKey(Stage, models.CASCADE, related_name="arrivals")
    position = models.PositiveSmallIntegerField(default=0, help_text="Moves are offered in this order.")
    name = models.CharField(
        max_length=200, help_text="What the button says, for example “Move to Discharge Planning”."
    )
    roles = ArrayField(
        models.CharField(max_length=20, choices=Role),
        default=list,
        blank=True,
        help_text="Who may make this move, in the team that owns the stage being left.",
    )

    history = trail()

    class Meta:
        ordering = ["source__position", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "name"],
                name="transition_name_once_per_stage",
                violation_error_message="Two moves out of this stage have the same name. Give each its own.",
            ),
            models.CheckConstraint(
                condition=~Q(source=F("target")),
                name="transition_leads_elsewhere",
                violation_error_message="A move must lead to another stage.",
            ),
        ]

    def __str__(self):
        return self.name

    def is_offered(self, case, now) -> bool:
        """Is this a way that ``case`` may take at all? A requirement that hides its move when it is not met says
        no.
        """
        return not any(requirement.hides(case, now) for requirement in self.requirements.all())

    def refusals(self, case, now, *, without=()) -> list[str]:
        """Return a whole sentence for each requirement that ``case`` does not meet at ``now``; empty when the move may
        be made. Those whose keys are in ``without`` are not asked: they were overridden.
        """
        asked = (requirement for requirement in self.requirements.all() if requirement.pk not in without)
        answers = (requirement.refusal(case, now) for requirement in asked)
        return [answer for answer in answers if answer]


class Requirement(models.Model):
    """A named check that a case must pass before a move. Checks are written in Python; rows choose and parameterise
    them.
    """

    transition = models.ForeignKey(Transition, models.CASCADE, related_name="requirements")
    position = models.PositiveSmallIntegerField(default=0)
    check_name = models.CharField("check", max_length=100)
    options = models.JSONField(default=dict, blank=True)
    override_roles = ArrayField(
        models.CharField(max_length=20, choices=Role),
        verbose_name="may be overridden by",
        default=list,
        blank=True,
        help_text="Who may make the move although this is not met, with a reason that stays on the record. "
        "Empty: nobody.",
    )

    history = trail()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return registry.describe(self.check_name, self.options)

    def refusal(self, case, now) -> str | None:
        """Return the sentence the caseworker reads, or None when ``case`` passes at ``now``."""
        return registry.ask(self.check_name, self.options, case, now)

    def hides(self, case, now) -> bool:
        """True if this requirement hides its move from ``case``: it chooses between ways, and this is not the one."""
        return registry.hides(self.check_name) and self.refusal(case, now) is not None


class EscalationStep(models.Model):
    """One rung of a stage's ladder: when somebody is told that a case is about to be late, or is."""

    class When(models.TextChoices):
        BEFORE = "before", "before the due time"
        AFTER = "after", "after the due time (0 = when it is late)"
        SHARE = "share", "when a share of the limit has passed (per cent)"

    class Recipient(models.TextChoices):
        OWNER = "owner", "the case's owner"
        TEAM = "team", "everybody in the team"
        MANAGERS = "managers", "the team's managers"
        ON_DUTY = "on_duty", "whoever of the team is on duty"
        NAMED_TEAM = "named_team", "everybody in the named team"
        LEAD = "lead", "the pathway lead"

    stage = models.ForeignKey(Stage, models.CASCADE, related_name="ladder")
    position = models.PositiveSmallIntegerField(default=0, help_text="Rungs from the lowest to the highest.")
    code = models.SlugField(help_text="A short name that stays the same across versions, for example “breach”.")
    name = models.CharField(max_length=200, help_text="For example “Late: tell the service manager”.")
    when = models.CharField(max_length=10, choices=When, default=When.AFTER)
    amount = models.PositiveIntegerField(
        default=0, help_text="For example 2 (days before), or 80 (per cent of the limit)."
    )
    unit = models.CharField(max_length=20, choices=Unit, blank=True, help_text="Not used for a share of the limit.")
    tells = ArrayField(
        models.CharField(max_length=20, choices=Recipient), default=list, blank=True, help_text="Who is told."
    )
    named_team = models.ForeignKey(
        "pathways.Team",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Which team, if the rung tells a named team.",
    )
    urgent = models.BooleanField(default=False, help_text="Urgent messages go out at once, at any hour.")
    raises_priority = models.BooleanField(
        default=False, help_text="The case becomes urgent, until it leaves the stage."
    )
    task_title = models.CharField(
        "makes the task",
        max_length=200,
        blank=True,
        help_text="For example “Ring the patient about the delay”. It is the case's team's, due a working day later.",
    )
    answer_amount = models.PositiveIntegerField(
        "to be answered within",
        null=True,
        blank=True,
        help_text="For example 1 (working day). If nobody has answered by then, those of the next rung are told.",
    )
    answer_unit = models.CharField("answer counted in", max_length=20, choices=Unit, blank=True)
    repeat_amount = models.PositiveIntegerField("repeat every", null=True, blank=True)
    repeat_unit = models.CharField("repeat counted in", max_length=20, choices=Unit, blank=True)
    repeat_at_most = models.PositiveSmallIntegerField(
        "repeat at most", default=0, help_text="How many times it is repeated."
    )

    history = trail()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "code"],
                name="step_code_once_per_stage",
                violation_error_message="Two rungs of this ladder have the same code. Give each its own.",
            ),
            models.CheckConstraint(
                condition=Q(when="share", unit="", amount__gte=1, amount__lte=100) | ~Q(when="share") & ~Q(unit=""),
                name="step_has_a_unit_or_is_a_share",
                violation_error_message="Give a unit, or for a share of the limit a number from 1 to 100 and no unit.",
            ),
            models.CheckConstraint(
                condition=Q(answer_amount=None, answer_unit="") | Q(answer_amount__gt=0) & ~Q(answer_unit=""),
                name="step_answer_has_amount_and_unit",
                violation_error_message="“To be answered within” needs a number above zero and a unit, or neither.",
            ),
            models.CheckConstraint(
                condition=Q(repeat_amount=None, repeat_unit="", repeat_at_most=0)
                | Q(repeat_amount__gt=0, repeat_at_most__gt=0) & ~Q(repeat_unit=""),
                name="step_repeats_with_an_end",
                violation_error_message=(
                    "A rung that repeats needs how often (a number and a unit) and how many times at most."
                ),
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def offset(self) -> Span | None:
        """How far from the due time this rung lies; None for a share of the limit."""
        return Span(self.amount, Unit(self.unit)) if self.unit else None

    @property
    def repeat(self) -> Span | None:
        return Span(self.repeat_amount, Unit(self.repeat_unit)) if self.repeat_amount else None

    @property
    def answer_within(self) -> Span | None:
        """How long those told have to answer; None: nobody asks again."""
        return Span(self.answer_amount, Unit(self.answer_unit)) if self.answer_amount else None

    @property
    def spans(self):
        return [span for span in (self.offset, self.repeat, self.answer_within) if span]
