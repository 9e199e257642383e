"""The forms of a version, and their questions."""

from django.contrib import admin

from pathways.admin.drafts import DraftAdmin, StackedPlacedInline
from pathways.admin.fields import one_code_of
from pathways.models import FormDefinition, Question


class QuestionsInline(StackedPlacedInline):
    model = Question
    fields = [
        ("position", "code", "required"),
        "text",
        "hint",
        ("kind", "minimum", "maximum"),
        "choices",
        ("shown_if_code", "shown_if_answer"),
        "fact",
    ]

    def get_formset(self, request, obj=None, **kwargs):
        request.form_shown = obj
        return super().get_formset(request, obj, **kwargs)

    def formfield_for_dbfield(self, db_field, request, **options):
        if db_field.name == "shown_if_code":
            return one_code_of(
                request.offers.questions_of(request.form_shown),
                db_field,
                used=request.form_shown.questions.values_list("shown_if_code", flat=True),
                help_text="An earlier question. Save new questions first, then choose. Empty: it is always asked.",
            )
        if db_field.name == "fact":
            return one_code_of(
                request.offers.facts,
                db_field,
                used=request.form_shown.questions.values_list("fact", flat=True),
                help_text="A fact that may explain long waits, for example the laboratory. Facts are added on the "
                "page of the version.",
            )
        return super().formfield_for_dbfield(db_field, request, **options)


@admin.register(FormDefinition)
class FormDefinitionAdmin(DraftAdmin):
    list_display = ["name", "code", "version"]
    list_select_related = ["version__pathway"]
    search_fields = ["name", "code"]
    fields = ["code", "name", "introduction"]
    inlines = [QuestionsInline]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("version__pathway")
