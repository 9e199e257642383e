"""The teams: who owns a stage, who is in a team, and which stages an outside agency must accept first."""

from pathways.checking.problem import Found, error, warning
from pathways.drawn import Drawn
from pathways.models import Role


def teams_of_stages(drawn: Drawn) -> Found:
    for stage in drawn.stages:
        if stage.team is None:
            yield error(f"“{stage}” has no team. Choose the team that owns a case while it is there.", stage)


def members(drawn: Drawn) -> Found:
    for team in drawn.teams:
        if not drawn.members_of(team):
            yield warning(f"Nobody is in the team “{team}”, so nobody can work on its cases. Add its members.", team)
        elif not drawn.members_of(team, Role.MANAGER):
            yield warning(f"The team “{team}” has no manager who could be told of late cases. Add one.", team)


def agencies(drawn: Drawn) -> Found:
    for stage in drawn.stages:
        agency = stage.team.organisation if stage.team else None
        if agency and not agency.is_own and not stage.by_handoff and _comes_from_outside(drawn, stage, agency):
            yield error(
                f"“{stage}” is with “{agency}”, another organisation, which must accept a case first. Let the stage "
                "be entered by handoff.",
                stage,
            )


def _comes_from_outside(drawn, stage, agency):
    """A case that the agency has already is not offered to it once more, and one that starts with it never is."""
    sources = [move.source for move in drawn.moves if move.target_id == stage.pk]
    return any(source.team and source.team.organisation_id != agency.pk for source in sources)


def handoffs(drawn: Drawn) -> Found:
    for stage in drawn.stages:
        if stage.by_handoff and not stage.acceptance_limit:
            yield warning(
                f"“{stage}” is entered by handoff but has no acceptance limit, so that an offer is never late. Give "
                "it one.",
                stage,
            )
        if stage.acceptance_limit and not stage.by_handoff:
            yield warning(
                f"“{stage}” has an acceptance limit but is not entered by handoff. Remove the limit, or let the stage "
                "be entered by handoff.",
                stage,
            )


CHECKS = (teams_of_stages, members, agencies, handoffs)
