"""Notices: the outbox. Owed in the transaction that raises an escalation, sent after it, at least once, with one
Message-ID.
"""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from smtplib import SMTPServerDisconnected

from celery import current_app
from django.core.mail import get_connection
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cases.models import Escalation, Notice, NoticeLine
from cases.watch import mail
from cases.watch.recipients import Recipients
from pathways.models import EscalationStep

log = logging.getLogger(__name__)

# Somebody waits for their page meanwhile: the library would try for six seconds.
AT_MOST_A_MOMENT = {"max_retries": 0, "interval_start": 0, "socket_connect_timeout": 2, "socket_timeout": 2}
FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Owed:
    """One escalation and whom it must be told to; ``is_backlog`` puts it in a digest, instead of a mail of its own."""

    escalation: Escalation
    people: list = field(default_factory=list)
    is_backlog: bool = False


def owe(owed: list[Owed], now) -> None:
    """Put what is owed into the outbox: one notice per escalation and person, and one digest per person for all
    backlog.
    """
    alone = [(item.escalation, person) for item in owed if not item.is_backlog for person in item.people]
    notices = [
        Notice(kind=Notice.Kind.ESCALATION, recipient=person, case_id=escalation.case_id, created_at=now)
        for escalation, person in alone
    ]
    Notice.objects.bulk_create(notices)
    lines = [
        NoticeLine(notice=notice, escalation=escalation, recipient=person)
        for notice, (escalation, person) in zip(notices, alone, strict=True)
    ]
    backlog = [(item.escalation, person) for item in owed if item.is_backlog for person in item.people]
    digests = _digests({person.pk for _, person in backlog}, now)
    lines += [
        NoticeLine(notice=digests[person.pk], escalation=escalation, recipient=person)
        for escalation, person in backlog
    ]
    NoticeLine.objects.bulk_create(lines)


def _digests(people: set[int], now) -> dict[int, Notice]:
    """The unsent digest of each person, locked, made where there is none."""
    # In the order of their keys, so that two sweeps at once wait for each other and never in a circle.
    found = {}
    while missing := sorted(people - found.keys()):
        # The sender may have taken one between the two statements: then it is sent, and the next round makes a new
        # one.
        wanted = [Notice(kind=Notice.Kind.DIGEST, recipient_id=person, created_at=now) for person in missing]
        Notice.objects.bulk_create(wanted, ignore_conflicts=True)
        unsent = Notice.objects.filter(kind=Notice.Kind.DIGEST, sent_at=None, recipient__in=missing)
        found |= {
            notice.recipient_id: notice for notice in unsent.select_for_update(no_key=True).order_by("recipient")
        }
    return found


def owe_hold_ended(case, hold, now) -> None:
    """Tell the case's owner, or the managers of its team, that a hold has ended by itself."""
    step = EscalationStep(tells=[EscalationStep.Recipient.OWNER])
    for person in Recipients([case.team_id]).of(step, team_id=case.team_id, owner=case.owner):
        Notice.objects.create(kind=Notice.Kind.HOLD_ENDED, recipient=person, case=case, hold=hold, created_at=now)


def owe_detour(case, now) -> None:
    """Tell at once who must know that the detour ``case`` has begun (see ``told_of_detour``), each with a mail of its
    own that waits for no digest and no sweep.
    """
    people = told_of_detour(case.team_id, None if case.restricted else case.parent.team_id)
    for person in people:
        Notice.objects.create(kind=Notice.Kind.DETOUR, recipient=person, case=case, created_at=now)
    if people:
        transaction.on_commit(_wake_the_worker, robust=True)


def told_of_detour(team_id, parents_team_id=None) -> list:
    """The managers of the team that a detour begins in; and, unless it is restricted, those of the team that has the
    case it was taken from, who answer for that patient.
    """
    step = EscalationStep(tells=[EscalationStep.Recipient.MANAGERS])
    teams = [team for team in (team_id, parents_team_id) if team is not None]
    recipients = Recipients(teams)
    return list({one.pk: one for team in teams for one in recipients.of(step, team_id=team, owner=None)}.values())


def _wake_the_worker():
    from cases import tasks  # which import this module

    options = current_app.conf.broker_transport_options | AT_MOST_A_MOMENT
    try:
        with current_app.connection_for_write(transport_options=options) as connection:
            tasks.send_urgent.apply_async(connection=connection, retry=False)
    except Exception as error:  # the broker's library has many; none may undo or delay what was recorded
        log.warning("The worker could not be woken, the next sweep sends: %s", type(error).__name__)


def send_due(*, only_urgent=False) -> int:
    """Send what is owed, over one connection, and return how many were sent. ``only_urgent``: leave to a sweep what
    may wait for it.

    A notice is marked only after the server has taken it: killed in between, it is sent again with the same Message-
    ID. One that is refused is tried again later, waiting longer each time. A server that is down ends this run, and
    nothing is lost.
    """
    sent, now, connection = 0, timezone.now(), get_connection()
    waiting = Notice.objects.filter(sent_at=None).filter(Q(retry_at=None) | Q(retry_at__lte=now))
    if only_urgent:
        waiting = waiting.filter(kind=Notice.Kind.DETOUR)
    try:
        connection.open()
        while (outcome := _send_next(connection, now, waiting)) is not None:
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
    notice.attempts += 1
    try:
        message = mail.message(notice, now)
        connection.send_messages([message])
    except (ConnectionError, SMTPServerDisconnected):
        raise
    except Exception as error:
        log.warning("Notice %s was not sent: %s", notice.pk, type(error).__name__)
        notice.error = f"{type(error).__name__}: {error}"
        notice.retry_at = now + min(FIRST_RETRY * 2 ** min(notice.attempts - 1, 10), LAST_RETRY)
        notice.save()
        return False
    notice.sent_at, notice.sent_to, notice.error, notice.retry_at = timezone.now(), message.to[0], "", None
    notice.save()
    return True
