"""What stands in a box, line by line, and how high that makes it. Pure."""

from dataclasses import dataclass, replace
from math import ceil

from pathways.diagram.lettering import FACT, NAME, TAG, Hand
from pathways.diagram.plan import Detour, Place
from pathways.models import Stage

PADDING, SIDE = 10, 14
HOURGLASS = 18  # the room of the sign of a waiting stage, at the upper right


@dataclass(frozen=True)
class Words:
    """One line of words, with its upper left corner at ``x`` and ``y``."""

    text: str
    x: int
    y: int
    hand: Hand
    tag: str = ""  # what must be seen first stands on a ground of its own

    @property
    def width(self):
        return ceil(self.hand.width(self.text))

    @property
    def baseline(self):
        return self.y + round(self.hand.leading * 0.78)

    @property
    def fitted(self):
        """The width to press the line into, where its letters are not known well enough to be sure that it fits."""
        return None if self.hand.is_sure_of(self.text) else self.width

    @property
    def ground(self):
        """The ground of a tag: x, y, width and height."""
        return self.x - 8, self.y - 3, self.width + 16, self.hand.leading + 6


@dataclass(frozen=True)
class Face:
    words: tuple[Words, ...]
    height: int

    def at(self, x: int, y: int) -> tuple[Words, ...]:
        return tuple(replace(line, x=line.x + x, y=line.y + y) for line in self.words)


def column(lines: list[str], hand: Hand, x: int, y: int, tag: str = "") -> tuple[Words, ...]:
    """Return ``lines`` under each other, the first with its upper edge at ``y``."""
    return tuple(Words(line, x, y + n * hand.leading, hand, tag) for n, line in enumerate(lines))


def of_place(place: Place, width: int) -> Face:
    """What the box of a stage says."""
    words, y = [], PADDING
    for tag, says in tags_of(place).items():
        words += column([says], TAG, SIDE + 8, y + 3, tag)
        y += TAG.leading + 12
    facts = [
        place.team or "No team yet",
        f"Outside agency: {place.agency}" if place.agency else "",
        place.handoff,
        _limit(place),
        f"Detours: {place.detours}" if place.detours else "",
    ]
    taken = HOURGLASS if place.kind == Stage.Kind.WAITING else 0
    return _face(words, y, width, [(NAME, place.name, taken), *((FACT, fact, 0) for fact in facts if fact)])


def of_detour(detour: Detour, width: int) -> Face:
    """What the box of a detour says."""
    facts = [f"Follows: {detour.pathway}", f"From: {detour.leaves_in_words}", detour.clock]
    name = (NAME, f"{detour.letter}  {detour.name}", 0)
    return _face([], PADDING, width, [name, *((FACT, fact, 0) for fact in facts)])


def _face(words, y, width, parts):
    for hand, text, taken in parts:
        lines = hand.wrap(text, width - 2 * SIDE - taken, at_most=4)
        words += column(lines, hand, SIDE, y)
        y += hand.leading * len(lines) + (3 if hand is NAME else 0)
    return Face(tuple(words), y + PADDING)


def tags_of(place: Place) -> dict[str, str]:
    """What must be seen first of a stage, and how it is said."""
    applies = {
        ("here", "You are here"): place.is_here,
        ("dead-end", "Dead end"): place.is_dead_end,
        ("unreached", "No way leads here"): place.is_unreached,
        ("problem", "Problem"): place.has_problem,
    }
    return dict(tag for tag, does in applies.items() if does)


def _limit(place):
    if place.is_final:
        return "The journey ends here"
    return f"Limit {place.limit}" if place.limit else "No limit"
