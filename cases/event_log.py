"""The event log of a pathway as a file (CSV): a row for each stay of its cases, and the record of who took it out.

It holds no name and no NHS number. What it says of stays can be brought in again (``manage.py import_history``): the
first three columns are called as that command expects them, times are exact, and cells that a spreadsheet would take
for formulas are guarded in a way that the import takes off.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from django.db.models import Count, F, Func, Q, TextField, Window
from django.utils import timezone

from cases.models import Case, ListExport, StageEntry
from cases.spreadsheets import BYTE_ORDER_MARK, Line, harmless
from pathways.models import Pathway, PathwayVersion, Stage

COLUMNS = ["case_id", "activity", "timestamp", "left_at", "team"]
READ = ("case__reference", "case__log_id", "stage__code", "entered_at", "left_at", "team__name", "facts")
BATCH = 2000


@dataclass(frozen=True)
class Asked:
    """What of a pathway's log is wanted: of cases opened in [``since``, ``until``), with these ``facts``;
    ``by_log_id``: cases are called as in the log that they came from.
    """

    facts: tuple[str, ...] = ()
    by_log_id: bool = True
    since: datetime | None = None
    until: datetime | None = None


def stays(pathway: Pathway, user, asked: Asked = Asked()):
    """The stays of the cases of ``pathway``, case by case in their order; those of restricted cases only where
    ``user`` may see them.
    """
    restricted = Case.objects.visible_to(user).filter(restricted=True, version__pathway=pathway)
    found = StageEntry.objects.filter(Q(case__restricted=False) | Q(case__in=restricted.values("pk")))
    found = found.filter(case__version__pathway=pathway)
    if asked.since:
        found = found.filter(case__opened_at__gte=asked.since)
    if asked.until:
        found = found.filter(case__opened_at__lt=asked.until)
    return found.order_by("case__opened_at", "case_id", "entered_at", F("left_at").asc(nulls_last=True), "pk")


def facts_of(pathway: Pathway, user) -> list[str]:
    """Return the names of the facts that are known of any of these stays."""
    key = Func(F("facts"), function="jsonb_object_keys", output_field=TextField())
    return sorted(stays(pathway, user).order_by().values_list(key, flat=True).distinct())


def take_out(pathway: Pathway, asked: Asked, *, by) -> Iterator[str]:
    """Record that ``by`` takes the log out of the portal, with how many rows, and return it as CSV, line by line."""
    read = stays(pathway, by, asked).annotate(total=Window(Count("*"))).values_list(*READ, "total")
    # A cursor of the database's own: what is sent is what was there, and counted, when it was opened.
    rows = read.iterator(chunk_size=BATCH)
    first = next(rows, None)
    ListExport.objects.create(
        query=_in_words(pathway, asked)[:2000],
        rows=first[-1] if first else 0,
        exported_by=by,
        exported_at=timezone.now(),
    )
    return _lines(_names(pathway), chain([first] if first else [], rows), asked)


def _in_words(pathway, asked):
    days = [f"opened {word} {at:%Y-%m-%d}" for word, at in (("from", asked.since), ("before", asked.until)) if at]
    return "; ".join([f"event log of {pathway.code}", *days, *(f"fact {name}" for name in asked.facts)])


def _lines(names, rows, asked):
    writer = csv.writer(Line())
    # A header names each column once.
    facts = [f"{name} (fact)" if name in COLUMNS else name for name in asked.facts]
    yield BYTE_ORDER_MARK + writer.writerow(harmless(name) for name in [*COLUMNS, *facts])
    for reference, log_id, code, entered_at, left_at, team, known, _ in rows:
        cells = [
            log_id if asked.by_log_id and log_id else reference,
            names[code],
            _moment(entered_at),
            _moment(left_at),
            team,
            *(_fact(known.get(name)) for name in asked.facts),
        ]
        yield writer.writerow(harmless(cell) for cell in cells)


def _names(pathway) -> dict[str, str]:
    """What each stage is called now, by its code; where two are called alike, with the code behind."""
    order = ["-version__number"]
    stages = Stage.objects.filter(version__pathway=pathway).exclude(version__status=PathwayVersion.Status.DRAFT)
    found = {}
    for code, name in stages.order_by(*order).values_list("code", "name"):
        found.setdefault(code, name)
    names = list(found.values())
    return {code: f"{name} ({code})" if names.count(name) > 1 else name for code, name in found.items()}


def _moment(instant: datetime | None) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant else ""


def _fact(value) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)
