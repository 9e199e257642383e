"""A version: its stages and forms, and what becomes of it."""

from django import forms
from django.contrib import admin
from django.http import Http404
from django.urls import path

from pathways import publishing
from pathways.admin.decisions import Decision, decide
from pathways.admin.detours import DetoursInline
from pathways.admin.drafts import DraftAdmin, DraftInline, PlacedInline, WholeForm
from pathways.admin.fields import several_codes_of
from pathways.admin.overview import Overview
from pathways.admin.publication import Publication
from pathways.admin.recorded import CHANGED, RecordedInline, StackedRecordedInline
from pathways.history import save_with_history
from pathways.models import FactDefinition, FormDefinition, PathwayVersion, Stage


class StagesInline(PlacedInline):
    model = Stage
    fields = ["position", "code", "name", "kind", "team", "limit_amount", "limit_unit", "calendar"]
    show_change_link = True

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("team", "calendar", "version__pathway")


class FormsInline(DraftInline, RecordedInline):
    model = FormDefinition
    verbose_name, verbose_name_plural = "form", "forms that people fill in"
    fields = ["code", "name"]
    show_change_link = True

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("version__pathway")


class FactsInline(DraftInline, StackedRecordedInline):
    model = FactDefinition
    verbose_name, verbose_name_plural = "fact", "facts: short answers that may explain long waits"
    fields = [("code", "name"), "stages", "question", "choices"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("version__pathway")

    def formfield_for_dbfield(self, db_field, request, **options):
        if db_field.name == "stages":
            help_text = "On the way into which stages it is asked. None: only in forms. Save new stages first."
            stages = [(stage.code, stage.name) for stage in request.offers.stages]
            return several_codes_of(stages, db_field, help_text=help_text)
        return super().formfield_for_dbfield(db_field, request, **options)


class VersionForm(WholeForm):
    starts_in = forms.ChoiceField(
        required=False,
        label="Cases start in",
        help_text="The first stage. Save new stages first, then choose.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        stages = self.instance.stages.all()
        self.fields["starts_in"].choices = [("", "---------"), *((str(stage.pk), stage.name) for stage in stages)]
        self.initial["starts_in"] = next((str(stage.pk) for stage in stages if stage.is_first), "")


@admin.register(PathwayVersion)
class PathwayVersionAdmin(DraftAdmin):
    form = VersionForm
    list_display = ["pathway", "number", "status", "published_at", "published_by", "retired_at"]
    list_filter = ["status", "pathway"]
    list_select_related = ["pathway", "published_by"]
    search_fields = ["pathway__name", "pathway__code"]
    fields = [("pathway", "number", "status"), "starts_in"]
    readonly_fields = ["pathway", "number", "status"]
    inlines = [StagesInline, FormsInline, DetoursInline, FactsInline]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("pathway")

    @admin.display(description="cases start in")
    def starts_in(self, version):
        """Shown where the field is not: on the page of a published version."""
        return next((stage for stage in version.stages.all() if stage.is_first), None)

    def save_model(self, request, obj, form, change):
        """Leave the row alone: the page changes what hangs on it."""

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if "starts_in" in form.changed_data:
            self._start_in(form.cleaned_data["starts_in"], form.instance, by=request.user)

    def _start_in(self, chosen, version, *, by):
        """Take the mark off one stage before it is put on another: a version has one first stage at most."""
        for stage in version.stages.filter(is_first=True):
            stage.is_first = False
            save_with_history(stage, by=by, reason=CHANGED)
        first = version.stages.filter(pk=chosen).first() if chosen else None  # it may just have been deleted
        if first:
            first.is_first = True
            save_with_history(first, by=by, reason=CHANGED)

    def get_object(self, request, object_id, from_field=None):
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "GET" or not request.resolver_match.url_name.endswith("_change"):
            return found
        request.overview = Overview(found)
        return request.overview.drawn.version  # with its rows, which the page need not read again

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is not None:
            context["overview"] = getattr(request, "overview", None) or Overview(obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def get_urls(self):
        def address(act, view):
            name = f"pathways_pathwayversion_{act.replace('-', '_')}"
            return path(f"<path:object_id>/{act}/", self.admin_site.admin_view(view), name=name)

        views = {"publish": self.publish_view, "move-cases": self.move_view, "retire": self.retire_view}
        return [*(address(act, view) for act, view in views.items()), *super().get_urls()]

    def publish_view(self, request, object_id):
        version = self.get_object(request, object_id)
        return decide(self, request, version, lambda: self._publication(request, version).to_publish(by=request.user))

    def move_view(self, request, object_id):
        version = self.get_object(request, object_id)
        if version is not None and version.status != PathwayVersion.Status.ACTIVE:
            raise Http404
        return decide(self, request, version, lambda: self._publication(request, version).to_move(by=request.user))

    def _publication(self, request, version):
        return Publication(version, request.POST if request.method == "POST" else None)

    def retire_view(self, request, object_id):
        version = self.get_object(request, object_id)
        return decide(
            self,
            request,
            version,
            lambda: Decision(
                question=f"Retire {version}?",
                says="No case can be opened on this pathway until another version is published. Cases that are under "
                "way go on.",
                button="Retire",
                act=lambda: publishing.retire(version, by=request.user),
                done=lambda retired: f"Version {retired.number} is retired now.",
            ),
        )
