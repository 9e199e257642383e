"""A list of cases as a file (CSV, for a spreadsheet), and the record of who took which list out of the portal.

It holds neither names nor NHS numbers: a file is copied, sent and forgotten, and who may see a case finds its patient
by the reference.
"""

import csv
from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth.models import Group, Permission

from cases.models import Case, ListExport
from cases.reasons import Reason
from cases.refusals import Refused
from cases.showing import DAY, LONDON
from cases.spreadsheets import BYTE_ORDER_MARK, Line, harmless
from pathways.groups import PRIVACY_LEAD

MOST_ROWS = 50_000
BATCH = 500  # cases that are held in memory at once
COLUMNS = [
    "Reference",
    "Pathway",
    "Stage",
    "Team",
    "Owner",
    "State",
    "Opened",
    "In this stage since",
    "Days in this stage",
    "Limit",
    "Due",
    "Late by (days)",
    "On hold until",
    "Closed",
    "Why it is on the list",
]


def take_out(listing, query: str, *, by) -> Iterator[str]:
    """Record that ``by`` takes the list out of the portal, with exactly its rows, and return it as CSV, line by line.

    Raises Refused if it is longer than a file may be.
    """
    keys = listing.keys(MOST_ROWS + 1)
    if len(keys) > MOST_ROWS:
        raise Refused(f"This list has more than {MOST_ROWS:,} cases. Choose less, then download it.")
    longest = ListExport._meta.get_field("query").max_length
    ListExport.objects.create(query=query[:longest], rows=len(keys), exported_by=by, exported_at=listing.now)
    return _lines(listing, keys)


def _lines(listing, keys):
    writer = csv.writer(Line())
    yield BYTE_ORDER_MARK + writer.writerow(COLUMNS)
    for begin in range(0, len(keys), BATCH):
        batch = keys[begin : begin + BATCH]
        by_key = {case.pk: case for case in listing.read(batch)}
        for key in batch:
            yield writer.writerow([harmless(cell) for cell in _row(by_key[key], listing.now)])


def _row(case: Case, now: datetime) -> list:
    late = (now - case.due_at).total_seconds() / DAY if case.due_at and case.due_at < now else None
    here = (now - case.entered_at).total_seconds() / DAY if case.entered_at else None
    return [
        case.reference,
        case.version_map.pathway.name,
        case.stage_name,
        case.team.name,
        str(case.owner or ""),
        case.get_status_display(),
        _moment(case.opened_at),
        _moment(case.entered_at),
        "" if here is None else f"{here:.1f}",
        str(case.stage_now.limit or "") if case.is_open else "",
        _moment(case.due_at),
        "" if late is None else f"{late:.1f}",
        _moment(case.held_until),
        _moment(case.closed_at),
        "; ".join(str(Reason(code).label) for code in case.reasons),
    ]


def let_the_privacy_lead_read(*, using="default", **_) -> None:
    """Let privacy leads read in the admin who took out what; run after every migrate, as the other groups' rights."""
    leads, _ = Group.objects.using(using).get_or_create(name=PRIVACY_LEAD)
    leads.permissions.add(*Permission.objects.using(using).filter(codename="view_listexport"))


def _moment(instant: datetime | None) -> str:
    """A time as every spreadsheet reads it, in London."""
    return f"{instant.astimezone(LONDON):%Y-%m-%d %H:%M}" if instant else ""
