"""What the watch could not do: rows that raised an error when they were swept, e-mails that were refused.

Each is tried again by itself after a while. Here a person reads why, and has it tried at once.
"""

import logging
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q

from cases import access
from cases.models import Case, Notice, Timer
from cases.refusals import Refused
from pathways.models import Membership, Role

REFUSED = ~Q(error="")  # of e-mails that are to be sent still
AT_MOST = 200  # shown at once; a fault of the map sets aside every case of a stage

log = logging.getLogger(__name__)

LOST = "SMTPServerDisconnected"  # how it is kept that the connection to the mail server was lost, however that was
BROKEN_OFF = (
    "The mail server broke off while it was given this e-mail. It is tried again by itself. Tell your service desk if "
    "it happens again."
)
OURS = "NoAddress: "  # its words are our own: who it is, and what to do
# How an error begins, and what to do about it. The rest of an error is for the log alone: it may quote what was typed.
KNOWN = (
    (
        "ValueError: The opening hours and holidays leave too little open time",
        "The calendar it is counted with is hardly ever open, so that no date can be reckoned. Give the calendar "
        "opening hours or take closures away, then try again.",
    ),
    (
        "ValueError: The schedule never opens",
        "The calendar it is counted with is never open. Give it opening hours, then try again.",
    ),
    ("ValueError: Give a date between the years", "A date of it lies too far away to be reckoned with."),
    (
        "SMTPRecipientsRefused:",
        "The mail server does not take e-mail for this address. Have it corrected in the admin, then try again.",
    ),
    (f"{LOST}:", BROKEN_OFF),
    ("SMTPSenderRefused:", "The mail server does not take e-mail from Midwatch. Tell your service desk."),
    ("SMTP", "The mail server refused this e-mail. Tell your service desk if it happens again."),
    ("OperationalError:", "The database was not there for a moment. Try again."),
)


def recorded(error: Exception) -> str:
    """How an error is kept with the row that it set aside: its kind and its words."""
    return f"{type(error).__name__}: {error}"


def in_plain_words(error: str) -> str:
    """Say what an error means and what to do. Never its own words: PostgreSQL puts the row into them, a form its
    input.
    """
    if error.startswith(OURS):
        return error.removeprefix(OURS)
    for beginning, words in KNOWN:
        if error.startswith(beginning):
            return words
    kind = error.partition(":")[0]
    kind = kind if kind.isidentifier() else "an error"
    return f"Something went wrong that Midwatch has no words for ({kind}). Tell your service desk: the log says where."


def timers_for(user):
    """The timers that were set aside and that ``user`` may know of, the oldest first: all for those who set up the
    map, else those of the cases they may see.
    """
    found = Timer.objects.filter(fires_at__isnull=False).exclude(error="")
    if not sets_up(user):
        found = found.filter(case__in=Case.objects.visible_to(user))
    return found.select_related("case__version__pathway").order_by("fires_at", "pk")


def to_be_sent():
    """The notices that are e-mails still to be sent. The end of a hold is none: it stands in the digest."""
    return Notice.objects.filter(sent_at=None).exclude(kind=Notice.Kind.HOLD_ENDED)


def next_try(notice) -> datetime | None:
    """Return when an e-mail that was refused is tried again, which may have passed; None: with the next sweep."""
    return max((at for at in (notice.send_at, notice.retry_at) if at is not None), default=None)


def notices_for(user):
    """The e-mails that were refused and that ``user`` may know of, the oldest first: all for those who set up the map
    and inspectors, else those to people of the teams they manage.
    """
    found = to_be_sent().filter(REFUSED)
    if not (sets_up(user) or access.is_inspector(user)):
        mine = [team for team, role in access.teams_of(user).items() if role == Role.MANAGER]
        found = found.filter(recipient__in=Membership.objects.filter(team__in=mine).values("user"))
    return found.select_related("recipient").order_by("pk")


def sets_up(user) -> bool:
    """Does ``user`` look after the map, and so after what is wrong with it?"""
    return user.is_superuser or access.is_pathway_administrator(user)


def may_try(user, team_id) -> bool:
    """May ``user`` have something of a case that is with this team tried again?"""
    return sets_up(user) or access.teams_of(user).get(team_id) == Role.MANAGER


@transaction.atomic
def try_timer_again(pk: int, *, by) -> Timer:
    """Let the next sweep look at a timer that was set aside, and return it.

    Raises PermissionDenied if ``by`` neither manages the team that has the case nor sets up the map, Refused if it is
    not set aside any more.
    """
    timer = timers_for(by).select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
    if timer is None:
        raise Refused("This is not set aside any more: it was looked at meanwhile.")
    if not may_try(by, timer.case.team_id):
        raise PermissionDenied("You cannot have this tried again. Ask a manager of the team that has the case.")
    timer.retry_at = None
    timer.save(update_fields=["retry_at"])
    log.info("Timer %s is to be tried again: asked for by user %s.", timer.pk, by.pk)
    return timer


@transaction.atomic
def try_notice_again(pk: int, *, by) -> Notice:
    """Let the next sweep send an e-mail that was refused, at whatever hour, and return its notice.

    Raises PermissionDenied if ``by`` is only a reader, Refused if it was sent meanwhile.
    """
    notice = notices_for(by).select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
    if notice is None:
        raise Refused("This e-mail does not wait any more: it was sent meanwhile.")
    if not (sets_up(by) or access.manages_something(by)):
        raise PermissionDenied("You cannot have this tried again. Ask a manager of that person's team.")
    notice.send_at = notice.retry_at = None
    notice.save(update_fields=["send_at", "retry_at"])
    log.info("Notice %s is to be tried again: asked for by user %s.", notice.pk, by.pk)
    return notice
