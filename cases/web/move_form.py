"""The form of a page that moves a case: facts about the stay that begins, the forms that are missing, what is passed
over and why, and a note. All of it is one form, so that it is sent, checked and shown again together.
"""

from dataclasses import dataclass, field

from django import forms
from django.forms import BoundField

from cases import asked, questionnaire
from cases.questionnaire import AnswersForm
from cases.web.forms import answers_form, long_text
from cases.web.mending import Mend, Missing

FACT, FORM, OVERRIDE, REASON = "fact.", "form.", "override.", "reason."  # no code has a full stop in it
YES = "yes"


@dataclass
class Part:
    """Fields that belong together: under a heading, those of one form or of one requirement that is not met."""

    heading: str = ""
    lead: list[str] = field(default_factory=list)  # paragraphs
    mends: list[Mend] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    fields: list[BoundField] = field(default_factory=list)  # of the form that is drawn


@dataclass(frozen=True)
class Asked:
    """What one page asks for a move of a case. ``forms``: by the code of each that is asked here, why; ``passable``:
    the missing things that its reader may pass over.
    """

    case: object
    transition: object
    facts: list = field(default_factory=list)
    forms: dict[str, str] = field(default_factory=dict)
    passable: list[Missing] = field(default_factory=list)
    needs_note: bool = False


def sent_forms(data, transition) -> list[str]:
    """Return the codes of the forms that were sent from the page, wanted still or not: nothing typed is lost."""
    return [code for code in asked.forms_wanted(transition) if any(key.startswith(f"{FORM}{code}.") for key in data)]


def sent_overrides(data, transition) -> list:
    """Return the requirements of the move that somebody wanted to pass over."""
    return [row for row in transition.requirements.all() if f"{OVERRIDE}{row.pk}" in data]


def way_form(base, about: Asked):
    """Return the form class that asks what ``about`` says, beside the fields of the form class ``base``."""
    fields, conditions, parts, passed_by = {}, {}, [], {}
    overrides = {lack.requirement.pk: lack for lack in about.passable}
    facts = Part(names=[f"{FACT}{fact.code}" for fact in about.facts])
    parts.append(facts)
    fields |= {f"{FACT}{fact.code}": _fact(fact) for fact in about.facts}
    for code, why in about.forms.items():
        part = _form_part(about.case.version_map.forms[code], why, fields, conditions)
        for key, lack in list(overrides.items()):
            if lack.requirement.check_name == asked.FORM and lack.requirement.options.get("form") == code:
                passed_by |= dict.fromkeys(part.names, f"{OVERRIDE}{key}")
                _override(part, overrides.pop(key), fields, conditions, also_form=True)
        parts.append(part)
    for lack in overrides.values():
        part = Part(heading="Not met yet", lead=[lack.sentence], mends=lack.mends)
        _override(part, lack, fields, conditions)
        parts.append(part)
    own = dict(base.base_fields)
    parts.append(Part(names=list(own)))
    values = {"conditions": conditions, "parts_asked": parts, "passed_by": passed_by, "needs_note": about.needs_note}
    return answers_form(type("WayForm", (WayForm,), fields | own | values))


class WayForm(AnswersForm):
    """``cleaned_data`` is what the operation takes: the page's own fields, ``facts``, ``forms``, ``overriding``."""

    parts_asked, passed_by, needs_note = (), {}, False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.needs_note and "note" in self.fields:
            self.fields["note"].required = True
            self.fields["note"].error_messages["required"] = "Write a note: this move requires one."

    @property
    def parts(self) -> list[Part]:
        """What the page shows, in its order."""
        return [
            Part(part.heading, part.lead, part.mends, part.names, [self[name] for name in part.names])
            for part in self.parts_asked
            if part.names
        ]

    def is_asked(self, code):
        passed_over = code in self.passed_by and YES in (self[self.passed_by[code]].data or ())
        return super().is_asked(code) and not passed_over

    def clean(self):
        answers = super().clean()
        sent = {name: value for name, value in answers.items() if "." not in name}
        sent["facts"] = {name.removeprefix(FACT): value for name, value in answers.items() if name.startswith(FACT)}
        sent["overriding"] = {
            int(name.removeprefix(OVERRIDE)): answers.get(REASON + name.removeprefix(OVERRIDE)) or ""
            for name, value in answers.items()
            if name.startswith(OVERRIDE) and value
        }
        sent["forms"] = {}
        for name, value in answers.items():
            if name.startswith(FORM) and not (name in self.passed_by and name in self.unasked):
                code, question = name.removeprefix(FORM).split(".")
                sent["forms"].setdefault(code, {})[question] = value
        return sent


def _fact(fact):
    choices = [(choice, choice) for choice in fact.choices]
    label = fact.question or fact.name
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, required=False)


def _form_part(definition, why, fields, conditions) -> Part:
    """Add the questions of a form, each under a name with the form's code, and return them as a part."""
    form, prefix = questionnaire.form_class(definition), f"{FORM}{definition.code}."
    fields |= {prefix + code: question for code, question in form.base_fields.items()}
    conditions |= {prefix + code: (prefix + other, answer) for code, (other, answer) in form.conditions.items()}
    lead = list(filter(None, [why, definition.introduction]))
    return Part(definition.name, lead, names=[prefix + code for code in form.base_fields])


def _override(part, lack, fields, conditions, *, also_form=False):
    """Add the choice to pass over what is missing, and the reason that it needs."""
    override, reason = f"{OVERRIDE}{lack.requirement.pk}", f"{REASON}{lack.requirement.pk}"
    fields[override] = forms.MultipleChoiceField(
        label="Or move without it" if also_form else "Move although this is not met",
        choices=[(YES, "Move the case all the same")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Your name and your reason stay on the record for ever."
        + (" The questions above then need no answer." if also_form else ""),
    )
    fields[override].is_no_question = True
    fields[reason] = long_text("Why?", error_messages={"required": "Say why the case is moved all the same."})
    conditions[reason] = (override, YES)
    part.names += [override, reason]
