"""What is written down about a case: notes, completed forms, documents and awaited results."""

from hashlib import sha256
from pathlib import PurePath

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from cases import access
from cases.models import Case, Document, DocumentContent, FormRecord, Note, Result
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
    save_with_history(record, by=by, reason=f"{form.name} completed")
    _keep_facts(case, form, record, by=by)
    return record


def _keep_facts(case, form, record, *, by):
    """Keep the answers that are facts on the stay in which they were given."""
    codes = {question.code: question.fact for question in form.questions.all() if question.fact}
    facts = {codes[row["code"]]: row["answer"] for row in record.answers if row["code"] in codes and row["answer"]}
    entry = case.open_entry
    if facts and entry is not None:
        entry.facts |= facts
        save_with_history(entry, by=by, reason=f"{form.name} completed", update_fields=["facts"])


MOST_BYTES = 10 * 1024 * 1024
# By its first bytes, not by its name: what a browser might run never comes in as a letter.
KINDS = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04"),
}


@transaction.atomic
def attach_document(case, name, content: bytes, *, by, at=None) -> Document:
    """Attach a file to ``case``. Raises PermissionDenied, or Refused if it is empty, too large, or of another kind."""
    case = Case.objects.lock(case.pk)
    access.require(by, "document", case.team)
    content_type, first_bytes = KINDS.get(PurePath(name).suffix.lower(), ("", None))
    if first_bytes is None or not content.startswith(first_bytes):
        raise Refused("Choose a PDF, a Word document (.docx), or a picture (.png or .jpg).")
    if len(content) > MOST_BYTES:
        raise Refused("This file is too large. Choose one of 10 MB at most.")
    document = Document(
        case=case,
        name=PurePath(name).name[-200:],
        content_type=content_type,
        size=len(content),
        sha256=sha256(content).hexdigest(),
        added_by=by,
        added_at=at or timezone.now(),
    )
    save_with_history(document, by=by, reason="Document attached")
    DocumentContent.objects.create(document=document, content=content)
    return document


@transaction.atomic
def request_result(case, what, reader, *, by, at=None) -> Result:
    """Record that a result is awaited, and who reads it. Raises PermissionDenied, or Refused if either is missing."""
    case = Case.objects.lock(case.pk)
    access.require(by, "result", case.team)
    if not what.strip():
        raise Refused("Say which result is awaited.")
    if not (reader.is_active and access.role_in(reader, case.team_id)):
        raise Refused(f"{reader} is not in {case.team}. Choose a person of that team to read it.")
    result = Result(case=case, what=what.strip(), reader=reader, requested_by=by, requested_at=at or timezone.now())
    return save_with_history(result, by=by, reason="Result requested")


@transaction.atomic
def record_arrival(result, finding, *, by, at=None) -> Result:
    """Record that ``result`` has arrived, and what it says. Raises PermissionDenied, or Refused if it has, or no
    finding is given.
    """
    result = _lock_result(result, by)
    if result.arrived_at is not None:
        raise Refused("This result has arrived already.")
    if not finding.strip():
        raise Refused("Say what the result is.")
    result.arrived_at, result.arrived_by = max(at or timezone.now(), result.requested_at), by
    result.finding = finding.strip()
    return save_with_history(result, by=by, reason="Result arrived")


@transaction.atomic
def read_result(result, *, by, at=None) -> Result:
    """Record that ``result`` was read by its reader. Raises PermissionDenied if ``by`` is another, Refused if it
    cannot be.
    """
    result = _lock_result(result, by)
    if by != result.reader:
        raise PermissionDenied(f"This result is read by {result.reader}.")
    if result.arrived_at is None:
        raise Refused("This result has not arrived yet.")
    if result.read_at is not None:
        raise Refused("This result has been read already.")
    result.read_at, result.read_by = max(at or timezone.now(), result.arrived_at), by
    return save_with_history(result, by=by, reason="Result read")


def _lock_result(result, by):
    case = Case.objects.lock(result.case_id)
    access.require(by, "result", case.team)
    return Result.objects.select_related("reader").get(pk=result.pk)
