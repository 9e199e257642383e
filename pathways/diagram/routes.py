"""How each move runs from box to box: out of which side, along which lane, and in at which side. Pure.

Boxes stand in rows and columns. Between the columns run *corridors* with lanes for lines that go up and down, between
the rows *channels* with tracks for lines that go across; nothing else is drawn there, so that no line ever runs
through a box or through words. Lines to one stage share their lane: they meet on the way, and arrive as one arrow.

The usual move leaves a box below. The others leave at a side, where there is room for what they are called.
"""

from collections import defaultdict
from dataclasses import dataclass

from pathways.diagram.grid import Cell
from pathways.diagram.plan import Way

LEFT, RIGHT, BELOW, ABOVE = "left", "right", "below", "above"


@dataclass(frozen=True)
class Route:
    """The way of one move. Corridor n lies left of column n, channel n above row n."""

    source: int
    target: int
    leaves: str  # BELOW, or at the LEFT or RIGHT
    arrives: str  # from ABOVE, or at the LEFT or RIGHT
    corridor: int | None = None  # of a move that leaves at a side
    channel: int | None = None  # of a move that arrives from above

    @property
    def lane(self) -> tuple[int, int]:
        return self.corridor, self.target


def routes(ways: tuple[Way, ...], cells: list[Cell]) -> list[Route]:
    """Return the route of each of ``ways`` between the boxes that stand at ``cells``."""
    below = _leave_below(ways, cells)
    return [_down(way, cells) if n in below else _aside(way, cells) for n, way in enumerate(ways)]


def _leave_below(ways, cells):
    """The numbers of the moves that leave their box below: the usual one, and beside it those that need no words."""
    taken = set(cells)
    choices = defaultdict(list)
    for n, way in enumerate(ways):
        (start, _), (end, column) = cells[way.source], cells[way.target]
        if end > start and all((row, column) not in taken for row in range(start + 1, end)):
            choices[way.source].append(n)
    chosen = set()
    for numbers in choices.values():
        usual = min(numbers, key=lambda n: (cells[ways[n].source][1] != cells[ways[n].target][1], n))
        fork = {ways[usual].target: usual}
        if not ways[usual].label:
            for n in numbers:
                if ways[n].is_bare:
                    fork.setdefault(ways[n].target, n)
        chosen.update(fork.values())
    return chosen


def _down(way, cells):
    return Route(way.source, way.target, BELOW, ABOVE, channel=cells[way.source][0] + 1)


def _aside(way, cells):
    (start, here), (end, there) = cells[way.source], cells[way.target]
    side = RIGHT if there > here or (there == here and end > start) else LEFT
    corridor = here + (side == RIGHT)
    if there == corridor:
        return Route(way.source, way.target, side, LEFT, corridor)
    if there == corridor - 1:
        return Route(way.source, way.target, side, RIGHT, corridor)
    return Route(way.source, way.target, side, ABOVE, corridor, channel=end)


def lanes(routes: list[Route], cells: list[Cell]) -> dict[tuple[int, int], tuple[str, int]]:
    """Return for each lane (corridor, target) the side of the corridor it belongs to and its place counted from there.

    Lines that do not pass each other share a place; short ones lie inside of long ones.
    """
    spans, sides = defaultdict(list), {}
    for route in routes:
        if route.corridor is None:
            continue
        start, end = cells[route.source][0], cells[route.target][0]
        # In rows. Where in its row a line leaves or arrives is not known yet: it has the lane for all of the row.
        spans[route.lane] += [start, start + 0.9, *([end - 0.1] if route.arrives == ABOVE else [end, end + 0.9])]
        side = {ABOVE: LEFT if route.leaves == RIGHT else RIGHT, LEFT: RIGHT, RIGHT: LEFT}[route.arrives]
        sides.setdefault(route.lane, side)
    places, found = defaultdict(list), {}
    for lane in sorted(spans, key=lambda lane: (max(spans[lane]) - min(spans[lane]), min(spans[lane]), lane)):
        found[lane] = sides[lane], first_fit(places[lane[0], sides[lane]], min(spans[lane]), max(spans[lane]))
    return found


def first_fit(places: list[list[tuple[float, float]]], start: float, end: float) -> int:
    """Put the span into the first of ``places`` in which it meets no other, and return which."""
    for n, spans in enumerate(places):
        if all(end < other_start or other_end < start for other_start, other_end in spans):
            spans.append((start, end))
            return n
    places.append([(start, end)])
    return len(places) - 1
