"""Who works on pathways: organisations, their teams, and who is what in a team."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import models

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
