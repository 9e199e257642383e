"""Who is away, and who is told in their place. People say it themselves, or a manager of one of their teams does."""

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from pathways.far_dates import too_far
from pathways.history import delete_with_history, save_with_history
from pathways.limits import LONDON
from pathways.members import hold_member
from pathways.models import Absence, Duty, Membership, Role, Team
from pathways.models.people import SYSTEM_USERNAME
from pathways.publishing import Refused

# How far what is meant for somebody who is away goes on: to their deputy, and where that one is away too to theirs.
# The mails, the radar and everybody's day all follow it as far.
DEPUTIES = 2


def may_set(person, *, by) -> bool:
    """May ``by`` say when ``person`` is away? They themselves may, and the managers of their teams;
    and Midwatch itself, when a deputy leaves.
    """
    if by.username == SYSTEM_USERNAME:
        return True
    teams = person.memberships.values("team")
    manages = Membership.objects.filter(user=by, role=Role.MANAGER, team__in=teams)
    return by == person or (by.is_active and manages.exists())


def colleagues(person) -> list:
    """Return the active people who share a team with ``person``, by name: their deputy is one of these."""
    teams = person.memberships.values("team")
    found = get_user_model().objects.filter(is_active=True, memberships__team__in=teams).exclude(pk=person.pk)
    return list(found.distinct().order_by("first_name", "last_name", "username"))


@transaction.atomic
def add_absence(person, starts_at, ends_at, *, by, deputy=None, reason="Absence added") -> Absence:
    """Record that ``person`` is away from ``starts_at`` until ``ends_at``, with ``deputy`` (None: nobody) in their
    place, and return the absence.

    Raises PermissionDenied, or Refused if the end is not after the start, or has passed, either is two years or more
    away, ``person`` is away then already, or the deputy will not do.
    """
    _require(person, by)
    # One after the other: two absences that are added at once might overlap. The deputy too, and in the order of their
    # keys: of two who name each other one waits for the other.
    both = [one.pk for one in (person, deputy) if one is not None]
    list(get_user_model().objects.select_for_update(no_key=True).filter(pk__in=both).order_by("pk"))
    if ends_at <= starts_at:
        raise Refused("The last day of an absence cannot be before the first. Change one of them.")
    now = timezone.now()
    if ends_at <= now:
        raise Refused("This absence is over already. Choose a last day from today on.")
    if far := too_far(starts_at, now) or too_far(ends_at, now):
        raise Refused(far)
    for other in person.absences.filter(starts_at__lt=ends_at, ends_at__gt=starts_at):
        raise Refused(f"{person} is away then already, {said(other)}. Take that back first, or choose other days.")
    _require_deputy(deputy, person)
    absence = Absence(user=person, starts_at=starts_at, ends_at=ends_at, deputy=deputy)
    return save_with_history(absence, by=by, reason=reason)


@transaction.atomic
def end_absence(absence, *, by, reason="") -> Absence | None:
    """Take back an absence that is yet to come, or end one that has begun, now; return what is left of it.

    Raises PermissionDenied, or Refused if it is over.
    """
    absence = Absence.objects.select_for_update(of=("self",)).select_related("user").filter(pk=absence.pk).first()
    if absence is None:
        raise Refused("Somebody has taken this absence back already.")
    _require(absence.user, by)
    now = timezone.now()
    if absence.ends_at <= now:
        raise Refused("This absence is over already.")
    if absence.starts_at >= now:
        return delete_with_history(absence, by=by, reason=reason or "Absence taken back")
    absence.ends_at = now
    return save_with_history(absence, by=by, reason=reason or "Back before the end of the absence")


@transaction.atomic
def change_deputy(absence, deputy, *, by, reason="Deputy changed") -> Absence:
    """Let ``deputy`` (None: nobody) stand in during ``absence``, and return it.

    Raises PermissionDenied, or Refused if the deputy will not do.
    """
    absence = Absence.objects.select_for_update(of=("self",)).select_related("user").get(pk=absence.pk)
    _require(absence.user, by)
    _require_deputy(deputy, absence.user)
    absence.deputy = deputy
    return save_with_history(absence, by=by, reason=reason)


def warnings_about(absence) -> list[str]:
    """Return a sentence for each thing about ``absence`` that is allowed and yet worth a second look."""
    person, deputy = absence.user, absence.deputy
    meanwhile = {"starts_at__lt": absence.ends_at, "ends_at__gt": absence.starts_at}
    found = []
    if deputy is None:
        found.append(f"Nobody stands in for {person}: what is meant for them goes to the next rung of the ladder.")
    else:
        away = list(deputy.absences.filter(**meanwhile))
        found += [f"{deputy} is away then too, {said(other)}. Choose another deputy if you can." for other in away]
        others = Team.objects.filter(memberships__user=person).exclude(memberships__user=deputy).order_by("name")
        found += [f"{deputy} is not in {team}, so that nobody stands in for {person} there." for team in others]
        if not deputy.email:
            found.append(f"{deputy} has no e-mail address, so that nobody is told. Ask an administrator to add it.")
    for duty in Duty.objects.filter(user=person, **meanwhile).select_related("team"):
        found.append(f"{person} is on duty for {duty.team} in that time. Plan somebody else.")
    for other in Absence.objects.filter(deputy=person, **meanwhile).select_related("user"):
        found.append(f"{person} is the deputy of {other.user}, who is away then too. Choose another deputy for them.")
    return list(dict.fromkeys(found))


def said(span) -> str:
    """Say from when until when an absence or a duty is: “from 2 March 2026 to 6 March 2026”, and with the times
    where it is not whole days.
    """
    first, last = span.starts_at.astimezone(LONDON), span.ends_at.astimezone(LONDON)
    if _is_midnight(first) and _is_midnight(last):
        last_day = _last_day(span.ends_at)
        return f"on {_day(first)}" if first.date() == last_day.date() else f"from {_day(first)} to {_day(last_day)}"
    return f"from {_day(first)}, {_clock(first)} until {_day(last)}, {_clock(last)}"


def until(ends_at) -> str:
    """Say until when an absence lasts that ends at ``ends_at``: “the end of 6 March 2026”, or “6 March 2026, 1pm”."""
    last = ends_at.astimezone(LONDON)
    return f"the end of {_day(_last_day(ends_at))}" if _is_midnight(last) else f"{_day(last)}, {_clock(last)}"


def _is_midnight(at):
    return (at.hour, at.minute) == (0, 0)


def _last_day(ends_at):
    return (ends_at - ends_at.resolution).astimezone(LONDON)


def _day(at):
    return f"{at.day} {at:%B %Y}"


def _clock(at):
    if at.minute == 0 and at.hour in (0, 12):
        return "midday" if at.hour else "midnight"
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes}{'am' if at.hour < 12 else 'pm'}"


def _require(person, by):
    if not may_set(person, by=by):
        raise PermissionDenied(f"Only {person} and the managers of their teams say when they are away.")


def _require_deputy(deputy, person):
    if deputy is None:
        return
    if deputy == person:
        raise Refused("Choose somebody else as the deputy.")
    if not deputy.is_active:
        raise Refused(f"{deputy} does not work here any more. Choose another deputy.")
    if not hold_member(deputy, person.memberships.values("team")):
        raise Refused(f"{deputy} is in no team of {person}. Choose a colleague of one of their teams.")
