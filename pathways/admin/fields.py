"""Fields for what the map's rows hold, as an administrator fills them in."""

from django import forms
from django.utils.text import capfirst


def one_of(rows, db_field):
    """Return a select of ``rows`` for a foreign key. The rows are read once, however many selects a page has."""
    by_key = {str(row.pk): row for row in rows}
    return forms.TypedChoiceField(
        choices=[("", "---------"), *((key, str(row)) for key, row in by_key.items())],
        coerce=lambda key: by_key.get(str(key)),
        empty_value=None,
        required=not db_field.blank,
        label=capfirst(db_field.verbose_name),
        help_text=db_field.help_text,
    )


class LinesField(forms.CharField):
    """A list of texts, one on each line."""

    widget = forms.Textarea(attrs={"rows": 5, "cols": 60})

    def prepare_value(self, value):
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value):
        if isinstance(value, list):
            return value
        return [line.strip() for line in (value or "").splitlines() if line.strip()]

    def validate(self, value):
        super().validate(value)
        if any(len(line) > 200 for line in value):
            raise forms.ValidationError("One of these is longer than 200 characters. Shorten it.")


def several_of(db_field):
    """Return the field for an array: tick boxes where its items are chosen, else one item on each line."""
    shared = {
        "required": not db_field.blank,
        "label": capfirst(db_field.verbose_name),
        "help_text": db_field.help_text,
        "initial": db_field.get_default(),
    }
    if choices := db_field.base_field.choices:
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **shared)
    return LinesField(**shared | {"help_text": "One on each line."})
