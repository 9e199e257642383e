"""What somebody would be told who has left, or has gone away since: whom it concerns now is told instead."""

from django.db import transaction

from cases.models import Escalation, Notice
from cases.watch import concerned, mail_times, outbox
from pathways.models import Absence


def why(person, now) -> str:
    """Say why ``person`` is not to be told at ``now``, to go on after "they"; empty if they are there."""
    if not person.is_active:
        return "have left"
    is_away = Absence.objects.filter(user=person, starts_at__lte=now, ends_at__gt=now).exists()
    return "are away" if is_away else ""


@transaction.atomic
def tell(notices, now) -> bool:
    """Owe to whom it concerns now what the recipient of ``notices`` would be told with them; return whether there is
    somebody for all of it.
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
    # The time at which it was to be told has passed: those who are told instead do not wait for another day, but for
    # what is found to concern them by the same look.
    people = {person for item in owed for person in item.people}
    outbox.owe(owed, now, outbox.digest_times(people, now + outbox.AT_ONCE, when=mail_times.late))
    reached = [bool(one.people) for one in found]
    for notice in notices:
        if notice.kind == Notice.Kind.HOLD_ENDED and notice.case.is_open:
            reached.append(outbox.owe_hold_ended(notice.case, notice.hold, now))
        elif notice.kind == Notice.Kind.DETOUR and notice.case.is_open:
            outbox.owe_detour(notice.case, now)
            reached.append(bool(outbox.told_of_detour(notice.case.team_id, **outbox.of_detour(notice.case))))
    return all(reached)
