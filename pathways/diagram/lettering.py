"""How wide words are in Arial, and how they break into lines. Pure.

The server cannot ask a browser, so it measures with the advance widths of Arial, which Helvetica and Liberation Sans
share: what stands in a box fits it on every screen and on paper.
"""

import unicodedata
from dataclasses import dataclass

# Thousandths of the type size, for each of the characters.
REGULAR = {
    "'": 191, "ijl\u2018\u2019": 222, "|": 260, " !,./:;I[]\\ft\u00a0": 278, "()-`r\u201c\u201d\u00b7": 333, "{}": 334,
    "\u2022": 350, '"': 355, "*": 389, "^": 469, "Jckszvxy": 500, "#$?_0123456789Labdeghnopqu\u00a3\u20ac\u2013": 556,
    "+<=>~\u00d7": 584, "FTZ": 611, "&ABEKPSVXY": 667, "CDHNRUw": 722, "GOQ": 778, "Mm": 833, "%": 889, "W": 944,
    "\u2014\u2026": 1000, "@": 1015,
}  # fmt: skip
BOLD = {
    "'": 238, " ,./I\\ijl\u00a0\u2018\u2019": 278, "|": 280, "!()-:;[]`ft\u00b7": 333, "\u2022": 350, "*r{}": 389,
    '"': 474, "z\u201c\u201d": 500, "#$_0123456789Jacekvxys\u00a3\u20ac\u2013": 556, "+<=>~^\u00d7": 584,
    "?FLTZbdghnopqu": 611, "EPSVXY": 667, "&ABCDHKNRU": 722, "GOQw": 778, "M": 833, "m%": 889, "W": 944, "@": 975,
    "\u2014\u2026": 1000,
}  # fmt: skip
SLACK = 1.02  # browsers round each letter to their grid
ELLIPSIS = "…"
STEP = 4  # pixels by which lines are made shorter, until they are about as long as each other


def _each(table):
    return {character: amount for characters, amount in table.items() for character in characters}


WIDTHS = {False: _each(REGULAR), True: _each(BOLD)}


@dataclass(frozen=True)
class Hand:
    """One way of lettering: type size and the distance from line to line in pixels, and whether it is bold."""

    size: int
    leading: int
    bold: bool = False

    def width(self, text: str) -> float:
        """Return the width of ``text`` in pixels; never too little for text in Latin letters."""
        return sum(self._width_of(character) for character in text) * self.size * SLACK / 1000

    def _width_of(self, character):
        table = WIDTHS[self.bold]
        if character in table:
            return table[character]
        base = unicodedata.normalize("NFD", character)[0]  # an é is as wide as its e
        if base in table:
            return table[base]
        return 0 if unicodedata.combining(character) else 1000

    def is_sure_of(self, text: str) -> bool:
        """Tell whether all of ``text`` is in the table; the browser must be told the width of what is not."""
        return all(unicodedata.normalize("NFD", character)[0] in WIDTHS[self.bold] for character in text)

    def wrap(self, text: str, room: float, *, at_most: int = 0) -> list[str]:
        """Break ``text`` into as few lines as ``room`` allows, all about as long; within a word if nothing else helps.

        With ``at_most`` what does not fit on as many lines ends in an ellipsis.
        """
        lines = self._filled(text, room)
        if at_most and len(lines) > at_most:
            return [*lines[: at_most - 1], self._shortened(lines[at_most - 1], room)]
        while len(lines) > 1 and len(evener := self._filled(text, room := room - STEP)) == len(lines) and room > STEP:
            lines = evener
        return lines

    def _filled(self, text, room):
        lines = []
        for word in text.split():
            joined = f"{lines[-1]} {word}" if lines else word
            if lines and self.width(joined) <= room:
                lines[-1] = joined
            else:
                lines += self._pieces(word, room)
        return lines

    def _pieces(self, word, room):
        pieces = [""]
        for character in word:
            if pieces[-1] and self.width(pieces[-1] + character) > room:
                pieces.append("")
            pieces[-1] += character
        return pieces

    def _shortened(self, line, room):
        while line and self.width(line + ELLIPSIS) > room:
            line = line[:-1]
        return line.rstrip() + ELLIPSIS


NAME = Hand(16, 20, bold=True)
FACT = Hand(14, 18)
TAG = Hand(13, 16, bold=True)
LABEL = Hand(13, 16)
