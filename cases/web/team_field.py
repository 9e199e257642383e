"""A team that is asked for, those first that a case waits for."""

from django import forms


class TeamField(forms.ChoiceField):
    """One of the teams that may be asked about a case, or None; ``nobody`` says what no choice means."""

    widget = forms.Select
    default_error_messages = {"invalid_choice": "Choose a team of the list."}

    def __init__(self, *, nobody="Choose a team", **options):
        super().__init__(**options)
        self.nobody, self.teams = nobody, {}

    def choose_from(self, addressees):
        """Offer the teams of ``addressees`` (cases.chasing) in their groups."""
        groups = {
            "Teams it waits for": addressees.waited_for,
            "Teams of this pathway": addressees.on_pathway,
            "Other teams": addressees.others,
        }
        self.teams = {str(team.pk): team for team in addressees}
        grouped = [(name, [(str(team.pk), str(team)) for team in teams]) for name, teams in groups.items() if teams]
        self.choices = [("", self.nobody), *grouped]

    def clean(self, value):
        return self.teams.get(super().clean(value))
