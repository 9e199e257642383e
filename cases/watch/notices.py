"""Notices: the outbox. Owed in the transaction that raises an escalation, sent after it, at least once, with one
Message-ID.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPServerDisconnected

from django.core.mail import get_connection
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cases import worker
from cases.models import Escalation, Notice, NoticeLine
from cases.models.watch import new_message_id
from cases.watch import concerned, mail, mail_times, rows, set_aside
from cases.watch.recipients import AT_LAST, Recipients
from pathways.models import EscalationStep, MailPreference

log = logging.getLogger(__name__)

FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=1)
# A digest that goes at once waits for the rest of the backlog that it tells of.
AT_ONCE = timedelta(minutes=5)
OF_A_DETOUR = EscalationStep(tells=[EscalationStep.Recipient.ON_DUTY, EscalationStep.Recipient.MANAGERS])


@dataclass
class Owed:
    """One escalation and the keys of those whom it must be told to: ``at_once`` in a mail of its own, else in each
    one's digest, which ``hurries`` where it would be too late otherwise.
    """

    escalation: int
    case: int
    people: list[int]
    at_once: bool = False
    hurries: bool = False


def digest_times(people: set[int], now) -> dict[int, datetime]:
    """When each of the people gets their next digest."""
    chosen = {row.user_id: row for row in MailPreference.objects.filter(user__in=people)}
    by_default = mail_times.next_digest(mail_times.DEFAULT, now)
    return {
        person: mail_times.next_digest(chosen[person], now) if person in chosen else by_default for person in people
    }


def answer_by(seen, step, item: Owed, times: dict[int, datetime], now) -> datetime | None:
    """By when ``item`` must be answered, as the rung ``step`` of the thing ``seen`` says: counted from when the first
    is told. None if nobody must.
    """
    within = step.answer_within
    if not (item.people and within):
        return None
    told_at = now if item.at_once else min(times[person] for person in item.people)
    return within.after(told_at, seen.stay.schedule)


def owe(owed: list[Owed], now, times: dict[int, datetime]) -> None:
    """Put what is owed into the outbox: a mail of its own for each urgent escalation and person, and for all else one
    digest a person, sent at the time in ``times``.
    """
    alone = [(item, person) for item in owed if item.at_once for person in item.people]
    together = [(item, person) for item in owed if not item.at_once for person in item.people]
    mails = rows.insert_with_keys(Notice, [_mail(item.case, person, now) for item, person in alone])
    digests = _digests(_send_times(together, now, times), now)
    told_in = [*mails, *(digests[person].pk for _, person in together)]
    lines = [
        {"notice_id": notice, "escalation_id": item.escalation, "recipient_id": person}
        for notice, (item, person) in zip(told_in, alone + together, strict=True)
    ]
    rows.insert(NoticeLine, lines)


def _mail(case, person, now):
    return {
        "kind": Notice.Kind.ESCALATION.value,
        "recipient_id": person,
        "case_id": case,
        "message_id": new_message_id(),
        "created_at": now,
        "sent_to": "",
        "attempts": 0,
        "error": "",
    }


def _send_times(together, now, times):
    """When the digest of each person must go."""
    wanted = {}
    for item, person in together:
        at = now + AT_ONCE if item.hurries else times[person]
        wanted[person] = min(at, wanted.get(person, at))
    return wanted


def _digests(wanted: dict[int, datetime], now) -> dict[int, Notice]:
    """The unsent digest of each person, locked, made where there is none, and sent at the time ``wanted`` at the
    latest.
    """
    # In the order of their keys, so that two sweeps at once wait for each other and never in a circle.
    found = {}
    while missing := sorted(wanted.keys() - found.keys()):
        # The sender may have taken one between the two statements: then it is sent, and the next round makes a new
        # one.
        new = [
            Notice(kind=Notice.Kind.DIGEST, recipient_id=person, created_at=now, send_at=wanted[person])
            for person in missing
        ]
        Notice.objects.bulk_create(new, ignore_conflicts=True)
        unsent = Notice.objects.filter(kind=Notice.Kind.DIGEST, sent_at=None, recipient__in=missing)
        found |= {
            notice.recipient_id: notice for notice in unsent.select_for_update(no_key=True).order_by("recipient")
        }
    sooner = [notice for person, notice in found.items() if notice.send_at and wanted[person] < notice.send_at]
    for notice in sooner:
        notice.send_at = wanted[notice.recipient_id]
    Notice.objects.bulk_update(sooner, ["send_at"])
    return found


def owe_hold_ended(case, hold, now) -> bool:
    """Tell the case's owner, or the managers of its team, in their digest that a hold has ended by itself; return
    whether there is anybody to tell.
    """
    recipients = Recipients([case.team_id], pathway_ids=[case.version_map.pathway.pk], at=now)
    lead = recipients.leads.get(case.version_map.pathway.pk)
    step = EscalationStep(tells=[EscalationStep.Recipient.OWNER])
    who = {"team_id": case.team_id, "owner": case.owner, "pathway_lead": lead, "among": recipients.who_may_know(case)}
    people = recipients.first([step, *AT_LAST], **who)
    told = set(Notice.objects.filter(hold=hold).values_list("recipient", flat=True))
    to_tell = [person for person in people if person.pk not in told]
    digests = _digests(digest_times({person.pk for person in to_tell}, now), now)
    for person in to_tell:
        Notice.objects.create(
            kind=Notice.Kind.HOLD_ENDED,
            recipient=person,
            case=case,
            hold=hold,
            created_at=now,
            send_at=digests[person.pk].send_at,
        )
    return bool(people)


def owe_detour(case, now) -> None:
    """Tell at once who must know that the detour ``case`` has begun (see ``told_of_detour``), each with a mail of its
    own that waits for no digest and no sweep.
    """
    parents = None if case.restricted else case.parent.team_id
    people = told_of_detour(case.team_id, parents, **_of_detour(case))
    for person in people:
        told = {"created_at": now}
        Notice.objects.get_or_create(kind=Notice.Kind.DETOUR, recipient=person, case=case, defaults=told)
    if people:
        transaction.on_commit(_wake_the_worker, robust=True)


def _of_detour(case):
    return {"pathway_id": case.version_map.pathway.pk, "restricted": case.restricted}


def told_of_detour(team_id, parents_team_id=None, *, pathway_id=None, restricted=False) -> list:
    """Whoever is on duty for the team that a detour begins in, and its managers; and, unless it is restricted, those
    of the team that has the case it was taken from, who answer for that patient. Where none of them can be told: the
    lead of its pathway.
    """
    teams = [team for team in (team_id, parents_team_id) if team is not None]
    recipients = Recipients(teams, pathway_ids=[pathway_id] if pathway_id else ())
    lead = recipients.leads.get(pathway_id)
    among = {member.user_id for member in recipients.members(team_id)} if restricted else None
    who = {"pathway_lead": lead, "among": among}
    told = [recipients.first((OF_A_DETOUR, *AT_LAST), team_id=team, **who) for team in teams]
    return list({person.pk: person for people in told for person in people}.values())


def _wake_the_worker():
    worker.wake("send_urgent", otherwise="the next sweep sends")


URGENT = (Notice.Kind.DETOUR, Notice.Kind.ESCALATION)  # each a mail of its own, at once


def unsent(now):
    """The notices that should have gone by ``now``. What waits for its hour is not owed yet."""
    return Notice.objects.filter(sent_at=None).filter(Q(send_at=None) | Q(send_at__lte=now))


def refused_addresses():
    """The notices that could not be delivered so far, each with its ``recipient``: wrong and missing addresses, and
    what the mail server does not take. They are tried again every hour.
    """
    return Notice.objects.filter(sent_at=None).exclude(error="").select_related("recipient").order_by("pk")


def send_due(*, only_urgent=False, at=None) -> int:
    """Send what is owed, over one connection, and return how many mails were sent, the urgent first. ``only_urgent``:
    leave to a sweep what may wait for it.

    A notice is marked only after the server has taken it: killed in between, it is sent again with the same Message-
    ID. One that is refused is tried again later, waiting longer each time. A server that is down ends this run, and
    nothing is lost.
    """
    sent, now, connection = 0, at or timezone.now(), get_connection()
    waiting = unsent(now).filter(Q(retry_at=None) | Q(retry_at__lte=now)).exclude(kind=Notice.Kind.HOLD_ENDED)
    urgent = waiting.filter(kind__in=URGENT)
    try:
        connection.open()
        for queue in (urgent,) if only_urgent else (urgent, waiting):
            while (outcome := _send_next(connection, now, queue)) is not None:
                sent += outcome
    except OSError as error:  # also smtplib's: the server is not there, or went away
        log.warning("The mail server cannot be reached, notices wait: %s", error)
    finally:
        connection.close()
    return sent


@transaction.atomic
def _send_next(connection, now, waiting) -> bool | None:
    """Send the next notice of those ``waiting``; return whether it went, None if there is none left."""
    locked = waiting.select_for_update(skip_locked=True, no_key=True, of=("self",))
    notice = locked.select_related("recipient", "case", "hold").order_by("pk").first()
    if notice is None:
        return None
    together, has_left = _goes_with(notice), not notice.recipient.is_active
    if together and not has_left and not _is_urgent(notice):
        chosen = MailPreference.objects.filter(user=notice.recipient_id).first() or mail_times.DEFAULT
        if not chosen.digest:
            return _close(together, error="Not sent: their digest is switched off.")
        goes_at = mail_times.late(chosen, now)
        if goes_at > now and not _is_awaited(notice, now, goes_at):
            return _put_off(together, goes_at)
    notice.attempts += 1
    try:
        if has_left and _told_instead(together or [notice], now):
            return _close(
                together or [notice], error="Not sent: they have left. Whom it concerns now is told instead."
            )
        message = mail.message(notice, now, [one for one in together if one.pk != notice.pk])
        connection.send_messages([message])
    except (ConnectionError, SMTPServerDisconnected):
        raise
    except Exception as error:
        log.warning("Notice %s was not sent: %s", notice.pk, type(error).__name__)
        notice.error = set_aside.recorded(error)
        notice.retry_at = now + min(FIRST_RETRY * 2 ** min(notice.attempts - 1, 10), LAST_RETRY)
        notice.save()
        return False
    _close(together or [notice], sent_to=message.to[0])
    return True


@transaction.atomic
def _told_instead(left, now) -> bool:
    """Owe to whom it concerns now what somebody who has left would be told with the notices ``left``; return whether
    there is somebody for all of it.
    """
    unanswered = Escalation.objects.filter(resolved_at=None, acknowledged_at=None, lines__notice__in=left)
    found, is_alone = concerned.by(unanswered, now), left[0].kind == Notice.Kind.ESCALATION
    owed = [
        Owed(
            one.escalation.pk,
            one.escalation.case_id,
            one.to_tell,
            at_once=is_alone,
            hurries=one.escalation.urgent and not is_alone,
        )
        for one in found
    ]
    owe(owed, now, digest_times({person for item in owed for person in item.people}, now))
    reached = [bool(one.people) for one in found]
    for notice in left:
        if notice.kind == Notice.Kind.HOLD_ENDED and notice.case.is_open:
            reached.append(owe_hold_ended(notice.case, notice.hold, now))
        elif notice.kind == Notice.Kind.DETOUR and notice.case.is_open:
            owe_detour(notice.case, now)
            reached.append(bool(told_of_detour(notice.case.team_id, **_of_detour(notice.case))))
    return all(reached)


def _goes_with(notice) -> list[Notice]:
    """The digest with the ends of holds that it tells of, locked; nothing if the notice is no digest."""
    if notice.kind != Notice.Kind.DIGEST:
        return []
    holds = Notice.objects.filter(kind=Notice.Kind.HOLD_ENDED, recipient=notice.recipient_id, sent_at=None)
    held = holds.select_for_update(no_key=True, of=("self",)).select_related("case", "hold").order_by("pk")
    return [notice, *held]


def _is_awaited(digest, now, send_at) -> bool:
    """Must something that it tells of be answered by ``send_at``? Then it cannot wait until then."""
    open_lines = digest.lines.filter(escalation__resolved_at=None, escalation__acknowledged_at=None)
    return open_lines.filter(escalation__answer_by__gt=now, escalation__answer_by__lte=send_at).exists()


def _is_urgent(digest) -> bool:
    """Does it tell of something urgent? That is never off, and waits for no hour."""
    return digest.lines.filter(escalation__urgent=True, escalation__resolved_at=None).exists()


def _put_off(notices, send_at) -> bool:
    """Let the digest, and what goes with it, wait for ``send_at``; return that it was not sent."""
    for notice in notices:
        notice.send_at = send_at
        notice.save(update_fields=["send_at"])
    return False


@transaction.atomic
def come_as_chosen(person, now=None) -> None:
    """Let the digest that waits for its hour come as ``person`` has chosen now. One that tells of something urgent, or
    to be answered before then, is left as it is.
    """
    now = now or timezone.now()
    waiting = Notice.objects.filter(kind=Notice.Kind.DIGEST, sent_at=None, recipient=person, send_at__gt=now)
    digest = waiting.select_for_update(no_key=True, of=("self",)).first()
    send_at = digest_times({person.pk}, now)[person.pk]
    if digest is not None and not _is_urgent(digest) and not _is_awaited(digest, now, send_at):
        _put_off(_goes_with(digest), send_at)


def _close(notices, *, sent_to="", error="") -> bool:
    """Record that the notices are done with; return whether they were sent."""
    for notice in notices:
        notice.sent_at, notice.sent_to, notice.error, notice.retry_at = timezone.now(), sent_to, error, None
        notice.save()
    return bool(sent_to)
