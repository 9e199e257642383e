"""Filling in a form of the pathway, and reading one as it was answered."""

from datetime import date

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.views.generic.base import TemplateView

from cases import access, questionnaire, recording, showing
from cases.web.forms import answers_form
from cases.web.pages import ActView, CaseView
from pathways.models.forms import QuestionKind


class FillInForm(ActView):
    """Ask the questions of a form and record the answers."""

    template_name = "cases/fill_in.html"
    act = "form"

    @cached_property
    def definition(self):
        try:
            return self.case.version_map.forms[self.kwargs["code"]]
        except KeyError:
            raise Http404 from None

    def admit(self, user):
        super().admit(user)
        _ = self.definition

    def get_form_class(self):
        return answers_form(questionnaire.form_class(self.definition))

    def get_context_data(self, **context):
        asked = {"title": self.definition.name, "lead": self.definition.introduction, "button": "Save the answers"}
        return super().get_context_data(**asked | context)

    def form_valid(self, form):
        form.cleaned_data = {"answers": form.cleaned_data}  # the questions' codes are no names for arguments
        return super().form_valid(form)

    def perform(self, answers):
        recording.complete_form(self.case, self.definition, answers, by=self.request.user)
        return f"The {self.definition.name} is saved."


class FormRecordPage(CaseView, TemplateView):
    """A form as it was answered, in the words of that day."""

    template_name = "cases/form_record.html"

    def get_context_data(self, **context):
        records = self.case.form_records.select_related("form", "completed_by", "struck_by")
        record = get_object_or_404(records, pk=self.kwargs["pk"])
        answers = [(item["question"], answer_in_words(item["kind"], item["answer"])) for item in record.answers]
        refusal = access.strike_refusal(self.request.user, self.case.team, record.recorder_id)
        may_strike = record.struck_at is None and refusal is None
        return super().get_context_data(record=record, answers=answers, may_strike=may_strike, **context)


def answer_in_words(kind: str, answer) -> str:
    """Say a recorded answer as it was given; an en dash for a question that was left out."""
    if answer in (None, "", []):
        return showing.NOTHING
    if kind == QuestionKind.YES_NO:
        return dict(questionnaire.YES_NO).get(answer, answer)
    if isinstance(answer, list):
        return ", ".join(answer)
    if kind == QuestionKind.DATE:
        return showing.day(date.fromisoformat(answer))
    return str(answer)
