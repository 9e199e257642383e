"""What a move would do, said before it is made: only what is true."""

from dataclasses import dataclass, field
from datetime import datetime

from cases import deadlines
from cases.watch import time_rules
from cases.watch.recipients import Recipients, in_turn
from pathways.maps import version_map
from pathways.models import Team


@dataclass(frozen=True)
class Telling:
    """Who is told first, and when, if the case is still there then."""

    at: datetime
    rung: str
    people: str  # empty: there is nobody to tell


@dataclass(frozen=True)
class NewTask:
    title: str
    whose: str
    due_at: datetime | None


@dataclass(frozen=True)
class Effect:
    """What a move would do, if it were made now."""

    target: str
    closes: bool
    ends_hold: bool
    withdraws: Team | None
    new_team: Team | None
    loses_owner: str
    keeps_owner: str
    limit: str
    due_at: datetime | None
    tasks: list[NewTask] = field(default_factory=list)
    first_told: Telling | None = None


def effect(case, transition, now) -> Effect:
    """Return what ``transition`` would do to ``case`` at ``now``."""
    target = transition.target
    changes_team = target.team_id != case.team_id
    team = Team.objects.get(pk=target.team_id) if changes_team else case.team
    stay = None if target.is_final else time_rules.stay_in(target, now)
    offer = case.handoffs.filter(status="offered").exclude(transition=transition).select_related("to_team").first()
    owner = str(case.owner) if case.owner else ""
    return Effect(
        target=target.name,
        closes=target.is_final,
        ends_hold=case.is_held,
        withdraws=offer.to_team if offer else None,
        new_team=team if changes_team else None,
        loses_owner=owner if changes_team else "",
        keeps_owner="" if changes_team else owner,
        limit="" if target.is_final else time_rules.limit_in_words(target),
        due_at=deadlines.first_due(stay) if stay else None,
        tasks=_tasks(target, team, stay) if stay else [],
        first_told=_first_told(case, target, stay, team) if stay else None,
    )


def _tasks(target, team, stay) -> list[NewTask]:
    templates = list(target.task_templates.all())
    others = Team.objects.in_bulk({template.team_id for template in templates if template.team_id})
    of_owner = f"whoever has the case in {team}"
    return [
        NewTask(
            template.title,
            of_owner if template.whose == template.For.OWNER else str(others.get(template.team_id, team)),
            template.limit.after(stay.entered_at, stay.schedule) if template.limit else None,
        )
        for template in templates
    ]


def _first_told(case, target, stay, team) -> Telling | None:
    first = deadlines.upcoming(stay, ())
    if first is None:
        return None
    ladder = list(target.ladder.all())
    step = next(step for step in ladder if step.code == first.rung.code)
    pathway = version_map(target.version_id).pathway.pk
    recipients = Recipients([team.pk], pathway_ids=[pathway], at=stay.entered_at)
    owner = case.owner if team.pk == case.team_id else None
    may_know = recipients.who_may_know(case)
    then = {member.user_id for member in recipients.members(team.pk)}
    among = None if may_know is None else may_know | then
    who = {"team_id": team.pk, "owner": owner, "pathway_lead": recipients.leads.get(pathway), "at": first.reached_at}
    people = recipients.first(in_turn(step, ladder), **who, among=among)
    return Telling(first.reached_at, step.name, _named(people))


def _named(people) -> str:
    """Name up to three of ``people``, and say how many more there are."""
    names = [str(person) for person in people[:3]]
    if len(people) > 3:
        names.append(f"{len(people) - 3} more")
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1] if names else ""]))
