"""A manager's first page: what is late and falls due, what nobody has answered, what the radar finds, who has what.

Every number is a link to the cases behind it.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.shortcuts import redirect
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic.base import TemplateView

from cases import access, radar, showing
from cases.models import Case
from cases.overview import LATENESS, REFUSED, SET_ASIDE, overview
from cases.reasons import RADAR, Reason
from cases.watch import answers, differing
from cases.watch.answers import State
from cases.web.list_filter import MANAGED, NOBODYS
from cases.web.numbers import Number
from cases.web.supervision import SupervisionView

OLDEST = 5
EVERY_NIGHT = timedelta(hours=26)  # and the time that it takes
STAGE_HEADS = ("Cases", "Late", "Due in 1 day", "Due in 3 days", "Due in 7 days")
PERSON_HEADS = ("Cases", "Late", "With a task of theirs")


@dataclass(frozen=True)
class Line:
    """A line of a table: what it is about, and its numbers."""

    name: str
    second: str
    numbers: list[Number]
    heads: tuple[str, ...] = ()

    @property
    def cells(self) -> list[tuple[str, Number]]:
        """Each number with the head of its column, which is said beside it on a phone."""
        return list(zip(self.heads, self.numbers, strict=False))


@method_decorator(never_cache, name="dispatch")
class MyTeamsPage(SupervisionView, TemplateView):
    """The page of a manager; who is none, but may see how the watch stands, is led to that."""

    template_name = "cases/my_teams.html"

    def get(self, request, *args, **kwargs):
        if not access.manages_something(request.user):
            return redirect("standing")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **context):
        user, teams = self.request.user, access.managed_by(self.request.user)
        found = overview(user, teams, self.now)
        counts = list(answers.counted(answers.of_teams(teams), self.now))
        return super().get_context_data(
            chips=[*late_chips(found), *answer_chips(counts)],
            stages=stages(found),
            stuck=stuck_in(found),
            answers=answered(counts),
            answer_states=answer_states(),
            stage_heads=STAGE_HEADS,
            person_heads=PERSON_HEADS,
            radar=on_the_radar(found, self.now),
            team_names=[found.names[team] for team in by_name(found)],
            carried=carried(found),
            oldest=list(oldest(teams)),
            own=found.own,
            set_aside=Number(found.beside[SET_ASIDE], reverse("set_aside")),
            refused=Number(found.beside[REFUSED], f"{reverse('set_aside')}#e-mails"),
            faults=radar.kept_faults(),
            now=self.now,
            **context,
        )


def cases(value, **choices) -> Number:
    """Return ``value`` with the worklist that is narrowed by these choices."""
    return Number(value, f"{reverse('cases')}?{urlencode(choices)}")


def escalations(value, **choices) -> Number:
    return Number(value, f"{reverse('escalations')}?{urlencode(choices)}")


def late_chips(found) -> list[tuple[str, str, Number]]:
    """How many are late and fall due in all these teams: a class, words and number each."""
    words = ("late", "due in the next day", "due in the next 3 days", "due in the next 7 days")
    sums = (sum(cell.by[code] for cell in found.teams.values()) for code in LATENESS)
    kinds = ("breached", "today", "", "")
    return [
        (kind, said, cases(number, team=MANAGED, late=code))
        for kind, said, number, code in zip(kinds, words, sums, LATENESS, strict=True)
    ]


def answer_chips(counts) -> list[tuple[str, str, Number]]:
    sums = sums_by(counts, lambda row: row["state"])
    return [
        (kind, said, escalations(sums[state], state=state.value, team=MANAGED))
        for kind, said, state in (
            ("breached", "not answered", State.OPEN),
            ("breached", f"promise{pluralize(sums[State.BROKEN])} not kept", State.BROKEN),
        )
    ]


def sums_by(counts, key) -> Counter:
    sums = Counter()
    for row in counts:
        sums[key(row)] += row["count"]
    return sums


def stages(found) -> list[Line]:
    """Each stage as each team has it: cases, late, due in 1, 3 and 7 days."""
    lines = []
    for place in found.in_order():
        cell = found.stages[place]
        where = {"stage": f"{place.pathway_code}/{place.stage}", "team": place.team}
        name = found.known[place.pathway_code, place.stage].name
        numbers = [cases(cell.cases, **where), *(cases(cell.by[code], **where, late=code) for code in LATENESS)]
        lines.append(Line(name, f"{place.pathway}, {found.names[place.team]}", numbers, STAGE_HEADS))
    return lines


def stuck_in(found) -> list[tuple[str, str]]:
    """The pathways of these teams, code and name, the one with most late cases first."""
    late, names = Counter(), {}
    for place, cell in found.stages.items():
        late[place.pathway_code] += cell.by["late"]
        names[place.pathway_code] = place.pathway
    return [(code, names[code]) for code, _ in late.most_common()]


def answered(counts) -> list[Line]:
    """Each team with what is not answered, not kept, and promised."""
    sums = sums_by(counts, lambda row: (row["team"], row["state"]))
    names = {row["team"]: row["team_name"] for row in counts}
    return [
        Line(
            name,
            "",
            [escalations(sums[team, state], state=state.value, team=team) for state in State],
            answer_states(),
        )
        for team, name in sorted(names.items(), key=lambda item: item[1])
    ]


def answer_states() -> tuple[str, ...]:
    return tuple(state.label for state in State)


def by_name(found) -> list[str]:
    return sorted(found.names, key=found.names.get)


def on_the_radar(found, now) -> list[Line]:
    """Each reason of the radar with how many cases each team has for which it holds."""
    return [
        Line(
            Reason(code).label,
            looked_at(differing.kept(), now) if code == Reason.DIFFERS else "",
            [cases(found.teams[team].by[code], reason=code, team=team) for team in by_name(found)],
            tuple(found.names[team] for team in by_name(found)),
        )
        for code in RADAR
    ]


def looked_at(last, now) -> str:
    """Say when it was ``last`` looked for what is watched wrongly: a zero means nothing where nobody has looked."""
    if last is None:
        return "not looked at in the last two days"
    when = showing.short_when(last.at, now)
    return f"looked at {when}" if now - last.at < EVERY_NIGHT else f"not looked at since {when}"


def carried(found) -> list[Line]:
    """Each person of a team, who has most first: cases, late ones, and cases of which they have a task."""

    def most(key):
        cell = found.carried[key]
        return (-cell.cases, -cell.by["tasks"], str(found.people.get(key[1], "")))

    return [
        Line(
            str(found.people[person]) if person else "Nobody",
            found.names.get(team, ""),
            [
                cases(cell.cases, owner=person or NOBODYS, team=team),
                cases(cell.by["late"], owner=person or NOBODYS, team=team, late="late"),
                *([cases(cell.by["tasks"], owes=person, team=team)] if person else []),
            ],
            PERSON_HEADS,
        )
        for team, person in sorted(found.carried, key=most)
        for cell in [found.carried[team, person]]
    ]


def oldest(teams):
    """The open cases that were opened first."""
    found = Case.objects.open().filter(team__in=teams).select_related("patient", "team", "owner")
    return found.order_by("opened_at", "pk")[:OLDEST]
