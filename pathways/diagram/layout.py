"""Where everything on a map stands, in pixels. Pure: the same plan is always laid out the same.

No box overlaps another, and no line runs through a box or through words: ``routes`` keeps room for each of them.
"""

from collections import defaultdict
from math import ceil

from pathways.diagram import faces, grid, pen
from pathways.diagram.drawing import Arrow, Box, DetourBox, Drawing, Start
from pathways.diagram.lettering import FACT, LABEL
from pathways.diagram.plan import Plan
from pathways.diagram.routes import ABOVE, BELOW, LEFT, RIGHT, first_fit, lanes, routes

BOX = 264  # the width of a box
LEAST_HIGH = 60
LABEL_ROOM = 156  # words beside a box are no wider
PADLOCK = 17  # the room that it takes in front of words
LANE, TRACK = 13, 12  # from line to line
STUB, APPROACH = 14, 24  # from a box to the first track, and from the last to the box that the arrow points at
ARRIVAL = 24  # from the top of a box to where lines arrive at a side where others leave
# Lines at the left of boxes keep to heights of their own, off those at the right: they may reach past each other.
RASTER, OFF = 8, {LEFT: 4, RIGHT: 0}
FORK = 20  # from the middle of a box to where lines leave for another column
BETWEEN = 44  # columns, at least
MARGIN = 16
START = 26  # the room of the mark where cases start


def layout(plan: Plan) -> Drawing:
    """Lay out ``plan``."""
    return _Sheet(plan).drawing()


class _Sheet:
    """The steps of a layout, each building on those before it: across, down, and then the lines."""

    def __init__(self, plan):
        self.plan = plan
        self.cells = grid.cells(len(plan.places), [(way.source, way.target) for way in plan.ways], plan.first)
        self.columns = max((column for _, column in self.cells), default=0) + 1
        self.faces = [faces.of_place(place, BOX) for place in plan.places]
        self.labels = [LABEL.wrap(way.label, LABEL_ROOM, at_most=4) for way in plan.ways]
        self.routes = routes(plan.ways, self.cells)
        self.exits, self.arriving = defaultdict(list), set()  # at a side of a box: moves that leave, or that arrive
        for n, route in enumerate(self.routes):
            self.exits[route.source, route.leaves].append(n)
            self.arriving.add((route.target, route.arrives))
        self._go_across()
        self._go_down()

    def drawing(self):
        boxes, detours = [], self._detours()
        for n, (place, face) in enumerate(zip(self.plan.places, self.faces, strict=True)):
            x, y = self._left(n), self.top[n]
            boxes.append(Box(place, x, y, BOX, self.high[n], face.at(x, y)))
        return Drawing(
            width=self.width,
            height=max((box.y + box.height + MARGIN for box in detours), default=self.height),
            boxes=tuple(boxes),
            arrows=tuple(sorted(map(self._arrow, range(len(self.routes))), key=lambda arrow: arrow.way.is_behind)),
            detours=tuple(detours),
            start=self._start(),
            reading_order=tuple(sorted(range(len(boxes)), key=lambda n: self.cells[n])),
            cuts=tuple(self.cuts),
        )

    # Across ----------------------------------------------------------------------------------------------------------

    def _go_across(self):
        """Find where each column begins, and where in the corridors between them each lane runs."""
        self.zones = defaultdict(int)  # the room at a side of a column, for words and for lines to turn in
        for n, route in enumerate(self.routes):
            if route.leaves != BELOW:
                self._widen_zone(route.source, route.leaves, self._width_of_label(n) + 16)
            if route.arrives != ABOVE:
                self._widen_zone(route.target, route.arrives, 16)
        found, self.lane_at, self.begins = lanes(self.routes, self.cells), {}, []
        x = MARGIN
        for corridor in range(self.columns + 1):
            own = {lane: place for lane, place in found.items() if lane[0] == corridor}
            counts = [
                max((place + 1 for side, place in own.values() if side == of), default=0) for of in (LEFT, RIGHT)
            ]
            begin = x + self.zones[corridor - 1, RIGHT]
            end = begin + LANE * sum(counts) + (8 if all(counts) else 0)
            for lane, (side, place) in own.items():
                self.lane_at[lane] = begin + LANE * place if side == LEFT else end - LANE * place
            end += self.zones[corridor, LEFT]
            if 0 < corridor < self.columns:
                end = max(end, x + BETWEEN)
            self.begins.append(end)
            x = end + BOX
        self.width = self.begins.pop() + MARGIN  # no column stands at the right of the last corridor

    def _widen_zone(self, stage, side, room):
        column = self.cells[stage][1]
        self.zones[column, side] = max(self.zones[column, side], room)

    def _width_of_label(self, n):
        words = max(map(LABEL.width, self.labels[n]), default=0)
        return ceil(words) + (PADLOCK if self.plan.ways[n].requires else 0)

    def _left(self, stage):
        return self.begins[self.cells[stage][1]]

    def _middle(self, stage):
        return self._left(stage) + BOX // 2

    def _port(self, route):
        """Where a move leaves its box below: in the middle if it goes straight down, else on the side it leads to."""
        here, there = self._middle(route.source), self._middle(route.target)
        return here + FORK * ((there > here) - (there < here))

    # Down ------------------------------------------------------------------------------------------------------------

    def _go_down(self):
        """Find how high each box is and where it begins, and at which height each line goes across."""
        self.exit_at, self.high = {}, []  # from the top of the box
        for stage in range(len(self.cells)):
            high = max(LEAST_HIGH, self.faces[stage].height, *(self._room_at(stage, side) for side in (LEFT, RIGHT)))
            self.high.append(high)
            for side in (LEFT, RIGHT):
                self._space_exits(stage, side, high)
        self.words_below = {n: self._wrap_below(n) for n, route in enumerate(self.routes) if route.leaves == BELOW}
        tracks = self._tracks()
        self.top, self.track_at, self.cuts, y = [0] * len(self.cells), {}, [], MARGIN
        for row in range(max((row for row, _ in self.cells), default=-1) + 1):
            inside = [stage for stage, cell in enumerate(self.cells) if cell[0] == row]
            self.cuts.append(y)
            across = {target: place for (channel, target), place in tracks.items() if channel == row}
            if self.plan.first in inside:
                self.start_at, y = y + 6, y + START
            if row or across or self.plan.first in inside:
                self.track_at |= {(row, target): y + STUB + TRACK * place for target, place in across.items()}
                y += STUB + TRACK * max(across.values(), default=0) + APPROACH
            for stage in inside:
                self.top[stage] = y
            y += max(self.high[stage] + self._height_below(stage) for stage in inside)
        self.height = y + MARGIN

    def _room_at(self, stage, side):
        """How high a box must be for what leaves and arrives at one of its sides."""
        return self._kept_for_arrival(stage, side) + sum(map(self._height_of_exit, self.exits[stage, side])) + 12

    def _kept_for_arrival(self, stage, side):
        return ARRIVAL + 8 if (stage, side) in self.arriving else 0

    def _height_of_exit(self, n):
        return (LABEL.leading * len(self.labels[n]) or RASTER) + 2 * RASTER

    def _space_exits(self, stage, side, high):
        """Spread the moves that leave at a side, in the order in which their lines cross least."""

        def outermost_first_if_down(n):
            distance = abs(self.lane_at[self.routes[n].lane] - self._middle(stage))
            goes_down = self.cells[self.routes[n].target] > self.cells[stage]
            return goes_down, -distance if goes_down else distance

        own = sorted(self.exits[stage, side], key=outermost_first_if_down)
        kept = self._kept_for_arrival(stage, side)
        y = _on_raster(kept + (high - kept - sum(map(self._height_of_exit, own))) // 2, side)
        for n in own:
            y += self._height_of_exit(n)
            self.exit_at[n] = y - RASTER

    def _arrival(self, stage, side):
        """Where lines arrive at a side, from the top of the box."""
        return _on_raster(ARRIVAL if self.exits[stage, side] else self.high[stage] // 2, side)

    def _wrap_below(self, n):
        """The words beside a line that goes down: they may be as wide as what is free at the right of it."""
        way, column = self.plan.ways[n], self.cells[self.routes[n].source][1]
        taken = FORK + 12 + (PADLOCK if way.requires else 0)
        return LABEL.wrap(way.label, BOX // 2 + self.zones[column, RIGHT] - taken, at_most=4)

    def _height_below(self, stage):
        heights = [
            LABEL.leading * max(len(self.words_below[n]), bool(self.plan.ways[n].requires)) + 6
            for n in self.exits[stage, BELOW]
            if not self.plan.ways[n].is_bare
        ]
        return max(heights, default=0)

    def _tracks(self):
        """Which track of its channel each line across takes: (channel, target) → place from the top."""
        spans = defaultdict(list)
        for route in self.routes:
            if route.arrives == ABOVE:
                x = self._port(route) if route.leaves == BELOW else self.lane_at[route.lane]
                spans[route.channel, route.target] += [x, self._middle(route.target)]
        places, found = defaultdict(list), {}
        for key in sorted(spans, key=lambda key: (min(spans[key]) - max(spans[key]), key)):
            if max(spans[key]) > min(spans[key]):
                found[key] = first_fit(places[key[0]], min(spans[key]) - LANE, max(spans[key]) + LANE)
        return found

    # Lines -----------------------------------------------------------------------------------------------------------

    def _arrow(self, n):
        way, route = self.plan.ways[n], self.routes[n]
        start, words, padlock = self._leave_below(n) if route.leaves == BELOW else self._leave_aside(n)
        points = [start] if route.leaves == BELOW else [start, (self.lane_at[route.lane], start[1])]
        if route.arrives == ABOVE:
            end = self._middle(route.target), self.top[route.target]
            across = self.track_at.get((route.channel, route.target))
            points += [] if across is None else [(points[-1][0], across), (end[0], across)]
        else:
            at = self.top[route.target] + self._arrival(route.target, route.arrives)
            end = self._left(route.target) + (BOX if route.arrives == RIGHT else 0), at
            points.append((points[-1][0], end[1]))
        return Arrow(
            way,
            self.plan.places[way.source],
            self.plan.places[way.target],
            _straightened([*points, end]),
            words,
            padlock,
            leads_back=self.cells[way.target][0] <= self.cells[way.source][0],
        )

    def _leave_below(self, n):
        """Where a line begins below its box, the words at its right, and its padlock: before them, or on the line."""
        route, lines = self.routes[n], self.words_below[n]
        x, y = self._port(route), self.top[route.source] + self.high[route.source]
        if not self.plan.ways[n].requires:
            return (x, y), faces.column(lines, LABEL, x + 8, y + 6), None
        return (x, y), faces.column(lines, LABEL, x + 8 + PADLOCK, y + 6), (x + 8 if lines else x - 6, y + 7)

    def _leave_aside(self, n):
        """Where a line begins beside its box, the words above it, and its padlock: before them, or on the line."""
        route, lines, is_guarded = self.routes[n], self.labels[n], bool(self.plan.ways[n].requires)
        at_right = route.leaves == RIGHT
        x, y = self._left(route.source) + (BOX if at_right else 0), self.top[route.source] + self.exit_at[n]
        begin = x + 7 if at_right else x - 7 - self._width_of_label(n)
        above = y - 4 - LABEL.leading * len(lines)
        padlock = (begin, above + 1 if lines else y - 7) if is_guarded else None
        return (x, y), faces.column(lines, LABEL, begin + PADLOCK * is_guarded, above), padlock

    def _start(self):
        if self.plan.first is None:
            return None
        x, y = self._middle(self.plan.first), self.start_at
        line = ((x, y), (x, self.top[self.plan.first]))
        words = faces.column(["Cases start here"], FACT, x + 12, y - 9)
        return Start(x, y, words, pen.path(line), pen.head(line))

    # Detours ---------------------------------------------------------------------------------------------------------

    def _detours(self):
        """The detours below the map, in as many columns as its width has room for."""
        boxes, y, gap = [], self.height + 8, 16
        abreast = max(int((self.width - 2 * MARGIN + gap) // (BOX + gap)), 1)
        for start in range(0, len(self.plan.detours), abreast):
            self.cuts.append(y - 4)
            row = [(detour, faces.of_detour(detour, BOX)) for detour in self.plan.detours[start : start + abreast]]
            high = max(face.height for _, face in row)
            for n, (detour, face) in enumerate(row):
                x = MARGIN + n * (BOX + gap)
                boxes.append(DetourBox(detour, x, y, BOX, high, face.at(x, y)))
            y += high + gap
        return boxes


def _on_raster(y, side):
    return y - (y - OFF[side]) % RASTER


def _straightened(points):
    """Leave out points that repeat, or that lie on the way between their neighbours."""
    kept = []
    for point in points:
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1 and any(kept[-2][axis] == kept[-1][axis] == point[axis] for axis in (0, 1)):
            kept.pop()
        kept.append(point)
    return tuple(kept)
