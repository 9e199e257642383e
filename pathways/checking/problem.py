"""Something that is wrong with a version, in a sentence that says what to do."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Model


@dataclass(frozen=True)
class Problem:
    """Something wrong with a version: an error blocks publishing, a warning does not. ``place`` is the row to mend."""

    is_error: bool
    sentence: str
    place: Model


Found = Iterator[Problem]


def error(sentence: str, place: Model) -> Problem:
    return Problem(True, sentence, place)


def warning(sentence: str, place: Model) -> Problem:
    return Problem(False, sentence, place)
