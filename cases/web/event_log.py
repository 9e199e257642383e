"""Take out the event log of a pathway: what of it, and then the file. By POST: it is written down who took it."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import FormView

from cases import access, event_log
from cases.durations.days import ONE_DAY, begin_of
from cases.web.date_input import DateField, past
from cases.web.durations.pages import NOT_YOURS
from cases.web.form_look import PageForm
from cases.web.pages import SignedInView
from pathways.models import Pathway

FROM_LOG, REFERENCES = "log", "references"


class EventLogForm(PageForm):
    """Which cases, how they are called, and which facts."""

    opened_from = DateField(
        label="Cases opened from", required=False, help_text=past("For example {date}. Empty: from the first.")
    )
    opened_until = DateField(
        label="Cases opened until the end of", required=False, help_text="For example 31 3 2027. Empty: until now."
    )
    called = forms.ChoiceField(
        label="How are cases called?",
        choices=[
            (FROM_LOG, "As in the log that they came from, where they came from one"),
            (REFERENCES, "By Midwatch's references"),
        ],
        widget=forms.RadioSelect,
        initial=FROM_LOG,
    )
    facts = forms.MultipleChoiceField(
        label="Which facts?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Each is a column of its own. Leave out what you do not need.",
    )

    marks_optional = False

    def __init__(self, *args, facts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["facts"].choices = [(name, name) for name in facts]
        self.initial["facts"] = facts
        if not facts:
            del self.fields["facts"]

    def clean(self):
        first, last = self.cleaned_data.get("opened_from"), self.cleaned_data.get("opened_until")
        if first and last and first > last:
            self.add_error("opened_until", "This day comes before the first one. Choose a later day.")
        return self.cleaned_data

    @property
    def asked(self) -> event_log.Asked:
        chosen = self.cleaned_data
        first, last = chosen["opened_from"], chosen["opened_until"]
        return event_log.Asked(
            facts=tuple(chosen.get("facts", ())),
            by_log_id=chosen["called"] == FROM_LOG,
            since=begin_of(first) if first else None,
            until=begin_of(last + ONE_DAY) if last else None,
        )


class EventLog(SignedInView, FormView):
    """For those who may read figures. It names no patient."""

    template_name = "cases/event_log.html"
    form_class = EventLogForm

    def admit(self, user):
        if not access.sees_figures(user):
            raise PermissionDenied(NOT_YOURS)

    @cached_property
    def pathway(self):
        return get_object_or_404(
            Pathway.objects.exclude(versions__published_at=None).distinct(), code=self.kwargs["code"]
        )

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"facts": event_log.facts_of(self.pathway, self.request.user)}

    def get_context_data(self, **context):
        return super().get_context_data(pathway=self.pathway, **context)

    def form_valid(self, form):
        lines = event_log.take_out(self.pathway, form.asked, by=self.request.user)
        name = f"event-log-{self.pathway.code}-{timezone.localtime(self.now):%Y-%m-%d-%H%M}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
