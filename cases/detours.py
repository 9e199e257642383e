"""Detours: what always goes wrong, as a short pathway of its own, run as a child case. The parent never leaves its
stage for it.
"""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction

from cases import access, lifecycle, recording, stays, urgency
from cases.models import Case, Note
from cases.refusals import Refused
from cases.watch import outbox
from pathways.history import save_with_history
from pathways.maps import version_map
from pathways.models import DetourRule, PathwayVersion, Role


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


def form_of(rule):
    """The form of the detour's pathway that is asked when it is taken; None if it asks none, or has it no more."""
    version = rule.pathway.active_version if rule.form else None
    return version_map(version.pk).forms.get(rule.form) if version else None


@transaction.atomic
def take(case, rule, *, by, note="", answers=None, seen_entry=None, at=None) -> Case:
    """Take the detour ``rule`` from ``case``; return the child case, on which ``note`` says what has happened.

    Where the rule asks a form of the detour's pathway, its ``answers`` ({question code: value}) are recorded on the
    child in the same act, and the note may be left out.

    Raises PermissionDenied, StaleView, or Refused if it cannot be taken from here, its pathway has no active version,
    an answer is missing or wrong, or nothing says what has happened.
    """
    case, entry, timer = stays.lock(case, seen_entry)
    now = stays.time_of(at, entry)
    stays.require_open(case)
    if sentence := refusal(by, case, rule):
        raise PermissionDenied(sentence)
    if rule not in offered(case):
        raise Refused(f"“{rule.name}” is not possible from {case.stage_name}. Look at the case again.")
    version = rule.pathway.active_version
    if version is None:
        raise Refused(f"{rule.pathway} has no active version. Ask your pathway administrator to publish one.")
    form = form_of(rule)
    if form is None and not note.strip():
        raise Refused("Say what has happened.")
    started = Started(case, entry, timer, rule, version)
    return _begin(started, note=note, answers=answers or {}, form=form, now=now, by=by)


def begin_for_missed(case, *, note, now, by) -> tuple[Case | None, str]:
    """Begin the detour that the map takes when a patient did not attend, whoever records it; return the child case.

    One that is open goes on and gets the note. Where none can begin, return None and the sentence that says why. The
    caller holds the lock of ``case``.
    """
    if not case.is_open:
        return None, "The case is closed, so that no detour begins."
    if going_on := case.children.open().filter(detour__on_dna=True).first():
        _write(going_on, note, now=now, by=by)
        return going_on, ""
    rule = next((rule for rule in offered(case) if rule.on_dna), None)
    if rule is None:
        return None, f"No detour is set up for a missed appointment in {case.stage_name}. Decide what comes next."
    version = rule.pathway.active_version
    if version is None:
        return (
            None,
            f"{rule.pathway} has no active version, so that no detour begins. Tell your pathway administrator.",
        )
    case, entry, timer = stays.lock(case)
    return _begin(Started(case, entry, timer, rule, version), note=note, now=now, by=by), ""


@dataclass(frozen=True)
class Started:
    """What a detour begins from: the locked case, its open stay and timer; the rule, and the version it follows."""

    case: Case
    entry: object
    timer: object
    rule: DetourRule
    version: PathwayVersion


def _begin(started, *, note, now, by, answers=None, form=None):
    case, rule = started.case, started.rule
    child = stays.begin(
        started.version,
        case.patient,
        parent=case,
        detour=rule,
        restricted=rule.restricted,
        priority=Case.Priority.URGENT if rule.raises_priority else Case.Priority.ROUTINE,
        now=now,
        by=by,
        reason=rule.name,
    )
    if note.strip():
        _write(child, note, now=now, by=by)
    if form is not None:
        recording.record_form(child, child.open_entry, form, answers, now=now, by=by)
    # The parent's record may be read by people who may not see a restricted detour.
    reason = "Another matter comes first" if rule.restricted else rule.name
    _press(started, now=now, by=by, reason=reason)
    if rule.hold_at_most and not case.is_held:
        until = rule.hold_at_most.after(now)
        lifecycle.hold_case(case, reason=reason, until=until, by=by, detour=child, at=now)
    if rule.tell_at_once:
        outbox.owe_detour(child, now)
    return child


def _press(started, *, now, by, reason):
    """Let the case come first and be due sooner, as the rule says."""
    case, rule = started.case, started.rule
    before = case.priority
    if rule.raises_priority:
        case.priority = Case.Priority.URGENT
    span, shortened = rule.shortens_to, False
    if span:
        shortened = urgency.shorten(case, started.entry, started.timer, span, now=now, by=by, reason=reason)
    if shortened or case.priority != before:
        save_with_history(case, by=by, reason=reason)


def _write(child, text, *, now, by):
    """Write what has happened on the child: it may be restricted, and its parent is not."""
    note = Note(case=child, text=text.strip(), written_by=by, written_at=now)
    save_with_history(note, by=by, reason=str(child.detour))
