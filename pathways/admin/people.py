"""Organisations, teams, and who is what in them."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Q

from pathways.admin.recorded import RecordedAdmin, RecordedInline
from pathways.models import Membership, Organisation, Team


class MembersInline(RecordedInline):
    model = Membership
    verbose_name_plural = "members"

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("user", "team")

    def rows_for(self, db_field, request):
        if db_field.name != "user":
            return super().rows_for(db_field, request)
        # Somebody who has left can still be seen where they are.
        people = get_user_model().objects.filter(Q(is_active=True) | Q(memberships__isnull=False)).distinct()
        return people.order_by("first_name", "last_name", "username")


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
