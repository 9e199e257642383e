"""A version of the map in memory, as the life of a case needs it.

A published version never changes (database triggers keep it so), so each process reads it once: stages, moves,
requirements and ladders would otherwise be a third of the statements of a move. Teams, memberships and calendars do
change and are *not* part of it: use ``team_id`` and ``calendar_id`` and read those rows anew.
"""

from functools import cached_property, lru_cache

from django.db.models import Prefetch

from pathways.models import (
    DetourRule,
    EscalationStep,
    FactDefinition,
    FormDefinition,
    PathwayVersion,
    Stage,
    TaskTemplate,
    Transition,
)
from pathways.registry import Known


class VersionMap:
    """One version with its stages, moves, requirements, ladders and forms; nine queries once, none later."""

    def __init__(self, version):
        self.version = version
        self.pathway = version.pathway
        self.stages = list(
            version.stages.prefetch_related(
                "task_templates",
                Prefetch("ladder", EscalationStep.objects.order_by("position", "pk")),
                Prefetch(
                    "transitions", Transition.objects.prefetch_related("requirements").order_by("position", "pk")
                ),
            )
        )
        self.by_pk = {stage.pk: stage for stage in self.stages}
        self.by_code = {stage.code: stage for stage in self.stages}
        for stage in self.stages:
            stage.version = version
            for transition in stage.transitions.all():
                transition.source, transition.target = stage, self.by_pk[transition.target_id]

    @cached_property
    def forms(self) -> dict[str, FormDefinition]:
        return {form.code: form for form in self.version.forms.prefetch_related("questions")}

    @cached_property
    def task_templates(self) -> dict[str, TaskTemplate]:
        return {template.code: template for stage in self.stages for template in stage.task_templates.all()}

    @cached_property
    def known(self) -> Known:
        """What the requirements of this version may name."""
        questions = {code: {q.code for q in form.questions.all()} for code, form in self.forms.items()}
        return Known(questions, set(self.task_templates))

    @cached_property
    def facts(self) -> dict[str, FactDefinition]:
        return {fact.code: fact for fact in self.version.facts.all()}

    @cached_property
    def detour_rules(self) -> dict[str, DetourRule]:
        return {rule.code: rule for rule in self.version.detour_rules.select_related("pathway")}

    @cached_property
    def first_stage(self) -> Stage | None:
        return next((stage for stage in self.stages if stage.is_first), None)

    @cached_property
    def transitions(self) -> dict[int, Transition]:
        return {move.pk: move for stage in self.stages for move in stage.transitions.all()}


def version_map(version_id: int) -> VersionMap:
    """Return the map of a version; a draft is read anew every time."""
    found = _frozen(version_id)
    if found.version.is_draft:
        _frozen.cache_clear()
    return found


@lru_cache(maxsize=128)
def _frozen(version_id):
    return VersionMap(PathwayVersion.objects.select_related("pathway").get(pk=version_id))
