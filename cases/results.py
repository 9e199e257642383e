"""Results that are awaited from elsewhere: requested, arrived, read by their named reader, lain unread.

Nobody is told of an arrival by e-mail: it stands on the reader's own day. What lies unread when it was to be read
tells the reader, and a day later the managers (``cases.watch.watched``). A case cannot be closed over a result that
lies unread; one that is awaited still may arrive after it is closed, and is read and watched all the same.
One that is needed no more, or was recorded in error, is cancelled with a reason, and stays to be read.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from cases import access, showing, stays
from cases.models import Case, Result
from cases.refusals import Refused
from cases.watch import escalations, timers, watched
from pathways.history import save_with_history
from pathways.limits import Span, Unit
from pathways.members import hold_member
from pathways.models import Membership, Role

READ_WITHIN_DAYS = 2
MOST_DAYS = 30


@transaction.atomic
def request_result(case, what, reader, *, by, read_within_days=READ_WITHIN_DAYS, at=None) -> Result:
    """Record that a result is awaited, who reads it, and within how many days of its arrival.

    Raises PermissionDenied if ``by`` is not of the case's team, Refused if the case is closed, one of the three is
    missing, or ``reader`` is not in the team.
    """
    case = Case.objects.lock(case.pk)
    access.require(by, "result", case.team)
    stays.require_open(case)
    if not what.strip():
        raise Refused("Say which result is awaited.")
    if not 1 <= read_within_days <= MOST_DAYS:
        raise Refused(f"Choose 1 to {MOST_DAYS} days within which the result is to be read.")
    if not hold_member(reader, [case.team_id]):
        raise Refused(f"{reader} is not in {case.team}. Choose a person of that team to read it.")
    result = Result(
        case=case,
        what=what.strip(),
        reader=reader,
        read_within_days=read_within_days,
        requested_by=by,
        requested_at=at or timezone.now(),
    )
    return save_with_history(result, by=by, reason="Result requested")


@transaction.atomic
def record_arrival(result, finding, *, by, at=None) -> Result:
    """Record that ``result`` has arrived, and what it says; from now on its reading is watched.

    Raises PermissionDenied if ``by`` is neither of the case's team nor its reader, Refused if it has arrived already
    or no finding is given.
    """
    result = _lock(result)
    if by != result.reader:
        access.require(by, "result", result.case.team)
    _require_standing(result)
    if result.arrived_at is not None:
        raise Refused("This result has arrived already.")
    if not finding.strip():
        raise Refused("Say what the result is.")
    result.arrived_at, result.arrived_by = max(at or timezone.now(), result.requested_at), by
    result.finding = finding.strip()
    result.due_at = Span(result.read_within_days, Unit.DAYS).after(result.arrived_at)
    save_with_history(result, by=by, reason="Result arrived")
    timers.watch_thing(watched.results([result])[0])
    return result


@transaction.atomic
def read_result(result, *, by, at=None) -> Result:
    """Record that ``result`` was read by its reader, wherever the case has gone to meanwhile.

    Raises PermissionDenied if ``by`` is another, Refused if it has not arrived or was read already.
    """
    result = _lock(result)
    if by != result.reader:
        raise PermissionDenied(f"This result is read by {result.reader}.")
    _require_standing(result)
    if result.arrived_at is None:
        raise Refused("This result has not arrived yet.")
    if result.read_at is not None:
        raise Refused("This result has been read already.")
    result.read_at, result.read_by = max(at or timezone.now(), result.arrived_at), by
    escalations.end_thing(watched.results([result])[0], result.read_at, by=by, reason="Result read")
    return save_with_history(result, by=by, reason="Result read")


@transaction.atomic
def change_reader(result, reader, *, by, why) -> Result:
    """Let ``reader``, a person of a team that has or has had the case, read ``result`` in place of another, and say
    why; return it. Who asked for a result goes on answering for it when the case is with an agency without accounts.

    By when it is to be read stays as it was: a new reader has no right to time that has passed.

    Raises PermissionDenied if ``by`` may not (see ``givable``), Refused if it was read, ``reader`` is in no such team
    or reads it already, or the reason is missing.
    """
    result = _lock(result)
    if sentence := give_refusal(by, result.case, result):
        raise PermissionDenied(sentence)
    _require_standing(result)
    if result.read_at is not None:
        raise Refused("This result has been read already.")
    if reader == result.reader:
        raise Refused(f"{reader} reads this result already. Choose another person.")
    if not hold_member(reader, result.case.entries.values("team")):
        raise Refused(f"{reader} is in no team that has or has had this case. Choose a person of one of those teams.")
    if not why.strip():
        raise Refused("Say why another person reads this result.")
    result.reader = reader
    return save_with_history(result, by=by, reason=why.strip())


@transaction.atomic
def cancel_result(result, *, by, why, at=None) -> Result:
    """Cancel ``result``, which is needed no more or was recorded in error, and return it: it stays to be read, and
    counts no more.

    Raises PermissionDenied if ``by`` may not (see ``cancel_refusal``), Refused if it is cancelled already or the
    reason is missing.
    """
    result = _lock(result)
    if sentence := cancel_refusal(by, result.case, result):
        raise PermissionDenied(sentence)
    _require_standing(result)
    if not why.strip():
        raise Refused("Say why the result is cancelled.")
    now = max(at or timezone.now(), result.read_at or result.arrived_at or result.requested_at)
    if result.is_unread:
        escalations.end_thing(watched.results([result])[0], now, by=by, reason="Result cancelled")
    result.cancelled_at, result.cancelled_by, result.cancelled_why = now, by, why.strip()
    return save_with_history(result, by=by, reason="Result cancelled")


def givable(user, case, found) -> set[int]:
    """Return the keys of those of the results ``found`` of ``case`` which ``user`` may give to another reader: all for
    those of the case's team; for those of another team that has had it, the ones that are read in their team.
    """
    if access.refusal(user, "result", case.team) is None:
        return {result.pk for result in found}
    if not (found and user.is_active):
        return set()
    near = Membership.objects.filter(team__memberships__user=user.pk, team__in=case.entries.values("team"))
    readers = set(near.filter(user__in={result.reader_id for result in found}).values_list("user", flat=True))
    return {result.pk for result in found if result.reader_id in readers}


def give_refusal(user, case, result) -> str | None:
    """Return a sentence if ``user`` may not give ``result`` of ``case`` to another reader; None if they may."""
    return None if givable(user, case, [result]) else access.refusal(user, "result", case.team)


def cancel_refusal(user, case, result) -> str | None:
    """Return a sentence if ``user`` may not cancel ``result`` of ``case``; None if they may: while it is awaited
    anybody of the case's team; once it has arrived who recorded that, its reader, or a manager.
    """
    if sentence := access.refusal(user, "result", case.team):
        return sentence
    if result.arrived_at is None or user.pk in (result.arrived_by_id, result.reader_id):
        return None
    if access.role_in(user, case.team_id) == Role.MANAGER:
        return None
    return f"This can be cancelled by who recorded it, by its reader, or by a manager of {case.team}."


def _require_standing(result):
    if result.cancelled_at is not None:
        when = showing.moment(result.cancelled_at)
        raise Refused(f"{result.cancelled_by} cancelled this result on {when}: {result.cancelled_why}")


def _lock(result):
    case = Case.objects.lock(result.case_id)
    timers.lock(case)
    result = Result.objects.select_related("reader", "cancelled_by").get(pk=result.pk)
    result.case = case
    return result
