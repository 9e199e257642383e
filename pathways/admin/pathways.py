"""A pathway and its versions."""

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.urls import path

from pathways import publishing
from pathways.admin.decisions import Decision, decide
from pathways.admin.drafts import page_of
from pathways.admin.people import people_to_choose
from pathways.admin.recorded import RecordedAdmin
from pathways.models import Pathway, PathwayVersion

Status = PathwayVersion.Status


class VersionsInline(admin.TabularInline):
    """The versions to read: a draft is made by a button, and edited on its own page."""

    model = PathwayVersion
    fields = readonly_fields = ["number", "status", "published_at", "published_by", "retired_at"]
    show_change_link = True
    can_delete = False
    extra = 0

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("pathway", "published_by")

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


@admin.register(Pathway)
class PathwayAdmin(RecordedAdmin):
    list_display = ["name", "code", "active", "draft", "review_on"]
    search_fields = ["name", "code"]
    fields = ["code", "name", "description", "source", "lead", "review_on"]
    inlines = [VersionsInline]

    def rows_for(self, db_field, request):
        return people_to_choose() if db_field.name == "lead" else super().rows_for(db_field, request)

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("versions")

    @admin.display(description="active version")
    def active(self, pathway):
        return self._number(pathway, Status.ACTIVE)

    @admin.display(description="draft")
    def draft(self, pathway):
        return self._number(pathway, Status.DRAFT)

    def _number(self, pathway, status):
        return next((version.number for version in pathway.versions.all() if version.status == status), None)

    def has_delete_permission(self, request, obj=None):
        published = obj is not None and any(version.status != Status.DRAFT for version in obj.versions.all())
        return super().has_delete_permission(request, obj) and not published

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    def get_urls(self):
        draft = self.admin_site.admin_view(self.draft_view)
        return [path("<path:object_id>/draft/", draft, name="pathways_pathway_draft"), *super().get_urls()]

    def response_add(self, request, obj, post_url_continue=None):
        """A new pathway begins with an empty draft; go and fill it, unless something else was asked for."""
        version = publishing.revise(obj, by=request.user)
        if {"_addanother", "_continue", "_popup"} & request.POST.keys():
            return super().response_add(request, obj, post_url_continue)
        messages.success(request, f"{obj} has been added. This is its first draft: add the stages of a case.")
        return HttpResponseRedirect(page_of(version))

    def draft_view(self, request, object_id):
        pathway = self.get_object(request, object_id)
        origin = pathway and (pathway.active_version or pathway.versions.first())
        return decide(
            self,
            request,
            pathway,
            lambda: Decision(
                question=f"Make a new draft of {pathway}?",
                says=f"It begins as a complete copy of version {origin.number}, which stays as it is."
                if origin
                else "It begins empty.",
                button="Make a draft",
                act=lambda: publishing.revise(pathway, by=request.user),
                done=lambda draft: f"Version {draft.number} is the draft now. Change what you need, then publish it.",
            ),
        )
