"""Dates so far away that their year must be mistyped. Pure.

A wrong year is worse than a wrong day: what is held or due in 2099 is watched by nobody until then.
"""

from datetime import datetime, timedelta

A_YEAR = timedelta(days=366)
IN_WORDS = {1: "a year", 2: "two years"}


def too_far(at: datetime | None, now: datetime, *, years: int = 2) -> str:
    """Return the sentence that refuses ``at``, which is ``years`` or more before or after ``now``; empty if it is
    near enough, or there is none.
    """
    if at is None or abs(at - now) < years * A_YEAR:
        return ""
    return f"This date is {IN_WORDS[years]} or more away. Check the year."
