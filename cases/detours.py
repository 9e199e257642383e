"""Detours: what always goes wrong, as a short pathway of its own, run as a child case. The parent never leaves its
stage for it.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from cases import access, lifecycle, stays
from cases.models import Case, Note
from cases.refusals import Refused
from cases.watch import notices
from pathways.history import save_with_history
from pathways.models import Role


def offered(case) -> list:
    """The detour rules that may be taken from the stage the case is in."""
    if not case.is_open:
        return []
    return [rule for rule in case.version_map.detour_rules.values() if rule.may_be_taken_from(case.stage_now)]


def refusal(user, case, rule) -> str | None:
    """Return a sentence if ``user`` may not take the detour from this case; None if they may."""
    if access.role_in(user, case.team_id) in rule.roles:
        return None
    named = " or ".join(Role(role).label for role in rule.roles) or "nobody"
    return f"You cannot do this. “{rule.name}” is done by a {named} of {case.team}."


@transaction.atomic
def take(case, rule, *, by, note, seen_entry=None, at=None) -> Case:
    """Take the detour ``rule`` from ``case``; return the child case, on which ``note`` says what has happened.

    Raises PermissionDenied, StaleView, or Refused if it cannot be taken from here, its pathway has no active version,
    or the reason is missing.
    """
    case, entry, _ = stays.lock(case, seen_entry)
    now = stays.time_of(at, entry)
    stays.require_open(case)
    if sentence := refusal(by, case, rule):
        raise PermissionDenied(sentence)
    if rule not in offered(case):
        raise Refused(f"“{rule.name}” is not possible from {case.stage_name}. Look at the case again.")
    if not note.strip():
        raise Refused("Say what has happened.")
    version = rule.pathway.active_version
    if version is None:
        raise Refused(f"{rule.pathway} has no active version. Ask your pathway administrator to publish one.")
    child = stays.begin(
        version,
        case.patient,
        parent=case,
        detour=rule,
        restricted=rule.restricted,
        now=now,
        by=by,
        reason=rule.name,
    )
    told = Note(case=child, text=note.strip(), written_by=by, written_at=now)  # on the child: it may be restricted
    save_with_history(told, by=by, reason=rule.name)
    if rule.hold_at_most and not case.is_held:
        until = rule.hold_at_most.after(now)
        # The parent's record may be read by people who may not see a restricted detour.
        reason = "Another matter comes first" if rule.restricted else rule.name
        lifecycle.hold_case(case, reason=reason, until=until, by=by, detour=child, at=now)
    if rule.tell_at_once:
        notices.owe_detour(child, now)
    return child
