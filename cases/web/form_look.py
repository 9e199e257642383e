"""How every form on every page looks and speaks: NHS.UK components, errors that lead to their field."""

from dataclasses import dataclass

from django import forms
from django.forms.renderers import DjangoTemplates
from django.template import loader

# Django's own wording; replaced by a sentence that names the field, unless the field has one of its own.
BARE_REQUIRED = forms.Field.default_error_messages["required"]
CHOOSE = "Choose an answer for “{label}” from the list."
PLAIN = {
    ("invalid_choice", forms.ChoiceField.default_error_messages["invalid_choice"]): CHOOSE,
    ("invalid_choice", forms.ModelChoiceField.default_error_messages["invalid_choice"]): CHOOSE,
    ("invalid_choice", forms.MultipleChoiceField.default_error_messages["invalid_choice"]): CHOOSE,
    ("invalid", forms.IntegerField.default_error_messages["invalid"]): "Write “{label}” as a whole number.",
    ("invalid", forms.DecimalField.default_error_messages["invalid"]): "Write “{label}” as a number.",
}
# What validators say has no place among a field's messages until it is put there.
LIMITS = {
    "max_value": "“{label}” must be %(limit_value)s or fewer.",
    "min_value": "“{label}” must be %(limit_value)s or more.",
    "max_length": "“{label}” must be %(limit_value)s characters or fewer. You have %(show_value)s.",
}


@dataclass(frozen=True)
class AskedIf:
    """The answer to another field without which a field is not asked; ``words``: as that field shows the answer."""

    field: forms.BoundField
    answer: str
    words: str


class FieldLook(forms.BoundField):
    """A field of a page's form: knows the classes of its input and where an error should lead."""

    @property
    def block(self) -> str:
        """Return the NHS.UK component that this field's input is."""
        widget = self.field.widget
        if isinstance(widget, forms.Textarea):
            return "nhsuk-textarea"
        if isinstance(widget, forms.FileInput):
            return "nhsuk-file-upload__input"
        if isinstance(widget, forms.Select) and not isinstance(widget, forms.RadioSelect):
            return "nhsuk-select"
        return "nhsuk-input"

    @property
    def says_optional(self) -> bool:
        is_question = not getattr(self.field, "is_no_question", False)
        return self.form.marks_optional and not self.field.required and is_question

    @property
    def is_password(self) -> bool:
        return isinstance(self.field.widget, forms.PasswordInput)

    @property
    def is_single_checkbox(self) -> bool:
        return isinstance(self.field.widget, forms.CheckboxInput)

    @property
    def is_group(self) -> bool:
        """True for the several inputs of a date: JAWS reads a fieldset's hint only when its role is group."""
        return isinstance(self.field.widget, forms.MultiWidget)

    @property
    def first_input_id(self) -> str:
        """Return the id of the input that the error summary leads to."""
        return f"{self.auto_id}_0" if self.use_fieldset else self.auto_id

    @property
    def asked_if(self) -> AskedIf | None:
        """Return the answer this field depends on, as the form's ``conditions`` say: {name: (other, its answer)}."""
        other, answer = getattr(self.form, "conditions", {}).get(self.name, ("", ""))
        if other not in self.form.fields:
            return None
        words = dict(getattr(self.form.fields[other], "choices", ())).get(answer, answer)
        return AskedIf(self.form[other], answer, words)

    @property
    def aria_describedby(self):
        described = super().aria_describedby
        return f"{self.auto_id}_asked_if {described or ''}".strip() if self.asked_if else described

    def build_widget_attrs(self, attrs, widget=None):
        attrs = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        if not self.use_fieldset and not widget.is_hidden and not self.is_single_checkbox:
            classes = [widget.attrs.get("class", ""), self.block]
            if self.errors:
                classes.append(f"{self.block}--error")
            if self.is_password:
                classes.append("nhsuk-password-input__input nhsuk-js-password-input-input")
            attrs["class"] = " ".join(filter(None, classes))
        if self.use_fieldset and not self.is_group:
            attrs.pop("aria-invalid", None)  # allowed on the group, not on one radio button of it
        return attrs


class FormLook(DjangoTemplates):
    """Draw forms with the templates under templates/components; Django's plain inputs stay Django's.

    Given to the forms of the pages only: Django's admin keeps its own look.
    """

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
    bound_field_class = FieldLook

    OURS = {
        "django/forms/widgets/radio.html": "components/radios.html",
        "django/forms/widgets/checkbox_select.html": "components/checkboxes.html",
        "django/forms/widgets/checkbox.html": "components/checkbox.html",
        "django/forms/widgets/select.html": "components/select.html",
    }

    def get_template(self, template_name):
        name = self.OURS.get(template_name, template_name)
        return loader.get_template(name) if name.startswith("components/") else super().get_template(name)


class LooksLikeNHS:
    """Mix into a form: the look above, and a required field that is empty asks for itself by name."""

    default_renderer = FormLook
    marks_optional = True
    use_required_attribute = False  # the browser's own bubbles are neither readable aloud nor in our words

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            _speak_plainly(field, field.label or name.replace("_", " "))


class PageForm(LooksLikeNHS, forms.Form):
    """The form of a page."""


def _speak_plainly(field, label):
    said = field.error_messages
    filled = str(label).replace("%", "%%")  # Django fills these in with %, and a question may ask for a share in %
    if said.get("required") == BARE_REQUIRED:
        said["required"] = f"{_ask_for(field)} “{label}”."
    for code, words in list(said.items()):
        if plain := PLAIN.get((code, words)):
            said[code] = plain.format(label=label if code == "invalid" else filled)
    for code, words in LIMITS.items():
        said.setdefault(code, words.replace("{label}", filled))


def _ask_for(field) -> str:
    if isinstance(field, forms.BooleanField):
        return "Tick"
    return "Choose an answer for" if isinstance(field, forms.ChoiceField) else "Fill in"
