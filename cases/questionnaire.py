"""A form of the map as a form on the screen, and its answers as they are kept."""

from django import forms

from cases.refusals import Refused
from pathways.models.forms import QuestionKind

YES_NO = [("yes", "Yes"), ("no", "No")]


def form_class(definition):
    """Return the Django form class that asks the questions of ``definition``, one field each, named by the question's
    code.
    """
    fields = {question.code: _field(question) for question in definition.questions.all()}
    conditions = {q.code: (q.shown_if_code, q.shown_if_answer) for q in definition.questions.all() if q.shown_if_code}
    return type("AnswersForm", (AnswersForm,), fields | {"conditions": conditions})


class AnswersForm(forms.Form):
    """A form in which some questions are asked only if another answer is given; the answers to the others are dropped.

    ``conditions``: {question code: (code of the other question, its answer)}.
    """

    conditions = {}

    def full_clean(self):
        self.unasked = set()
        for code in self.fields:
            if not self.is_asked(code):
                self.unasked.add(code)
        required = {code: self.fields[code].required for code in self.unasked}
        for code in self.unasked:
            self.fields[code].required = False
        super().full_clean()
        for code in self.unasked & set(self._errors or ()):
            del self._errors[code]
        for code in self.unasked:  # drawn again, it is not optional: it is required as soon as it is asked
            self.fields[code].required = required[code]

    def is_asked(self, code) -> bool:
        """Is the question asked, as the others are answered? The ones before it have been looked at."""
        if code not in self.conditions:
            return True
        other, wanted = self.conditions[code]
        given = self[other].data if other in self.fields else None
        return other not in self.unasked and wanted in (given if isinstance(given, list) else [given])

    def clean(self):
        return {code: None if code in self.unasked else value for code, value in super().clean().items()}


def _field(question):
    shared = {"label": question.text, "help_text": question.hint, "required": question.required}
    missing = {"required": f"Answer “{question.text}”."}
    match question.kind:
        case QuestionKind.LONG_TEXT:
            return forms.CharField(widget=forms.Textarea(attrs={"rows": 5}), error_messages=missing, **shared)
        case QuestionKind.NUMBER:
            return forms.DecimalField(
                min_value=question.minimum, max_value=question.maximum, error_messages=missing, **shared
            )
        case QuestionKind.DATE:
            return forms.DateField(error_messages=missing, **shared)
        case QuestionKind.YES_NO:
            return forms.ChoiceField(choices=YES_NO, widget=forms.RadioSelect, error_messages=missing, **shared)
        case QuestionKind.ONE_OF:
            choices = [(choice, choice) for choice in question.choices]
            return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, error_messages=missing, **shared)
        case QuestionKind.SEVERAL_OF:
            choices = [(choice, choice) for choice in question.choices]
            return forms.MultipleChoiceField(
                choices=choices, widget=forms.CheckboxSelectMultiple, error_messages=missing, **shared
            )
    return forms.CharField(max_length=1000, error_messages=missing, **shared)


def answers_in_words(definition, answers: dict) -> list[dict]:
    """Check ``answers`` and return them with the questions' wording of today: what a FormRecord keeps.

    Raises Refused with a sentence for each answer that is missing or wrong.
    """
    asked = {question.code: question for question in definition.questions.all()}
    if wrong := [
        f"{asked[code].text}: Give one answer, not a list."
        for code, answer in answers.items()
        if isinstance(answer, list) and code in asked and asked[code].kind != QuestionKind.SEVERAL_OF
    ]:
        raise Refused(wrong)
    form = form_class(definition)(answers)
    if not form.is_valid():
        raise Refused(
            [f"{form.fields[name].label}: {error}" for name, errors in form.errors.items() for error in errors]
        )
    return [
        {"code": q.code, "question": q.text, "kind": q.kind, "answer": _plain(form.cleaned_data.get(q.code))}
        for q in asked.values()
        if q.code not in form.unasked
    ]


def _plain(value):
    """The answer as JSON keeps it: dates in ISO form, numbers as they were typed."""
    if value is None or isinstance(value, (str, list)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
