"""A version of the map as a file that people read, keep and share, and back.

The file is YAML: the pathway, where cases start, the teams and calendars that its stages refer to, the forms, and the
stages in order, each with its limit, ladder and moves. ``layout.FILE`` is the whole of it; the files in
``pathways/library`` show it. What may be left out has a default there: a move is named after the stage it leads to,
and open to caseworkers and managers.

    text = dump(version)
    draft = draft_from(read(text), by=user, reason="Loaded from a file")

``dump`` is stable: a version that was loaded from a dump dumps to the same text. ``read`` raises BadFile with a
sentence and the line for everything that is wrong; nothing is written then.
"""

from pathlib import Path

from pathways.exchange import layout
from pathways.exchange.dump import document_of
from pathways.exchange.load import draft_from, read, says_the_same
from pathways.exchange.text import MOST_BYTES, BadFile

__all__ = ["LIBRARY", "MOST_BYTES", "BadFile", "draft_from", "dump", "read", "says_the_same", "shipped"]

LIBRARY = Path(__file__).resolve().parent.parent / "library"


def dump(version) -> str:
    """Return ``version`` as the text of a pathway file."""
    return layout.write(document_of(version))


def shipped(code: str) -> str:
    """Return the text of a pathway file that comes with Midwatch, such as “discharge-to-assess”."""
    return (LIBRARY / f"{code}.yaml").read_text(encoding="utf-8")
