"""Bring in a log: the list of those that were, the upload, the columns, the check, and how far the worker has come."""

import csv

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.generic import FormView
from django.views.generic.base import TemplateView, View
from django_htmx.http import HttpResponseClientRefresh

from cases import access
from cases.history_import import first_look, uploads
from cases.history_import.progress import Step
from cases.models import HistoryImport
from cases.refusals import Refused
from cases.spreadsheets import BYTE_ORDER_MARK, Line, harmless
from cases.web.import_forms import ColumnsForm, FinalsForm, UploadForm
from cases.web.pages import SignedInView

ON_A_PAGE = 25
REJECTED_SHOWN = 50
State = HistoryImport.State
STEPS = {
    State.CHECKING: (Step.READING, Step.MATCHING),
    State.IMPORTING: (Step.READING, Step.MATCHING, Step.CASES, Step.STAYS, Step.DUE_TIMES, Step.TIMERS, Step.SAVING),
}
HEADINGS = {
    State.UPLOADED: "Taken in",
    State.MATCHED: "Ready to be checked",
    State.CHECKING: "It is being checked",
    State.CHECKED: "It was checked",
    State.IMPORTING: "It is being brought in",
    State.DONE: "It was brought in",
    State.THROWN_AWAY: "It was thrown away",
}


@method_decorator(never_cache, name="dispatch")
class ImportView(SignedInView):
    def admit(self, user):
        access.require_import(user)

    def handle_no_permission(self):
        if self.request.htmx:  # or the page to sign in would stand where the progress was
            return HttpResponseClientRefresh()
        return super().handle_no_permission()

    def refuse(self, refused, **context):
        """Show the page again with why it cannot be done."""
        return self.render_to_response(self.get_context_data(refusals=refused.reasons, **context), status=409)


class Imports(ImportView, TemplateView):
    template_name = "imports/list.html"

    def get_context_data(self, **context):
        records = HistoryImport.objects.select_related("uploaded_by", "pathway")
        page = Paginator(records, ON_A_PAGE).get_page(self.request.GET.get("page"))
        return super().get_context_data(page=page, now=self.now, **context)


class AddImport(ImportView, FormView):
    template_name = "imports/add.html"
    form_class = UploadForm

    def form_valid(self, form):
        file = form.cleaned_data["file"]
        try:
            record = uploads.upload(file.name, file.read(), by=self.request.user, **form.goes_to)
        except Refused as refused:
            return self.refuse(refused, form=form)
        return redirect("match_columns", record.pk)


class RecordView(ImportView):
    """A page about one import."""

    @cached_property
    def record(self):
        records = HistoryImport.objects.select_related("uploaded_by", "asked_by", "pathway")
        return get_object_or_404(records, pk=self.kwargs["pk"])

    def get_context_data(self, **context):
        return super().get_context_data(record=self.record, now=self.now, **context)


class FileView(RecordView, FormView):
    """A question about a file that is here and not worked on; else the page of its import says how it stands.

    The button “_look” shows the page with the answers as they are, and does nothing.
    """

    @property
    def is_asked(self):
        return not self.record.is_over and not uploads.is_busy(self.record)

    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs) if self.is_asked else redirect(self.record)

    def post(self, request, *args, **kwargs):
        if not self.is_asked:
            return redirect(self.record)
        if "_look" in request.POST:
            return self.render_to_response(self.get_context_data(form=self.get_form()))
        return super().post(request, *args, **kwargs)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"record": self.record}


class MatchColumns(FileView):
    """What the columns mean, and the first rows as they are understood by that."""

    template_name = "imports/columns.html"
    form_class = ColumnsForm

    def get_form_kwargs(self):
        with uploads.opened(self.record) as file:
            return super().get_form_kwargs() | {"columns": first_look.columns(file)}

    def form_valid(self, form):
        user = self.request.user
        try:
            record = uploads.match(self.record, form.chosen, by=user)
            if record.makes_pathway:
                return redirect("choose_finals", record.pk)
            return redirect(uploads.check(record, by=user))
        except Refused as refused:
            return self.refuse(refused, form=form)

    def get_context_data(self, **context):
        context = super().get_context_data(**context)
        chosen = context["form"].chosen
        context |= {"chosen": chosen, "rows": [], "unreadable": [], "width": 3 + len(chosen.facts)}
        if all((chosen.case, chosen.stage, chosen.time)):
            try:
                with uploads.opened(self.record) as file:
                    read = first_look.first_rows(file, chosen)
            except Refused as refused:
                context["unreadable"] = refused.reasons
            else:
                context["rows"] = [(row, [(row.facts or {}).get(name, "") for name in chosen.facts]) for row in read]
        return context


class ChooseFinals(FileView):
    """With which stages of a new pathway a case ends."""

    template_name = "imports/finals.html"
    form_class = FinalsForm

    @property
    def is_asked(self):
        return super().is_asked and self.record.stages

    def form_valid(self, form):
        user = self.request.user
        try:
            record = uploads.choose_finals(self.record, form.cleaned_data["finals"], by=user)
            return redirect(uploads.check(record, by=user))
        except Refused as refused:
            return self.refuse(refused, form=form)


class ImportPage(RecordView, TemplateView):
    """How an import stands: how far the worker has come, what the check found, what it brought, or why it failed."""

    template_name = "imports/import.html"

    def get(self, request, *args, **kwargs):
        if self.record.state == State.UPLOADED:
            return redirect("match_columns", self.record.pk)
        if request.htmx and not self._goes_on:  # the page says something else now
            return HttpResponseClientRefresh()
        return super().get(request, *args, **kwargs)

    def get_template_names(self):
        return ["imports/progress.html"] if self.request.htmx else super().get_template_names()

    @cached_property
    def _goes_on(self):
        return uploads.is_busy(self.record)

    def get_context_data(self, **context):
        record = self.record
        rejected = list(record.rejected_rows.all()[:REJECTED_SHOWN])
        stands_still = record.is_at_work and not self._goes_on
        return super().get_context_data(
            heading="It did not work" if stands_still or record.state == State.FAILED else HEADINGS[record.state],
            shows_findings=record.is_checked and not self._goes_on and record.state != State.THROWN_AWAY,
            goes_on=self._goes_on,
            failed=self._why(stands_still),
            told=self._told,
            steps=self._steps(self._told) if self._goes_on else [],
            rejected=rejected,
            more_rejected=(record.rejected or 0) - len(rejected) if rejected else 0,
            **context,
        )

    def _why(self, stands_still):
        """Why there is no result, in sentences."""
        if stands_still:
            return [uploads.STOPPED if self.record.taken_at else uploads.NO_WORKER]
        return self.record.said if self.record.state == State.FAILED else []

    @cached_property
    def _told(self):
        return uploads.progress(self.record) if self._goes_on else None

    def _steps(self, told):
        """The steps of the work, each with whether it is done, and how much of it is."""
        names = list(STEPS[self.record.state])
        if told and told.step == Step.WAITING:
            names.insert(1, Step.WAITING)
        at = names.index(told.step) if told and told.step in names else -1
        for place, step in enumerate(names):
            yield {
                "label": step.label,
                "is_done": place < at,
                "is_now": place == at,
                "rows": told.rows if told and step == Step.READING and place <= at else None,
                "done": told.done if told and step == Step.TIMERS and place == at else None,
            }


class ActOnImport(ImportPage):
    """A button on the page of an import; ``operation`` is what it calls."""

    operation = None
    said = ""
    http_method_names = ["post"]

    def post(self, request, *args, **kwargs):
        try:
            record = type(self).operation(self.record, by=request.user)
        except Refused as refused:
            for read in ("record", "_goes_on", "_told"):  # as it is now
                self.__dict__.pop(read, None)
            return self.refuse(refused)
        if self.said:
            messages.success(request, self.said.format(record=record))
        return redirect(record)


class CheckImport(ActOnImport):
    operation = staticmethod(uploads.check)


class BringIn(ActOnImport):
    operation = staticmethod(uploads.bring_in)


class ThrowAway(ActOnImport):
    operation = staticmethod(uploads.throw_away)
    said = "{record} was thrown away. Nothing of it was brought in."


class DownloadRejected(RecordView, View):
    """All rows that were rejected, as CSV."""

    def get(self, request, *args, **kwargs):
        response = StreamingHttpResponse(self._lines(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="rejected-rows-{self.record.pk}.csv"'
        return response

    def _lines(self):
        writer = csv.writer(Line())
        yield BYTE_ORDER_MARK + writer.writerow(["Row", "Why it was rejected"])
        for number, reason in self.record.rejected_rows.values_list("number", "reason").iterator(chunk_size=2000):
            yield writer.writerow([number, harmless(reason)])
