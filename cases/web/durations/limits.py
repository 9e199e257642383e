"""Decide that the weekly chart of a stage begins anew, with a reason; withdraw that."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.views.generic import FormView
from django.views.generic.base import View

from cases import limits_decisions
from cases.models import LimitsDecision
from cases.refusals import Refused
from cases.showing import day
from cases.web.date_input import DateField, past
from cases.web.durations.pages import PathwayFigures
from cases.web.form_look import PageForm


class LimitsForm(PageForm):
    """From when on new limits count, and why."""

    after = DateField(
        label="From which week on?", help_text=past("Any day of the first week that counts. For example {date}.")
    )
    reason = forms.CharField(
        label="What was changed?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For example: a second reporting session every Thursday. It stands below the chart, with your name.",
    )


class LimitsAct(PathwayFigures):
    def admit(self, user):
        super().admit(user)
        if not limits_decisions.may_decide(user):
            raise PermissionDenied(limits_decisions.NOT_YOURS)

    def get_success_url(self):
        return self.page_of(self.stage.code)


class DecideLimits(LimitsAct, FormView):
    template_name = "people/act.html"
    form_class = LimitsForm

    def form_valid(self, form):
        try:
            decision = limits_decisions.recalculate_limits(
                self.pathway, self.stage.code, **form.cleaned_data, by=self.request.user
            )
        except Refused as refused:
            return self.render_to_response(self.get_context_data(form=form, refusals=refused.reasons))
        messages.success(self.request, f"The chart begins anew with the week of {day(decision.after)}.")
        return redirect(self.get_success_url())

    def get_context_data(self, **context):
        words = {
            "title": "Begin anew with the limits",
            "team": self.stage.name,
            "lead": "Do this only when something was changed for good and the chart shows it: the weeks before do not "
            "count for the limits any more.",
            "button": "Decide it",
            "back": self.get_success_url(),
        }
        return super().get_context_data(**words | {"form": self.get_form()} | context)


class WithdrawLimits(LimitsAct, View):
    http_method_names = ["post"]

    def post(self, request, **kwargs):
        decision = get_object_or_404(LimitsDecision, pk=kwargs["pk"], pathway=self.pathway, stage_code=self.stage.code)
        try:
            limits_decisions.withdraw(decision, by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, "The decision is withdrawn: the chart has the limits that it had before.")
        return redirect(self.get_success_url())
