"""What the pages ask for."""

from datetime import datetime, time

from django import forms
from django.utils import timezone

from cases import chasing, recording, results
from cases.showing import LONDON
from cases.watch.escalations import promise_refusal
from cases.web.date_input import DateField, ahead
from cases.web.form_look import LooksLikeNHS, PageForm
from cases.web.team_field import TeamField
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
        help_text=ahead(
            "For example {date}. The clock runs again at 9am on that day, if nobody resumes the case before."
        ),
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
    """An answer to an escalation: what is promised."""

    answer = long_text("What will be done?", help_text="For example: I call Imaging and get a date from them.")
    by_when = DateField(label="By when?", help_text=ahead("For example {date}: until 5pm on that day."))

    def clean_by_when(self):
        by_when = chasing.five_on(self.cleaned_data["by_when"])
        if sentence := promise_refusal(by_when, timezone.now()):
            raise forms.ValidationError(sentence)
        return by_when


class PersonField(forms.ChoiceField):
    """A person of a team, or of several, or None where ``nobody`` says what that means."""

    default_error_messages = {"invalid_choice": "Choose a person who is in the team."}

    def __init__(self, *, nobody="", **options):
        super().__init__(**options)
        self.nobody, self.people = nobody, {}

    def choose_from(self, team, *others):
        """Offer the people of ``team``; where there are ``others``, those of each team under its name."""
        members = Membership.objects.filter(team__in=[team, *others], user__is_active=True).select_related("user")
        by_team = {one.pk: [] for one in (team, *others)}
        for member in members.order_by("user__last_name", "user_id"):
            by_team[member.team_id].append((str(member.user_id), str(member.user)))
            self.people[str(member.user_id)] = member.user
        first = ("nobody", self.nobody.format(team=team)) if self.nobody else ("", "Choose a person")
        groups = [(str(one), by_team[one.pk]) for one in (team, *others) if by_team[one.pk]]
        self.choices = [first, *(groups if others else by_team[team.pk])]

    def clean(self, value):
        return self.people.get(super().clean(value))


class FormOfTeam(PageForm):
    """A form that asks for a person of ``team``, in the field that is named by ``person``."""

    person = "owner"

    def __init__(self, *args, team, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields[self.person].choose_from(team)


class AssignForm(FormOfTeam):
    """Who of the case's team has the case."""

    owner = PersonField(label="Who has this case?", nobody="Nobody yet: {team} as a whole", widget=forms.RadioSelect)
    note = long_text("Note", required=False)


class TaskForm(FormOfTeam):
    """A task by hand: for the case's team, one of its people, or another team (of ``others``)."""

    title = forms.CharField(label="What is to be done?", max_length=200, help_text="For example: chase the report.")
    text = long_text("More about it", required=False, help_text="For example whom to ring, and what to ask.")
    owner = PersonField(label="Who does it?", nobody="Anybody in {team}")
    team = TeamField(
        label="Or another team?",
        nobody="No other team",
        required=False,
        help_text="Until it is done they can read this case.",
    )
    due_on = DateField(
        label="By when?",
        required=False,
        help_text=ahead(
            "For example {date}: until 5pm on that day. A task without a date does not bring the case up again."
        ),
    )

    def __init__(self, *args, others, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].choose_from(others)

    def clean_due_on(self):
        day = self.cleaned_data["due_on"]
        return chasing.five_on(day) if day else None

    def clean(self):
        if self.cleaned_data.get("owner") and self.cleaned_data.get("team"):
            self.add_error("team", "Choose a person of your own team or another team, not both.")
        return super().clean()


class TaskDoneForm(PageForm):
    outcome = long_text("What came of it?", required=False, help_text="For example: rang, she comes on Friday.")


class CancelTaskForm(PageForm):
    why = long_text("Why is it cancelled?", help_text="For example: the report came by itself.")


class GiveTaskForm(FormOfTeam):
    owner = PersonField(label="Who does this task?", nobody="Anybody in {team}", widget=forms.RadioSelect)


class ResultForm(FormOfTeam):
    """A result that is awaited, and who reads it."""

    person = "reader"

    what = forms.CharField(label="Which result is awaited?", max_length=200, help_text="For example: echocardiogram.")
    reader = PersonField(
        label="Who reads it?", help_text="They alone can record that it was read.", widget=forms.Select
    )
    read_within_days = forms.IntegerField(
        label="Within how many days of its arrival?",
        required=False,
        initial=results.READ_WITHIN_DAYS,
        help_text=f"From 1 to {results.MOST_DAYS}. If it lies unread for longer, the reader is told, and a day later "
        "the managers.",
        error_messages={"invalid": "Write the number of days in digits, for example 2."},
        widget=forms.TextInput(attrs={"class": "nhsuk-input--width-2", "inputmode": "numeric"}),
    )

    def clean_read_within_days(self):
        days = self.cleaned_data["read_within_days"]
        return results.READ_WITHIN_DAYS if days is None else days


class ReaderForm(PageForm):
    """Another person of the case's team, or of ``others`` that have had the case, reads a result, and why."""

    reader = PersonField(
        label="Who reads it?",
        widget=forms.Select,
        error_messages={"invalid_choice": "Choose a person of a team that has or has had this case."},
    )
    why = long_text("Why?", help_text="For example: Ada Reed has left the team.")

    def __init__(self, *args, team, others, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reader"].choose_from(team, *others)


class CancelResultForm(PageForm):
    why = long_text(
        "Why is it cancelled?",
        help_text="For example: asked for twice, or this is the result of another patient. A result that is needed "
        "and will not come is not cancelled: record that as what has arrived, so that its reader knows.",
    )


class ArrivalForm(PageForm):
    finding = long_text(
        "What does the result say?",
        help_text="For example: normal. Or where the report can be read. If it will not come any more, say why: "
        "its reader then knows.",
    )


class DocumentForm(PageForm):
    """A file, and what to call it if its own name says nothing."""

    file = forms.FileField(
        label="Which file?",
        error_messages={"required": "Choose a file."},
        widget=forms.FileInput(attrs={"accept": ",".join(recording.KINDS)}),
        allow_empty_file=True,  # so that the operation says what is wrong with it
        help_text="A PDF, a Word document (.docx), or a picture (.png or .jpg), of 10 MB at most.",
    )
    name = forms.CharField(
        label="What is it?",
        required=False,
        max_length=150,
        help_text="For example: referral letter. Empty: the file keeps its name.",
    )


class DetourForm(PageForm):
    note = long_text("What has happened?", help_text="What, when, and who noticed it.")


class OfferForm(PageForm):
    note = long_text(
        "What do they need to know?",
        help_text="For example: walks with a frame, lives alone. Everybody who sees the case can read it.",
    )


class AcceptForm(PageForm):
    answer = long_text("Note", required=False, help_text="For example: a carer comes from Monday on.")


class AcceptForThemForm(PageForm):
    answer = long_text("Who accepted, and how?", help_text="For example: Mrs Jones, by phone today at 10am.")


class DeclineForm(PageForm):
    why = long_text("Why is it declined?", help_text="For example: no bed is free before Monday.")


class DeclineForThemForm(DeclineForm):
    who = forms.CharField(
        label="Who said so, and how?", max_length=500, help_text="For example: Mrs Jones, by phone today at 10am."
    )


class ReturnForm(PageForm):
    why = long_text("Why is it returned?", help_text="For example: he cannot go home before the stairs are safe.")


class ReturnForThemForm(ReturnForm):
    who = forms.CharField(
        label="Who said so, and how?", max_length=500, help_text="For example: Mrs Jones, by phone today at 10am."
    )


class WithdrawForm(PageForm):
    why = long_text("Why is the offer withdrawn?", help_text="For example: the family takes her home.")


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
