"""Two records of one patient are made one, by a manager, with a reason; and that is undone when it was wrong.

The cases of the one that is given up go to the one that is kept, and so does what it says the patient needs and why
they are at risk: a warning must not be lost. Nothing else changes, so that undoing it restores exactly what was there.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from cases import access, patients
from cases.models import Case, Patient, PatientMerge
from cases.refusals import Refused
from pathways.history import save_with_history

CARRIED = ("needs", "at_risk")


def refusal(user, *records) -> str | None:
    """Return a sentence if ``user`` may not merge ``records``, or take their merge apart; None if they may."""
    if not (user.is_active and access.manages_something(user)):
        return "Records of patients are merged by a manager. Ask yours."
    if patients.visible_to(user).filter(pk__in=[record.pk for record in records]).count() < len(records):
        return "You may not see a case of each of these patients. A manager who may can merge them."
    return None


@transaction.atomic
def merge(kept, merged, *, by, reason, at=None) -> PatientMerge:
    """Make the records ``kept`` and ``merged`` one: all cases of the second go to the first. Return the PatientMerge.

    Raises PermissionDenied, or Refused if they are one, one was merged already or has swallowed another, the number
    would be lost, or the reason is missing.
    """
    if sentence := refusal(by):
        raise PermissionDenied(sentence)
    if sentence := _cannot(kept, merged):
        raise Refused(sentence)
    if sentence := refusal(by, kept, merged):
        raise PermissionDenied(sentence)
    if not reason.strip():
        raise Refused("Say how you know that both records are of one person.")
    kept, merged = _lock(kept, merged)
    if sentence := _cannot(kept, merged):  # somebody was quicker
        raise Refused(sentence)
    now = at or timezone.now()
    moved = _move(_lock_cases_of(merged), kept, by=by, reason=f"Merged with the record of {kept}: {reason.strip()}")
    record = PatientMerge(
        kept=kept,
        merged=merged,
        case_ids=[case.pk for case in moved],
        carried=_carry(kept, merged, by=by, reason=reason.strip()),
        reason=reason.strip(),
        merged_at=now,
        merged_by=by,
    )
    merged.merged_into = kept
    save_with_history(merged, by=by, reason=f"Merged into the record of {kept}: {reason.strip()}")
    return save_with_history(record, by=by, reason=reason.strip())


@transaction.atomic
def undo(record, *, by, why, at=None) -> PatientMerge:
    """Take the merge ``record`` apart: its cases go back, with the detours taken from them since; cases that were
    opened since stay with the kept one. What the merge wrote into that is taken out, unless somebody changed it since.

    Raises PermissionDenied, or Refused if it is undone already or the reason is missing.
    """
    if sentence := refusal(by, record.kept):
        raise PermissionDenied(sentence)
    if not why.strip():
        raise Refused("Say why the records are taken apart again.")
    kept, merged = _lock(record.kept, record.merged)
    record = PatientMerge.objects.select_for_update(no_key=True).get(pk=record.pk)
    if record.undone_at is not None:
        raise Refused(f"{record.undone_by} has taken these records apart already.")
    cases = _lock_with_detours(record.case_ids)
    _move(cases, merged, by=by, reason=f"Taken apart again: {why.strip()}")
    _take_back(record.carried, kept, by=by, reason=f"Taken apart again: {why.strip()}")
    merged.merged_into = None
    save_with_history(merged, by=by, reason=f"Taken apart again: {why.strip()}")
    record.undone_at, record.undone_by, record.undone_why = at or timezone.now(), by, why.strip()
    return save_with_history(record, by=by, reason=why.strip())


def _cannot(kept, merged) -> str | None:
    """Return the sentence that keeps these two from being merged, whoever asks; or None."""
    if kept.pk == merged.pk:
        return "This is one record already. Choose another one."
    for record in (kept, merged):
        if record.merged_into is not None:
            return f"The record of {record} was merged into that of {record.merged_into} already. Look at that one."
    if PatientMerge.objects.filter(kept=merged, undone_at=None).exists():
        return f"Another record was merged into that of {merged}. Keep this one, or take those apart first."
    if merged.nhs_number and not kept.nhs_number:
        return "Keep the record that has the NHS number: the other one cannot be found by it."
    return None


def what_moves(kept, merged) -> dict[str, str]:
    """Return what will be said of the kept record since, {particular: words}, where that is more than it says now."""
    found = {name: _joined(getattr(kept, name), getattr(merged, name)) for name in CARRIED}
    return {name: words for name, words in found.items() if words != getattr(kept, name)}


def _joined(here, there):
    return here if not there or there in here else f"{here}; {there}" if here else there


def _carry(kept, merged, *, by, reason):
    carried = {}
    for name, words in what_moves(kept, merged).items():
        if len(words) > Patient._meta.get_field(name).max_length:
            raise Refused(
                f"Both records say {patients.PARTICULARS[name]}, in too many words for one. Shorten one first."
            )
        carried[name] = [getattr(kept, name), words]
        setattr(kept, name, words)
    if carried:
        save_with_history(kept, by=by, reason=f"Merged with another record: {reason}")
    return carried


def _take_back(carried, kept, *, by, reason):
    unchanged = {name: before for name, (before, since) in carried.items() if getattr(kept, name) == since}
    for name, before in unchanged.items():
        setattr(kept, name, before)
    if unchanged:
        save_with_history(kept, by=by, reason=reason)


def _lock(*records):
    """Lock the records in the order of their keys, so that two merges of one pair never wait in a circle."""
    locked = {record.pk: patients.lock(record) for record in sorted(records, key=lambda record: record.pk)}
    return [locked[record.pk] for record in records]


def _lock_cases_of(patient):
    """Lock the cases of ``patient``. The patient is locked, so that nobody opens another; a detour that was just taken
    from one of them is found on the second look.
    """
    return _lock_all(lambda: Case.objects.filter(patient=patient))


def _lock_with_detours(case_ids):
    """Lock these cases, and the detours taken from them: those are of the same patient."""

    def family():
        found, more = set(), set(case_ids)
        while more:
            found |= more
            more = set(Case.objects.filter(parent__in=more).values_list("pk", flat=True)) - found
        return Case.objects.filter(pk__in=found)

    return _lock_all(family)


def _lock_all(wanted):
    """Lock the cases that ``wanted`` returns, until a look finds no more.

    The newest first: so a detour before the case that it was taken from, as an operation does that ends one.
    """
    locked = {}
    while missing := list(wanted().exclude(pk__in=list(locked)).order_by("-pk").values_list("pk", flat=True)):
        locked |= {pk: Case.objects.lock(pk) for pk in missing}
    return [locked[pk] for pk in sorted(locked)]


def _move(cases, patient, *, by, reason):
    for case in cases:
        case.patient = patient
        save_with_history(case, by=by, reason=reason, update_fields=["patient"])
    return cases
