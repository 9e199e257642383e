"""How lines and boxes become the strokes of an SVG. Pure."""

Point = tuple[float, float]

BEND, WIDE_BEND = 7, 13  # radius of a corner; a line that leads back turns wide, so that it is seen to
HEAD, HALF_HEAD = 9, 4.5  # length of an arrow's head, and half its width
ROUND, CUT = 8, 14  # of a box's corners


def path(points: tuple[Point, ...], *, wide: bool = False) -> str:
    """Return the ``d`` of a line with round corners through ``points``, up to where its arrow's head begins."""
    *way, (end_x, end_y) = points
    across, down = _direction(way[-1], points[-1])
    points = [*way, (end_x - across * HEAD, end_y - down * HEAD)]
    strokes = [_stroke("M", points[0])]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(WIDE_BEND if wide else BEND, _length(before, corner) / 2, _length(corner, after) / 2)
        strokes += [
            _stroke("L", _toward(corner, before, radius)),
            _stroke("Q", corner, _toward(corner, after, radius)),
        ]
    return "".join([*strokes, _stroke("L", points[-1])])


def head(points: tuple[Point, ...]) -> str:
    """Return the ``d`` of the triangle at the end of a line."""
    (x, y), (across, down) = points[-1], _direction(points[-2], points[-1])
    foot_x, foot_y, half_x, half_y = x - across * HEAD, y - down * HEAD, down * HALF_HEAD, across * HALF_HEAD
    corners = (x, y), (foot_x + half_x, foot_y + half_y), (foot_x - half_x, foot_y - half_y)
    return _stroke("M", corners[0]) + _stroke("L", *corners[1:]) + "Z"


def outline(x: float, y: float, width: float, height: float, *, is_cut: bool) -> str:
    """Return the ``d`` of a box: its corners round, or cut off, which is the sign of an outside agency."""
    right, bottom, corner = x + width, y + height, CUT if is_cut else ROUND
    turns = [
        ((right - corner, y), (right, y), (right, y + corner)),
        ((right, bottom - corner), (right, bottom), (right - corner, bottom)),
        ((x + corner, bottom), (x, bottom), (x, bottom - corner)),
        ((x, y + corner), (x, y), (x + corner, y)),
    ]
    strokes = [
        _stroke("L", before) + (_stroke("L", after) if is_cut else _stroke("Q", tip, after))
        for before, tip, after in turns
    ]
    return _stroke("M", (x + corner, y)) + "".join(strokes) + "Z"


def _stroke(letter, *points):
    return letter + " ".join(f"{round(x, 1):g} {round(y, 1):g}" for x, y in points)


def _toward(start, end, distance):
    across, down = _direction(start, end)
    return start[0] + across * distance, start[1] + down * distance


def _direction(start, end):
    """The unit vector of a line that runs straight across or straight down."""
    across, down = end[0] - start[0], end[1] - start[1]
    return (across > 0) - (across < 0), (down > 0) - (down < 0)


def _length(start, end):
    return abs(end[0] - start[0]) + abs(end[1] - start[1])
