"""What a map has to show of a version: its stages, moves and detours in plain words, read with two queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_uppercase

from pathways.diagram.grid import leads, reached
from pathways.models import Stage, Team


@dataclass(frozen=True)
class Place:
    """A stage as the map shows it."""

    code: str
    name: str
    kind: str = Stage.Kind.WORKING
    team: str = ""
    agency: str = ""  # whose team it is, if not this trust's
    limit: str = ""
    handoff: str = ""  # how a case is handed over to it, if so
    detours: str = ""  # letters of the detours that only some stages have
    is_first: bool = False
    is_here: bool = False
    is_behind: bool = False
    has_problem: bool = False
    is_dead_end: bool = False
    is_unreached: bool = False

    @property
    def is_final(self):
        return self.kind == Stage.Kind.FINAL


@dataclass(frozen=True)
class Way:
    """A move as the map shows it, from stage to stage by their numbers in the plan."""

    source: int
    target: int
    name: str
    label: str = ""  # its name, where that says more than where it leads
    requires: tuple[str, ...] = ()
    is_behind: bool = False

    @property
    def is_bare(self):
        return not self.label and not self.requires


@dataclass(frozen=True)
class Detour:
    letter: str
    name: str
    pathway: str
    leaves: tuple[str, ...]  # names of the stages from which it may be taken; empty: from every one
    clock: str  # what becomes of the stage's clock

    @property
    def leaves_in_words(self):
        return ", ".join(self.leaves) or "every stage that is not final"


@dataclass(frozen=True)
class Plan:
    places: tuple[Place, ...]
    ways: tuple[Way, ...]
    detours: tuple[Detour, ...] = ()

    @property
    def first(self) -> int | None:
        return next((number for number, place in enumerate(self.places) if place.is_first), None)


def plan_of(drawn, *, here: str | None = None, been: Iterable[str] = (), problems_at: Iterable[str] = ()) -> Plan:
    """Read what is to be shown out of ``drawn``: a VersionMap, or a version read whole (Drawn), which may be broken.

    ``here`` is the code of the stage that a case is in, ``been`` the codes of those it has left, in the order of its
    journey; ``problems_at`` are codes of stages in which something is to be mended. Codes of other versions are left
    out, and so are moves into them.
    """
    stages, behind, problems_at = list(drawn.stages), list(been), set(problems_at)
    number = {stage.pk: n for n, stage in enumerate(stages)}
    moves = [
        (stage, move, stages[number[move.target_id]])
        for stage in stages
        for move in stage.transitions.all()
        if move.target_id in number
    ]
    detours = [*_detours(drawn.version.detour_rules.select_related("pathway"), stages)]
    dead_ends, unreached = _astray(stages, [(number[stage.pk], number[target.pk]) for stage, _, target in moves])
    # A VersionMap is kept for long, and teams change: they are read anew.
    teams = Team.objects.select_related("organisation").in_bulk({stage.team_id for stage in stages} - {None})
    gone = set(pairwise([*behind, here]))
    return Plan(
        tuple(
            Place(
                code=stage.code,
                name=stage.name or stage.code,
                kind=stage.kind,
                **_owner(stage, teams.get(stage.team_id)),
                limit=str(stage.limit or ""),
                detours=", ".join(detour.letter for detour in detours if stage.name in detour.leaves),
                is_first=stage.is_first,
                is_here=stage.code == here,
                is_behind=stage.code in behind and stage.code != here,
                has_problem=stage.code in problems_at,
                is_dead_end=n in dead_ends,
                is_unreached=n in unreached,
            )
            for n, stage in enumerate(stages)
        ),
        tuple(
            Way(
                source=number[stage.pk],
                target=number[target.pk],
                name=move.name or f"Move to {target.name}",
                label="" if _is_plain(move.name, target.name) else move.name,
                requires=tuple(str(requirement) for requirement in move.requirements.all()),
                is_behind=(stage.code, target.code) in gone,
            )
            for stage, move, target in moves
        ),
        tuple(detours),
    )


def _owner(stage, team):
    if team is None:
        return {"team": "", "handoff": _handoff(stage) if stage.by_handoff else ""}
    is_outside = not team.organisation.is_own
    return {
        "team": team.name,
        "agency": team.organisation.name if is_outside else "",
        "handoff": _handoff(stage) if stage.by_handoff or is_outside else "",
    }


def _handoff(stage):
    return f"Handoff: accept within {stage.acceptance_limit}" if stage.acceptance_limit else "Entered by handoff"


def _is_plain(name, target):
    return name.strip().casefold() in {"", target.strip().casefold(), f"move to {target.strip()}".casefold()}


def _detours(rules, stages):
    for place, rule in enumerate(rules):
        yield Detour(
            letter=ascii_uppercase[place % 26] * (place // 26 + 1),
            name=rule.name,
            pathway=rule.pathway.name,
            leaves=tuple(stage.name for stage in stages if stage.code in rule.stages),
            clock=f"The clock is held, at most {rule.hold_at_most}" if rule.hold_at_most else "The clock runs on",
        )


def _astray(stages, moves):
    """The numbers of stages from which a case never comes to an end, and of those that it never comes to."""
    onward, back = leads(moves), leads((target, source) for source, target in moves)
    everything = set(range(len(stages)))
    finals = {n for n, stage in enumerate(stages) if stage.is_final}
    first = {n for n, stage in enumerate(stages) if stage.is_first}
    # Without any final stage cases are closed by hand: then only a stage that no move leaves is a dead end.
    dead_ends = everything - reached(finals, back) if finals else everything - set(onward)
    return dead_ends - finals, everything - reached(first, onward) if first else set()
