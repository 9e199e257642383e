"""Ask another team what holds a case up, with the words prepared."""

from django import forms
from django.urls import reverse
from django.utils.functional import cached_property

from cases import chasing, showing
from cases.web.date_input import DateField, ahead
from cases.web.form_look import PageForm
from cases.web.pages import ActView
from cases.web.team_field import TeamField


class ChaseForm(PageForm):
    team = TeamField(label="Which team?")
    text = forms.CharField(
        label="What do you ask them?",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="Change it as you like. Do not name the patient: the reference of the case is enough.",
    )
    due_on = DateField(label="By when?", help_text=ahead("For example {date}: until 5pm on that day."))

    def __init__(self, *args, addressees, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].choose_from(addressees)

    def clean_due_on(self):
        return chasing.five_on(self.cleaned_data["due_on"])


class Chase(ActView):
    act, form_class = "task", ChaseForm
    title, button = "Ask another team", "Send"
    lead = (
        "It becomes a task on their list, and they can read this case until it is done. "
        "For a team that does not work with Midwatch it becomes your own task: to ring or write to them."
    )

    @cached_property
    def addressees(self):
        return chasing.addressees(self.case)

    def obstacle(self):
        if not self.case.is_open:
            return "This case is closed: nobody is waited for."
        if not list(self.addressees):
            return "No other team may know of this case: it is restricted to the team that has it."
        return None

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"addressees": self.addressees}

    def get_initial(self):
        if not self.case.is_open:
            return {}
        first = self.addressees.waited_for[:1]
        return {
            "team": self.request.GET.get("team") or (str(first[0].pk) if first else ""),
            "text": chasing.prepared(self.case, self.entry, self.now),
            "due_on": chasing.proposed_due(self.case, self.now),
        }

    def perform(self, team, text, due_on):
        self.task = chasing.chase(self.case, team, text, due_at=due_on, by=self.request.user)
        if self.task.team == team:
            return f"{team} is asked to answer by {showing.moment(due_on)}."
        return (
            f"{team} does not work with Midwatch. Ring or write to them: here is what to say, and how to reach them."
        )

    def get_success_url(self):
        if self.task.team == self.case.team:
            return reverse("task", args=[self.case.reference, self.task.pk])
        return super().get_success_url()
