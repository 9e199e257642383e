"""The ladders that are the same everywhere: of tasks, handoffs, results and answers. A stage has one of the map."""

from pathways.limits import Unit
from pathways.models import EscalationStep

To = EscalationStep.Recipient


def _rung(code, name, days, *tells):
    return EscalationStep(code=code, name=name, when="after", amount=days, unit=Unit.DAYS, tells=list(tells))


TASK_LADDER = (
    _rung("task-due", "Task due: tell whoever owes it", 0, To.OWNER),
    _rung("task-late", "Task a day late: tell the managers", 1, To.MANAGERS),
)
HANDOFF_LADDER = (_rung("not-answered", "Handoff not answered: tell the managers of the sender", 0, To.MANAGERS),)
RESULT_LADDER = (
    _rung("result-unread", "Result not read: tell its reader", 0, To.OWNER),
    _rung("result-still-unread", "Result unread a day too long: tell the managers", 1, To.MANAGERS),
)

PROMISE_BROKEN, UNANSWERED = "promise-broken", "unanswered"


def of_promise(urgent) -> tuple[EscalationStep]:
    """The one rung of a task that was promised in answer to an escalation: it climbs as soon as it is late."""
    name = "Promise not kept: tell the managers and the pathway lead"
    step = _rung(PROMISE_BROKEN, name, 0, To.OWNER, To.MANAGERS, To.LEAD)
    step.urgent = urgent
    return (step,)


def of_answer(escalation) -> tuple[EscalationStep, ...]:
    """The rung of an escalation that must be answered, which tells whom the next higher rung of the stage tells, or
    after the highest the managers and the lead; and those above that one, for where it reaches nobody.
    """
    ladder = list(escalation.case.stage_now.ladder.all()) if escalation.case.is_open else []
    codes = [step.code for step in ladder]
    above = codes.index(escalation.rung_code) + 1 if escalation.rung_code in codes else len(codes)
    higher = ladder[above] if above < len(ladder) else EscalationStep(tells=[To.MANAGERS, To.LEAD])
    step = _rung(UNANSWERED, f"Not answered: {escalation.rung_name}"[:200], 0, *higher.tells)
    step.named_team_id, step.urgent = higher.named_team_id, escalation.urgent or higher.urgent
    return (step, *ladder[above + 1 :])
