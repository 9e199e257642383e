"""A stage: its limit, its ladder, the moves out of it, and the tasks that it brings."""

from django.contrib import admin

from pathways.admin.drafts import DraftAdmin, PlacedInline, StackedPlacedInline
from pathways.models import EscalationStep, Stage, TaskTemplate, Transition


class MovesInline(PlacedInline):
    model = Transition
    fk_name = "source"
    verbose_name, verbose_name_plural = "move", "moves out of this stage"
    fields = ["position", "name", "target", "roles", "requires"]
    readonly_fields = ["requires"]
    show_change_link = True

    def get_queryset(self, request):
        moves = super().get_queryset(request).select_related("target", "source__version__pathway")
        return moves.prefetch_related("requirements")

    @admin.display(description="requires")
    def requires(self, move):
        if move.pk is None:
            return "Save the move first, then open it."
        return "; ".join(map(str, move.requirements.all())) or "nothing"

    def rows_for(self, db_field, request):
        return request.offers.stages


class LadderInline(StackedPlacedInline):
    model = EscalationStep
    verbose_name, verbose_name_plural = "rung", "ladder: who is told when"
    fields = [
        ("position", "code", "name"),
        ("when", "amount", "unit"),
        ("tells", "named_team", "urgent"),
        ("answer_amount", "answer_unit"),
        ("raises_priority", "task_title"),
        ("repeat_amount", "repeat_unit", "repeat_at_most"),
    ]
    WHO = (
        "In the place of somebody who is away, their deputy is told; in the place of an owner who is not there, the "
        "managers. Who is on duty is planned on the page of the team, and the lead is named on the page of the "
        "pathway. Where nobody can be told, those of the next rung are."
    )

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("named_team")

    def formfield_for_dbfield(self, db_field, request, **options):
        found = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name == "tells":
            found.help_text = self.WHO
        return found


class TasksInline(StackedPlacedInline):
    model = TaskTemplate
    verbose_name, verbose_name_plural = "task", "tasks that every case gets when it comes in"
    fields = [("position", "code", "title"), "text", ("whose", "team"), ("limit_amount", "limit_unit")]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("team")


@admin.register(Stage)
class StageAdmin(DraftAdmin):
    list_display = ["name", "code", "kind", "team", "version"]
    list_select_related = ["version__pathway", "team"]
    search_fields = ["name", "code"]
    fields = [
        ("code", "name"),
        "kind",
        "team",
        ("limit_amount", "limit_unit", "calendar"),
        ("by_handoff", "accept_amount", "accept_unit"),
        "patient_wording",
    ]
    inlines = [MovesInline, LadderInline, TasksInline]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("version__pathway", "team", "calendar")
