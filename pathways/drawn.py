"""A version of the map read whole, as it stands; unlike a VersionMap it may be broken."""

from functools import cached_property

from django.db.models import Prefetch

from pathways.models import (
    EscalationStep,
    FormDefinition,
    Membership,
    PathwayVersion,
    Requirement,
    Role,
    Stage,
    Team,
    Transition,
)


class Drawn:
    """A version with its stages, moves, requirements, ladders, forms and people, in a fixed number of queries."""

    def __init__(self, version: PathwayVersion):
        self.version = version
        moves = Transition.objects.select_related("target").order_by("position", "pk")
        self.stages: list[Stage] = list(
            version.stages.select_related("team", "calendar").prefetch_related(
                Prefetch("ladder", EscalationStep.objects.order_by("position", "pk")),
                Prefetch("transitions", moves.prefetch_related("requirements")),
            )
        )
        self.forms: list[FormDefinition] = list(version.forms.prefetch_related("questions"))
        members = Membership.objects.filter(team__stages__version=version, user__is_active=True).distinct()
        self.members: list[Membership] = list(members.select_related("user"))
        for stage in self.stages:
            for move in stage.transitions.all():
                move.source = stage
                for requirement in move.requirements.all():
                    requirement.transition = move

    @cached_property
    def first(self) -> Stage | None:
        return next((stage for stage in self.stages if stage.is_first), None)

    @cached_property
    def moves(self) -> list[Transition]:
        return [move for stage in self.stages for move in stage.transitions.all()]

    @cached_property
    def requirements(self) -> list[Requirement]:
        return [requirement for move in self.moves for requirement in move.requirements.all()]

    @cached_property
    def rungs(self) -> list[tuple[Stage, EscalationStep]]:
        return [(stage, step) for stage in self.stages for step in stage.ladder.all()]

    @cached_property
    def teams(self) -> list[Team]:
        return list({stage.team_id: stage.team for stage in self.stages if stage.team}.values())

    def members_of(self, team: Team, *roles: str) -> list[Membership]:
        wanted = roles or Role.values
        return [member for member in self.members if member.team_id == team.pk and member.role in wanted]

    def reached_from(self, start: Stage) -> set[int]:
        """The keys of the stages that some way of moves out of ``start`` leads to, itself among them."""
        leads = {stage.pk: [move.target_id for move in stage.transitions.all()] for stage in self.stages}
        seen, ahead = {start.pk}, [start.pk]
        while ahead:
            fresh = [target for target in leads[ahead.pop()] if target in leads and target not in seen]
            seen.update(fresh)
            ahead.extend(fresh)
        return seen
