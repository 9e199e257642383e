"""The rungs of the ladders: whom each tells, and whether that reaches anybody."""

from django.utils import timezone

from pathways.checking.problem import Found, error, warning
from pathways.drawn import Drawn
from pathways.models import Duty, EscalationStep, Role

MOST_REPEATS = 100  # of one rung: each is reckoned at every look at a case

To = EscalationStep.Recipient


def recipients(drawn: Drawn) -> Found:
    for stage, step in drawn.rungs:
        if not set(step.tells) & set(To.values):
            yield error(
                f"Nobody is told at the rung “{step}” of “{stage}”. Choose who: the owner, the team or its managers.",
                step,
            )
        if To.NAMED_TEAM in step.tells and step.named_team is None:
            yield error(f"The rung “{step}” of “{stage}” tells a named team but names none. Choose the team.", step)
        if To.NAMED_TEAM not in step.tells and step.named_team:
            yield warning(
                f"The rung “{step}” of “{stage}” names the team “{step.named_team}” but does not tell it. Let it tell "
                "the named team, or take the team away.",
                step,
            )
        if step.repeat_at_most > MOST_REPEATS:
            yield error(
                f"The rung “{step}” of “{stage}” repeats {step.repeat_at_most} times. Choose {MOST_REPEATS} at most.",
                step,
            )


def lead(drawn: Drawn) -> Found:
    pathway = drawn.version.pathway
    rungs = [(stage, step) for stage, step in drawn.rungs if To.LEAD in step.tells]
    if rungs and pathway.lead is None:
        stage, step = rungs[0]
        yield warning(
            f"The rung “{step}” of “{stage}” tells the pathway lead, but “{pathway}” has none. Name one on the page "
            "of the pathway.",
            pathway,
        )
    elif rungs and not pathway.lead.is_active:
        yield warning(f"{pathway.lead}, the lead of “{pathway}”, has left. Name another one.", pathway)


def duties(drawn: Drawn) -> Found:
    rungs = [(stage, step) for stage, step in drawn.rungs if To.ON_DUTY in step.tells and stage.team]
    if not rungs:
        return
    ahead = Duty.objects.counted().filter(ends_at__gt=timezone.now())
    teams = set(ahead.filter(team__in={stage.team_id for stage, _ in rungs}).values_list("team", flat=True))
    for stage, step in rungs:
        if stage.team_id not in teams:
            yield warning(
                f"The rung “{step}” of “{stage}” tells whoever of “{stage.team}” is on duty, but nobody is, now or "
                "later. Plan the duties on the page of the team.",
                step,
            )


def named_teams(drawn: Drawn) -> Found:
    owners = {team.pk for team in drawn.teams}  # of those, ``people`` says so
    for team in drawn.teams_told:
        if team.pk not in owners and not drawn.members_of(team):
            yield warning(f"A rung tells the team “{team}”, but nobody is in it. Add its members.", team)


def reached(drawn: Drawn) -> Found:
    """An address is missing. (That a team has no members, or no manager, is said of the team.)"""
    for stage in drawn.stages:
        ladder = stage.ladder.all()
        if stage.team is None or not ladder or not drawn.members_of(stage.team, Role.MANAGER):
            continue
        silent = [step for step in ladder if step.tells and not _reaches(drawn, stage, step)]
        at_last = EscalationStep(tells=[To.MANAGERS, To.LEAD])  # whoever a rung would tell cannot be told: these are
        if len(silent) == len(ladder) > 1 and not _reaches(drawn, stage, at_last):
            yield warning(
                f"Nobody at all can be told that a case is late in “{stage}”: nobody on its ladder has an e-mail "
                "address. Add that of a manager.",
                stage,
            )
            continue
        for step in silent:
            yield warning(
                f"Nobody whom the rung “{step}” of “{stage}” tells has an e-mail address. Add theirs.",
                step,
            )


def _reaches(drawn, stage, step) -> bool:
    return any(person.email and person.is_active for whom in step.tells for person in _asked(drawn, stage, step, whom))


def _asked(drawn, stage, step, whom) -> list:
    """An owner, and whoever is on duty, is any member of the team."""
    if whom == To.LEAD:
        return [drawn.version.pathway.lead] if drawn.version.pathway.lead else []
    team = step.named_team if whom == To.NAMED_TEAM else stage.team
    roles = (Role.MANAGER,) if whom == To.MANAGERS else ()
    return [member.user for member in drawn.members_of(team, *roles)] if team else []


CHECKS = (recipients, lead, duties, named_teams, reached)
