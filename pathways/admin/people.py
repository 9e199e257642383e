"""Organisations, teams, who is what in them, who is away, and who is on duty."""

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone

from pathways import answerable, duties
from pathways.admin.recorded import RecordedAdmin, RecordedFormSet, RecordedInline
from pathways.far_dates import too_far
from pathways.models import Absence, Duty, MailPreference, Membership, Organisation, Team


def people_to_choose():
    """Everybody who works here. Somebody who has left can still be seen where they are."""
    people = get_user_model().objects.filter(
        Q(is_active=True) | Q(memberships__isnull=False) | Q(pathways_led__isnull=False)
    )
    return people.distinct().order_by("first_name", "last_name", "username")


class OfPeople:
    """A row that names people."""

    def rows_for(self, db_field, request):
        if db_field.name in ("user", "deputy"):
            return people_to_choose()
        return super().rows_for(db_field, request)


class MembersFormSet(RecordedFormSet):
    def clean(self):
        """Refuse to take away the last manager of a team, unless somebody else becomes one in the same go."""
        super().clean()
        if any(self.errors):
            return
        before = [form.instance for form in self.initial_forms if form in self.deleted_forms or form.has_changed()]
        after = [form.instance for form in self.forms if form not in self.deleted_forms and self._is_row(form)]
        if before and (sentence := answerable.refusal(before, after)):
            raise forms.ValidationError(sentence)


class MembersInline(OfPeople, RecordedInline):
    model = Membership
    formset = MembersFormSet
    verbose_name_plural = "members"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("user", "team")


class TeamsInline(MembersInline):
    """The same rows, on the page of the person."""

    verbose_name_plural = "teams"


@admin.register(Organisation)
class OrganisationAdmin(RecordedAdmin):
    list_display = ["name", "code", "is_own"]
    search_fields = ["name", "code"]


@admin.register(Team)
class TeamAdmin(RecordedAdmin):
    list_display = ["name", "code", "organisation", "email", "phone"]
    list_filter = ["organisation"]
    list_select_related = ["organisation"]
    search_fields = ["name", "code"]
    inlines = [MembersInline]


PERSON = ["user__first_name", "user__last_name", "user__username"]


class SpanForm(forms.ModelForm):
    what: str

    def clean(self):
        """Refuse an end before the start here: PostgreSQL knows no such span, and would not even compare it. And a
        year that must be mistyped.
        """
        cleaned = super().clean()
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", f"{self.what} must end after it starts.")
        for name in ("starts_at", "ends_at"):
            if name in self.changed_data and (far := too_far(cleaned.get(name), timezone.now())):
                self.add_error(name, far)
        return cleaned


class AbsenceForm(SpanForm):
    what = "An absence"


class DutyForm(SpanForm):
    what = "A duty"

    def clean(self):
        """Refuse whoever is not in the team. What was planned before they left it may still be ended."""
        cleaned = super().clean()
        team, person = cleaned.get("team"), cleaned.get("user")
        is_new = team and person and {"team", "user"} & set(self.changed_data)
        if is_new and (sentence := duties.member_refusal(person, team)):
            self.add_error("user", sentence)
        return cleaned


@admin.register(Absence)
class AbsenceAdmin(OfPeople, RecordedAdmin):
    form = AbsenceForm
    list_display = ["user", "starts_at", "ends_at", "deputy"]
    list_select_related = ["user", "deputy"]
    search_fields = PERSON
    fields = ["user", ("starts_at", "ends_at"), "deputy"]


@admin.register(Duty)
class DutyAdmin(OfPeople, RecordedAdmin):
    form = DutyForm
    list_display = ["team", "user", "starts_at", "ends_at"]
    list_filter = ["team"]
    list_select_related = ["team", "user"]
    search_fields = PERSON
    fields = ["team", "user", ("starts_at", "ends_at")]


@admin.register(MailPreference)
class MailPreferenceAdmin(OfPeople, RecordedAdmin):
    list_display = ["user", "digest", "digest_at", "working_days_only", "quiet_from", "quiet_until"]
    list_select_related = ["user"]
    search_fields = PERSON
    fields = ["user", ("digest", "digest_at", "working_days_only"), ("quiet_from", "quiet_until")]
