"""What is wrong with a version of the map, said in sentences before anyone depends on it.

Each check is one small generator of the version as it was drawn. To add one: write it, and add it to its module's
``CHECKS``.
"""

from pathways.checking import calendars, detours, forms, ladders, moves, people, stages, tasks, times
from pathways.checking.problem import Problem
from pathways.drawn import Drawn
from pathways.models import PathwayVersion

__all__ = ["Problem", "problems"]

CHECKS = (
    *stages.CHECKS,
    *people.CHECKS,
    *moves.CHECKS,
    *times.CHECKS,
    *ladders.CHECKS,
    *calendars.CHECKS,
    *tasks.CHECKS,
    *detours.CHECKS,
    *forms.CHECKS,
)


def problems(version: PathwayVersion | Drawn) -> list[Problem]:
    """List what is wrong with ``version``, the errors first; empty when nothing is."""
    drawn = version if isinstance(version, Drawn) else Drawn(version)
    found = [problem for check in CHECKS for problem in check(drawn)]
    return sorted(found, key=lambda problem: not problem.is_error)
