"""Calendars: the hours of a week, and the days on which a service is closed besides bank holidays."""

from django import forms
from django.contrib import admin

from pathways.admin.recorded import RecordedAdmin, RecordedFormSet, RecordedInline
from pathways.models import Calendar, Closure, OpeningHours
from pathways.models.calendars import Weekday
from pathways.opening_hours import week


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


@admin.register(Calendar)
class CalendarAdmin(RecordedAdmin):
    list_display = ["name", "code", "nation"]
    search_fields = ["name", "code"]
    inlines = [HoursInline, ClosuresInline]
