"""Patients: who may see them, found by their number, entered, their particulars changed with who, when and why.

That two records are of one patient is ``cases.merging``'s to mend.
"""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from cases import showing
from cases.models import Case, Patient
from cases.refusals import Refused
from pathways.history import save_with_history

FIRST_BIRTH = date(1900, 1, 1)

# What is known of a patient, by the words of the pages.
PARTICULARS = {
    "family_name": "family name",
    "given_name": "given names",
    "born_on": "date of birth",
    "nhs_number": "NHS number",
    "needs": "what they need",
    "at_risk": "why they are at risk",
}
TAKEN = (
    "Another patient has this NHS number already. If both records are of one person, a manager can merge them: "
    "then the number leads to both."
)

LEADS_HERE = "A record with this NHS number was merged into this one: the number leads here already."


def visible_to(user):
    """The patients of whom ``user`` may see at least one case."""
    return Patient.objects.filter(Exists(Case.objects.visible_to(user).filter(patient=OuterRef("pk"))))


def find(number: str) -> Patient | None:
    """Return the patient with this NHS number: of a merged record the one that it was merged into."""
    found = Patient.objects.select_related("merged_into").filter(nhs_number=number).first()
    return (found.merged_into or found) if found else None


def lock(patient) -> Patient:
    """Return the record, locked until the end of the transaction: nobody opens a case of it or merges it meanwhile."""
    return Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)


def lock_for_new_case(patient) -> Patient:
    """Return the record, locked. Raises Refused if it was merged into another, which its cases belong to."""
    patient = lock(patient)
    if patient.merged_into is not None:
        raise Refused(f"This record was merged into that of {patient.merged_into}. Open the case for that one.")
    return patient


def enter_patient(*, by, nhs_number="", **particulars) -> Patient:
    """Enter a patient and return it. ``particulars``: given_name, family_name, born_on, needs, at_risk.

    Raises Refused with the reasons if something is missing or wrong, or another patient has this NHS number.
    """
    patient = Patient(nhs_number=nhs_number, **particulars)
    taken = Patient._meta.get_field("nhs_number").error_messages["unique"]
    return _save(patient, by=by, reason="Patient entered", taken=taken)


def change_refusal(user, patient) -> str | None:
    """Return a sentence if ``user`` may not change the particulars of ``patient``; None if they may."""
    theirs = Case.objects.open().filter(patient=patient, team__in=user.memberships.values("team"))
    if user.is_active and theirs.exists():
        return None
    return "You can read what is known of this patient but not change it. A team that has an open case of theirs can."


@transaction.atomic
def change_patient(patient, *, by, reason, seen=None, **particulars) -> Patient:
    """Change some of the PARTICULARS of ``patient``, and return it. ``seen``: what the page showed (``seen_now``).

    Raises PermissionDenied, or Refused if the record was merged, somebody changed it since it was ``seen`` (with who
    changed what), another patient has the NHS number, or the reason is missing.
    """
    patient = lock(patient)
    if patient.merged_into is not None:
        raise Refused(f"This record was merged into that of {patient.merged_into}. Change that one.")
    if sentence := change_refusal(by, patient):
        raise PermissionDenied(sentence)
    if seen is not None and (meanwhile := _changed_since(patient, seen)):
        raise Refused(meanwhile)
    if not reason.strip():
        raise Refused("Say why it is changed.")
    before = {name: getattr(patient, name) for name in PARTICULARS}
    for name, value in particulars.items():
        setattr(patient, name, value)
    patient.clean()
    if before == {name: getattr(patient, name) for name in PARTICULARS}:
        raise Refused("Nothing is different from what is recorded.")
    return _save(patient, by=by, reason=reason.strip(), taken=TAKEN)


def _save(patient, *, by, reason, taken):
    for name in ("given_name", "family_name"):
        setattr(patient, name, (getattr(patient, name) or "").strip())
    patient.clean()
    if reasons := list(_wrong(patient, taken)):
        raise Refused(reasons)
    try:
        with transaction.atomic():
            return save_with_history(patient, by=by, reason=reason)
    except IntegrityError as error:  # somebody was quicker with this number
        raise Refused(taken) from error


def _wrong(patient, taken):
    """Yield a sentence for each thing that is missing or wrong."""
    for name in ("family_name", "given_name"):
        if not getattr(patient, name):
            yield f"Fill in the {PARTICULARS[name]}."
    try:
        patient.clean_fields(exclude=["family_name", "given_name"])
    except ValidationError as error:
        yield from error.messages
    else:
        if not FIRST_BIRTH <= patient.born_on <= timezone.localdate():
            yield "The date of birth must be in the past, and not before 1900. Check the year."
    number = patient.nhs_number
    if number and (other := Patient.objects.filter(nhs_number=number).exclude(pk=patient.pk).first()):
        yield LEADS_HERE if patient.pk and other.merged_into_id == patient.pk else taken


@dataclass(frozen=True)
class Change:
    """One change of a record: who, when and why, and what each particular said and says since."""

    at: datetime
    by: object
    reason: str
    different: list[tuple[str, str, str]]  # (which, before, since)


def changes(patient) -> list[Change]:
    """Return what was done to the record of ``patient``, the latest first; the last is how it was entered.

    Out of its history: the page of a patient is where that evidence is read.
    """
    rows = list(patient.history.select_related("history_user"))
    return [_change(row, before) for row, before in pairwise([*rows, None])]


def seen_now(patient) -> int:
    """What stands for the record as it is now: a page that sends it back is told what was changed since."""
    return patient.history.values_list("history_id", flat=True).first() or 0


def as_seen(patient, seen) -> dict:
    """Return the PARTICULARS as they were when a page showed them (``seen``); empty if that cannot be told."""
    row = patient.history.filter(history_id=seen).first()
    return {name: getattr(row, name) for name in PARTICULARS} if row else {}


def _changed_since(patient, seen) -> list[str]:
    since = patient.history.filter(history_id__gt=seen).count()
    found = [change for change in changes(patient)[:since] if change.different]
    return [
        f"{change.by} has changed {' and '.join(f'“{which}”' for which, *_ in change.different)} since you opened "
        f"this page: “{change.reason}”. Look at it again. What you typed is kept."
        for change in found
    ]


def _change(row, before):
    different = [] if before is None else [name for name in PARTICULARS if getattr(row, name) != getattr(before, name)]
    return Change(
        at=row.history_date,
        by=row.history_user,
        reason=row.history_change_reason or "",
        different=[
            (PARTICULARS[name], _in_words(name, getattr(before, name)), _in_words(name, getattr(row, name)))
            for name in different
        ],
    )


def _in_words(name, value) -> str:
    if not value:
        return "nothing"
    if name == "born_on":
        return showing.day(value)
    return showing.nhs_number(value) if name == "nhs_number" else str(value)
