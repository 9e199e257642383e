"""Whom to ask about a case: the team that has it, with its owner and managers, those before, those that may follow."""

from dataclasses import dataclass, field

from pathways.models import Team


@dataclass(frozen=True)
class Contact:
    """A team that knows or will know the case, why it is named, and people of it by what they are to the case."""

    team: Team
    why: str
    people: list[tuple[str, object]] = field(default_factory=list)


def to_ask(case, stays, ways, recipients) -> list[Contact]:
    """Return the team of ``case`` now, those that had it before, the latest first, and those it may go to next.

    ``ways``: the moves that it may take; ``recipients`` has read the members of its team. One statement: the teams
    that may follow.
    """
    now = [("has it", case.owner)] if case.owner else []
    now += [("manager", manager.user) for manager in recipients.managers(case.team_id)]
    found = {case.team_id: Contact(case.team, "has the case now" if case.is_open else "had it last", now)}
    for stay in reversed(stays):
        found.setdefault(stay.team_id, Contact(stay.team, f"had it in {stay.stage.name}"))
    ahead = {move.target.team_id: move for move in reversed(ways)}
    for team in Team.objects.filter(pk__in=ahead.keys() - found.keys()):
        found[team.pk] = Contact(team, f"has it after “{ahead[team.pk].name}”")
    return list(found.values())
