"""Numbers that lead to what they count."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """A number and the address of what is behind it."""

    value: int
    url: str
