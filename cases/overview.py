"""A manager's teams in numbers: what is late and what falls due, what the radar finds, who carries how many.

Each number is counted by the very conditions by which the list that it opens is narrowed.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import BooleanField, Count, ExpressionWrapper, F, Q, Value

from cases import reasons
from cases.lateness import lateness
from cases.models import Case, Task
from cases.reasons import ALSO_CLOSED, RADAR, Asked
from cases.watch import set_aside
from pathways.maps import version_map
from pathways.models import Stage, Team

LATENESS = ("late", "1-day", "3-days", "7-days")
OWED, SET_ASIDE, REFUSED, TEAM = "owed", "set aside", "refused", "team"
OF_CLOSED = [code for code in RADAR if code in ALSO_CLOSED]


@dataclass
class Cell:
    """How many cases a place or a person has: in all, and by code (of lateness, of the radar, "tasks")."""

    cases: int = 0
    by: Counter = field(default_factory=Counter)

    def add(self, row):
        self.cases += row["count"]
        self.by.update({code: row[_column(code)] for code in (*LATENESS, *RADAR)})


class Place(NamedTuple):
    """A stage of a pathway as one team has it, whatever the version of its cases, as the lists have it too."""

    pathway: str
    pathway_code: str
    stage: str  # its code
    team: str  # its code


class OwnTeam(NamedTuple):
    """A team, with or without cases, and how many of its people are away now."""

    name: str
    code: str
    away: int


@dataclass(frozen=True)
class Overview:
    """The numbers. ``own``: the teams asked for. ``names`` of those with cases by their code; ``known``: the stages by
    pathway's and stage's code, as the newest version that has cases knows them; ``people`` by key.

    ``carried``: by the team's code and the person's key (None: nobody). ``beside``: SET_ASIDE and REFUSED.
    """

    own: list[OwnTeam] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    known: dict[tuple[str, str], Stage] = field(default_factory=dict)
    people: dict[int, object] = field(default_factory=dict)
    stages: dict[Place, Cell] = field(default_factory=dict)
    teams: dict[str, Cell] = field(default_factory=dict)
    carried: dict[tuple[str, int | None], Cell] = field(default_factory=dict)
    beside: Counter = field(default_factory=Counter)

    def in_order(self) -> list[Place]:
        """The places, pathway by pathway, the stages as they follow each other."""

        def order(place):
            stage = self.known[place.pathway_code, place.stage]
            return place.pathway, place.pathway_code, stage.position, place.stage, place.team

        return sorted(self.stages, key=order)


def overview(user, teams, now) -> Overview:
    """Return the numbers of ``teams`` (ids) as of ``now``, in two statements."""
    found, asked = Overview(), Asked(user, now)
    for row in _cases(asked, teams):
        _add(found, row)
    for row in _beside(asked, teams):
        if row["what"] == TEAM:
            found.own.append(OwnTeam(row["username"], row["team_code"], row["count"]))
        elif row["what"] == OWED:
            found.people[row["person"]] = _person(row)
            found.carried.setdefault((row["team_code"], row["person"]), Cell()).by["tasks"] += row["count"]
        elif row["what"] in OF_CLOSED:
            found.names[row["team_code"]] = row["username"]
            found.teams.setdefault(row["team_code"], Cell()).by[row["what"]] += row["count"]
        else:
            found.beside[row["what"]] += row["count"]
    found.own.sort()
    return found


def radar(asked, teams) -> list[dict]:
    """Return how many cases of each of ``teams`` stand on the radar: the team's ``name`` and ``code`` (two may have
    the same name), and counts by code of the radar.
    """
    rows = (
        Case.objects.open().filter(team__in=teams).order_by().values(team_name=F("team__name"), code=F("team__code"))
    )
    found = {
        (row["team_name"], row["code"]): Counter({code: row[_column(code)] for code in RADAR})
        for row in rows.annotate(**_on_the_radar(asked))
    }
    for closed in _closed(asked, teams):
        for row in closed:
            found.setdefault((row["username"], row["team_code"]), Counter())[row["what"]] += row["count"]
    return [
        {"name": name, "code": code, **{one: counts[one] for one in RADAR}}
        for (name, code), counts in sorted(found.items())
    ]


def _cases(asked, teams):
    """The cases counted by version, stage, team and owner, in all and by each code: everything else is sums of it."""
    late = {_column(code): Count("pk", filter=lateness(code, asked.now)) for code in LATENESS}
    rows = Case.objects.open().filter(team__in=teams).order_by()
    grouped = rows.values(
        "version",
        "stage",
        team_code=F("team__code"),
        team_name=F("team__name"),
        person=F("owner"),
        first_name=F("owner__first_name"),
        last_name=F("owner__last_name"),
        username=F("owner__username"),
    )
    return grouped.annotate(count=Count("pk"), **late, **_on_the_radar(asked))


def _closed(asked, teams):
    """For each reason of the radar that holds for closed cases too ("what"), those of each team (its name as
    "username") for which it does. Apart from the open ones: they are few among all that were ever closed, and found by
    what is wrong.
    """
    for code in OF_CLOSED:
        found = Case.objects.filter(reasons.holding(code, asked), status="closed", team__in=teams).order_by()
        yield found.values(
            what=Value(code),
            team_code=F("team__code"),
            person=Value(0),
            first_name=Value(""),
            last_name=Value(""),
            username=F("team__name"),
        ).annotate(count=Count("pk"))


def _on_the_radar(asked):
    holds = reasons.filled(_holding, asked)
    return {_column(code): Count("pk", filter=holds[code]) for code in RADAR}


def _holding(asked):
    return {code: ExpressionWrapper(reasons.holding(code, asked), BooleanField()) for code in RADAR}


def _column(code) -> str:
    return "is_" + code.replace("-", "_")


def _add(found, row):
    known, team = version_map(row["version"]), row["team_code"]
    pathway, stage = known.pathway, known.by_code[row["stage"]]
    found.names[team] = row["team_name"]
    found.stages.setdefault(Place(pathway.name, pathway.code, row["stage"], team), Cell()).add(row)
    so_far = found.known.get((pathway.code, row["stage"]))
    if so_far is None or so_far.version_id < stage.version_id:
        found.known[pathway.code, row["stage"]] = stage
    found.teams.setdefault(team, Cell()).add(row)
    found.carried.setdefault((team, row["person"]), Cell()).add(row)
    if row["person"] is not None:
        found.people[row["person"]] = _person(row)


def _person(row):
    return get_user_model()(**{name: row[name] for name in ("first_name", "last_name", "username")})


def _beside(asked, teams):
    """What is counted in other tables, in one statement: cases of which somebody has a task of the case's own team;
    closed cases that stand on the radar; the teams (their name as "username") with their people who are away; what was
    set aside, and e-mails that were refused, as far as whoever asks may know of them.
    """
    user, now = asked.user, asked.now
    owed = Task.objects.filter(done_at=None, cancelled_at=None, owner__isnull=False, team=F("case__team"))
    owed = owed.filter(team__in=teams).exclude(case__status="closed").order_by()
    nobody = {name: Value("") for name in ("team_code", "first_name", "last_name", "username")}
    columns = ("what", "team_code", "person", "first_name", "last_name", "username")
    by_person = owed.values(
        what=Value(OWED),
        team_code=F("team__code"),
        person=F("owner"),
        first_name=F("owner__first_name"),
        last_name=F("owner__last_name"),
        username=F("owner__username"),
    ).annotate(count=Count("case", distinct=True))
    aside = (
        rows.order_by()
        .select_related(None)
        .values(what=Value(what), person=Value(0), **nobody)
        .annotate(count=Count("pk"))
        for what, rows in ((SET_ASIDE, set_aside.timers_for(user)), (REFUSED, set_aside.notices_for(user)))
    )
    absent = Q(memberships__user__absences__starts_at__lte=now, memberships__user__absences__ends_at__gt=now)
    absent &= Q(memberships__user__is_active=True)
    own = Team.objects.filter(pk__in=teams).order_by()
    own = own.values(
        what=Value(TEAM),
        team_code=F("code"),
        person=Value(0),
        first_name=Value(""),
        last_name=Value(""),
        username=F("name"),
    ).annotate(count=Count("memberships__user", filter=absent, distinct=True))
    others = (rows.values(*columns, "count") for rows in (own, *aside, *_closed(asked, teams)))
    return by_person.values(*columns, "count").union(*others, all=True)
