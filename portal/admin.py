"""The admin site itself, and who may sign in."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import resolve_url
from django.urls import path

from cases import leaving
from pathways.admin.people import TeamsInline
from pathways.admin.recorded import RecordsFormSets
from portal import leavers
from portal.models import User


def sign_in(request, extra_context=None):
    """Send those who are not signed in to the one page for it, and tell the others that this is not for them."""
    if request.user.is_authenticated:
        raise PermissionDenied("Only people who set up Midwatch can come in here.")
    return redirect_to_login(request.GET.get("next") or resolve_url("admin:index"))


admin.site.login = sign_in
admin.site.site_header = admin.site.site_title = "Midwatch"
admin.site.index_title = "Set up Midwatch"


@admin.register(User)
class StaffAdmin(RecordsFormSets, UserAdmin):
    """Users and their teams. What a person may do beyond their teams is given by superusers alone."""

    form = leavers.StaffForm
    inlines = [TeamsInline]
    for_superusers = ("is_superuser", "groups", "user_permissions")

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *self.for_superusers)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request, obj=None):
        may = super().has_delete_permission(request, obj) and self._may_touch(request, obj)
        return may and (obj is None or not leaving.ties(obj))

    def get_urls(self):
        leave = self.admin_site.admin_view(self.leave_view)
        return [path("<path:object_id>/leave/", leave, name="portal_user_leave"), *super().get_urls()]

    def leave_view(self, request, object_id):
        return leavers.leave(self, request, object_id)

    def _may_touch(self, request, obj):
        # Who may set a superuser's password is one.
        return request.user.is_superuser or obj is None or not obj.is_superuser
