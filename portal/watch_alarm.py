"""The web process watches the watchman: while nobody sweeps it writes to those who can mend it, once an hour.

Workers and beat cannot tell of their own death. A thread of each web process looks four times a minute, whether or not
somebody opens a page, and the database lets one of them write. While it does not answer each writes by itself.
"""

import logging
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from cases import showing
from pathways.groups import PATHWAY_ADMINISTRATOR
from portal import last_look
from portal.models import Alarm, User

EVERY = 15  # seconds: more often than a look is good for, so that pages need not look themselves
ALARM_AFTER = timedelta(minutes=15)  # without a sweep; a banner is shown before that
AGAIN_AFTER = timedelta(hours=1)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # the outage of a watch that has never swept

SUBJECT = "Midwatch: nobody is told of what is late"

log = logging.getLogger(__name__)


@dataclass
class Memory:
    """Whom this process writes to while the database does not answer, and when it last wrote."""

    addresses: list[str] = field(default_factory=list)
    wrote_at: datetime | None = None

    def refresh(self) -> None:
        """Ask the database who they are. While it does not answer, those it named last stay."""
        with suppress(DatabaseError):
            self.addresses = those_who_can_mend_it()


MEMORY = Memory()


def start() -> None:
    """Begin to look, in a thread that ends with its process."""
    threading.Thread(target=keep_looking, name="watch alarm", daemon=True).start()


def keep_looking(stop: threading.Event | None = None, since: datetime | None = None) -> None:
    """Look every few seconds until ``stop``. Whatever goes wrong is logged, and the next look comes."""
    stop, since = stop or threading.Event(), since or timezone.now()
    while not stop.wait(EVERY):
        try:
            last_look.LOOK.look()
            MEMORY.refresh()
            alarm_if_asleep(timezone.now(), up_since=since)
        except Exception as error:
            log.exception("The watch alarm could not do its work.", exc_info=error)
        finally:
            connections.close_all()


def alarm_if_asleep(now: datetime, *, up_since: datetime) -> int:
    """Write to those who can mend it if nobody has swept for 15 minutes, once an outage and hour over all web
    processes; return how many e-mails were sent.

    A process that has just started gives the workers the same time to start.
    """
    if not last_look.LOOK.knows or now - max(last_look.LOOK.swept_at or NEVER, up_since) < ALARM_AFTER:
        return 0
    outage = last_look.LOOK.swept_at or NEVER
    hour = (now - outage - ALARM_AFTER) // AGAIN_AFTER
    try:
        return _once_over_all_processes(outage, hour, now)
    except IntegrityError:
        return 0  # another process had this hour
    except DatabaseError as error:
        log.error("The alarm cannot be recorded, and goes from memory: %s", type(error).__name__)
        return _from_memory(now)


@transaction.atomic
def _once_over_all_processes(outage, hour, now):
    # Whoever comes second waits here until the first has sent. If it fails, the row is gone, and this one sends.
    alarm = Alarm.objects.create(outage=outage, hour=hour, sent_at=now)
    alarm.sent_to = send(those_who_can_mend_it(), last_look.LOOK.swept_at, now)
    MEMORY.wrote_at = now
    alarm.save(update_fields=["sent_to"])
    return alarm.sent_to


def _from_memory(now):
    """Write once an hour for each web process: none knows of the others, and two e-mails are better than none."""
    if MEMORY.wrote_at is not None and now - MEMORY.wrote_at < AGAIN_AFTER:
        return 0
    sent = send(MEMORY.addresses, last_look.LOOK.swept_at, now, database_answers=False)
    MEMORY.wrote_at = now
    return sent


def send(addresses: list[str], swept_at: datetime | None, now: datetime, *, database_answers: bool = True) -> int:
    """Write to each of the ``addresses`` of those who can mend it, and return how many e-mails went.

    Raises OSError when the mail server took none: then another look must try again.
    """
    if not addresses:
        log.error("Nobody sweeps, and there is no superuser or pathway administrator with an e-mail address to tell.")
        return 0
    words = {
        "swept_at": swept_at,
        "ago": showing.duration(now - swept_at) if swept_at else "",
        "url": urljoin(settings.MIDWATCH_BASE_URL, reverse("standing")),
        "database_answers": database_answers,
    }
    text, sent, failure = render_to_string("portal/mail/watch_is_asleep.txt", words), 0, None
    with get_connection() as connection:
        for address in addresses:
            try:
                EmailMessage(SUBJECT, text, to=[address], connection=connection).send()
                sent += 1
            except OSError as error:  # also smtplib's
                failure = error
                log.warning("An alarm was not taken by the mail server: %s", type(error).__name__)
    if failure and not sent:
        raise failure
    return sent


def those_who_can_mend_it() -> list[str]:
    """Return the addresses of the active superusers and pathway administrators who have one."""
    can = Q(is_superuser=True) | Q(groups__name=PATHWAY_ADMINISTRATOR)
    people = User.objects.filter(can, is_active=True).exclude(email="").order_by("pk").distinct()
    return [person.email for person in people]
