"""The times of a log, as logs write them. Pure."""

import re
from datetime import UTC, datetime

from pathways.limits import LONDON

WRITTEN = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)? ?(Z|[+-]\d\d(:?\d\d)?)?)?", re.ASCII | re.IGNORECASE
)
YEARS = range(1950, 2100)  # 1900 and 9999 are how databases write “not known”


def read_time(text: str) -> datetime:
    """Return the instant (aware, UTC) that ``text`` names, such as 2025-05-04T14:00:00Z or 2025-05-04 15:00:00.25.

    Without an offset it is the wall clock of Europe/London, where an hour that comes twice in autumn is its first
    coming; a date alone is its midnight there. Digits past the microsecond are dropped. Raises ValueError with a
    sentence.
    """
    text = text.strip()
    if not text:
        raise ValueError("The time is missing.")
    try:
        if not WRITTEN.fullmatch(text):
            raise ValueError
        value = datetime.fromisoformat(text[:10] + text[10:].upper().replace(" ", "T", 1).replace(" ", ""))
    except ValueError:
        raise ValueError(f"“{text[:50]}” is not a time. Write it like 2025-05-04T14:00:00Z.") from None
    if value.year not in YEARS:
        raise ValueError(f"The year {value.year} cannot be right: a time lies between 1950 and 2099.")
    if value.tzinfo is None:
        value = value.replace(tzinfo=LONDON)
        if value.utcoffset() < value.replace(fold=1).utcoffset():  # PEP 495: so it is in a gap, and in no other hour
            raise ValueError(f"There is no {text} in London: the clocks went forward in that hour.")
    return value.astimezone(UTC)
