"""Results that are awaited: asked for, arrived, read."""

from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from cases import recording
from cases.web import forms
from cases.web.pages import ActView

SHOWN = ("reader", "requested_by", "arrived_by", "read_by")


class RequestResult(ActView):
    act, form_class = "result", forms.ResultForm
    title, button = "Record a result that is awaited", "Save"

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"team": self.case.team}

    def perform(self, what, reader):
        recording.request_result(self.case, what, reader, by=self.request.user)
        return f"“{what}” is awaited. {reader} reads it."


class ResultView(ActView):
    template_name = "cases/result.html"
    act = "result"
    looked_at = (*ActView.looked_at, "result")

    @cached_property
    def result(self):
        return get_object_or_404(self.case.results.select_related(*SHOWN), pk=self.kwargs["pk"])

    def admit(self, user):
        super().admit(user)
        _ = self.result

    def get_context_data(self, **context):
        return super().get_context_data(result=self.result, **context)


class ResultArrived(ResultView):
    form_class = forms.ArrivalForm
    title, button = "A result has arrived", "Save the result"

    def obstacle(self):
        return "This result has arrived." if self.result.arrived_at else None

    def perform(self, finding):
        recording.record_arrival(self.result, finding, by=self.request.user)
        return f"“{self.result}” has arrived. {self.result.reader} reads it."


class ReadResult(ResultView):
    """Record that a result was read: by its reader alone."""

    title, button = "Have you read this result?", "I have read it"

    def obstacle(self):
        if self.result.arrived_at is None:
            return "This result is still awaited."
        if self.result.read_at:
            return "This result was read."
        mine = self.result.reader == self.request.user
        return None if mine else f"Only {self.result.reader} can record that it was read."

    def perform(self):
        recording.read_result(self.result, by=self.request.user)
        return f"You have read “{self.result}”."
