"""All reasons in their order, and what they mean in SQL: the tags of each case, and the cases for which one holds."""

from functools import reduce
from operator import or_

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case as Cases
from django.db.models import Func, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, NullIf

from cases.models import Hold, StageEntry
from cases.reasons import onward
from cases.reasons.appointments import OutcomeMissing
from cases.reasons.because import Asked, Because, Reason
from cases.reasons.follow_ups import BackFromDetour, ResultUnread, TaskDue
from cases.reasons.people import HandedToMe, Nobodys
from cases.reasons.radar import Differs, HoldOver, NoContact, NoNextStep
from cases.reasons.radar_people import ForgottenChild, NotAccepted, OwnerGone, ResultUnreadTooLong
from cases.reasons.standing_in import StandIn
from cases.reasons.times import Breached, OnTrack, Today, Urgent

# The most pressing first, as the codes stand in Reason. An open case for which none of these holds is on track.
REASONS: dict[str, Because] = {
    because.code: because
    for because in (
        Urgent(),
        Breached(),
        Today(),
        HandedToMe(),
        Nobodys(),
        TaskDue(),
        ResultUnread(),
        OutcomeMissing(),
        BackFromDetour(),
        StandIn(),
        OwnerGone(),
        NoNextStep(),
        NotAccepted(),
        HoldOver(),
        ResultUnreadTooLong(),
        ForgottenChild(),
        Differs(),
        NoContact(),
    )
}
RADAR = [code for code, because in REASONS.items() if because.is_radar]
ALSO_CLOSED = [code for code, because in REASONS.items() if because.also_closed]
ON_TRACK = OnTrack()
OPEN = ~Q(status="closed")
CODES = ArrayField(models.CharField())


def of(code: str) -> Because:
    """Return what is known about the reason ``code``."""
    return ON_TRACK if code == Reason.ON_TRACK else REASONS[code]


def chip(code: str, count: int) -> str:
    """Say how many: 3 late, 1 task due."""
    one, several = of(code).chip
    return f"{count} {one if count == 1 else several}"


class Array(Func):
    """ARRAY[...] of its expressions, without those that are null."""

    template = "ARRAY_REMOVE(ARRAY[%(expressions)s]::varchar[], NULL)"
    output_field = CODES


def holding(code: str, asked: Asked) -> Q:
    """Return the condition under which the reason ``code`` holds. Raises KeyError for a code that is none."""
    if code == Reason.ON_TRACK:
        return OPEN & ~reduce(or_, (because.holds(asked) for because in REASONS.values()))
    return REASONS[code].holds(asked)


def tags(asked: Asked, mine: bool) -> dict:
    """Return, as ``reasons``, the expression for the codes of a case's reasons, the most pressing first; of a closed
    case perhaps none. ``mine``: only those which are for whoever asks to mend.
    """
    pressing = Array(*(Cases(when) for when in _whens(asked, mine=mine)))
    on_track = Cases(When(OPEN, then=Value([Reason.ON_TRACK.value], CODES)), default=Value([], CODES))
    return {"reasons": Coalesce(NullIf(pressing, Value([], CODES)), on_track)}


def most_pressing(asked: Asked) -> dict:
    """Return, as ``group``, the expression for the code of the first reason that is for whoever asks to mend: the
    group of their day in which a case stands, once.
    """
    on_track = When(OPEN, then=Value(Reason.ON_TRACK.value))
    return {"group": Cases(*_whens(asked, mine=True), on_track, output_field=models.CharField())}


def _whens(asked, *, mine):
    for code, because in REASONS.items():
        yield When(because.mine(asked) if mine else because.holds(asked), then=Value(code))


def shown(asked: Asked) -> dict:
    """Return the annotations that a row of a list shows, besides ``reasons``."""
    here = StageEntry.objects.filter(case=OuterRef("pk"), left_at=None)
    held = Hold.objects.filter(case=OuterRef("pk"), ended_at=None)
    found = {
        "entered_at": Subquery(here.values("entered_at")[:1]),
        "due_by": Subquery(here.values("due_by")[:1]),
        "held_until": Subquery(held.values("until")[:1]),
        **onward.shows(asked),
    }
    for because in REASONS.values():
        found |= because.shows(asked)
    return found
