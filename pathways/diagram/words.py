"""A map in words: for those who do not see it, and for those who would rather read. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from pathways.diagram.faces import tags_of
from pathways.diagram.plan import Place, Plan, Way
from pathways.models import Stage

KINDS = {Stage.Kind.WORKING: "", Stage.Kind.WAITING: "waiting", Stage.Kind.FINAL: "final"}


@dataclass(frozen=True)
class Entry:
    """One stage: its name, what is said of it in brackets, where it leads, and what must be seen."""

    name: str
    about: str
    leads: str
    tags: str


def entries(plan: Plan, order: Iterable[int]) -> list[Entry]:
    """Say each stage of the map, in the order in which it is read."""
    moves = {n: [] for n in order}
    for way in plan.ways:
        moves[way.source].append(way)
    return [
        Entry(place.name, _about(place), _leads(place, moves[n], plan), _tags(place))
        for n, place in ((n, plan.places[n]) for n in moves)
    ]


def summary(plan: Plan) -> str:
    """Say in a few sentences what the map shows."""
    first = [place.name for place in plan.places if place.is_first]
    finals = [place.name for place in plan.places if place.is_final]
    here = [place.name for place in plan.places if place.is_here]
    said = [f"{_count(plan.places, 'stage')} and {_count(plan.ways, 'move')}."]
    if first or finals:
        ends = [f"end in {listed(finals, 'or')}"] if finals else []
        said.append(f"Cases {' and '.join([*(f'start in {name}' for name in first), *ends])}.")
    said += [f"This case is in {name}." for name in here]
    return " ".join(said)


def of_way(way: Way, source: Place, target: Place) -> str:
    """Say a move whole: from where, to where, what the button says and what it requires."""
    said = f"From {source.name} to {target.name}: {way.name}."
    return f"{said} Requires: {listed(way.requires)}." if way.requires else said


def of_place(place: Place) -> str:
    """Say a stage in one line."""
    return f"{place.name} ({_about(place)}).{_tags(place)}"


def listed(things: Iterable[str], word: str = "and") -> str:
    """Join things as a sentence does: a, b and c."""
    *front, last = things or [""]
    return f"{', '.join(front)} {word} {last}" if front else last


def _count(things, thing):
    return f"{len(things)} {thing}{'' if len(things) == 1 else 's'}"


def _about(place):
    about = [
        place.team or "no team yet",
        f"outside agency: {place.agency}" if place.agency else "",
        KINDS[place.kind],
        "" if place.is_final else f"limit {place.limit}" if place.limit else "no limit",
        place.handoff[:1].lower() + place.handoff[1:],
        f"detours {place.detours}" if place.detours else "",
    ]
    return ", ".join(filter(None, about))


def _tags(place):
    tags = list(tags_of(place).values())
    if place.is_first:
        tags.insert(0, "Cases start here")
    if place.is_behind:
        tags.append("This case has been here")
    return "".join(f" {tag}." for tag in tags)


def _leads(place, ways, plan):
    if not ways:
        return "the journey ends here" if place.is_final else "no move leads out of it"
    said = []
    for way in ways:
        label = f" (“{way.label}”)" if way.label else ""
        requires = f", which requires {listed(way.requires)}" if way.requires else ""
        said.append(f"{plan.places[way.target].name}{label}{requires}")
    return f"leads to {('; ' if any(way.requires for way in ways) else ', ').join(said)}"
