"""A version of the map as a file that people read, keep and share, and back.

The file is YAML: the pathway, where cases start, the teams and calendars that its stages refer to, the facts and
forms, the stages in order, each with its limit, ladder, tasks and moves, and the detours. ``layout.FILE`` is the whole
of it; the files in ``pathways/library`` show it. What may be left out has a default there: a move is named after the
stage it leads to, and open to caseworkers and managers.

    text = dump(version)
    draft = draft_from(read(text), by=user, reason="Loaded from a file")

``dump`` is stable: a version that was loaded from a dump dumps to the same text. ``read`` raises BadFile with a
sentence and the line for everything that is wrong; nothing is written then. The pathway of a detour must be there
before those from which it is taken: ``in_order`` puts several files into that order.
"""

from pathlib import Path

from pathways.exchange import layout
from pathways.exchange.dump import document_of
from pathways.exchange.layout import code_in
from pathways.exchange.load import draft_from, in_order, read, says_the_same
from pathways.exchange.text import MOST_BYTES, BadFile

__all__ = [
    "LIBRARY",
    "MOST_BYTES",
    "BadFile",
    "code_in",
    "draft_from",
    "dump",
    "in_order",
    "read",
    "says_the_same",
    "shipped",
    "shipped_codes",
]

LIBRARY = Path(__file__).resolve().parent.parent / "library"


def dump(version) -> str:
    """Return ``version`` as the text of a pathway file."""
    return layout.write(document_of(version))


def shipped(code: str) -> str:
    """Return the text of a pathway file that comes with Midwatch, such as “discharge-to-assess”."""
    return (LIBRARY / f"{code}.yaml").read_text(encoding="utf-8")


def shipped_codes() -> list[str]:
    """Return the codes of the pathways that come with Midwatch, in alphabetical order."""
    return sorted(path.stem for path in LIBRARY.glob("*.yaml"))
