"""The forms of a version, and their questions."""

from django.contrib import admin

from pathways.admin.drafts import DraftAdmin, StackedPlacedInline
from pathways.models import FormDefinition, Question


class QuestionsInline(StackedPlacedInline):
    model = Question
    fields = [("position", "code", "required"), "text", "hint", ("kind", "minimum", "maximum"), "choices"]


@admin.register(FormDefinition)
class FormDefinitionAdmin(DraftAdmin):
    list_display = ["name", "code", "version"]
    list_select_related = ["version__pathway"]
    search_fields = ["name", "code"]
    fields = ["code", "name", "introduction"]
    inlines = [QuestionsInline]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("version__pathway")
