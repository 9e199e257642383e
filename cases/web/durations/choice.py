"""What figures are asked for: the choices above the board, in its address."""

from datetime import timedelta

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property

from cases.durations.chosen import Chosen
from cases.durations.days import end_of
from cases.showing import day
from cases.web.date_input import DateField, past
from cases.web.facts import to_choose_from
from cases.web.form_look import PageForm
from pathways.maps import version_map
from pathways.models import Team

PERIODS = [("30", "Last 30 days"), ("90", "Last 90 days"), ("182", "Last 6 months"), ("365", "Last 12 months")]
USUAL_PERIOD = "90"
FACT = "fact-"
OPEN_TIME, WITHOUT_HOLDS, EXACT = "open", "without", "yes"


class Choice(PageForm):
    """Which stays are counted, and how their time is. All optional; what is not understood is named, not applied."""

    period = forms.ChoiceField(label="Period", required=False, choices=PERIODS)
    team = forms.ChoiceField(label="Team", required=False)
    version = forms.ChoiceField(label="Version", required=False)
    time = forms.ChoiceField(
        label="Time", required=False, choices=[("", "All time"), (OPEN_TIME, "Opening hours only")]
    )
    holds = forms.ChoiceField(label="Holds", required=False, choices=[("", "Counted"), (WITHOUT_HOLDS, "Left out")])
    as_of = DateField(label="As of the end of", required=False, help_text=past("For example {date}. Empty: now."))

    marks_optional = False

    def __init__(self, data, *, pathway, versions, now):
        data = data.copy()
        data.setdefault("period", USUAL_PERIOD)
        super().__init__(data)
        self.pathway, self.versions, self.now = pathway, versions, now
        teams = Team.objects.filter(stages__version__pathway=pathway).distinct().order_by("name")
        self.fields["team"].choices = [("", "All teams"), *teams.values_list("code", "name")]
        numbers = [(str(version.number), f"Version {version.number}") for version in versions]
        self.fields["version"].choices = [("", "All versions"), *numbers]
        for code, name, answers in to_choose_from(version_map(versions[0].pk)) if versions else ():
            self.fields[FACT + code] = forms.ChoiceField(label=name, required=False, choices=[("", "Any"), *answers])
        # What only a log knows: a link of the explanations leads to it, and nobody can be asked to choose it.
        for name in data:
            if name.startswith(FACT) and name not in self.fields:
                self.fields[name] = forms.CharField(
                    label=name.removeprefix(FACT), required=False, max_length=200, widget=forms.HiddenInput
                )

    @cached_property
    def understood(self) -> dict:
        """What was chosen and understood, by field."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def not_understood(self) -> list[str]:
        self.is_valid()
        return [str(self.fields[name].label) for name in self.errors if name != "as_of"]

    @cached_property
    def chosen(self) -> Chosen:
        """What the figures are made of."""
        understood = self.understood
        today = timezone.localdate(self.now)
        asked = understood.get("as_of")
        last = asked if asked and asked < today else today
        return Chosen(
            pathway=self.pathway,
            version=next((v for v in self.versions if str(v.number) == understood.get("version")), None),
            team=Team.objects.filter(code=understood["team"]).first() if "team" in understood else None,
            facts={name.removeprefix(FACT): value for name, value in understood.items() if name.startswith(FACT)},
            first=last - timedelta(days=int(understood.get("period", USUAL_PERIOD)) - 1),
            last=last,
            as_of=end_of(last) if last < today else self.now,
            open_time=understood.get("time") == OPEN_TIME,
            without_holds=understood.get("holds") == WITHOUT_HOLDS,
        )

    @property
    def in_words(self) -> str:
        """What is shown, in one line: 4 March to 1 June 2026, all time, holds left out."""
        chosen, words = self.chosen, []
        words.append(f"{day(chosen.first)} to {day(chosen.last)}")
        words += [str(one) for one in (chosen.version, chosen.team) if one]
        words += [f"{self.fields[FACT + code].label}: {value}" for code, value in chosen.facts.items()]
        if chosen.open_time:
            words.append("opening hours only")
        if chosen.without_holds:
            words.append("holds left out")
        return ", ".join(words)

    def query(self, **more) -> str:
        """The choices as an address holds them, with ``more``; what is None is left out."""
        kept = QueryDict(mutable=True)
        for name in self.fields:
            for part in (name, *(f"{name}_{part}" for part in ("day", "month", "year"))):
                if self.data.get(part):
                    kept[part] = self.data[part]
        for name, value in more.items():
            kept.pop(name.replace("_", "-"), None)
            if value is not None:
                kept[name.replace("_", "-")] = value
        return kept.urlencode()

    @property
    def shown_first(self):
        return [self[name] for name in ("period", "team")]

    @property
    def folded(self):
        return [field for field in self.visible_fields() if field.name not in ("period", "team")]

    @property
    def is_unfolded(self) -> bool:
        """Is one of those chosen that are folded away?"""
        return bool(self.understood.keys() - {"period", "team"} or self.errors)
