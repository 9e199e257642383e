"""The detours: where they may be taken, by whom, and whether the pathway they follow, and the form they ask, are
there.
"""

from pathways.checking.problem import Found, error
from pathways.drawn import Drawn
from pathways.models import DetourRule, FormDefinition, PathwayVersion, Role, Stage


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


def forms(drawn: Drawn) -> Found:
    """A form that is asked when a detour is taken is one of the pathway that it follows."""
    asking = [rule for rule in drawn.detour_rules if rule.form]
    existing = _forms_of(asking)
    for rule in asking:
        if rule.pathway_id in existing and rule.form not in existing[rule.pathway_id]:
            there = ", ".join(f"“{code}”" for code in existing[rule.pathway_id]) or "none"
            yield error(
                f"The detour “{rule}” asks the form “{rule.form}”, which the active version of “{rule.pathway}” does "
                f"not have. It has: {there}. Choose one of them.",
                rule,
            )


def _forms_of(rules: list[DetourRule]) -> dict[int, list[str]]:
    """The codes of the forms of each pathway with an active version. (That one has none is said by ``pathways``.)"""
    if not rules:
        return {}
    active = PathwayVersion.objects.filter(
        status=PathwayVersion.Status.ACTIVE, pathway__in={rule.pathway_id for rule in rules}
    )
    found = {pathway: [] for pathway in active.values_list("pathway", flat=True)}
    known = FormDefinition.objects.filter(version__in=active).order_by("code")
    for pathway, code in known.values_list("version__pathway", "code"):
        found[pathway].append(code)
    return found


def missed_appointments(drawn: Drawn) -> Found:
    """The detour that is taken by itself must be possible where cases come."""
    reached = drawn.reached_from(drawn.first) if drawn.first else {stage.pk for stage in drawn.stages}
    for rule in drawn.detour_rules:
        if rule.on_dna and not any(rule.may_be_taken_from(s) for s in drawn.stages if s.pk in reached):
            yield error(
                f"The detour “{rule}” is taken when a patient did not attend, but no case comes to a stage from which "
                "it may be taken. Choose stages in which patients have appointments.",
                rule,
            )


CHECKS = (places, roles, pathways, forms, missed_appointments)
