"""A stage: its limit, its ladder, and the moves out of it."""

from django.contrib import admin

from pathways.admin.drafts import DraftAdmin, PlacedInline, StackedPlacedInline
from pathways.models import EscalationStep, Stage, Transition


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
        return Stage.objects.filter(version=request.version_shown)


class LadderInline(StackedPlacedInline):
    model = EscalationStep
    verbose_name, verbose_name_plural = "rung", "ladder: who is told when"
    fields = [
        ("position", "code", "name"),
        ("when", "amount", "unit"),
        ("tells", "urgent"),
        ("repeat_amount", "repeat_unit", "repeat_at_most"),
    ]


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
        "patient_wording",
    ]
    inlines = [MovesInline, LadderInline]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("version__pathway", "team", "calendar")
