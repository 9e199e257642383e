"""Why a case is on somebody's list, in one place for all lists: My day, the worklist, handoffs.

A reason is a class with the condition under which it holds (in SQL), the sentence that says so, and the next thing to
do. To add one: give it its code in ``Reason`` where it belongs in the order, write its class, and name that in
``REASONS``.

    cases = Case.objects.visible_to(user).with_reasons(user, now)     adds ``reasons`` and all that a row shows
    cases.because(Reason.BREACHED, user, now)                         narrows to the cases for which it holds
    reasons.rows(page, user, now)                                     draws them up for ``cases/rows.html``
"""

from cases.reasons.because import Asked, Because, Next, Reason
from cases.reasons.compiled import filled
from cases.reasons.registry import ALSO_CLOSED, RADAR, REASONS, chip, holding, most_pressing, shown, tags
from cases.reasons.rows import Row, rows

__all__ = [
    "ALSO_CLOSED",
    "RADAR",
    "REASONS",
    "Asked",
    "Because",
    "Next",
    "Reason",
    "Row",
    "chip",
    "filled",
    "holding",
    "most_pressing",
    "rows",
    "shown",
    "tags",
]
