"""What the pages ask for."""

from datetime import date, datetime, time

from django import forms
from django.utils import timezone

from cases.models.patient import Patient, validate_nhs_number
from cases.showing import LONDON
from cases.web.date_input import DateField
from cases.web.form_look import LooksLikeNHS, PageForm
from pathways.models import Membership

LINES = {"rows": 4}
HOLD_ENDS_AT = time(9)  # when people are there to take the case up again


def long_text(label, **options):
    return forms.CharField(label=label, widget=forms.Textarea(attrs=LINES), max_length=5000, **options)


class MoveForm(PageForm):
    note = long_text("Note", required=False, help_text="Why now, or what the next team must know.")


class HoldForm(PageForm):
    reason = forms.CharField(
        label="Why is the case put on hold?", max_length=500, help_text="Everybody who sees the case can read this."
    )
    until = DateField(
        label="At most until",
        help_text="For example 27 3 2026. The clock runs again at 9am on that day, if nobody resumes the case before.",
    )

    def clean_until(self):
        return datetime.combine(self.cleaned_data["until"], HOLD_ENDS_AT, tzinfo=LONDON)


class ResumeForm(PageForm):
    note = long_text("Note", required=False)


class CloseForm(PageForm):
    reason = long_text("Why is the case closed here?", help_text="For example: the patient has moved to another area.")


class ReopenForm(PageForm):
    reason = long_text("Why is the case reopened?")


class NoteForm(PageForm):
    text = long_text("Note", help_text="Everybody who sees the case can read it. It cannot be changed afterwards.")


class AnswerForm(PageForm):
    answer = long_text("What will be done, and by when?", help_text="For example: I call Imaging today before 3pm.")


class AssignForm(PageForm):
    """Who of the case's team has the case."""

    owner = forms.ChoiceField(label="Who has this case?", widget=forms.RadioSelect)
    note = long_text("Note", required=False)

    def __init__(self, *args, team, **kwargs):
        members = Membership.objects.filter(team=team, user__is_active=True).select_related("user")
        self.people = {str(member.user_id): member.user for member in members.order_by("user__last_name", "user_id")}
        super().__init__(*args, **kwargs)
        nobody = [("nobody", f"Nobody yet: {team} as a whole")]
        self.fields["owner"].choices = nobody + [(pk, str(user)) for pk, user in self.people.items()]

    def clean_owner(self):
        return self.people.get(self.cleaned_data["owner"])


class FindForm(PageForm):
    """On which pathway, and for whom: ``patient`` is the one Midwatch knows by that NHS number, or None."""

    pathway = forms.ChoiceField(label="Pathway", widget=forms.RadioSelect)
    nhs_number = forms.CharField(
        label="NHS number",
        required=False,
        max_length=20,
        help_text="10 digits, for example 999 123 4560. Leave it empty only if the patient has none yet.",
        widget=forms.TextInput(
            attrs={"class": "nhsuk-input--width-10", "inputmode": "numeric", "autocomplete": "off"}
        ),
    )

    patient = None

    def __init__(self, *args, pathways, **kwargs):
        self.pathways = {pathway.code: pathway for pathway in pathways}
        super().__init__(*args, **kwargs)
        self.fields["pathway"].choices = [(pathway.code, pathway.name) for pathway in pathways]

    def clean_pathway(self):
        return self.pathways[self.cleaned_data["pathway"]]

    def clean_nhs_number(self):
        number = "".join(self.cleaned_data["nhs_number"].split())
        if number:
            validate_nhs_number(number)
            self.patient = Patient.objects.filter(nhs_number=number).first()
        return number


class KnownPatientForm(PageForm):
    note = long_text("Note", required=False, help_text="Why the case is opened.")


class NewPatientForm(PageForm):
    family_name = forms.CharField(label="Family name", max_length=100)
    given_name = forms.CharField(label="Given names", max_length=100)
    born_on = DateField(label="Date of birth", help_text="For example 27 3 1962.")
    needs = forms.CharField(
        label="What they need", required=False, max_length=200, help_text="For example: needs an interpreter (Polish)."
    )
    note = long_text("Note", required=False, help_text="Why the case is opened.")

    def clean_born_on(self):
        born_on = self.cleaned_data["born_on"]
        if not date(1900, 1, 1) <= born_on <= timezone.localdate():
            raise forms.ValidationError("The date of birth must be in the past, and not before 1900. Check the year.")
        return born_on


def answers_form(form_class):
    """Return a questionnaire's form with the look of the pages; a date is asked for in three parts."""

    class AnswersForm(LooksLikeNHS, form_class):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            for name, field in self.fields.items():
                if isinstance(field, forms.DateField):
                    kept = {key: getattr(field, key) for key in ("label", "help_text", "required")}
                    self.fields[name] = DateField(error_messages=field.error_messages, **kept)
                elif isinstance(field, forms.DecimalField):
                    field.widget = forms.TextInput(attrs={"class": "nhsuk-input--width-5", "inputmode": "decimal"})

    return AnswersForm
