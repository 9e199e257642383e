"""Results that are awaited: their list on the case page, and the pages on which one is asked for, has arrived, is
read, given to another reader, cancelled.
"""

from dataclasses import dataclass

from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from cases import results, showing
from cases.models import Result
from cases.web import forms
from cases.web.ages import promised
from cases.web.pages import ActView, CaseView
from pathways.models import Team

SHOWN = ("reader", "requested_by", "arrived_by", "read_by", "cancelled_by")


@dataclass(frozen=True)
class Shown:
    """A result as the case page lists it."""

    result: Result
    may_give: bool  # and it is not read
    may_cancel: bool  # and it is not cancelled


def of_case(case, found, user) -> list[Shown]:
    """Return the results ``found`` of ``case``, those that count first."""
    givable = results.givable(user, case, [one for one in found if one.read_at is None and one.cancelled_at is None])
    listed = [
        Shown(
            result,
            may_give=result.pk in givable,
            may_cancel=result.cancelled_at is None and results.cancel_refusal(user, case, result) is None,
        )
        for result in found
    ]
    return sorted(listed, key=lambda one: one.result.cancelled_at is not None)


class RequestResult(ActView):
    act, form_class = "result", forms.ResultForm
    title, button = "Record a result that is awaited", "Save"

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"team": self.case.team}

    def obstacle(self):
        return None if self.case.is_open else "This case is closed: nothing is asked for any more."

    def perform(self, what, reader, read_within_days):
        by = self.request.user
        results.request_result(self.case, what, reader, read_within_days=read_within_days, by=by)
        return f"“{what}” is awaited. {reader} reads it."


class ResultView(ActView):
    """A page about one result: for the case's team, and for its reader wherever the case has gone."""

    template_name = "cases/result.html"
    act = "result"
    looked_at = (*ActView.looked_at, "result")

    @cached_property
    def result(self):
        return get_object_or_404(self.case.results.select_related(*SHOWN), pk=self.kwargs["pk"])

    @property
    def is_reader(self):
        return self.result.reader == self.request.user

    def admit(self, user):
        if not self.is_reader:
            super().admit(user)

    def get_context_data(self, **context):
        result, user = self.result, self.request.user
        stands = result.cancelled_at is None
        shown = {
            "result": result,
            "due": promised(result.due_at, result.arrived_at, self.now) if result.is_unread else None,
            "may_give": stands and not result.read_at and not results.give_refusal(user, self.case, result),
            "may_cancel": stands and not results.cancel_refusal(user, self.case, result),
        }
        return super().get_context_data(**shown | context)

    def obstacle(self):
        if self.result.cancelled_at is None:
            return self.is_over()
        return f"{self.result.cancelled_by} cancelled this result: {self.result.cancelled_why}"

    def is_over(self) -> str | None:
        """Return the sentence that is shown instead of the form, if what this page is for was done already."""


class ResultArrived(ResultView):
    form_class = forms.ArrivalForm
    title, button = "A result has arrived", "Save the result"

    def is_over(self):
        return "This result has arrived." if self.result.arrived_at else None

    def perform(self, finding):
        result = results.record_arrival(self.result, finding, by=self.request.user)
        return f"“{result}” has arrived. {result.reader} reads it by {showing.moment(result.due_at)}."


class ReadResult(ResultView):
    """Record that a result was read: by its reader alone. Whoever sees the case may look."""

    title, button = "Have you read this result?", "I have read it"

    def admit(self, user):
        # Its e-mails lead here: those who were told in the reader's place, too, whose team may have the case no more.
        CaseView.admit(self, user)

    def is_over(self):
        if self.result.arrived_at is None:
            return "This result is still awaited."
        if self.result.read_at:
            return "This result was read."
        return None if self.is_reader else f"Only {self.result.reader} can record that it was read."

    def perform(self):
        results.read_result(self.result, by=self.request.user)
        return f"You have read “{self.result}”."


class ChangeReader(ResultView):
    """Give a result to another reader, such as when its reader has left or is away."""

    form_class = forms.ReaderForm
    title, button = "Who reads this result?", "Save"

    def refusal(self, user):
        return results.give_refusal(user, self.case, self.result)

    def admit(self, user):
        ActView.admit(self, user)

    def get_form_kwargs(self):
        had = Team.objects.filter(pk__in=self.case.entries.values("team")).exclude(pk=self.case.team_id)
        return super().get_form_kwargs() | {"team": self.case.team, "others": had}

    def get_context_data(self, **context):
        return super().get_context_data(may_give=False, **context)

    def is_over(self):
        return "This result was read." if self.result.read_at else None

    def perform(self, reader, why):
        results.change_reader(self.result, reader, why=why, by=self.request.user)
        return f"{reader} reads “{self.result}”."


class CancelResult(ResultView):
    """Cancel a result that is needed no more, or was recorded in error."""

    form_class = forms.CancelResultForm
    title, button = "Cancel this result", "Cancel the result"

    def get_context_data(self, **context):
        return super().get_context_data(**{"may_cancel": False} | context)

    def is_over(self):
        return results.cancel_refusal(self.request.user, self.case, self.result)

    def perform(self, why):
        result = results.cancel_result(self.result, by=self.request.user, why=why)
        return f"“{result}” is cancelled. It stays to be read, and counts no more."
