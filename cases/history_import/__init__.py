"""An event log becomes a pathway and its cases.

Each event begins a stay in a stage, which ends with the next event of its case (order: time, then the file's); the
last one stays open, or closes the case if its stage is final. Rows are read as a stream and copied into the database,
which does the rest in sets, so that no memory of ours grows with the log.

``times`` and ``reading`` tell good rows from bad, ``staging`` new events from known ones, ``new_map`` makes the
pathway where there is none, ``journeys`` makes the cases and their stays. In the portal ``uploads`` takes a file in,
``first_look`` guesses what its columns mean, and ``at_work`` is what the worker does with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from django.core.validators import slug_re
from django.db import connection, transaction
from django.utils import timezone

from cases.history_import import journeys, new_map, staging
from cases.history_import.progress import Step, Tell, counted, in_silence
from cases.history_import.reading import Columns, read
from cases.refusals import Refused
from pathways import publishing
from pathways.models import Pathway, system_user

__all__ = ["Columns", "Imported", "imported"]


@dataclass(frozen=True)
class Imported:
    """What a file brought: its cases and its good ``events``, how many of these were ``added``, and its bad rows."""

    cases: int
    events: int
    added: int
    rejected: int
    notes: list[str] = field(default_factory=list)  # sentences about what was not done as asked

    def rejections(self) -> Iterator[tuple[int, str]]:
        """Yield row number and reason of each rejected row, in order, however many; as long as the import is open."""
        return staging.rejected()


@contextmanager
def imported(
    source: str | Path | BinaryIO,
    code: str,
    *,
    columns: Columns | None = None,
    name: str = "",
    finals=(),
    dry_run: bool = False,
    only_new: bool = False,
    by=None,
    called: str = "",
    tell: Tell = in_silence,
) -> Iterator[Imported]:
    """Import a CSV file (its path, or the open file) into the pathway ``code``, made if there is none, and yield what
    the file brought.

    All or nothing: raises Refused with sentences if the file or what was asked for is refused whole; with ``only_new``
    also if there is such a pathway. With ``dry_run`` nothing is written. ``by`` is the user it is recorded for, the
    system user if None; ``called`` is what the record calls the file, by default its name. ``tell`` hears what is
    being done.
    """
    if not slug_re.match(code) or len(code) > Pathway._meta.get_field("code").max_length:
        raise Refused(f"“{code}” cannot be a pathway's code. Use at most 100 letters, digits and hyphens.")
    if len(name) > Pathway._meta.get_field("name").max_length:
        raise Refused("The pathway's name is too long: 200 characters at most.")
    is_path = isinstance(source, str | Path)
    reason = f"Imported from {called or (Path(source).name if is_path else 'a file')}"
    try:
        with _opened(source) if is_path else nullcontext(source) as file, transaction.atomic():
            staging.fill(counted(read(file, columns or Columns()), tell))
            tell(Step.WAITING)
            # One import at a time: of two imports of one file the second finds what the first has brought.
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE cases_logevent IN SHARE ROW EXCLUSIVE MODE")
            tell(Step.MATCHING)
            if only_new and Pathway.objects.filter(code=code).exists():
                raise Refused(
                    f"There is a pathway “{code}” already. Bring the log into that one, or choose another code."
                )
            report = _import(code, name, set(finals), dry_run, by, reason, tell)
        yield report
    finally:
        staging.drop()


def _opened(path):
    try:
        return open(path, "rb")
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from None


def _import(code, name, finals, dry_run, by, reason, tell):
    pathway = Pathway.objects.select_for_update(no_key=True).filter(code=code).first()  # no publication in between
    if pathway:
        version, notes = _active(pathway), _ignored(pathway, name, finals)
    elif staging.holds_events():
        version, notes = _new_version(code, name or code, finals, dry_run, by, reason), []
    else:
        version, notes = None, ["No row could be used, so no pathway was made."]
    staging.match(pathway, version)
    staging.lock_growing()
    report = Imported(*staging.counts(), notes)
    if report.added and not dry_run:
        journeys.build(by=by or system_user(), now=timezone.now(), reason=reason, tell=tell)
    return report


def _active(pathway):
    if version := pathway.active_version:
        return version
    raise Refused(f"{pathway} has no active version. Ask your pathway administrator to publish one.")


def _new_version(code, name, finals, dry_run, by, reason):
    try:
        with transaction.atomic():
            version = new_map.pathway_from_log(code, name, finals, by=by or system_user(), reason=reason)
            transaction.set_rollback(dry_run)
    except publishing.Refused as refused:
        raise Refused(refused.reasons) from None
    return None if dry_run else version


def _ignored(pathway, name, finals):
    """Say what was asked for that only a new pathway can be given."""
    notes = []
    if name and name != pathway.name:
        notes.append(f"The pathway {pathway.code} exists and keeps its name, “{pathway}”.")
    known = {stage.name for stage in pathway.active_version.stages.all() if stage.is_final}
    if others := sorted(finals - known):
        notes.append(
            f"The pathway {pathway.code} exists and keeps its final stages. “{'”, “'.join(others)}” is none of them."
        )
    return notes
