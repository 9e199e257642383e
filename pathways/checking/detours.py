"""The detours: where they may be taken, by whom, and whether the pathway they follow is there."""

from pathways.checking.problem import Found, error
from pathways.drawn import Drawn
from pathways.models import DetourRule, PathwayVersion, Role, Stage


def places(drawn: Drawn) -> Found:
    stages = {stage.code: stage for stage in drawn.stages}
    for rule in drawn.detour_rules:
        for code in rule.stages:
            if code not in stages:
                yield error(
                    f"The detour “{rule}” may be taken from “{code}”, which is no stage of this version. Choose one "
                    "that is.",
                    rule,
                )
            elif stages[code].is_final:
                yield error(
                    f"The detour “{rule}” may be taken from “{stages[code]}”, which is final: no case waits there. "
                    "Choose another stage.",
                    rule,
                )


def roles(drawn: Drawn) -> Found:
    for rule in drawn.detour_rules:
        if not set(rule.roles) & set(Role.values):
            yield error(f"Nobody may take the detour “{rule}”. Choose caseworkers, managers or both.", rule)


def pathways(drawn: Drawn) -> Found:
    firsts = _first_stages(drawn.detour_rules)
    for rule in drawn.detour_rules:
        if rule.pathway_id == drawn.version.pathway_id:
            yield error(f"The detour “{rule}” leads to its own pathway. Choose another, short one.", rule)
        elif rule.pathway_id not in firsts:
            yield error(
                f"The detour “{rule}” follows the pathway “{rule.pathway}”, which has no active version. Publish that "
                "pathway first.",
                rule,
            )
        elif firsts[rule.pathway_id] is None:
            yield error(
                f"The detour “{rule}” follows the pathway “{rule.pathway}”, whose first stage has no team. Publish a "
                "version of that pathway in which it has one.",
                rule,
            )


def _first_stages(rules: list[DetourRule]) -> dict[int, int | None]:
    """The team in which each pathway with an active version starts."""
    active = PathwayVersion.objects.filter(
        status=PathwayVersion.Status.ACTIVE, pathway__in={rule.pathway_id for rule in rules}
    )
    teams = dict.fromkeys(active.values_list("pathway", flat=True))
    first = Stage.objects.filter(version__in=active, is_first=True)
    return teams | dict(first.values_list("version__pathway", "team"))


CHECKS = (places, roles, pathways)
