"""Moving a case although a requirement is not met: where the map allows it, by whom it names, with a reason that stays
on the record for ever.
"""

import json
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied

from cases import access
from cases.models import Override
from cases.refusals import Refused
from pathways import registry
from pathways.models import Requirement, Role


@dataclass(frozen=True)
class Granted:
    """A requirement that is passed over: what was missing, in the words of that moment, and why."""

    requirement: Requirement
    sentence: str
    reason: str


def may_override(user, case, requirement) -> bool:
    """May ``user`` move ``case`` although ``requirement`` is not met? What hides a move is never passed over."""
    if not requirement.override_roles or registry.hides(requirement.check_name):
        return False
    return access.role_in(user, case.team_id) in requirement.override_roles


def passable(user, case, transition, now) -> list[tuple[Requirement, str]]:
    """Return the requirements that are not met at ``now`` and ``user`` may pass over, each with what is missing."""
    mine = [row for row in transition.requirements.all() if may_override(user, case, row)]
    return [(row, sentence) for row in mine if (sentence := row.refusal(case, now))]


def grant(case, transition, overriding: dict[int, str], *, now, by) -> dict[int, Granted]:
    """Return, by key, which requirements of ``transition`` are passed over: those in ``overriding`` ({key: reason})
    that are not met at ``now``.

    Raises PermissionDenied if ``by`` may not override one of them, Refused if a reason is missing.
    """
    granted = {}
    for requirement in transition.requirements.all() if overriding else ():
        if requirement.pk not in overriding:
            continue
        sentence = requirement.refusal(case, now)
        if sentence is None:
            continue
        if not may_override(by, case, requirement):
            raise PermissionDenied(_not_theirs(requirement, sentence, case.team))
        reason = overriding[requirement.pk].strip()
        if not reason:
            raise Refused(f"Say why the case is moved although this is not met: “{sentence}”")
        granted[requirement.pk] = Granted(requirement, sentence, reason)
    return granted


def kept(granted: dict[int, Granted]) -> list[dict]:
    """Return what was passed over as an offer keeps it, until they who accept make the move."""
    return [{"requirement": pk, "sentence": row.sentence, "reason": row.reason} for pk, row in granted.items()]


def led_to(transition, passed_over: list[dict]) -> list[dict]:
    """Return ``passed_over`` of an offer that is led to ``transition`` of another version: each by the requirement
    that asks the same there. One that asks something else now was passed over by nobody.
    """
    asked = {pk: (name, options) for pk, name, options in _asked(known["requirement"] for known in passed_over)}
    there = {(row.check_name, _key(row.options)): row.pk for row in transition.requirements.all()}
    found = []
    for known in passed_over:
        name, options = asked[known["requirement"]]
        if pk := there.get((name, _key(options))):
            found.append(known | {"requirement": pk})
    return found


def _asked(pks):
    return Requirement.objects.filter(pk__in=list(pks)).values_list("pk", "check_name", "options")


def _key(options):
    return json.dumps(options, sort_keys=True)


def of_offer(handoff, case, now) -> dict[int, Granted]:
    """Return what was passed over when ``case`` was offered and is not met at ``now`` either."""
    rows = {row.pk: row for row in handoff.transition.requirements.all()}
    return {
        known["requirement"]: Granted(rows[known["requirement"]], known["sentence"], known["reason"])
        for known in handoff.passed_over
        if known["requirement"] in rows and rows[known["requirement"]].refusal(case, now)
    }


def _not_theirs(requirement, sentence, team) -> str:
    if not requirement.override_roles or registry.hides(requirement.check_name):
        return f"Nobody can move this case although this is not met: “{sentence}” The pathway does not allow it."
    named = " or ".join(Role(role).label for role in requirement.override_roles)
    return f"You cannot move this case although this is not met: “{sentence}” A {named} of {team} can."


def record(granted: dict[int, Granted], case, entry, *, now, by) -> None:
    """Write down what was passed over on the way into the stay ``entry``."""
    for row in granted.values():
        Override.objects.create(
            case=case,
            entry=entry,
            requirement=row.requirement,
            sentence=row.sentence,
            reason=row.reason,
            overridden_at=now,
            overridden_by=by,
        )


def in_words(granted: dict[int, Granted]) -> str:
    """Say what was passed over, for the history."""
    return "".join(f" Although not met: {row.sentence} Because: {row.reason}" for row in granted.values())
