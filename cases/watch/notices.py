"""Notices: the outbox, sent after the transaction that owed them (``outbox``), at least once, with one Message-ID."""

import logging
from datetime import timedelta
from smtplib import SMTPServerDisconnected

from django.core.mail import get_connection
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cases.models import Escalation, Notice
from cases.watch import concerned, mail, mail_times, outbox, set_aside
from pathways.models import MailPreference

log = logging.getLogger(__name__)

FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=1)
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
    told_of = together or [notice]
    if together and not has_left and not _is_urgent(notice):
        chosen = MailPreference.objects.filter(user=notice.recipient_id).first() or mail_times.DEFAULT
        if not chosen.digest:
            return _close(together, error="Not sent: their digest is switched off.")
        goes_at = mail_times.late(chosen, now)
        if goes_at > now and not _is_awaited(notice, now, goes_at):
            return _put_off(together, goes_at)
    notice.attempts += 1
    try:
        if has_left and _told_instead(told_of, now):
            return _close(told_of, error="Not sent: they have left. Whom it concerns now is told instead.")
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
    _close(told_of, sent_to=message.to[0])
    return True


@transaction.atomic
def _told_instead(left, now) -> bool:
    """Owe to whom it concerns now what somebody who has left would be told with the notices ``left``; return whether
    there is somebody for all of it.
    """
    unanswered = Escalation.objects.filter(resolved_at=None, acknowledged_at=None, lines__notice__in=left)
    found, is_alone = concerned.by(unanswered, now), left[0].kind == Notice.Kind.ESCALATION
    owed = [
        outbox.Owed(
            one.escalation.pk,
            one.escalation.case_id,
            one.to_tell,
            at_once=is_alone,
            hurries=one.escalation.urgent and not is_alone,
        )
        for one in found
    ]
    outbox.owe(owed, now, outbox.digest_times({person for item in owed for person in item.people}, now))
    reached = [bool(one.people) for one in found]
    for notice in left:
        if notice.kind == Notice.Kind.HOLD_ENDED and notice.case.is_open:
            reached.append(outbox.owe_hold_ended(notice.case, notice.hold, now))
        elif notice.kind == Notice.Kind.DETOUR and notice.case.is_open:
            outbox.owe_detour(notice.case, now)
            reached.append(bool(outbox.told_of_detour(notice.case.team_id, **outbox.of_detour(notice.case))))
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
    send_at = outbox.digest_times({person.pk}, now)[person.pk]
    if digest is not None and not _is_urgent(digest) and not _is_awaited(digest, now, send_at):
        _put_off(_goes_with(digest), send_at)


def _close(notices, *, sent_to="", error="") -> bool:
    """Record that the notices are done with; return whether they were sent."""
    for notice in notices:
        notice.sent_at, notice.sent_to, notice.error, notice.retry_at = timezone.now(), sent_to, error, None
        notice.save()
    return bool(sent_to)
