"""What people say about themselves and their team: when e-mails come, who is away, who is on duty."""

from datetime import date, datetime, time, timedelta

from django import forms

from cases.showing import LONDON, time_of_day
from cases.web.date_input import DateField, ahead
from cases.web.form_look import PageForm
from cases.web.forms import PersonField
from cases.web.time_input import TimeField, instant


class MailForm(PageForm):
    digest = forms.BooleanField(
        label="Send me a digest",
        required=False,
        help_text="One e-mail a day with all that is late or soon late, the worst first. Without it you get only "
        "urgent e-mails; everything else you find on your day.",
    )
    digest_at = TimeField(label="When does the digest come?", help_text="For example 8am.")
    working_days_only = forms.BooleanField(
        label="On working days only", required=False, help_text="Not on weekends and bank holidays in England."
    )
    quiet_from = TimeField(
        label="Quiet hours from", required=False, help_text="For example 8pm. A digest waits until they end."
    )
    quiet_until = TimeField(label="Quiet hours until", required=False, help_text="For example 7am.")

    def __init__(self, *args, initial=None, **kwargs):
        shown = {
            name: time_of_day(value) if isinstance(value, time) else value for name, value in (initial or {}).items()
        }
        super().__init__(*args, initial=shown, **kwargs)


class ColleagueField(PersonField):
    """One of some people, or nobody."""

    default_error_messages = {"invalid_choice": "Choose a person of the list."}

    def offer(self, people):
        self.people = {str(person.pk): person for person in people}
        self.choices = [("nobody", self.nobody), *((pk, str(person)) for pk, person in self.people.items())]


class AbsenceForm(PageForm):
    """From the first day away to the last, both whole; and who stands in, out of ``colleagues``."""

    first_on = DateField(label="First day away", help_text=ahead("For example {date}."))
    last_on = DateField(label="Last day away", help_text="The same as the first for one day.")
    deputy = ColleagueField(
        label="Who stands in?",
        nobody="Nobody",
        help_text="They get the e-mails that are meant for the one who is away. Nobody: those of the next step do.",
    )

    def __init__(self, *args, colleagues, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["deputy"].offer(colleagues)

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.pop("first_on", None), cleaned.pop("last_on", None)
        if first and last:
            last = min(last, date.max - timedelta(days=1))  # no day follows the last one there is
            cleaned["starts_at"], cleaned["ends_at"] = _midnight(first), _midnight(last + timedelta(days=1))
        return cleaned


class TeamAbsenceForm(AbsenceForm):
    """An absence of somebody in ``team``, whose people may stand in."""

    person = PersonField(label="Who is away?")
    field_order = ["person"]

    def __init__(self, *args, team, **kwargs):
        super().__init__(*args, colleagues=(), **kwargs)
        self.fields["person"].choose_from(team)
        self.fields["deputy"].offer(self.fields["person"].people.values())


class DutyForm(PageForm):
    """Who of ``team`` is on duty, from when until when."""

    person = PersonField(label="Who is on duty?")
    first_on = DateField(label="First day", help_text=ahead("For example {date}."))
    from_time = TimeField(label="From what time?", help_text="For example 8am.")
    last_on = DateField(label="Last day", help_text="For a night, the day on which it ends.")
    until_time = TimeField(label="Until what time?", help_text="For example 8pm.")

    def __init__(self, *args, team, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["person"].choose_from(team)

    def clean(self):
        cleaned = super().clean()
        cleaned["starts_at"] = instant(cleaned.pop("first_on", None), cleaned.pop("from_time", None))
        cleaned["ends_at"] = instant(cleaned.pop("last_on", None), cleaned.pop("until_time", None))
        return cleaned


def _midnight(day):
    return datetime.combine(day, time(0), tzinfo=LONDON)
