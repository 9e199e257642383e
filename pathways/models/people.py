"""Who works on pathways: organisations, their teams, and who is what in a team."""

from datetime import time

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from pathways.history import trail

SYSTEM_USERNAME = "midwatch"


def system_user():
    """Return the named user in whose name background work is recorded; it can never sign in."""
    user, _ = get_user_model().objects.get_or_create(
        username=SYSTEM_USERNAME,
        defaults={"first_name": "Midwatch", "is_active": False, "password": make_password(None)},
    )
    return user


class Organisation(models.Model):
    """The trust itself, or an outside agency (social care, another trust, the third sector)."""

    code = models.SlugField(unique=True, help_text="A short name that never changes, for example “social-care”.")
    name = models.CharField(max_length=200, help_text="For example “Northshire County Council adult social care”.")
    is_own = models.BooleanField(
        "this trust",
        default=False,
        help_text="Tick for the trust that runs this installation. Leave empty for outside agencies.",
    )

    history = trail()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_own"],
                condition=models.Q(is_own=True),
                name="one_own_organisation",
                violation_error_message=(
                    "One organisation is marked as this trust already. One installation serves one trust."
                ),
            )
        ]

    def __str__(self):
        return self.name


class Team(models.Model):
    """A group of people who together own the cases in a stage."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="teams")
    code = models.SlugField(
        unique=True, help_text="A short name that never changes, for example “cardiology-booking”."
    )
    name = models.CharField(max_length=200, help_text="For example “Cardiology booking office”.")
    email = models.EmailField("shared e-mail", blank=True, help_text="Replies to escalation e-mails go here.")
    phone = models.CharField(
        max_length=50, blank=True, help_text="For example “0300 123 4567, Monday to Friday 8am to 6pm”."
    )

    history = trail()

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Role(models.TextChoices):
    CASEWORKER = "caseworker", "caseworker"
    MANAGER = "manager", "manager"


class Membership(models.Model):
    """What one person is in one team. A team may have several managers."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role, default=Role.CASEWORKER)

    history = trail()

    class Meta:
        ordering = ["team__name", "user__username"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"],
                name="one_membership_per_team_and_user",
                violation_error_message="This person is in this team already. Change the role there instead.",
            )
        ]

    def __str__(self):
        return f"{self.user}, {self.get_role_display()} in {self.team}"


class TsTzRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Absence(models.Model):
    """Somebody is away, and who is told in their place."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    deputy = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="deputises"
    )

    history = trail()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="absence_ends_after_its_start",
                violation_error_message="The last day of an absence cannot be before the first.",
            ),
            models.CheckConstraint(
                condition=Q(deputy=None) | ~Q(deputy=F("user")),
                name="nobody_is_their_own_deputy",
                violation_error_message="Choose somebody else as the deputy.",
            ),
            ExclusionConstraint(
                name="absences_of_one_person_do_not_overlap",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                violation_error_message="This person is away then already. Change that absence instead.",
            ),
        ]

    def __str__(self):
        return f"{self.user} is away"


class DutyQuerySet(models.QuerySet):
    def counted(self):
        """Narrow to those of people who work here and are in the team now: nobody else answers for it."""
        return self.filter(user__is_active=True, user__memberships__team=F("team"))


class Duty(models.Model):
    """Who of a team is on duty, and when: several may be at once."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="duties")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="duties")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    objects = DutyQuerySet.as_manager()
    history = trail()

    class Meta:
        ordering = ["starts_at", "pk"]
        verbose_name_plural = "duties"
        indexes = [models.Index(fields=["team", "ends_at"], name="duties_of_a_team")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="duty_ends_after_its_start",
                violation_error_message="A duty must end after it starts.",
            )
        ]

    def __str__(self):
        return f"{self.user} for {self.team}"


class MailPreference(models.Model):
    """When a person gets their e-mails. Urgent ones ignore it. Who has none gets a digest at 8am on working days."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_preference")
    digest = models.BooleanField("send me a digest", default=True)
    digest_at = models.TimeField("at", default=time(8))
    working_days_only = models.BooleanField("on working days only", default=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)

    history = trail()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until")),
                name="quiet_hours_have_a_start_and_an_end",
                violation_error_message="Quiet hours need a start and an end that differ, or neither.",
            )
        ]

    def __str__(self):
        return f"E-mails to {self.user}"
