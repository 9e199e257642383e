"""What is written down about a case: notes, completed forms and documents; and what was recorded in error is struck
out.
"""

from hashlib import sha256
from pathlib import PurePath

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from cases import access
from cases.models import Case, Document, DocumentContent, FormRecord, Note
from cases.models.evidence import Evidence
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
    return record_form(case, case.open_entry, form, answers, now=at or timezone.now(), by=by)


def record_form(case, entry, form, answers, *, now, by) -> FormRecord:
    """Record ``form`` as completed during the stay ``entry``. The caller holds the case's lock."""
    record = FormRecord(
        case=case,
        form=form,
        form_code=form.code,
        answers=answers_in_words(form, answers),
        completed_by=by,
        completed_at=now,
    )
    save_with_history(record, by=by, reason=f"{form.name} completed")
    _keep_facts(entry, form, record, by=by)
    return record


def _keep_facts(entry, form, record, *, by):
    """Keep the answers that are facts on the stay in which they were given."""
    facts = _facts_in(record, form)
    if facts and entry is not None:
        entry.facts |= facts
        save_with_history(entry, by=by, reason=f"{form.name} completed", update_fields=["facts"])


def _facts_in(record, form) -> dict:
    codes = {question.code: question.fact for question in form.questions.all() if question.fact}
    return {codes[row["code"]]: row["answer"] for row in record.answers if row["code"] in codes and row["answer"]}


@transaction.atomic
def strike(paper: Evidence, *, by, why, at=None) -> Evidence:
    """Strike out a note, a completed form or a document that was recorded in error, and return it: it stays to be
    read, and meets no requirement any more. Facts that a form has put on the present stay are taken off it.

    Raises PermissionDenied unless ``by`` recorded it or is a manager of the case's team, Refused if it is struck out
    already or the reason is missing.
    """
    case = Case.objects.lock(paper.case_id)
    paper = type(paper).objects.select_related("struck_by").get(pk=paper.pk)
    if sentence := access.strike_refusal(by, case.team, paper.recorder_id):
        raise PermissionDenied(sentence)
    if paper.struck_at is not None:
        raise Refused(f"{paper.struck_by} has struck this out already: {paper.struck_why}")
    if not why.strip():
        raise Refused("Say why it is struck out.")
    paper.struck_at, paper.struck_by, paper.struck_why = at or timezone.now(), by, why.strip()
    save_with_history(paper, by=by, reason="Struck out")
    if isinstance(paper, FormRecord):
        _take_facts_off(case.open_entry, paper, by=by)
    return paper


def _take_facts_off(entry, record, *, by):
    """Take off the present stay what ``record`` said of it; what the form said there before holds again."""
    if entry is None or record.completed_at < entry.entered_at:
        return
    wrong = {code for code, answer in _facts_in(record, record.form).items() if entry.facts.get(code) == answer}
    if not wrong:
        return
    before = FormRecord.objects.standing().filter(case=record.case_id, form_code=record.form_code)
    before = before.filter(completed_at__gte=entry.entered_at).first()
    known = _facts_in(before, before.form) if before else {}
    entry.facts = {code: answer for code, answer in entry.facts.items() if code not in wrong}
    entry.facts |= {code: answer for code, answer in known.items() if code in wrong}
    save_with_history(entry, by=by, reason=f"{record.form.name} struck out", update_fields=["facts"])


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
