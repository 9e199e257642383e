"""The strip of a stage on the board: a box for the middle half, a line for the limit, dots for who took or waits
longest. Pure.
"""

from dataclasses import dataclass, field

from cases.charts.scale import Scale
from cases.showing import duration

WIDTH, HEIGHT, EDGE = 300, 44, 8
ENDED_Y, WAITING_Y = 14, 31  # who has left above, who waits still below
RADIUS = 4
FEWEST = 5  # below that many, dots stand in place of percentiles


@dataclass(frozen=True)
class Dot:
    """One stay: where it stands, whether it waits still, and in words how long; ``url`` opens its case."""

    x: float
    y: float
    is_waiting: bool
    words: str
    url: str


@dataclass(frozen=True)
class Strip:
    """The drawing. ``box``: x of lower quartile, median and upper quartile; ``whisker``: up to the 95th percentile."""

    says: str
    dots: list[Dot] = field(default_factory=list)
    box: tuple[float, float, float] | None = None
    whisker: float | None = None
    limit: float | None = None
    start: float = EDGE
    width: int = WIDTH
    height: int = HEIGHT
    radius: int = RADIUS

    @property
    def box_width(self):
        return max(1, round(self.box[2] - self.box[0], 1)) if self.box else 0


def strip(name, spells, ended, waiting, *, limit=None, link=lambda seconds, is_waiting: "") -> Strip:
    """Draw a stage: its ``spells`` (a Summary of those finished), the longest of those ``ended`` and of those
    ``waiting``, and its ``limit``, all in seconds. ``link(seconds, is_waiting)`` is where a dot leads.
    """
    longest = max([*ended, *waiting, limit or 0, spells.q3 or 0, 1])
    scale = Scale(longest, EDGE, WIDTH - EDGE)
    few = spells.n < FEWEST
    beyond = spells.p95 if not few else -1
    dots = [
        Dot(scale(seconds), ENDED_Y, False, f"Took {duration(seconds)}", link(seconds, False))
        for seconds in ended
        if few or seconds > beyond
    ]
    dots += [
        Dot(scale(seconds), WAITING_Y, True, f"Waiting for {duration(seconds)}", link(seconds, True))
        for seconds in waiting
    ]
    return Strip(
        says=_says(name, spells, waiting, limit),
        dots=dots,
        box=None if few else (scale(spells.q1), scale(spells.median), scale(spells.q3)),
        whisker=None if few else scale(spells.p95),
        limit=scale(limit) if limit else None,
    )


def _says(name, spells, waiting, limit):
    said = [f"{name}."]
    if spells.n >= FEWEST:
        said.append(f"The middle half took {duration(spells.q1)} to {duration(spells.q3)}.")
    elif spells.n:
        said.append(f"{spells.n} finished, the longest after {duration(spells.max)}.")
    if waiting:
        said.append(f"The oldest still waiting has waited {duration(max(waiting))}.")
    if limit:
        said.append(f"The limit is {duration(limit)}.")
    return " ".join(said)
