"""What is written down about a case: notes and completed forms."""

from django.db import transaction
from django.utils import timezone

from cases import access
from cases.models import Case, FormRecord, Note
from cases.questionnaire import answers_in_words
from cases.refusals import Refused
from pathways.history import save_with_history


@transaction.atomic
def write_note(case, text, *, by, at=None) -> Note:
    """Write a note on ``case``. Raises PermissionDenied if ``by`` is not of its team, Refused if there is no text."""
    case = Case.objects.lock(case.pk)
    access.require(by, "note", case.team)
    if not text.strip():
        raise Refused("Write the note first.")
    note = Note(case=case, text=text.strip(), written_by=by, written_at=at or timezone.now())
    return save_with_history(note, by=by, reason="Note written")


@transaction.atomic
def complete_form(case, form, answers, *, by, at=None) -> FormRecord:
    """Record ``form`` (a FormDefinition of the case's version) as completed with ``answers``, ``{question code:
    value}``.

    Raises PermissionDenied if ``by`` is not of the case's team, Refused with a sentence for each answer that is
    missing or wrong.
    """
    case = Case.objects.lock(case.pk)
    access.require(by, "form", case.team)
    if form.version_id != case.version_id:
        raise Refused(f"The {form.name} is not part of this case's pathway.")
    record = FormRecord(
        case=case,
        form=form,
        form_code=form.code,
        answers=answers_in_words(form, answers),
        completed_by=by,
        completed_at=at or timezone.now(),
    )
    return save_with_history(record, by=by, reason=f"{form.name} completed")
