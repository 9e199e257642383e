"""Notices: the outbox, sent after the transaction that owed them (``outbox``), at least once, with one Message-ID."""

import enum
import logging
import time
from datetime import timedelta
from smtplib import SMTPException, SMTPServerDisconnected

from django.core.mail import get_connection
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from cases.models import Notice
from cases.watch import instead, mail, mail_times, outbox, set_aside
from pathways.models import MailPreference

log = logging.getLogger(__name__)

FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=1)
LAST_RETRY_OF_A_LOST_ONE = timedelta(minutes=15)  # it may be no fault of its own: the server was about to stop
MOST_LOST = 3  # in one run: after that the server is taken to be down
URGENT = (Notice.Kind.DETOUR, Notice.Kind.ESCALATION)  # each a mail of its own, at once
# Seconds. The next sweep goes on: a mail server that is slow must not hold the workers, who have to sweep.
LONGEST_RUN = 40


class Outcome(enum.Enum):
    """What became of one notice; BROKEN_OFF: with it the connection to the mail server was lost."""

    SENT, NOT_SENT, BROKEN_OFF = range(3)


def unsent(now):
    """The notices that should have gone by ``now``. What waits for its hour is not owed yet."""
    return set_aside.to_be_sent().filter(Q(send_at=None) | Q(send_at__lte=now))


def refused_addresses():
    """The notices that could not be delivered so far, each with its ``recipient``: wrong and missing addresses, and
    what the mail server does not take. They are tried again, at last every hour.
    """
    return set_aside.to_be_sent().filter(set_aside.REFUSED).select_related("recipient").order_by("pk")


def send_due(*, only_urgent=False, at=None) -> int:
    """Send what is owed, over one connection, and return how many mails were sent, the urgent first. ``only_urgent``:
    leave to a sweep what may wait for it.

    A notice is marked only after the server has taken it: killed in between, it is sent again with the same Message-
    ID. One that is refused is tried again later, waiting longer each time; so is one with which the connection was
    lost. What was never tried goes first, what was tried longest ago next, so that none keeps back the others. A
    server that is down ends this run, and nothing is lost.
    """
    sent, lost, now, connection = 0, 0, at or timezone.now(), get_connection()
    stop = time.monotonic() + LONGEST_RUN
    try:
        connection.open()
        for queue in _queues(now, only_urgent):
            while time.monotonic() < stop and (outcome := _send_next(connection, now, queue)) is not None:
                sent += outcome == Outcome.SENT
                if outcome == Outcome.BROKEN_OFF:
                    lost += 1
                    if lost == MOST_LOST:
                        return sent
                    connection.close()
                    connection.open()
    except OSError as error:  # also smtplib's: the server is not there
        log.warning("The mail server cannot be reached, notices wait: %s", error)
    finally:
        connection.close()
    return sent


def _queues(now, only_urgent):
    """What is to be sent, in the order in which it goes. Those tried before apart: they are few, and to sort all by
    when they were tried would take long on a morning with thousands.
    """
    owed = unsent(now)
    urgent = owed.filter(kind__in=URGENT)
    for queue in (urgent,) if only_urgent else (urgent, owed):
        yield queue.filter(retry_at=None).order_by("pk")
        yield queue.filter(retry_at__lte=now).order_by("retry_at", "pk")


@transaction.atomic
def _send_next(connection, now, waiting) -> Outcome | None:
    """Send the next notice of those ``waiting``, and say what became of it; None if there is none left."""
    locked = waiting.select_for_update(skip_locked=True, of=("self",))  # stronger than a sweep's: outbox.BEING_SENT
    notice = locked.select_related("recipient", "case", "hold").first()
    if notice is None:
        return None
    together = _goes_with(notice)
    notice.attempts += 1
    told_of = together or [notice]
    try:
        gone = instead.why(notice.recipient, now)
        if gone and instead.tell(told_of, now):  # what it owes stays owed, whatever becomes of this notice
            return _close(told_of, error=f"Not sent: they {gone}. Whom it concerns now is told instead.")
        with transaction.atomic():
            return _send(connection, now, notice, together)
    except Exception as error:
        log.warning("Notice %s was not sent: %s", notice.pk, type(error).__name__)
        is_lost = _is_lost(error)
        longest = LAST_RETRY_OF_A_LOST_ONE if is_lost else LAST_RETRY
        notice.error = f"{set_aside.LOST}: {error}" if is_lost else set_aside.recorded(error)
        notice.retry_at = now + min(FIRST_RETRY * 2 ** min(notice.attempts - 1, 10), longest)
        notice.save()
        return Outcome.BROKEN_OFF if is_lost else Outcome.NOT_SENT


def _send(connection, now, notice, together) -> Outcome:
    """Send the ``notice``, or leave it for a better time; ``together``: itself and the ends of holds that it tells of,
    if it is a digest.
    """
    if together and notice.recipient.is_active and not _is_urgent(notice):
        chosen = MailPreference.objects.filter(user=notice.recipient_id).first() or mail_times.DEFAULT
        if not chosen.digest:
            return _close(together, error="Not sent: their digest is switched off.")
        goes_at = mail_times.late(chosen, now)
        is_asked_for = notice.send_at is None and notice.retry_at is None  # see set_aside.try_notice_again
        if goes_at > now and not is_asked_for and not _is_awaited(notice, now, goes_at):
            return _put_off(together, goes_at)
    message = mail.message(notice, now, [one for one in together if one.pk != notice.pk])
    connection.send_messages([message])
    return _close(together or [notice], sent_to=message.to[0])


def _is_lost(error) -> bool:
    """Is the connection to the mail server lost? What the server has answered is an SMTPException of another kind;
    with 421 it says that it hangs up.
    """
    codes = {getattr(error, "smtp_code", None)}
    codes |= {code for code, _ in getattr(error, "recipients", {}).values()}
    is_answer = isinstance(error, SMTPException) and not isinstance(error, SMTPServerDisconnected)
    return isinstance(error, OSError) and (not is_answer or 421 in codes)


def _goes_with(notice) -> list[Notice]:
    """The digest with the ends of holds that it tells of, locked; nothing if the notice is no digest."""
    if notice.kind != Notice.Kind.DIGEST:
        return []
    holds = Notice.objects.filter(kind=Notice.Kind.HOLD_ENDED, recipient=notice.recipient_id, sent_at=None)
    held = holds.select_for_update(no_key=True, of=("self",)).select_related("case", "hold__entry").order_by("pk")
    return [notice, *held]


def _is_awaited(digest, now, send_at) -> bool:
    """Must something that it tells of be answered by ``send_at``? Then it cannot wait until then."""
    open_lines = digest.lines.filter(escalation__resolved_at=None, escalation__acknowledged_at=None)
    return open_lines.filter(escalation__answer_by__gt=now, escalation__answer_by__lte=send_at).exists()


def _is_urgent(digest) -> bool:
    """Does it tell of something urgent? That is never off, and waits for no hour."""
    urgent = digest.lines.filter(escalation__urgent=True)
    return urgent.filter(escalation__resolved_at=None, escalation__acknowledged_at=None).exists()


def _put_off(notices, send_at) -> Outcome:
    """Let the digest, and what goes with it, wait for ``send_at``."""
    for notice in notices:
        notice.send_at = send_at
        notice.save(update_fields=["send_at"])
    return Outcome.NOT_SENT


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


def _close(notices, *, sent_to="", error="") -> Outcome:
    """Record that the notices are done with: they went to ``sent_to``, or ``error`` says why to nobody."""
    for notice in notices:
        notice.sent_at, notice.sent_to, notice.error, notice.retry_at = timezone.now(), sent_to, error, None
        notice.save()
    return Outcome.SENT if sent_to else Outcome.NOT_SENT
