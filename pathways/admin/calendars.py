"""Calendars: the hours of a week, and the days on which a service is closed besides bank holidays."""

from django import forms
from django.contrib import admin, messages
from django.template.response import TemplateResponse

from pathways.admin.recorded import RecordedAdmin, RecordedFormSet, RecordedInline
from pathways.models import Calendar, Closure, OpeningHours
from pathways.models.calendars import Weekday
from pathways.opening_hours import week
from pathways.registry import CONSEQUENCES


class HoursFormSet(RecordedFormSet):
    def clean(self):
        """Refuse hours that overlap, also among those that are just being typed."""
        super().clean()
        if any(self.errors):
            return
        hours = {}
        for form in self.forms:
            row = form.instance
            if row.opens is not None and row.closes is not None and form not in self.deleted_forms:
                closes = f"{row.closes:%H:%M}"
                span = [f"{row.opens:%H:%M}", "24:00" if closes == "00:00" else closes]
                hours.setdefault(Weekday(row.weekday).name.lower()[:3], []).append(span)
        try:
            if hours:
                week(hours)
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from None


class HoursInline(RecordedInline):
    model = OpeningHours
    formset = HoursFormSet


class ClosuresInline(RecordedInline):
    model = Closure


class NotConfirmed(Exception):
    """The change touches open cases, and nobody has said yes to that. It takes what was saved back."""

    def __init__(self, cases: int):
        self.cases = cases


@admin.register(Calendar)
class CalendarAdmin(RecordedAdmin):
    list_display = ["name", "code", "nation"]
    search_fields = ["name", "code"]
    inlines = [HoursInline, ClosuresInline]

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except NotConfirmed as asked:
            return self._ask(request, object_id, asked.cases)

    def save_related(self, request, form, formsets, change):
        """Save hours and closures too; then say how many cases that touches, and go on only when that was confirmed.

        The page's transaction is undone by the question: nothing is saved in part.
        """
        super().save_related(request, form, formsets, change)
        if not change:
            return  # nothing is counted with a calendar that is new
        calendar = Calendar.objects.get(pk=form.instance.pk)
        if "_confirmed" in request.POST:
            changed = CONSEQUENCES["calendar"].apply(calendar, by=request.user)
            messages.success(request, f"Open cases whose times were counted anew: {changed}.")
        elif cases := CONSEQUENCES["calendar"].preview(calendar):
            raise NotConfirmed(cases)

    def _ask(self, request, object_id, cases):
        calendar = self.get_object(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Change {calendar}?",
            "calendar": calendar,
            "cases": cases,
            "sent": [(k, v) for k, vs in request.POST.lists() for v in vs if k != "csrfmiddlewaretoken"],
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/pathways/calendar/confirm.html", context)
