"""“What would it have meant?”: a draft, or another calendar, tried on the cases of the last weeks. Counts alone."""

from datetime import date, timedelta

from django import forms
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.views.generic.base import TemplateView

from cases import access, past_stays
from cases.refusals import Refused
from cases.web.form_look import PageForm
from cases.web.pages import SignedInView
from cases.what_if_report import report
from pathways.models import Calendar, Pathway

AT_MOST = 100_000  # stays that are tried while somebody waits for the page: some ten seconds
NOT_YOURS = "This page is for pathway administrators and inspectors. Ask one of them."


class TrialForm(PageForm):
    """What to try, and how far back to look."""

    version = forms.TypedChoiceField(label="Version", coerce=int, required=False, empty_value=None)
    calendar = forms.ChoiceField(label="Calendar", required=False)
    days = forms.IntegerField(
        label="Days to look back",
        min_value=past_stays.DAYS[0],
        max_value=past_stays.DAYS[-1],
        error_messages={"required": "Say how many days to look back, for example 90."},
    )

    marks_optional = False

    def __init__(self, *args, pathway, **kwargs):
        super().__init__(*args, **kwargs)
        versions = pathway.versions.order_by("-number")
        self.fields["version"].choices = [(v.number, f"Version {v.number} ({v.status})") for v in versions]
        calendars = [(calendar.code, calendar.name) for calendar in Calendar.objects.all()]
        self.fields["calendar"].choices = [("", "As the version says"), *calendars]


class WhatIf(SignedInView, TemplateView):
    template_name = "cases/what_if.html"

    def admit(self, user):
        if not (user.has_perm("pathways.change_pathwayversion") or access.is_inspector(user)):
            raise PermissionDenied(NOT_YOURS)

    def get_context_data(self, **context):
        pathway = get_object_or_404(Pathway, code=self.kwargs["code"])
        form = TrialForm(self._asked(pathway), pathway=pathway)
        found, refusals = None, []
        if form.is_valid():
            try:
                found = self._try(pathway, **form.cleaned_data)
            except Refused as refused:
                refusals = refused.reasons
        # Whoever has just opened the page has done nothing wrong: what is missing is said, and is no error.
        why = "refusals" if self.request.GET else "missing"
        return super().get_context_data(**{why: refusals}, pathway=pathway, form=form, found=found, **context)

    def _asked(self, pathway):
        draft = pathway.versions.filter(status="draft").first() or pathway.active_version
        asked = {"days": past_stays.DEFAULT_DAYS, "version": draft.number if draft else "", "calendar": ""}
        return asked | self.request.GET.dict()

    def _try(self, pathway, *, version, calendar, days):
        trial = past_stays.trial(pathway, number=version, calendar=calendar or None, days=days)
        number = past_stays.number_of_stays(trial, self.now)
        if number > AT_MOST:
            asked = f"--version-number {trial.other.number}" + (f" --calendar {calendar}" if calendar else "")
            raise Refused(
                f"In the last {days} days there are {number} stays, too many for a page. Choose fewer days, or run "
                f"manage.py what_if {pathway.code} {asked} --days {days}."
            )
        found = report(trial, past_stays.run(trial, self.now))
        days = [day | {"on": date.fromisoformat(day["on"])} for day in found["by_day"]]
        shown = {"trial": trial, "by_day": days, "weeks": weeks(days), "busiest": busiest(days)}
        return found | shown | {"shifts_nothing": shifts_nothing(found["total"])}


def shifts_nothing(total) -> bool:
    """Would all lateness be found as it is now?"""
    moved = total["found_earlier"]["number"] + total["found_later"]["number"]
    return not (moved or total["found_only_now"] or total["found_only_then"])


def weeks(days) -> list[dict]:
    """Sum the days by weeks, each called by its Monday."""
    found = {}
    for day in days:
        week = found.setdefault(day["on"] - timedelta(days=day["on"].weekday()), {"now": 0, "then": 0})
        week["now"] += day["now"]
        week["then"] += day["then"]
    return [{"monday": monday, **counts} for monday, counts in sorted(found.items())]


def busiest(days) -> dict:
    """Return the day with the most escalations by each of the two, or nothing where there is none."""
    found = {side: max(days, key=lambda day: day[side], default=None) for side in ("now", "then")}
    return {side: {"on": day["on"], "number": day[side]} for side, day in found.items() if day and day[side]}
