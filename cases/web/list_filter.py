"""Which cases a list shows and in what order: the choices above the worklist, in its address, and of the interface."""

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import CharField, Exists, FilteredRelation, OuterRef, Q, Value
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils.functional import cached_property

from cases import access
from cases.keyset import Order
from cases.lateness import lateness
from cases.models import Case, SavedView, StageEntry, Task
from cases.reasons import ALSO_CLOSED, Reason
from cases.web.facts import to_choose_from
from cases.web.form_look import PageForm
from pathways.maps import version_map
from pathways.models import Membership, PathwayVersion, Stage, Team

MY_TEAMS, MANAGED, MINE, NOBODYS, ANY = "@my-teams", "@managed", "@me", "@nobody", "@any"  # no code holds an @
LATENESS = [
    ("", "Any"),
    ("late", "Late"),
    ("today", "Late today"),
    ("1-day", "Due in the next day"),
    ("3-days", "Due in the next 3 days"),
    ("7-days", "Due in the next 7 days"),
    ("held", "On hold"),
    ("none", "No limit"),
]
STATUSES = [("", "Open"), ("closed", "Closed")]
STATUSES_OF_BOTH = [("", "Open and closed"), ("open", "Open"), ("closed", "Closed")]

BY_LIMIT = Order("due_at", may_be_null=True)
BY_CLOSING = Order("closed_at", descending=True)
ORDERS = {
    "": BY_LIMIT,
    "longest": Order("stay__entered_at", shown="entered_at"),
    "newest": Order("opened_at", descending=True),
    "oldest": Order("opened_at"),
}
SORTS = [
    ("", "Most late first"),
    ("longest", "Longest in their stage first"),
    ("newest", "Newest first"),
    ("oldest", "Oldest first"),
]
ALWAYS_SHOWN = ("pathway", "stage", "team", "owner", "late", "sort")
FACT = "fact-"


class FilterForm(PageForm):
    """Which cases to list. Everything is optional, and what is not understood is not applied but named."""

    pathway = forms.ChoiceField(label="Pathway", required=False)
    stage = forms.ChoiceField(label="Stage", required=False)
    team = forms.ChoiceField(label="Team", required=False)
    owner = forms.ChoiceField(label="Who has it", required=False)
    late = forms.ChoiceField(label="Time limit", required=False, choices=LATENESS)
    sort = forms.ChoiceField(label="Order", required=False, choices=SORTS)
    detour = forms.ChoiceField(label="Detour under way", required=False)
    reason = forms.ChoiceField(label="Why it is on the list", required=False)
    owes = forms.ChoiceField(label="Who has a task of it", required=False)
    status = forms.ChoiceField(label="Open or closed", required=False, choices=STATUSES)

    marks_optional = False

    def __init__(self, data, *, user, searched=False):
        # Who searches looks for one case, and some reasons hold for closed ones as well.
        self.of_both = searched or data.get("reason") in ALSO_CLOSED
        if data.get("status") == "open" and not self.of_both:
            data = data.copy()
            del data["status"]
        super().__init__(data)
        self.user = user
        there = self.there_is
        fields = self.fields
        fields["pathway"].choices = [
            ("", "All pathways"),
            *((version.pathway.code, version.pathway.name) for version in self.maps),
        ]
        fields["stage"].choices = self._stages()
        managed = [(MANAGED, "Teams I manage")] if access.manages_something(user) else []
        fields["team"].choices = [("", "All teams"), (MY_TEAMS, "My teams"), *managed, *there["team"]]
        fields["owner"].choices = [("", "Anybody"), (MINE, "Me"), (NOBODYS, "Nobody"), *there["person"]]
        fields["owes"].choices = [("", "Anybody or nobody"), (MINE, "Me"), *there["person"]]
        fields["detour"].choices = [("", "Any or none"), (ANY, "Has one"), *self._detours()]
        fields["reason"].choices = [("", "Any reason"), *Reason.choices]
        if self.of_both:
            fields["status"].choices = STATUSES_OF_BOTH
        for code, name, answers in to_choose_from(self.chosen_map) if self.chosen_map else ():
            fields[FACT + code] = forms.ChoiceField(label=name, required=False, choices=[("", "Any"), *answers])

    @cached_property
    def there_is(self) -> dict[str, list]:
        """The teams, the people and the saved views that ``user`` may choose, as (value, name), in one statement.

        People: those of one's teams, and those who have a case or a task of theirs: a leaver is in no team any more.
        """
        user, person, mine = self.user, get_user_model(), list(access.teams_of(self.user))
        owned, members = Case.objects.open().exclude(owner=None), Membership.objects.all()
        owed = Task.objects.filter(done_at=None, cancelled_at=None, owner__isnull=False)
        if not access.is_inspector(user):
            owned, members, owed = (rows.filter(team__in=mine) for rows in (owned, members, owed))
        people = person.objects.filter(
            Q(pk__in=members.values("user")) | Q(pk__in=owned.values("owner")) | Q(pk__in=owed.values("owner"))
        )
        views = SavedView.objects.filter(Q(owner=user) | Q(shared_with__in=mine))
        found = _named("team", Team.objects, "code", "name").union(
            _named("person", people, "pk", "last_name", "first_name", "username"),
            _named("view", views, "pk", "name"),
            all=True,
        )
        kinds = {"team": [], "person": [], "view": []}
        for kind, value, name, first_name, username in sorted(found, key=lambda row: (row[2].lower(), row)):
            if kind == "person":
                name = str(person(first_name=first_name, last_name=name, username=username))
            kinds[kind].append((value, name))
        return kinds

    @cached_property
    def maps(self) -> list:
        """The map of each pathway's newest published version, by name; the maps are kept in memory."""
        versions = PathwayVersion.objects.exclude(status="draft")
        newest = versions.order_by("pathway__name", "pathway_id", "-number").distinct("pathway__name", "pathway_id")
        return [version_map(pk) for pk in newest.values_list("pk", flat=True)]

    @property
    def chosen_map(self):
        """The map of the chosen pathway, or of the chosen stage's if none is chosen or that is not there; or None."""
        of_stage = self.data.get("stage", "").partition("/")[0]
        by_code = {found.pathway.code: found for found in self.maps}
        return by_code.get(self.data.get("pathway")) or by_code.get(of_stage)

    def _stages(self):
        """The stages to choose from: of the chosen pathway, or each pathway's under its name; also the one that was
        chosen, if only older versions of its pathway have it: there may be cases in it still.
        """
        if found := self.chosen_map:
            stages = _stages_of(found)
            chosen = self.data.get("stage", "")
            pathway, _, code = chosen.partition("/")
            if pathway == found.pathway.code and "\0" not in chosen and chosen not in dict(stages):
                older = Stage.objects.filter(version__pathway=found.pathway, code=code).exclude(
                    version__status="draft"
                )
                stages += [(chosen, name) for name in older.order_by("-version").values_list("name", flat=True)[:1]]
            return [("", "All stages"), *stages]
        return [("", "All stages"), *((found.pathway.name, _stages_of(found)) for found in self.maps)]

    def _detours(self):
        maps = [self.chosen_map] if self.chosen_map else self.maps
        return sorted({code: rule.name for found in maps for code, rule in found.detour_rules.items()}.items())

    @cached_property
    def chosen(self) -> dict:
        """What was chosen and understood, by field."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def not_understood(self) -> list[str]:
        """The names of the choices that mean nothing (any more), as a saved view of an older map may have."""
        self.is_valid()
        unknown = [name for name in self.data if name.startswith(FACT) and name not in self.fields]
        return [str(self.fields[name].label) for name in self.errors] + unknown

    @property
    def query(self) -> str:
        """The choices as an address holds them, without search and page."""
        kept = QueryDict(mutable=True)
        kept.update(self.chosen)
        return kept.urlencode()

    @property
    def is_narrowed(self) -> bool:
        return bool(self.chosen.keys() - {"sort"})

    @property
    def shown_first(self):
        return [self[name] for name in ALWAYS_SHOWN]

    @property
    def shown_on_demand(self):
        return [field for field in self if field.name not in ALWAYS_SHOWN]

    @property
    def shows_more(self) -> bool:
        """Is one of those chosen that are folded away?"""
        return bool(self.chosen.keys() - set(ALWAYS_SHOWN))

    @property
    def order(self) -> Order:
        status, sort = self.chosen.get("status", ""), self.chosen.get("sort", "")
        if sort in ("newest", "oldest"):
            return ORDERS[sort]
        if status == "closed":
            return BY_CLOSING
        return BY_LIMIT if self.of_both and not status else ORDERS[sort]

    @property
    def order_in_words(self) -> str:
        if self.order is BY_CLOSING:
            return "the last closed first"
        words = dict(SORTS)[self.chosen.get("sort", "") if self.order is not BY_LIMIT else ""]
        return f"the {words[0].lower()}{words[1:]}"

    def apply(self, cases, now):
        """Return ``cases`` narrowed to what was chosen, in no order yet."""
        chosen = self.chosen
        if found := self.chosen_map if "pathway" in chosen else None:
            cases = cases.filter(version__pathway=found.pathway)
        if "stage" in chosen:
            code = chosen["stage"].partition("/")[2]
            cases = cases.filter(version__pathway=self.chosen_map.pathway).in_stage(code)  # no other's is understood
        cases = cases.filter(
            self._whose(), self._lateness(now), *self._owes(), *self._detour_under_way(), *self._facts_are()
        )
        if "reason" in chosen:
            cases = cases.because(chosen["reason"], self.user, now)
        status = chosen.get("status", "")
        if status == "closed":
            cases = cases.filter(status="closed")
        elif status or not self.of_both:
            cases = cases.open()
        if self.order.by.startswith("stay__"):
            here = FilteredRelation("entries", condition=Q(entries__left_at=None))
            cases = cases.alias(stay=here).filter(stay__isnull=False)
        return cases

    def _whose(self):
        team, owner = self.chosen.get("team", ""), self.chosen.get("owner", "")
        teams = {
            "": Q(),
            MY_TEAMS: Q(team__in=list(access.teams_of(self.user))),
            MANAGED: Q(team__in=access.managed_by(self.user)),
        }
        owners = {"": Q(), MINE: Q(owner=self.user), NOBODYS: Q(owner=None)}
        owned = owners[owner] if owner in owners else Q(owner=int(owner))
        return (teams[team] if team in teams else Q(team__code=team)) & owned

    def _lateness(self, now):
        code = self.chosen.get("late")
        return lateness(code, now) if code else Q()

    def _owes(self):
        """The condition that somebody has a task of the case's own team to do."""
        if not (person := self.chosen.get("owes")):
            return []
        tasks = Task.objects.filter(case=OuterRef("pk"), team=OuterRef("team"), done_at=None, cancelled_at=None)
        return [Exists(tasks.filter(owner=self.user if person == MINE else int(person)))]

    def _detour_under_way(self):
        """The condition on a detour: one that the reader may see, for of a restricted one nobody else may know."""
        if not (code := self.chosen.get("detour")):
            return []
        seen = Case.objects.visible_to(self.user).open().filter(parent=OuterRef("pk"), detour__isnull=False)
        return [Exists(seen if code == ANY else seen.filter(detour__code=code))]

    def _facts_are(self):
        asked = {name.removeprefix(FACT): value for name, value in self.chosen.items() if name.startswith(FACT)}
        return [
            Exists(StageEntry.objects.filter(case=OuterRef("pk"), facts__contains={code: value}))
            for code, value in asked.items()
        ]


def _named(kind, rows, value, *names):
    """Rows as values of one shape, (kind, value, three names), so that those of several tables are read together."""
    names = [*names, *[Value("")] * (3 - len(names))]
    return rows.order_by().values_list(Value(kind), Cast(value, CharField()), *names)


def _stages_of(found):
    return [(f"{found.pathway.code}/{stage.code}", stage.name) for stage in found.stages]
