"""What a requirement asks for, as a small form made of the options that its check declares."""

from django import forms
from django.template.loader import render_to_string
from django.utils.text import slugify

from pathways import registry
from pathways.admin.offers import Offers

NUMBER = {"min": 0, "size": 6}


class OptionsWidget(forms.Widget):
    """The inputs of the chosen check's options, each with its label and help."""

    template_name = "admin/pathways/options.html"
    use_fieldset = True
    check: registry.Check | None = None
    offers: Offers | None = None
    was_shown = True  # False when the check was chosen just now: nobody could fill its options in yet

    def id_for_label(self, id_, index=None):
        return ""  # each input has its own label

    def _render(self, template_name, context, renderer=None):
        return render_to_string(template_name, context)  # forms' own renderer knows no templates of the project

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["check"] = self.check
        context["inputs"] = [self._input(name, option, value or {}) for option in self._options]
        return context

    def _input(self, name, option, value):
        key = self._key(name, option)
        given, attrs = value.get(option.name), {"id": f"id_{key}", "aria-describedby": f"id_{key}_helptext"}
        return {"option": option, "id": attrs["id"], "html": self._widget_of(option, given).render(key, given, attrs)}

    def _widget_of(self, option, given):
        if option.kind == "number":
            return forms.NumberInput(NUMBER)
        if option.kind == "text":
            return forms.TextInput({"size": 40})
        choices = list(option.choices or getattr(self.offers, f"{option.kind}s"))
        if given and given not in dict(choices):
            choices.append((given, f"{given} (not there any more)"))
        return forms.Select(choices=[("", "---------"), *choices])

    @property
    def _options(self):
        return self.check.options if self.check else ()

    def _key(self, name, option):
        # With the check in it: what was typed for one check is never taken for an option of another.
        return f"{name}-{slugify(self.check.name)}-{option.name}"

    def value_from_datadict(self, data, files, name):
        given = {option.name: data.get(self._key(name, option), "").strip() for option in self._options}
        return {key: value for key, value in given.items() if value}

    def value_omitted_from_data(self, data, files, name):
        return any(self._key(name, option) not in data for option in self._options)


class OptionsField(forms.Field):
    """The options of a requirement as they are kept: names with texts and whole numbers."""

    widget = OptionsWidget

    def clean(self, value):
        """Return the options; raise ValidationError with a sentence for each that will not do."""
        check = self.widget.check
        if check is None:
            return {}
        if not self.widget.was_shown:
            raise forms.ValidationError(f"Say what “{check.name}” asks for here, then save again.")
        options = {key: _whole_number(check, key, text) for key, text in value.items()}
        if found := registry.problems(check.name, options, self.widget.offers.known):
            raise forms.ValidationError(found)
        return options

    def has_changed(self, initial, data):
        check = self.widget.check
        return check is not None and {k: str(v) for k, v in (initial or {}).items() if v not in (None, "")} != data


def _whole_number(check, key, text):
    kind = next(option.kind for option in check.options if option.name == key)
    return int(text) if kind == "number" and text.isdecimal() else text
