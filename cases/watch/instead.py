"""What somebody would be told who has left, or has gone away since: whom it concerns now is told instead."""

from django.db import transaction

from cases.models import Escalation, Notice, NoticeLine
from cases.watch import concerned, outbox
from pathways.models import Absence


def why(person, now) -> str:
    """Say why ``person`` is not to be told at ``now``, to go on after "they"; empty if they are there."""
    if not person.is_active:
        return "have left"
    is_away = Absence.objects.filter(user=person, starts_at__lte=now, ends_at__gt=now).exists()
    return "are away" if is_away else ""


@transaction.atomic
def tell(notices, now) -> bool:
    """Owe to whom it concerns now what the recipient of ``notices`` would be told with them; return whether somebody
    is told of all of it. The time at which it was to be told has passed: nobody waits for another day.
    """
    unanswered = Escalation.objects.filter(resolved_at=None, acknowledged_at=None, lines__notice__in=notices)
    found, is_alone = concerned.by(unanswered, now), notices[0].kind == Notice.Kind.ESCALATION
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
    soon = now + outbox.AT_ONCE
    outbox.owe(owed, now, {person: soon for item in owed for person in item.people})
    besides = [_is_told_besides(notice, now, soon) for notice in notices]
    return _are_told(found, notices) and all(besides)


def _are_told(found, notices) -> bool:
    """Was one of those whom each thing concerns told of it, or will be? Who was away themselves when they were to be
    told was not, and cannot be owed it twice.
    """
    lines = NoticeLine.objects.filter(outbox.told_by("notice"), escalation__in=[one.escalation.pk for one in found])
    told = set(lines.exclude(notice__in=notices).values_list("escalation", "recipient"))
    return all(any((one.escalation.pk, person) in told for person in one.people) for one in found)


def _is_told_besides(notice, now, soon) -> bool:
    """Owe what is no escalation, the end of a hold or a detour, to whom it concerns now; and the same question."""
    if notice.kind not in (Notice.Kind.HOLD_ENDED, Notice.Kind.DETOUR) or not notice.case.is_open:
        return True
    if notice.kind == Notice.Kind.HOLD_ENDED:
        people = outbox.owe_hold_ended(notice.case, notice.hold, now, send_at=soon)
    else:
        outbox.owe_detour(notice.case, now)
        people = outbox.told_of_detour(notice.case.team_id, **outbox.of_detour(notice.case))
    same = Notice.objects.filter(kind=notice.kind, case=notice.case, hold=notice.hold, recipient__in=people)
    return same.filter(outbox.told_by()).exists()
