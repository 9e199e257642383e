"""What every chart with two axes has: its size, its axes with marks, its name and what it says in words. Pure."""

from dataclasses import dataclass, field

from cases.charts.scale import Scale, Tick

WIDTH, HEIGHT = 720, 280
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 28, 40


@dataclass(frozen=True)
class Frame:
    """The paper of a chart. ``says`` is its text alternative: what the chart says, for who cannot see it."""

    name: str
    says: str
    across: list[Tick] = field(default_factory=list)
    up: list[Tick] = field(default_factory=list)
    across_name: str = ""
    up_name: str = ""
    width: int = WIDTH
    height: int = HEIGHT

    left = LEFT
    top = TOP

    @property
    def right(self):
        return self.width - RIGHT

    @property
    def bottom(self):
        return self.height - BOTTOM

    @property
    def middle(self):
        return (self.left + self.right) / 2


def across(high: float, low: float = 0.0) -> Scale:
    """The scale of a horizontal axis."""
    return Scale(high, LEFT, WIDTH - RIGHT, low)


def up(high: float, low: float = 0.0) -> Scale:
    """The scale of a vertical axis; places on a drawing are counted from its top."""
    return Scale(high, HEIGHT - BOTTOM, TOP, low)


def ticks(scale: Scale, marks) -> list[Tick]:
    return [Tick(scale(value), words) for value, words in marks]
