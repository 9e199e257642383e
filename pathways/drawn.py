"""A version of the map read whole, as it stands; unlike a VersionMap it may be broken."""

from collections.abc import Iterable
from functools import cached_property

from django.db.models import Prefetch, QuerySet

from pathways.models import (
    DetourRule,
    EscalationStep,
    FactDefinition,
    FormDefinition,
    Membership,
    PathwayVersion,
    Question,
    Requirement,
    Role,
    Stage,
    TaskTemplate,
    Team,
    Transition,
)
from pathways.registry import Known


def _whole():
    moves = Transition.objects.select_related("target").prefetch_related("requirements").order_by("position", "pk")
    rungs = EscalationStep.objects.select_related("named_team__organisation").order_by("position", "pk")
    stages = Stage.objects.select_related("team__organisation", "calendar").prefetch_related(
        "calendar__opening_hours",
        "calendar__closures",
        Prefetch("ladder", rungs),
        Prefetch("task_templates", TaskTemplate.objects.select_related("team__organisation")),
        Prefetch("transitions", moves),
    )
    rules = DetourRule.objects.select_related("pathway")
    return PathwayVersion.objects.select_related("pathway__lead").prefetch_related(
        Prefetch("stages", stages), "forms__questions", "facts", Prefetch("detour_rules", rules)
    )


class Drawn:
    """A version with its stages, moves, requirements, ladders, tasks, forms, facts, detours and people, in a fixed
    number of queries.
    """

    def __init__(self, version: PathwayVersion, *, is_read=False):
        if not is_read:
            # A row of its own: what was read of ``version`` before may have been changed since.
            version = _whole().get(pk=version.pk)
        self.version = version
        self.stages: list[Stage] = list(version.stages.all())
        self.forms: list[FormDefinition] = list(version.forms.all())
        self.facts: list[FactDefinition] = list(version.facts.all())
        self.detour_rules: list[DetourRule] = list(version.detour_rules.all())
        for stage in self.stages:
            for move in stage.transitions.all():
                move.source = stage
                for requirement in move.requirements.all():
                    requirement.transition = move

    @classmethod
    def all_of(cls, versions: Iterable[PathwayVersion]) -> list["Drawn"]:
        """Read several versions in as many queries as one."""
        wanted = versions if isinstance(versions, QuerySet) else [version.pk for version in versions]
        return [cls(row, is_read=True) for row in _whole().filter(pk__in=wanted)]

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
    def tasks(self) -> list[tuple[Stage, TaskTemplate]]:
        return [(stage, task) for stage in self.stages for task in stage.task_templates.all()]

    @cached_property
    def questions(self) -> list[tuple[FormDefinition, Question]]:
        return [(form, question) for form in self.forms for question in form.questions.all()]

    @cached_property
    def known(self) -> Known:
        """What the requirements of this version may name."""
        questions = {form.code: {question.code for question in form.questions.all()} for form in self.forms}
        return Known(questions, {task.code for _, task in self.tasks})

    @cached_property
    def teams(self) -> list[Team]:
        """The teams that own its stages or are given its tasks."""
        owners = [stage.team for stage in self.stages] + [task.team for _, task in self.tasks]
        return list({team.pk: team for team in owners if team}.values())

    @cached_property
    def teams_told(self) -> list[Team]:
        """The teams that its rungs name."""
        named = [step.named_team for _, step in self.rungs]
        return list({team.pk: team for team in named if team}.values())

    @cached_property
    def members(self) -> list[Membership]:
        """The active people of its teams, and of those that its rungs name."""
        members = Membership.objects.filter(team__in=[*self.teams, *self.teams_told], user__is_active=True)
        return list(members.select_related("user"))

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
