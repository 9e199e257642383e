"""Stays in lines: whose they are, how long they took, what is known of them and what was done about them.

Only who may see a case reads whose it is; of the others there is the length of the stay, which the figures show too.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from cases.durations.stays import Stay, excess, seconds
from cases.models import Case, Escalation, Hold, StageEntry, Timer
from cases.showing import day, duration
from cases.web import facts

LAST = 2  # answers: what was said before is on the case's page


@dataclass
class Line:
    """One stay: ``case`` is None for who may not see it; ``known`` and ``done`` are in words."""

    seconds: float
    excess: float
    entered_at: datetime
    left_at: datetime | None
    case: Case | None = None
    owner: object = None
    team: object = None
    known: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    @property
    def is_waiting(self):
        return self.left_at is None


def lines(stays: list[Stay], as_of: datetime, user, *, length=seconds) -> list[Line]:
    """Return a line for each of ``stays`` as ``user`` may read it, in a fixed number of statements.

    ``length(stay, as_of)``: how the time of a stay is counted, in seconds.
    """
    keys = [stay.key for stay in stays]
    entries = {entry.pk: entry for entry in StageEntry.objects.filter(pk__in=keys).select_related("team")}
    seen = Case.objects.visible_to(user).filter(entries__in=keys).distinct()
    cases = {case.pk: case for case in seen.select_related("patient", "owner", "version")}
    visible = [key for key in keys if entries[key].case_id in cases]
    held, raised = _holds(visible), _escalations(visible)
    return [_line(stay, as_of, length, entries[stay.key], cases, held, raised) for stay in stays]


def _line(stay, as_of, length, entry, cases, held, raised):
    left_at = stay.left_at if stay.left_at and stay.left_at <= as_of else None
    line = Line(length(stay, as_of), excess(stay, as_of), stay.entered_at, left_at)
    if case := cases.get(entry.case_id):
        line.case, line.owner, line.team = case, case.owner if left_at is None else entry.left_by, entry.team
        line.known = [f"{name}: {answer}" for name, answer in facts.in_words(entry.facts, case.version_map)]
        line.known += [_hold_in_words(hold) for hold in held[entry.pk]]
        done = filter(None, map(_done_in_words, raised[entry.pk]))
        line.done = list(dict.fromkeys(done))[-LAST:]  # one answer covers several rungs
    return line


def _holds(keys):
    found = defaultdict(list)
    for hold in Hold.objects.filter(entry__in=keys).order_by("started_at", "pk"):
        found[hold.entry_id].append(hold)
    return found


def _escalations(keys):
    """The highest escalation of each stay that was told to somebody: what came of it says what was done."""
    found = defaultdict(list)
    told = Escalation.objects.filter(kind=Timer.Kind.STAGE, thing_id__in=keys, is_told=True)
    for escalation in told.select_related("acknowledged_by").order_by("thing_id", "reached_at", "pk"):
        found[escalation.thing_id].append(escalation)
    return found


def _hold_in_words(hold):
    if hold.ended_at is None:
        return f"on hold since {day(hold.started_at)}: {hold.reason}"
    return f"was on hold for {duration(hold.ended_at - hold.started_at)}: {hold.reason}"


def _done_in_words(escalation):
    if escalation.acknowledged_at:
        return f"{escalation.acknowledged_by}, {day(escalation.acknowledged_at)}: {escalation.acknowledgement}"
    if escalation.resolved_at:
        return ""
    return f"told on {day(escalation.raised_at)}, not answered yet"
