"""What the pages about appointments, decisions and contacts ask."""

from django import forms

from cases import codes
from cases.questionnaire import AnswersForm
from cases.web.date_input import DateField, ahead, past
from cases.web.form_look import LooksLikeNHS, PageForm
from cases.web.forms import long_text
from cases.web.time_input import TimeField, instant

NOT_KNOWN = [("", "Choose how")]


def radios(label, choices, **options):
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, **options)


def told(label, **options):
    return forms.ChoiceField(label=label, choices=[*NOT_KNOWN, *codes.Told.choices], required=False, **options)


class BookForm(PageForm):
    """An appointment: what for, when, where and with whom."""

    kind = radios("What is the appointment for?", codes.Appointment.choices)
    on = DateField(label="On which date?", help_text=ahead("For example {date}."))
    at = TimeField(label="At what time?")
    where = forms.CharField(label="Where?", required=False, max_length=200, help_text="For example: Clinic 4.")
    whom = forms.CharField(label="With whom?", required=False, max_length=200, help_text="For example: Dr Rao.")
    told = told("How was the patient told?", help_text="Only what can be shown counts.")
    text = long_text("Note", required=False, help_text="For example: bring your tablets.")

    def clean(self):
        given = super().clean()
        given["expected_at"] = instant(given.pop("on", None), given.pop("at", None))
        return given


class MissedForm(PageForm):
    """A missed appointment that was not booked here."""

    outcome = radios("What happened?", [(code.value, code.label) for code in codes.MISSED])
    kind = radios("What was the appointment for?", codes.Appointment.choices)
    on = DateField(label="On which date was it?", help_text=past("For example {date}."))
    at = TimeField(label="At what time?")
    told = told("How was the patient told of it?", help_text="Only what can be shown counts.")
    text = long_text("Note", required=False, help_text="For example: rang at 10am, nobody answered.")

    def clean(self):
        given = super().clean()
        given["expected_at"] = instant(given.pop("on", None), given.pop("at", None))
        return given


class OutcomeForm(LooksLikeNHS, AnswersForm):
    """What came of an appointment; one that is rearranged asks for the new time."""

    outcome = radios("What happened?", codes.Outcome.choices)
    again_on = DateField(label="On which date is the new appointment?", help_text=ahead("For example {date}."))
    again_time = TimeField(label="At what time is the new appointment?")
    text = long_text("Note", required=False, help_text="For example: rang at 10am, nobody answered.")

    conditions = {
        "again_on": ("outcome", codes.Outcome.REARRANGED.value),
        "again_time": ("outcome", codes.Outcome.REARRANGED.value),
    }

    def clean(self):
        given = super().clean()
        given["again_at"] = instant(given.pop("again_on", None), given.pop("again_time", None))
        return given


D = codes.Decision
DECISIONS = [
    ("", "Choose what was decided"),
    ("It begins", [D.REFERRAL_RECEIVED, D.RE_REFERRED, D.CONSULTANT_UPGRADE, D.REQUEST_MADE]),
    ("Treatment", [D.DECISION_TO_TREAT, D.EARLIEST_DATE, D.NEW_TREATMENT, D.SECOND_SIDE, D.FIRST_TREATMENT]),
    ("Told", [D.TOLD_DIAGNOSIS, D.TOLD_ALL_CLEAR]),
    ("Wait and see", [D.MONITORING_BY_PATIENT, D.MONITORING_BY_CLINICIAN, D.MONITORING_ENDED]),
    ("No treatment here", [D.NOT_TO_TREAT, D.DECLINED, D.DISCHARGED_TO_GP, D.TRANSPLANT_LIST, D.DIED]),
    ("After a missed appointment", [D.OFFERED_AGAIN]),
]


class DecisionForm(PageForm):
    code = forms.ChoiceField(
        label="What was decided?",
        choices=[(group, [(one.value, one.label) for one in found] if group else found) for group, found in DECISIONS],
    )
    happened_on = DateField(
        label="On which date?",
        help_text="The day on which it was decided and the patient was told: the later, if those are two days.",
    )
    told = told("How was the patient told?", help_text="Needed for every decision that the patient must be told of.")
    text = long_text("Note", required=False, help_text="For example who decided, and why.")


class ContactForm(PageForm):
    code = radios("How was the contact?", codes.Contact.choices)
    happened_on = DateField(label="On which date?", help_text=past("For example {date}."))
    text = long_text("What was said or written?", help_text="For example: she is well and waits for the date.")


class StrikeForm(PageForm):
    why = long_text(
        "Why is it struck out?", help_text="It stays to be read, with your name and this reason, and counts no more."
    )
