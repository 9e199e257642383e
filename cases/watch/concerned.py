"""Whom an escalation concerns now: who had to be told when it was raised may have left, or there was nobody."""

from dataclasses import dataclass
from itertools import groupby

from cases.models import Escalation, NoticeLine
from cases.watch import watched
from cases.watch.recipients import AT_LAST, Recipients
from cases.watch.watched import Watched
from pathways.models import EscalationStep


@dataclass(frozen=True)
class Concerned:
    """An escalation that stands, what it is about, its rung, the keys of the ``people`` whom it concerns now, and of
    those of them ``to_tell`` because nobody has yet.
    """

    escalation: Escalation
    seen: Watched
    step: EscalationStep
    people: list[int]
    to_tell: list[int]


def by(rows, now) -> list[Concerned]:
    """Return whom each of the escalations ``rows`` concerns at ``now``, the higher after the lower; those are left out
    whose thing is over.
    """
    found = []
    for kind, escalations in groupby(
        sorted(rows, key=lambda one: (one.kind, one.level, one.occurrence, one.pk)), key=lambda one: one.kind
    ):
        escalations = list(escalations)
        about = watched.OPEN[kind]().filter(pk__in={one.thing_id for one in escalations})
        things = {seen.thing.pk: seen for seen in watched.READ[kind](about)}
        recipients = Recipients.about(things.values(), now)
        lines = NoticeLine.objects.filter(escalation__in=[one.pk for one in escalations])
        told = set(lines.values_list("escalation", "recipient"))
        found += [
            _concerned(one, things[one.thing_id], recipients, told) for one in escalations if one.thing_id in things
        ]
    return found


def _concerned(escalation, seen, recipients, told):
    # A rung that is on the ladder no more concerns those who are told at last.
    step = next((step for step in seen.steps if step.code == escalation.rung_code), AT_LAST[0])
    people = [person.pk for person in recipients.told(seen, step)]
    return Concerned(escalation, seen, step, people, [pk for pk in people if (escalation.pk, pk) not in told])
