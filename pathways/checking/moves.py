"""The moves: where they lead, who may make them, and what they require."""

from pathways import registry
from pathways.checking.problem import Found, error, warning
from pathways.drawn import Drawn
from pathways.models import Role


def moves(drawn: Drawn) -> Found:
    for move in drawn.moves:
        if move.source.is_final:
            yield error(
                f"The move “{move}” leads out of “{move.source}”, which is final. Remove the move, or make the stage "
                "working or waiting.",
                move,
            )
        if move.target.version_id != drawn.version.pk:
            yield error(
                f"The move “{move}” out of “{move.source}” leads to a stage of another version. Choose one of this.",
                move,
            )
        if not set(move.roles) & set(Role.values):
            yield error(
                f"Nobody may make the move “{move}” out of “{move.source}”. Choose caseworkers, managers or both.",
                move,
            )


def requirements(drawn: Drawn) -> Found:
    for requirement in drawn.requirements:
        move = requirement.transition
        for sentence in registry.problems(requirement.check_name, requirement.options, drawn.known):
            yield error(
                f"The move “{move}” out of “{move.source}” has a requirement that is not set up rightly. {sentence}",
                requirement,
            )


def overrides(drawn: Drawn) -> Found:
    for requirement in drawn.requirements:
        if not requirement.override_roles:
            continue
        move = requirement.transition
        about = f"The requirement “{requirement}” of the move “{move}” out of “{move.source}”"
        if set(requirement.override_roles) - set(Role.values):
            yield error(
                f"{about} may be overridden by somebody unknown. Choose caseworkers, managers or both.", requirement
            )
        if registry.hides(requirement.check_name):
            yield error(
                f"{about} chooses between ways, and cannot be overridden. Let nobody override it.", requirement
            )
        elif move.target.by_handoff:
            yield warning(
                f"{about} is never overridden: the move is made by a handoff. Let nobody override it.", requirement
            )


CHECKS = (moves, requirements, overrides)
