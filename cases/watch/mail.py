"""What a notice says. No patient name, NHS number or date of birth ever goes into an e-mail, and nothing that anybody
typed: reference, stage, how late, link, the names of staff, and the map's own words.
"""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from cases import showing
from cases.models import Notice, Timer
from cases.watch import digest, lines, watched
from cases.watch.lines import Line, link_to
from cases.watch.recipients import Recipients
from pathways.models import Team

Kind = Timer.Kind


class NoAddress(Exception):
    """The person to be told cannot be written to (any more)."""


def message(notice, now, with_it=()) -> EmailMultiAlternatives:
    """Build the e-mail of ``notice`` as things stand ``now``; ``with_it`` are the ends of holds that a digest tells of
    too. Raises NoAddress if its recipient has none.
    """
    person = notice.recipient
    if not person.email:
        raise NoAddress(f"{person} has no e-mail address. Add one in the admin.")
    if not person.is_active:
        raise NoAddress(f"{person} cannot sign in any more. Look who takes over what was theirs.")
    if notice.kind == Notice.Kind.DIGEST:
        subject, context = digest.said(notice, now, with_it)
    else:
        subject, context = {Notice.Kind.ESCALATION: _escalation, Notice.Kind.DETOUR: _detour}[notice.kind](notice, now)
    context |= {"recipient": person, "base_url": settings.MIDWATCH_BASE_URL}
    mail = EmailMultiAlternatives(
        subject,
        render_to_string(f"cases/mail/{notice.kind}.txt", context),
        to=[person.email],
        reply_to=[team.email for team in context["teams"] if team.email] if len(context["teams"]) == 1 else None,
        headers={"Message-ID": notice.message_id, "Auto-Submitted": "auto-generated"} | _thread(context),
    )
    mail.attach_alternative(render_to_string(f"cases/mail/{notice.kind}.html", context), "text/html")
    return mail


def _thread(context):
    """Let mail programs show all that is said about one case as one conversation."""
    if "reference" not in context:
        return {}
    first = f"<case-{context['reference']}@midwatch>"
    return {"In-Reply-To": first, "References": first}


def _escalation(notice, now):
    escalation = notice.lines.select_related("escalation__case__owner", "escalation__case__team").get().escalation
    line, case = Line.of([escalation], now)[0], escalation.case
    context = {
        "line": line,
        "reference": case.reference,
        "stage": line.stage,
        "teams": {case.team},
        "link": line.link,
        "link_is": {Kind.TASK: "the task", Kind.RESULT: "the result"}.get(line.about.kind, "the case"),
        "answer_link": line.answer_link,
        "is_over": escalation.resolved_at is not None,
        "answered_by": escalation.acknowledged_by,
    }
    if context["is_over"]:
        return f"No longer waiting: {case.reference}, {line.stage}", context
    if context["answered_by"]:
        return f"Answered by {escalation.acknowledged_by}: {case.reference}, {line.stage}", context
    (seen,) = watched.READ[line.about.kind](watched.OPEN[line.about.kind]().filter(pk=line.about.thing_id))
    team = case.team if seen.team_id == case.team_id else Team.objects.get(pk=seen.team_id)
    answer_by = escalation.answer_by
    asked = f". Answer by {showing.short_when(answer_by, now)}" if answer_by and answer_by > now else ""
    next_at, next_to = _next(escalation, seen)
    due_at = lines.due_at(line.about)
    what = case.reference if line.is_broken_promise else f"{case.reference}, {line.stage}"
    return f"{line.state}: {what}, {line.lateness}{asked}", context | {
        "teams": {team},
        "owner": seen.owner or f"nobody in {team}",
        "owner_is": {Kind.TASK: "Owed by", Kind.RESULT: "To be read by"}.get(seen.kind, "Owner"),
        "waited": showing.duration(now - seen.stay.entered_at),
        "limit": line.about.limit,
        "due": showing.moment(due_at) if due_at else "",
        "promised_by": seen.thing.made_by if line.is_broken_promise else "",
        "answer_by": showing.moment(answer_by) if answer_by else "",
        "next_at": showing.moment(next_at) if next_to else "",
        "next_to": ", ".join(str(person) for person in next_to),
        "waits_for_answer": next_at is not None and next_at == answer_by,
    }


def _next(escalation, seen):
    """When somebody else is told if nothing happens, and who: because nobody has answered, or at the next rung."""
    steps = [(seen, seen.timer()["fires_at"], seen.timer()["rung"])]
    if escalation.answer_by:
        (answer,) = watched.escalations(watched.OPEN[Kind.ESCALATION]().filter(pk=escalation.pk))
        steps.append((answer, answer.timer()["fires_at"], answer.timer()["rung"]))
    coming = [(at, thing, code) for thing, at, code in steps if at is not None and code]
    if not coming:
        return None, []
    at, thing, code = min(coming, key=lambda one: one[0])
    step = next(step for step in thing.steps if step.code == code)
    return at, Recipients.about([thing]).told(thing, step, at)


def _detour(notice, now):
    """Of a detour that began: to those who have it, to those from whose case it was taken, or to who was told in their
    place and is of neither team: a deputy, or the pathway's lead.
    """
    child = notice.case
    teams = set(notice.recipient.memberships.values_list("team", flat=True))
    is_theirs = child.team_id in teams
    is_of_theirs = not is_theirs and child.parent.team_id in teams
    case = child.parent if is_of_theirs else child
    detour = "A restricted matter" if child.restricted else str(child.detour)  # an e-mail is read over shoulders
    return f"Urgent: {case.reference}, {detour}, look at it now", {
        "reference": case.reference,
        "stage": case.stage_name,
        "detour": detour,
        "is_theirs": is_theirs,
        "is_of_theirs": is_of_theirs,
        "with_team": child.team,
        "teams": {case.team},
        "due": showing.moment(case.due_at) if case.due_at else "",
        "link": link_to(case),
    }
