"""Pages of rows that belong to a version: they can be changed while it is a draft, and only read afterwards."""

from django import forms
from django.db import connection
from django.urls import reverse

from pathways.admin.recorded import RecordedAdmin, RecordedFormSet, RecordedInline, StackedRecordedInline
from pathways.models import (
    EscalationStep,
    FormDefinition,
    PathwayVersion,
    Question,
    Requirement,
    Stage,
    Transition,
)

PARENTS = {
    Stage: "version",
    FormDefinition: "version",
    Transition: "source",
    Requirement: "transition",
    EscalationStep: "stage",
    Question: "form",
}
WITHOUT_PAGE = (Requirement, EscalationStep, Question)  # they are on their parent's


def ancestors(row) -> list:
    """What ``row`` belongs to, from the pathway down, itself left out."""
    if isinstance(row, PathwayVersion):
        return [row.pathway]
    parent = getattr(row, PARENTS[type(row)]) if type(row) in PARENTS else None
    return [*ancestors(parent), parent] if parent else []


def version_of(row) -> PathwayVersion | None:
    """The version that ``row`` is or belongs to, or None."""
    return next((one for one in [*ancestors(row), row] if isinstance(one, PathwayVersion)), None)


def page_of(row) -> str:
    """The address of the page on which ``row`` can be mended."""
    if isinstance(row, WITHOUT_PAGE):
        return page_of(ancestors(row)[-1])
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


class InDraft:
    """May a row be changed? Asked of its page with the row, of an inline with the row that it hangs on."""

    def _is_open(self, obj):
        version = version_of(obj) if obj is not None else None
        return version is None or version.is_draft

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self._is_open(obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self._is_open(obj)


class WholeForm(forms.ModelForm):
    """A row that is checked together with what it belongs to, although that is not on the page.

    Django leaves a constraint out when one of its columns is not in the form: two stages could get one code.
    """

    def _get_validation_exclusions(self):
        return super()._get_validation_exclusions() - {PARENTS.get(type(self.instance))}


class DraftAdmin(InDraft, RecordedAdmin):
    """The page of a row of a version. Rows are added on the page of what they belong to, never by themselves."""

    form = WholeForm

    def has_add_permission(self, request):
        return False

    def has_module_permission(self, request):
        return False  # reached from the pathway, not from the index

    def get_object(self, request, object_id, from_field=None):
        found = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "POST" and connection.in_atomic_block:
            # What is allowed is judged on the version as it is now, and stays so until the change is saved.
            version = version_of(found)
            version.status = PathwayVersion.objects.select_for_update(no_key=True).get(pk=version.pk).status
        return found

    def get_form(self, request, obj=None, change=False, **kwargs):
        request.version_shown = version_of(obj)  # whose stages and forms the page offers
        return super().get_form(request, obj, change=change, **kwargs)

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is not None:
            context["ancestors"] = [(str(row), page_of(row)) for row in ancestors(obj)]
            context["is_frozen"] = not version_of(obj).is_draft
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


class PlacedForm(forms.ModelForm):
    """A row with a place among its like; left empty, it comes last."""

    position = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=32767,
        widget=forms.NumberInput(attrs={"size": 4}),
        help_text="Its place in the order, for example 25 to come between 20 and 30. Empty: the last.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.initial["position"] = self.instance.position = None


class PlacedFormSet(RecordedFormSet):
    """Rows with places: those without one are put last, in the order in which they stand."""

    def clean(self):
        super().clean()
        forms = [form for form in self.forms if form not in self.deleted_forms]
        last = max((form.instance.position or 0 for form in forms), default=0)
        for form in forms:
            if form.instance.position is None:
                last += 10
                form.instance.position = last


class DraftInline(InDraft):
    def has_add_permission(self, request, obj=None):
        return super().has_add_permission(request, obj) and self._is_open(obj)


class PlacedInline(DraftInline, RecordedInline):
    form, formset = PlacedForm, PlacedFormSet


class StackedPlacedInline(DraftInline, StackedRecordedInline):
    form, formset = PlacedForm, PlacedFormSet
