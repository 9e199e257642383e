"""Where each stage stands on the map: in which row, and in which column. Pure.

Rows follow the moves downwards, so that a move which leads up is a way back. What is a way back follows from the order
in which the admin put the stages; another order is taken only where fewer moves lead back in it.
"""

from collections import defaultdict
from graphlib import TopologicalSorter

ABREAST = 3  # stages in a row at most: of a wider map one sees too little at a time
USUAL = 4  # how much the first move on from a stage counts against one of the others: it is the usual way

Move = tuple[int, int]  # from, to: stages by number
Cell = tuple[int, int]  # row, column


def cells(count: int, moves: list[Move], first: int | None = None) -> list[Cell]:
    """Return the row and the column of each of ``count`` stages; ``moves`` in the order in which they are offered."""
    weights = _weights(moves, first)
    back = ways_back(count, weights, first)
    onward = {move: weight for move, weight in weights.items() if move not in back}
    found = {}
    for row, abreast in enumerate(_rows(count, onward, first)):
        for stage, column in _columns(abreast, onward, found).items():
            found[stage] = row, column
    return [found[stage] for stage in range(count)]


def reached(starts: set[int], leads: dict[int, set[int]]) -> set[int]:
    """Return ``starts`` and everything that some way of moves leads to from there."""
    seen, ahead = set(starts), list(starts)
    while ahead:
        fresh = leads.get(ahead.pop(), set()) - seen
        seen |= fresh
        ahead += fresh
    return seen


def leads(moves) -> dict[int, set[int]]:
    """Return for each stage that is left by a move those to which its moves lead."""
    found = defaultdict(set)
    for source, target in moves:
        found[source].add(target)
    return dict(found)


def ways_back(count: int, weights: dict[Move, int], first: int | None = None) -> set[Move]:
    """Return the moves that lead back: without them, no way of moves comes round to where it began."""
    ahead = leads(weights)
    reach = [reached({stage}, ahead) for stage in range(count)]
    rounds = {move: weight for move, weight in weights.items() if move[0] in reach[move[1]]}
    place = {stage: number for number, stage in enumerate(_order(count, rounds, first))}
    return {(source, target) for source, target in rounds if place[source] > place[target]}


def _weights(moves, first):
    weights, left = defaultdict(int), set()
    for source, target in moves:
        leads_on = source == first or source < target != first
        weights[source, target] += USUAL if leads_on and source not in left else 1
        if leads_on:
            left.add(source)
    return dict(weights)


def _order(count, weights, first):
    """Take the stages one by one to where less leads back, until no such place is left; ``first`` stays in front."""
    order = sorted(range(count), key=lambda stage: stage != first)
    into, out_of = defaultdict(dict), defaultdict(dict)
    for (source, target), weight in weights.items():
        into[target][source] = out_of[source][target] = weight
    is_better = True
    while is_better:  # each round but the last has less lead back than the one before
        is_better = False
        for stage in sorted((into.keys() | out_of.keys()) - {first}):
            here = order.index(stage)
            others = order[:here] + order[here + 1 :]
            costs = [sum(into[stage].values())]  # before all others, every move into it leads back
            for other in others:
                costs.append(costs[-1] - into[stage].get(other, 0) + out_of[stage].get(other, 0))
            best = min(range(first is not None, count), key=lambda place: (costs[place], abs(place - here)))
            if costs[best] < costs[here]:
                order = [*others[:best], stage, *others[best:]]
                is_better = True
    return order


def _rows(count, onward, first):
    """Put each stage a row below the lowest from which a move leads on to it."""
    ahead, before = leads(onward), leads((target, source) for source, target in onward)
    depth = {}
    for stage in TopologicalSorter({stage: before.get(stage, ()) for stage in range(count)}).static_order():
        depth[stage] = max((depth[source] + 1 for source in before.get(stage, ())), default=0)
    foot = max(depth.values(), default=0)
    for stage in range(count):
        if stage != first and stage not in before:  # nothing leads there: right above what it leads to, or last
            depth[stage] = min((depth[target] - 1 for target in ahead.get(stage, ())), default=foot + 1)
    rows = []
    for level in sorted(set(depth.values())):
        abreast = sorted(stage for stage in depth if depth[stage] == level)
        abreast.sort(key=lambda stage: stage != first)  # where a level takes several rows, cases start in the upper
        rows += [abreast[start : start + ABREAST] for start in range(0, len(abreast), ABREAST)]
    return rows


def _columns(row, onward, above):
    """Put each stage of a row below the one that leads to it most, or as near to that as there is room."""
    parents = dict.fromkeys(row, (0, 0, 0))  # weight, row, and column counted down: the leftmost wins
    for (source, target), weight in onward.items():
        if target in parents and source in above:
            at, column = above[source]
            parents[target] = max(parents[target], (weight, at, -column))
    taken = {}
    for stage in sorted(row, key=lambda stage: -parents[stage][0]):
        wanted = -parents[stage][2]
        free = [column for column in range(ABREAST) if column not in taken.values()]
        taken[stage] = min(free, key=lambda column: (abs(column - wanted), -column))
    return taken
