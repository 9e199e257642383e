"""The rows of a list: each case with the reasons why it is there, in words, and one next thing to do."""

from dataclasses import dataclass, field

from cases.due_in_words import Schedules
from cases.reasons import onward
from cases.reasons.because import Asked, Next
from cases.reasons.registry import of
from cases.web.ages import Age, age


@dataclass(frozen=True)
class Row:
    """A case as every list shows it. ``name``: the patient's, or the case's in its log. ``who`` has it: "You", a name,
    or nothing when nobody has.
    """

    case: object
    url: str
    name: str
    pathway: str
    age: Age
    who: str
    why: list[str]
    next: Next
    also: list[Next] = field(default_factory=list)


def rows(cases, user, now) -> list[Row]:
    """Return a Row for each of ``cases``, which were read ``with_reasons`` for ``user`` at ``now``.

    Reads the calendars, once, if something is late by a limit in working time; nothing else.
    """
    asked, schedules = Asked(user, now), Schedules()
    return [_row(case, asked, schedules) for case in cases]


def _row(case, asked, schedules):
    grounds = [of(code) for code in case.reasons]
    how_old = age(case, case.entered_at, asked.now, schedules, case.due_by)
    known = [found for because in grounds if (found := because.next(case, asked))]
    mends = {found for because in grounds if because.is_radar and (found := because.next(case, asked))}
    beside = [found for because in grounds for found in because.beside(case, asked)]
    return Row(
        case=case,
        url=case.get_absolute_url(),
        name=str(case.patient or case.log_id),
        pathway=case.version_map.pathway.name,
        age=how_old,
        who="You" if case.owner_id == asked.user.pk else str(case.owner or ""),
        why=[*filter(None, (because.words(case, how_old, asked) for because in grounds)), *onward.words(case, asked)],
        next=known[0] if known else onward.next_thing(case, asked),
        also=[*(found for found in known[1:] if found in mends and found != known[0]), *beside],
    )
