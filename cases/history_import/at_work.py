"""What the worker does with a file that somebody brings in: check it, or bring it in. All of it or nothing."""

import logging

from django.db import connection, transaction
from django.utils import timezone

from cases.history_import import imported, uploads
from cases.history_import.progress import Step, Told
from cases.models import HistoryImport, HistoryImportFile
from cases.refusals import Refused
from cases.watch import alone
from pathways.history import save_with_history
from pathways.models import Pathway

log = logging.getLogger(__name__)

State = HistoryImport.State

# Out of the import's own tables, where there may be more of them than memory.
KEEP_REJECTED = """
INSERT INTO cases_rejectedrow (history_import_id, number, reason)
SELECT %s, number, reason FROM log_row WHERE reason IS NOT NULL ORDER BY number
"""


def work(pk: int, ticket: str) -> bool:
    """Do what was asked for with this ``ticket``; return whether that is settled, or must be tried again later
    because another file is worked on.

    A task may come twice. Once it has been begun it is not begun again: it was stopped in the middle, which is said.
    """
    with alone.alone(uploads.ONE_AT_A_TIME) as is_free:
        if not is_free:
            Told(ticket)(Step.QUEUED)
            return not _waiting(pk, ticket).exists()
        with alone.alone(uploads.lock_of(HistoryImport(pk=pk))) as is_mine:
            if is_mine:
                _do(pk, ticket)
    return True


def _do(pk, ticket):
    record = _begin(pk, ticket)
    if record is None:
        return
    try:
        with uploads.opened(record) as file:
            _bring(record, file)
    except Refused as refused:
        _fail(pk, ticket, refused.reasons)
    except Exception:
        log.exception("Import %s failed.", pk)
        _fail(pk, ticket, [uploads.FAULT.format(number=pk)])


def _waiting(pk, ticket):
    """The import, if this is the work that it waits for."""
    return HistoryImport.objects.filter(pk=pk, ticket=ticket, state__in=HistoryImport.AT_WORK)


def _owed(pk, ticket) -> HistoryImport | None:
    return _waiting(pk, ticket).select_for_update(no_key=True).first()


@transaction.atomic
def _begin(pk, ticket):
    record = _owed(pk, ticket)
    if record is None:
        return None
    if record.taken_at:
        _end(record, State.FAILED, [uploads.STOPPED])
        return None
    record.taken_at = timezone.now()
    return save_with_history(record, by=record.asked_by, reason="The worker began")


@transaction.atomic
def _bring(record, file):
    """Bring the file in, or find what it would bring. What came of it is written with it, or not at all."""
    is_check, tell = record.state == State.CHECKING, Told(record.ticket)
    with imported(
        file,
        _code(record),
        columns=uploads.columns_of(record),
        name=record.pathway_name if record.makes_pathway else "",
        finals=record.finals,
        dry_run=is_check,
        only_new=record.makes_pathway,
        by=record.asked_by,
        called=record.name,
        tell=tell,
    ) as brought:
        record = _owed(record.pk, record.ticket)
        if record is None:
            raise Refused("This was asked for again meanwhile.")
        record.cases, record.events, record.added = brought.cases, brought.events, brought.added
        record.rejected = brought.rejected
        record.rejected_rows.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(KEEP_REJECTED, [record.pk])
        if not is_check:
            record.pathway = record.pathway or Pathway.objects.get(code=record.pathway_code)
            HistoryImportFile.objects.filter(pk=record.pk).delete()
        _end(record, State.CHECKED if is_check else State.DONE, brought.notes)
        tell(Step.SAVING)  # the database looks at each new row once more, which takes its time


def _code(record):
    """The code of the pathway it goes to: as it is now, of one that is there."""
    if record.makes_pathway:
        return record.pathway_code
    if record.pathway is None:
        raise Refused(f"The pathway “{record.pathway_name}” is not there any more. Bring the log into another one.")
    return record.pathway.code


@transaction.atomic
def _fail(pk, ticket, reasons):
    if record := _owed(pk, ticket):
        _end(record, State.FAILED, reasons)


def _end(record, state, said):
    record.state, record.said, record.finished_at = state, said, timezone.now()
    save_with_history(record, by=record.asked_by, reason=record.get_state_display().capitalize())
