"""The form of the page that takes a detour: what its pathway asks at once, and a note."""

from cases import questionnaire
from cases.questionnaire import AnswersForm
from cases.web.forms import DetourForm, answers_form, long_text

ANSWER = "answer."  # no code of a question has a full stop in it


def take_form(definition):
    """Return the form class that asks the questions of ``definition`` (None: only what has happened)."""
    if definition is None:
        return DetourForm
    form = questionnaire.form_class(definition)
    fields = {f"{ANSWER}{code}": field for code, field in form.base_fields.items()}
    conditions = {ANSWER + code: (ANSWER + other, answer) for code, (other, answer) in form.conditions.items()}
    fields["note"] = long_text("Anything else?", required=False)
    return answers_form(type("TakeForm", (TakeForm,), fields | {"conditions": conditions}))


class TakeForm(AnswersForm):
    """``cleaned_data`` is what the operation takes: the note, and the answers by the codes of their questions."""

    def clean(self):
        given = super().clean()
        answers = {name.removeprefix(ANSWER): value for name, value in given.items() if name.startswith(ANSWER)}
        return {"note": given.get("note") or "", "answers": answers}
