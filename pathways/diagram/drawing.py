"""A map that has been laid out: boxes and arrows, each knowing where it stands and how it is drawn. Pure."""

from dataclasses import dataclass
from itertools import pairwise

from pathways.diagram import pen, words
from pathways.diagram.faces import Words
from pathways.diagram.plan import Detour, Place, Way
from pathways.models import Stage

SHEET = 700, 850  # pixels: A4 upright, within its margins, with a heading and the signs
LEAST_SCALE = 0.58  # of letters on paper to those on the screen: 6 points for what a box says


@dataclass(frozen=True)
class Box:
    """A stage. All measures are pixels from the upper left corner of the map."""

    place: Place
    x: int
    y: int
    width: int
    height: int
    words: tuple[Words, ...]

    @property
    def is_waiting(self):
        return self.place.kind == Stage.Kind.WAITING

    @property
    def hourglass(self):
        """Its upper left corner."""
        return self.x + self.width - 28, self.y + 11

    @property
    def tick(self):
        """Its middle: on the outline, also where the corner is cut off."""
        inset = pen.CUT // 2 if self.place.agency else 2
        return self.x + inset, self.y + inset

    @property
    def title(self):
        return words.of_place(self.place)

    @property
    def outline(self):
        return pen.outline(self.x, self.y, self.width, self.height, is_cut=bool(self.place.agency))

    @property
    def second_outline(self):
        """The inner line of a final stage."""
        return pen.outline(self.x + 4, self.y + 4, self.width - 8, self.height - 8, is_cut=bool(self.place.agency))


@dataclass(frozen=True)
class Arrow:
    """A move: a line from ``points[0]`` to ``points[-1]``, what it is called and, if it is guarded, a padlock."""

    way: Way
    source: Place
    target: Place
    points: tuple[tuple[int, int], ...]
    words: tuple[Words, ...] = ()
    padlock: tuple[int, int] | None = None  # its upper left corner
    leads_back: bool = False

    @property
    def title(self):
        return words.of_way(self.way, self.source, self.target)

    @property
    def path(self):
        return pen.path(self.points, wide=self.leads_back)

    @property
    def head(self):
        return pen.head(self.points)


@dataclass(frozen=True)
class DetourBox:
    """A detour, below the map."""

    detour: Detour
    x: int
    y: int
    width: int
    height: int
    words: tuple[Words, ...]


@dataclass(frozen=True)
class Start:
    """The mark where cases start."""

    x: int
    y: int
    words: tuple[Words, ...]
    path: str
    head: str


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    detours: tuple[DetourBox, ...]
    start: Start | None
    reading_order: tuple[int, ...]  # the stages by their numbers in the plan, row by row
    cuts: tuple[int, ...]  # heights at which it may be cut for paper: only lines that go down run across

    @property
    def fits_one_sheet(self) -> bool:
        """Tell whether it is still read easily when it is made to fit one sheet of paper."""
        return self.width <= SHEET[0] / LEAST_SCALE and self.height <= SHEET[1] / LEAST_SCALE

    @property
    def sheets(self) -> list[tuple[int, int]]:
        """The pieces to print it in, each as wide as a sheet: where each begins, and how high it is."""
        room = SHEET[1] * max(self.width / SHEET[0], 1)
        pieces, start = [], 0
        for cut, after in pairwise((*self.cuts, self.height)):
            if after - start > room and cut > start:
                pieces.append((start, cut - start))
                start = cut
        return [*pieces, (start, self.height - start)]
