"""How long cases stay in each stage: the page for managers."""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.generic.base import TemplateView

from cases import access, durations
from cases.durations.summary import PERCENTILES
from cases.showing import LONDON
from cases.web.date_input import DateField
from cases.web.form_look import PageForm
from cases.web.pages import SignedInView
from pathways.models import Pathway

NOT_YOURS = "Stage durations are for managers of a team, pathway administrators and inspectors. Ask your manager."


class AsOfForm(PageForm):
    """As of the end of which day. Empty: now."""

    as_of = DateField(label="As of the end of", required=False, help_text="For example 31 3 2026. Empty: now.")

    marks_optional = False


class FiguresView(SignedInView, TemplateView):
    def admit(self, user):
        if not access.sees_figures(user):
            raise PermissionDenied(NOT_YOURS)

    def get_context_data(self, **context):
        published = Pathway.objects.exclude(versions__published_at=None).distinct()
        return super().get_context_data(pathways=published, now=self.now, **context)


class Pathways(FiguresView):
    template_name = "cases/durations_of_pathways.html"


class StageDurations(FiguresView):
    template_name = "cases/durations.html"

    def get_context_data(self, **context):
        pathway = get_object_or_404(Pathway, code=self.kwargs["code"])
        form = AsOfForm(self.request.GET)
        day = form.cleaned_data["as_of"] if form.is_valid() else None
        as_of = end_of(day) if day and day < timezone.localdate(self.now) else self.now
        table = durations.table(pathway, as_of)
        return super().get_context_data(
            pathway=pathway, form=form, as_of=as_of, table=table, percentiles=PERCENTILES, **context
        )


def end_of(day) -> datetime:
    """The first instant after ``day``, which is not 24 hours after its first on the days the clocks change."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=LONDON)
