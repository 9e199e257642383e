"""The rows of a list: each case with the reasons why it is there, in words, and one next thing to do."""

from dataclasses import dataclass

from cases.reasons.because import Asked, Next
from cases.reasons.registry import REASONS
from cases.web.ages import Age, age


@dataclass(frozen=True)
class Row:
    """A case as every list shows it."""

    case: object
    url: str
    pathway: str
    age: Age
    why: list[str]
    next: Next


def rows(cases, user, now) -> list[Row]:
    """Return a Row for each of ``cases``, which were read ``with_reasons`` for ``user`` at ``now``."""
    asked, drawn = Asked(user, now), []
    for case in cases:
        grounds = [REASONS[code] for code in case.reasons if code in REASONS]
        how_old = age(case, case.entered_at, now)
        nexts = (because.next(case, asked) for because in grounds)
        drawn.append(
            Row(
                case=case,
                url=case.get_absolute_url(),
                pathway=case.version_map.pathway.name,
                age=how_old,
                why=[because.words(case, how_old, asked) for because in grounds],
                next=next(filter(None, nexts), Next("Open the case", case.get_absolute_url())),
            )
        )
    return drawn
