"""A move, and what it requires of a case."""

from django import forms
from django.contrib import admin

from pathways import registry
from pathways.admin.drafts import DraftAdmin, PlacedForm, PlacedFormSet, StackedPlacedInline
from pathways.admin.options import OptionsField
from pathways.models import Requirement, Transition


class RequirementForm(PlacedForm):
    """A check, and then the options that it declares: which those are is known only when it was chosen."""

    check_name = forms.ChoiceField(label="Check", help_text="What a case must pass before it may make this move.")
    options = OptionsField(label="Asks for", required=False)

    def __init__(self, *args, offers, **kwargs):
        super().__init__(*args, **kwargs)
        names = {*registry.CHECKS, *filter(None, [self.instance.check_name])}
        self.fields["check_name"].choices = [("", "---------"), *((name, name) for name in sorted(names))]
        chosen = self.data.get(self.add_prefix("check_name")) if self.is_bound else self.instance.check_name
        widget = self.fields["options"].widget
        widget.check, widget.offers = registry.CHECKS.get(chosen), offers
        widget.was_shown = not (
            self.is_bound and widget.value_omitted_from_data(self.data, self.files, self.add_prefix("options"))
        )

    def clean_check_name(self):
        name = self.cleaned_data["check_name"]
        if name not in registry.CHECKS:
            raise forms.ValidationError(registry.problems(name, {}, self.fields["options"].widget.offers.known))
        return name


class RequirementsFormSet(PlacedFormSet):
    offers = None

    def get_form_kwargs(self, index):
        return super().get_form_kwargs(index) | {"offers": self.offers}


class RequirementsInline(StackedPlacedInline):
    model = Requirement
    form, formset = RequirementForm, RequirementsFormSet

    def get_fields(self, request, obj=None):
        # Where it can only be read, its heading says what it asks for in words.
        asks = ["check_name", "options"] if self.has_change_permission(request, obj) else []
        return [*asks, "override_roles", "position"]

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.offers = request.offers
        return formset


@admin.register(Transition)
class TransitionAdmin(DraftAdmin):
    list_display = ["name", "source", "target"]
    list_select_related = ["source__version__pathway", "target"]
    search_fields = ["name"]
    fields = ["source", "name", "target", "roles"]
    readonly_fields = ["source"]
    inlines = [RequirementsInline]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("source__version__pathway", "target")

    def rows_for(self, db_field, request):
        return request.offers.stages
