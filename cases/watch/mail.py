"""What a notice says. No patient name, NHS number or date of birth ever goes into an e-mail: reference, stage, how
late, link.
"""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from cases import showing
from cases.models import Case, Notice
from cases.watch import watched
from cases.watch.recipients import Recipients
from pathways.models import Team


class NoAddress(Exception):
    """The person to be told has no e-mail address (any more)."""


def message(notice, now) -> EmailMultiAlternatives:
    """Build the e-mail of ``notice`` as things stand ``now``. Raises NoAddress if its recipient has none."""
    if not notice.recipient.email:
        raise NoAddress(f"{notice.recipient} has no e-mail address. Add one in the admin.")
    told = {
        Notice.Kind.ESCALATION: _escalation,
        Notice.Kind.DIGEST: _digest,
        Notice.Kind.HOLD_ENDED: _hold_ended,
        Notice.Kind.DETOUR: _detour,
    }
    subject, context = told[notice.kind](notice, now)
    context |= {"recipient": notice.recipient, "base_url": settings.MIDWATCH_BASE_URL}
    mail = EmailMultiAlternatives(
        subject,
        render_to_string(f"cases/mail/{notice.kind}.txt", context),
        to=[notice.recipient.email],
        headers={"Message-ID": notice.message_id, "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(render_to_string(f"cases/mail/{notice.kind}.html", context), "text/html")
    return mail


def _line(escalation, now) -> dict:
    """What is said about one escalation, in a mail of its own and in a digest alike."""
    over = showing.due(escalation.due_at, now, limit=escalation.limit)
    return {
        "escalation": escalation,
        "reference": escalation.case.reference,
        "stage": escalation.stage_name,
        "is_over": escalation.resolved_at is not None,
        "is_late": over.kind == "late",
        "lateness": over.words,
        "due": showing.moment(escalation.due_at),
        "is_stay": escalation.kind == watched.Kind.STAGE,
        "link": f"{settings.MIDWATCH_BASE_URL}{_page(escalation)}",
    }


# Whoever owes a task or reads a result may be of a team that cannot act on the case: the link leads to what is theirs.
PAGES = {watched.Kind.TASK: "task", watched.Kind.RESULT: "read_result"}


def _page(escalation):
    if escalation.kind in PAGES:
        return reverse(PAGES[escalation.kind], args=[escalation.case.reference, escalation.thing_id])
    return escalation.case.get_absolute_url()


def _escalation(notice, now):
    escalation = notice.lines.select_related("escalation__case__owner", "escalation__case__team").get().escalation
    case, line = escalation.case, _line(escalation, now)
    subject = f"{'Late' if line['is_late'] else 'Soon late'}: {line['reference']}, {line['stage']}, {line['lateness']}"
    if line["is_over"]:
        return f"No longer waiting: {line['reference']}, {line['stage']}", line
    (seen,) = watched.READ[escalation.kind](watched.OPEN[escalation.kind]().filter(pk=escalation.thing_id))
    coming = seen.timer()
    step = next((step for step in seen.steps if step.code == coming["rung"]), None)
    people = Recipients([seen.team_id]).of(step, team_id=seen.team_id, owner=seen.owner) if step else []
    team = case.team if seen.team_id == case.team_id else Team.objects.get(pk=seen.team_id)
    return subject, line | {
        "owner": seen.owner or f"nobody in {team}",
        "waited": showing.duration(now - seen.stay.entered_at),
        "limit": escalation.limit,
        "next_at": showing.moment(coming["fires_at"]) if people else "",
        "next_to": ", ".join(str(person) for person in people),
    }


def _digest(notice, now):
    """One line a case: of several escalations of it the highest, the latest due first; nothing of what is over."""
    highest = {}
    for line in notice.lines.select_related("escalation__case").order_by(
        "escalation__level", "escalation__occurrence"
    ):
        if line.escalation.resolved_at is None:
            highest[line.escalation.case_id] = _line(line.escalation, now)
    lines = sorted(highest.values(), key=lambda line: line["escalation"].due_at)
    late = sum(line["is_late"] for line in lines)
    soon = len(lines) - late
    said = [_cases(late, "late")] * bool(late) + [f"{soon} soon" if late else _cases(soon, "soon late")] * bool(soon)
    return ", ".join(said) or "All cases have moved on", {"lines": lines}


def _cases(number, what):
    return f"1 case is {what}" if number == 1 else f"{number} cases are {what}"


def _hold_ended(notice, now):
    case = notice.case
    return f"Hold ended: {case.reference}, {case.stage_name}", {
        "reference": case.reference,
        "stage": case.stage_name,
        "due": showing.moment(case.due_at) if case.due_at else "",
        "link": f"{settings.MIDWATCH_BASE_URL}{case.get_absolute_url()}",
    }


def _detour(notice, now):
    """Of a detour that began: to those who have it, or to those from whose case it was taken."""
    child = notice.case
    is_theirs = Case.objects.visible_to(notice.recipient).filter(pk=child.pk).exists()
    case = child if is_theirs else child.parent
    detour = "A restricted matter" if child.restricted else str(child.detour)  # an e-mail is read over shoulders
    return f"Urgent: {case.reference}, {detour}, look at it now", {
        "reference": case.reference,
        "stage": case.stage_name,
        "detour": detour,
        "is_theirs": is_theirs,
        "with_team": child.team,
        "due": showing.moment(case.due_at) if case.due_at else "",
        "link": f"{settings.MIDWATCH_BASE_URL}{case.get_absolute_url()}",
    }
