"""A detour of a version: from where it may be taken, by whom, and what becomes of the case meanwhile."""

from django.contrib import admin

from pathways.admin.drafts import DraftAdmin, PlacedInline
from pathways.admin.fields import one_code_of, several_codes_of
from pathways.limits import Unit
from pathways.models import DetourRule, Pathway


class OtherPathways:
    """A detour follows another pathway than the one it is taken from."""

    def rows_for(self, db_field, request):
        return Pathway.objects.exclude(pk=request.offers.version.pathway_id)


class DetoursInline(OtherPathways, PlacedInline):
    model = DetourRule
    verbose_name, verbose_name_plural = "detour", "detours: what always goes wrong, as a short pathway of its own"
    fields = ["position", "code", "name", "pathway", "roles"]
    show_change_link = True

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("pathway", "version__pathway")


@admin.register(DetourRule)
class DetourRuleAdmin(OtherPathways, DraftAdmin):
    list_display = ["name", "code", "pathway", "version"]
    list_select_related = ["pathway", "version__pathway"]
    search_fields = ["name", "code"]
    fields = [
        ("code", "name"),
        "pathway",
        "stages",
        "roles",
        ("clock", "hold_amount", "hold_unit"),
        "restricted",
        "blocks_closing",
        "tell_at_once",
        "form",
        "on_dna",
        ("raises_priority", "shorten_amount", "shorten_unit"),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("version__pathway", "pathway")

    def get_form(self, request, obj=None, change=False, **kwargs):
        request.rule = obj
        return super().get_form(request, obj, change=change, **kwargs)

    def formfield_for_dbfield(self, db_field, request, **options):
        if db_field.name == "form":
            rule = request.rule
            help_text = f"Which form of {rule.pathway} is filled in when the detour is taken. Empty: only a note."
            return one_code_of(request.offers.forms_of(rule.pathway), db_field, used=[rule.form], help_text=help_text)
        if db_field.name == "stages":
            help_text = "From which stages it may be taken. None ticked: from every stage."
            return several_codes_of(request.offers.stages_to_wait_in, db_field, help_text=help_text)
        return super().formfield_for_dbfield(db_field, request, **options)

    def formfield_for_choice_field(self, db_field, request, **options):
        if db_field.name in ("hold_unit", "shorten_unit"):
            options["choices"] = [("", "---------"), *((unit, unit.label) for unit in Unit if not unit.is_working)]
        return super().formfield_for_choice_field(db_field, request, **options)
