"""A date asked for as three numbers: day, month, year. Works with every keyboard and without a script."""

from datetime import date, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import lazy

PARTS = ("day", "month", "year")


def _example(words: str, days: int) -> str:
    day = timezone.localdate() + timedelta(days=days)
    return words.replace("{date}", f"{day.day} {day.month} {day.year}")


_lazily = lazy(_example, str)


def ahead(words: str):
    """Return ``words`` with a date of next month for “{date}”, whenever they are shown."""
    return _lazily(words, 30)


def past(words: str):
    """Return ``words`` with a date of last month for “{date}”, whenever they are shown."""
    return _lazily(words, -30)


class DateInput(forms.MultiWidget):
    template_name = "components/date_input.html"
    use_fieldset = True

    def __init__(self, attrs=None):
        widgets = {part: forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}) for part in PARTS}
        super().__init__(widgets, attrs)

    def decompress(self, value):
        return [value.day, value.month, value.year] if value else ["", "", ""]

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        for subwidget, part in zip(context["widget"]["subwidgets"], PARTS, strict=True):
            subwidget["label"] = part.capitalize()
            subwidget["width"] = 4 if part == "year" else 2
            subwidget["invalid"] = "aria-invalid" in subwidget["attrs"]
        return context


class DateField(forms.MultiValueField):
    """A date in three parts; each error says which part to mend."""

    widget = DateInput

    def __init__(self, **kwargs):
        fields = [forms.CharField(required=False) for _ in PARTS]
        super().__init__(fields, require_all_fields=False, **kwargs)

    def clean(self, value):
        typed = [str(part or "").strip() for part in (value or ["", "", ""])]
        if not any(typed):
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        missing = [part for part, text in zip(PARTS, typed, strict=True) if not text]
        if missing:
            raise ValidationError(f"The date needs a {' and a '.join(missing)}.", code="incomplete")
        return self.compress(typed)

    def compress(self, data_list):
        day, month, year = data_list
        if not all(part.isascii() and part.isdigit() for part in data_list) or len(year) != 4:
            raise ValidationError(
                "Write the date in numbers, with four for the year, for example 27 3 2026.", code="invalid"
            )
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            raise ValidationError("This date does not exist. Check the day and the month.", code="invalid") from None
