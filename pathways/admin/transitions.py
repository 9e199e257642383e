"""A move, and what it requires of a case."""

import json

from django import forms
from django.contrib import admin

from pathways import registry
from pathways.admin.drafts import DraftAdmin, PlacedForm, PlacedFormSet, PlacedInline, version_of
from pathways.models import FormDefinition, Requirement, Stage, Transition

EXAMPLES = {"number": 30, "form": "risk-assessment", "text": "text"}


def how_to_ask(check: registry.Check) -> str:
    """Show the options of a check as they are typed, for example {"form": "risk-assessment", "max_age_days": 30}."""
    example = {
        option.name: option.choices[0][0] if option.choices else EXAMPLES[option.kind] for option in check.options
    }
    return f"{check.name}: {json.dumps(example)}"


class RequirementForm(PlacedForm):
    check_name = forms.ChoiceField(label="Check")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        names = {*registry.CHECKS, *filter(None, [self.instance.check_name])}
        self.fields["check_name"].choices = [("", "---------"), *((name, name) for name in sorted(names))]
        examples = "; ".join(how_to_ask(registry.CHECKS[name]) for name in sorted(registry.CHECKS))
        self.fields["options"].help_text = f"For example: {examples}"
        self.fields["options"].widget.attrs |= {"rows": 2}
        self.fields["options"].error_messages["invalid"] = (
            'Write the options as names with values, such as {"form": "risk-assessment"}.'
        )

    def clean_options(self):
        return self.cleaned_data["options"] or {}


class RequirementsFormSet(PlacedFormSet):
    def clean(self):
        """Refuse options that their check cannot be asked with."""
        super().clean()
        codes = set(FormDefinition.objects.filter(version=version_of(self.instance)).values_list("code", flat=True))
        for form in self.forms:
            given = getattr(form, "cleaned_data", {})
            if "options" in given and given.get("check_name"):
                for sentence in registry.problems(given["check_name"], given["options"], codes):
                    form.add_error("options", sentence)


class RequirementsInline(PlacedInline):
    model = Requirement
    form, formset = RequirementForm, RequirementsFormSet
    fields = ["position", "check_name", "options"]


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
        return Stage.objects.filter(version=request.version_shown)
