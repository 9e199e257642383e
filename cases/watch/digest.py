"""The digest: all that is not urgent, once a day. By pathway and stage, the worst first; nothing twice, and nothing of
what is over or answered.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse

from cases import showing
from cases.overdue import count
from cases.watch.lines import Line, due_at, link_to

MOST_LINES = 500  # more nobody reads, and some mail servers do not take


@dataclass
class Group:
    """The lines of one stage of one pathway, the latest first."""

    pathway: str
    stage: str
    lines: list[Line]


def said(notice, now, with_it) -> tuple[str, dict]:
    """Return the subject of a digest, and what its templates need; ``with_it`` are the ends of holds to tell of."""
    rows = notice.lines.filter(escalation__resolved_at=None, escalation__acknowledged_at=None)
    rows = rows.select_related("escalation__case__team").order_by("escalation__level", "escalation__occurrence")
    lines = _once_each(Line.of([row.escalation for row in rows], now))
    groups, holds = _groups(lines[:MOST_LINES]), [_hold(one) for one in with_it if _runs_again(one)]
    return _subject(lines, holds), {
        "groups": groups,
        "holds": holds,
        "left_out": len(lines) - sum(len(group.lines) for group in groups),
        "worklist": f"{settings.MIDWATCH_BASE_URL}{reverse('cases')}?late=late",
        "teams": {line.case.team for line in lines} | {one.case.team for one in with_it},
    }


def _once_each(lines):
    """One line for each thing: of several escalations the highest, or that it was not answered; the worst first."""
    found = {}
    for line in lines:
        key = (line.about.kind, line.about.thing_id)
        if key not in found or not found[key].is_unanswered or line.is_unanswered:
            found[key] = line
    last = datetime.max.replace(tzinfo=UTC)  # what is on hold
    return sorted(found.values(), key=lambda line: (due_at(line.about) or last, line.escalation.pk))


def _groups(lines):
    """The lines by pathway and stage: the group with the worst line comes first."""
    groups = {}
    for line in lines:
        key = (line.case.version_map.pathway.name, line.case.stage_name)
        groups.setdefault(key, Group(*key, [])).lines.append(line)
    return list(groups.values())


def _runs_again(notice) -> bool:
    """Is the case still in the stay whose hold has ended? It may have moved on since, or be on hold again."""
    case = notice.case
    return case.is_open and not case.is_held and notice.hold.entry.left_at is None


def _hold(notice):
    case = notice.case
    return {
        "reference": case.reference,
        "stage": case.stage_name,
        "until": showing.moment(notice.hold.until),
        "due": showing.moment(case.due_at) if case.due_at else "",
        "link": link_to(case),
    }


def _subject(lines, holds) -> str:
    """Say what is needed: how many cases are late, which promises were not kept, what was not answered."""
    late = {line.case.pk for line in lines if line.is_late}
    held = {line.case.pk for line in lines if line.is_held} - late
    soon = {line.case.pk for line in lines} - late - held
    broken, unanswered = (
        sum(getattr(line, name) for line in lines) for name in ("is_broken_promise", "is_unanswered")
    )
    words = [_cases(len(late), "late")] if late else []
    if soon:
        words.append(f"{len(soon)} soon" if late else _cases(len(soon), "soon late"))
    if held:
        words.append(f"{len(held)} on hold" if words else _cases(len(held), "on hold"))
    words += [f"{count(broken, 'promise')} not kept"] if broken else []
    words += [f"{unanswered} not answered"] if unanswered else []
    words += [f"{count(len(holds), 'hold')} ended"] if holds else []
    return ", ".join(words) or "All cases have moved on"


def _cases(number, what):
    return f"1 case is {what}" if number == 1 else f"{number} cases are {what}"
