"""The files in which people bring logs in: what is done with one, from its upload until it is brought in.

Everything is one operation: atomic, the row locked, ``by`` given. What takes long is asked for here, and done by the
worker (see ``at_work``). Each raises PermissionDenied unless ``by`` is a pathway administrator, and Refused with
sentences if it cannot be done now.
"""

import gzip
import io
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from django.core.validators import slug_re
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from cases import access, worker
from cases.history_import import first_look
from cases.history_import.progress import Progress, Told
from cases.history_import.reading import Columns
from cases.models import HistoryImport, HistoryImportFile, RejectedRow
from cases.refusals import Refused
from cases.watch import alone
from pathways.history import save_with_history
from pathways.models import Pathway, system_user

State = HistoryImport.State
MOST_BYTES = 20 * 1024 * 1024
TOO_LARGE = (
    "This file is larger than {most} MB. Ask whoever runs Midwatch to bring it in with “manage.py import_history”, "
    "which takes a file of any size."
)
ONE_AT_A_TIME = "imports"  # a lock: the other workers are needed for the watch
KEPT_FOR = timedelta(days=7)
PATIENCE = timedelta(minutes=1)  # how long the worker may let one wait, before it may be asked again

STOPPED = (
    "The worker was stopped in the middle, so nothing of the file was brought in. You can start it again: no event is "
    "ever taken twice."
)
NO_WORKER = (
    "No worker has begun for more than a minute. Start it again. If nothing happens then either, tell whoever runs "
    "Midwatch that its worker does not answer."
)
FAULT = (
    "Something went wrong in Midwatch, and nothing of the file was brought in. Start it again. If it fails again, "
    "tell whoever runs Midwatch the number of this import: {number}."
)


def refuse_too_large(size: int) -> None:
    if size > MOST_BYTES:
        raise Refused(TOO_LARGE.format(most=MOST_BYTES // 1024**2))


@transaction.atomic
def upload(name: str, content: bytes, *, by, pathway: Pathway | None = None, code="", title="") -> HistoryImport:
    """Take in a log for the active ``pathway``, or for a new one of this ``code`` and ``title``; return its import
    with the guessed columns.
    """
    access.require_import(by)
    refuse_too_large(len(content))
    found = first_look.columns(io.BytesIO(content))
    guessed = first_look.guess(found)
    if pathway is None:
        code = _new_code(code or slugify(title)[:100])
        title = _new_title(title)
    elif pathway.active_version is None:
        raise Refused(f"{pathway} has no active version. Publish one first.")
    record = HistoryImport(
        name=name[-200:],
        size=len(content),
        lines=max(content.count(b"\n"), 1),
        uploaded_by=by,
        pathway=pathway,
        makes_pathway=pathway is None,
        pathway_code=pathway.code if pathway else code,
        pathway_name=pathway.name if pathway else title,
        case_column=guessed.case,
        stage_column=guessed.stage,
        time_column=guessed.time,
    )
    save_with_history(record, by=by, reason="Uploaded")
    HistoryImportFile.objects.create(history_import=record, content=gzip.compress(content, 1))
    return record


def opened(record: HistoryImport):
    """Return the file of ``record``, open to be read. Raises Refused if it is gone."""
    file = HistoryImportFile.objects.filter(pk=record.pk).first()
    if file is None:
        raise Refused("The file is not kept any more. Bring it in again from your computer.")
    return gzip.open(io.BytesIO(file.content))


def columns_of(record: HistoryImport) -> Columns:
    return Columns(record.case_column, record.stage_column, record.time_column, tuple(record.fact_columns))


@transaction.atomic
def match(record: HistoryImport, chosen: Columns, *, by) -> HistoryImport:
    """Say what the columns mean; for a new pathway also find its stages, and guess which are final."""
    record = _lock(record, by=by)
    if len({chosen.case, chosen.stage, chosen.time}) < 3:
        raise Refused("Choose three different columns for the case, the stage and the time.")
    facts = tuple(name for name in chosen.facts if name not in (chosen.case, chosen.stage, chosen.time))
    with opened(record) as file:
        endings = first_look.endings(file, chosen) if record.makes_pathway else []
        _ = first_look.first_rows(file, chosen) if not record.makes_pathway else None
    record.case_column, record.stage_column, record.time_column = chosen.case, chosen.stage, chosen.time
    record.fact_columns, record.stages = list(facts), [list(ending) for ending in endings]
    record.finals = first_look.seemingly_final(endings)
    return _look_anew(record, by=by, reason="Columns matched")


@transaction.atomic
def choose_finals(record: HistoryImport, finals, *, by) -> HistoryImport:
    """Say which stages of the log are final in the pathway that is made from it."""
    record = _lock(record, by=by)
    known = [stage for stage, *_ in record.stages]
    record.finals = [stage for stage in known if stage in set(finals)]
    if known and len(record.finals) == len(known):
        raise Refused("A case must begin somewhere: leave at least one stage that is not final.")
    return _look_anew(record, by=by, reason="Final stages chosen")


@transaction.atomic
def check(record: HistoryImport, *, by) -> HistoryImport:
    """Ask the worker what the file would bring, without bringing anything in."""
    record = _lock(record, by=by)
    if not (record.case_column and record.stage_column and record.time_column):
        raise Refused("Match the columns first.")
    _forget_findings(record)
    return _ask_the_worker(record, State.CHECKING, by=by, reason="Check asked for")


@transaction.atomic
def bring_in(record: HistoryImport, *, by) -> HistoryImport:
    """Ask the worker to bring the file in, which must have been checked."""
    record = _lock(record, by=by)
    if not record.is_checked:
        raise Refused("Check the file first.")
    if not record.brings_something:
        raise Refused("Nothing in this file is new, so there is nothing to bring in.")
    return _ask_the_worker(record, State.IMPORTING, by=by, reason="Asked to bring it in")


@transaction.atomic
def throw_away(record: HistoryImport, *, by) -> HistoryImport:
    """Remove the file, and leave a note that there was one."""
    record = _lock(record, by=by)
    return _remove(record, by=by, reason="Thrown away")


def forget_old(now: datetime) -> int:
    """Remove the files that nobody brought in within a week, and what was found in older ones; return how many."""
    long_ago = now - KEPT_FOR
    with transaction.atomic():
        old = HistoryImport.objects.select_for_update(no_key=True, skip_locked=True).filter(uploaded_at__lt=long_ago)
        waiting = [record for record in old.exclude(state__in=HistoryImport.OVER) if not is_busy(record)]
        for record in waiting:
            record.said = ["The file was removed after 7 days, because nobody had brought it in."]
            _remove(record, by=system_user(), reason="Not brought in within 7 days")
    RejectedRow.objects.filter(
        history_import__state__in=HistoryImport.OVER, history_import__uploaded_at__lt=long_ago
    ).delete()
    return len(waiting)


def progress(record: HistoryImport) -> Progress | None:
    """Return how far the worker has come; None if it has told nothing."""
    return Told(record.ticket).last()


def is_busy(record: HistoryImport) -> bool:
    """Is a worker at it, or about to begin? One that is at it holds a lock, which dies with it."""
    if not record.is_at_work:
        return False
    if record.taken_at is None:
        return timezone.now() - record.asked_at < PATIENCE or alone.is_held(ONE_AT_A_TIME)
    # It may have come to its end after the record was read.
    as_read = HistoryImport.objects.filter(pk=record.pk, ticket=record.ticket, state=record.state)
    return alone.is_held(lock_of(record)) or not as_read.exists()


def lock_of(record: HistoryImport) -> str:
    return f"import {record.pk}"


def _lock(record, *, by):
    access.require_import(by)
    record = HistoryImport.objects.select_for_update(no_key=True).get(pk=record.pk)
    if record.is_over:
        raise Refused(f"This file was {record.get_state_display()} already.")
    if is_busy(record):
        raise Refused(f"This file is {record.get_state_display()} just now. Wait until that is done.")
    return record


def _new_code(code):
    if not slug_re.match(code) or len(code) > 100:
        raise Refused("Give the new pathway a code of letters, digits and hyphens, for example “clinic-2026”.")
    if there := Pathway.objects.filter(code=code).first():
        raise Refused(f"There is a pathway with the code “{code}” already: {there}. Choose that one, or another code.")
    return code


def _new_title(title):
    title = title.strip()
    if not title:
        raise Refused("Give the new pathway a name, for example “A clinic, from its log of 2026”.")
    if len(title) > 200:
        raise Refused("The pathway's name is too long: 200 characters at most.")
    return title


def _look_anew(record, *, by, reason):
    _forget_findings(record)
    record.state = State.MATCHED
    return save_with_history(record, by=by, reason=reason)


def _forget_findings(record):
    record.rejected_rows.all().delete()
    record.cases = record.events = record.added = record.rejected = None
    record.said = []


def _ask_the_worker(record, state, *, by, reason):
    record.state, record.ticket, record.said = state, uuid4(), []
    record.asked_at, record.asked_by, record.taken_at, record.finished_at = timezone.now(), by, None, None
    save_with_history(record, by=by, reason=reason)
    asked = partial(worker.wake, "work_on_import", record.pk, str(record.ticket), otherwise="the page says so")
    transaction.on_commit(asked, robust=True)
    return record


def _remove(record, *, by, reason):
    HistoryImportFile.objects.filter(pk=record.pk).delete()
    record.rejected_rows.all().delete()
    record.state = State.THROWN_AWAY
    return save_with_history(record, by=by, reason=reason)
