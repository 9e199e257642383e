"""“Why was it escalated, or not, at that moment?”: the answer as a page. Reads only."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.views.generic.base import TemplateView

from cases.explanation import explain
from cases.history_import.times import read_time
from cases.refusals import Refused
from cases.showing import LONDON
from cases.web.form_look import PageForm
from cases.web.pages import CaseView


class LocalTime(forms.TextInput):
    """A date and a time of day, chosen with the browser's own means."""

    input_type = "datetime-local"


class MomentForm(PageForm):
    at = forms.CharField(
        label="At which moment?",
        widget=LocalTime,
        help_text="For example 2026-03-12 14:30. The time is that of London.",
        error_messages={"required": "Say which moment, for example 2026-03-12 14:30."},
    )

    def clean_at(self):
        try:
            return read_time(self.cleaned_data["at"])
        except ValueError as error:
            raise ValidationError(str(error)) from None


class Explain(CaseView, TemplateView):
    template_name = "cases/explain.html"

    @cached_property
    def form(self):
        return MomentForm({"at": self.request.GET.get("at") or self.now.isoformat()})

    def get_context_data(self, **context):
        found, refusals = None, []
        if self.form.is_valid():
            at = self.form.cleaned_data["at"]
            try:
                found = explain(self.case, at, now=self.now)
            except Refused as refused:
                refusals = refused.reasons
            # As the browser's input wants it: the wall clock in London, to the minute.
            self.form.data["at"] = f"{at.astimezone(LONDON):%Y-%m-%dT%H:%M}"
        return super().get_context_data(form=self.form, found=found, refusals=refusals, **context)
