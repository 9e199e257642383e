"""All that is recorded about one case, as one reader may see it, read at once: the same number of statements whatever
there is.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Prefetch

from cases.models import Case, NoticeLine, StageEntry
from cases.who_was_told import Telling


@dataclass(frozen=True)
class Child:
    """A case that belongs to the one that is shown. One that the reader may not see is named, and nothing more."""

    case: Case
    is_visible: bool


@dataclass(frozen=True)
class Change:
    """How a case stood from ``at`` on: who had it, how urgent it was, whose record it stood on."""

    at: datetime
    by: object
    status: str
    owner: object
    team_id: int
    patient_id: int | None
    priority: int
    reason: str


@dataclass(frozen=True)
class CaseRecord:
    """The rows about ``case``, each kind in the order of its model; stays in that of the journey."""

    case: Case
    stays: list
    holds: list
    escalations: list
    events: list
    overrides: list
    notes: list
    forms: list
    documents: list
    tasks: list
    results: list
    handoffs: list
    children: list[Child]
    left_because: dict[int, str]  # by stay: what was written when it ended
    changes: list[Change]

    @cached_property
    def telling(self) -> Telling:
        return Telling(self.escalations)

    @property
    def open_stay(self):
        return next((stay for stay in self.stays if stay.left_at is None), None)

    @property
    def open_hold(self):
        return next((hold for hold in self.holds if hold.ended_at is None), None)

    @property
    def detours_under_way(self) -> list[Child]:
        return [child for child in self.children if child.case.is_open]


def read(case, user) -> CaseRecord:
    """Read all that is recorded about ``case``, which ``user`` may see."""
    lines = Prefetch("lines", NoticeLine.objects.select_related("recipient", "notice"))
    stays = case.entries.select_related("stage", "team", "via", "entered_by", "left_by", "shortened_by")
    stays = list(stays.order_by("entered_at", "left_at", "pk"))
    return CaseRecord(
        case=case,
        stays=stays,
        holds=list(case.holds.select_related("started_by", "ended_by")),
        escalations=list(case.escalations.select_related("acknowledged_by").prefetch_related(lines)),
        events=list(case.events.select_related("recorded_by", "struck_by", "about")),
        overrides=list(case.overrides.select_related("overridden_by")),
        notes=list(case.notes.select_related("written_by", "struck_by")),
        forms=list(case.form_records.select_related("form", "completed_by", "struck_by")),
        documents=list(case.documents.select_related("added_by", "struck_by")),
        tasks=list(case.tasks.select_related("team", "owner", "made_by", "done_by", "cancelled_by")),
        results=list(case.results.select_related("reader", "requested_by", "arrived_by", "read_by", "cancelled_by")),
        handoffs=list(
            case.handoffs.select_related(
                "to_team", "from_team", "offered_by", "answered_by", "returned_by", "transition"
            )
        ),
        children=children(case, user),
        left_because=_left_because(stays),
        changes=_changes(case),
    )


def children(case, user) -> list[Child]:
    """Return the child cases of ``case``; a restricted one that ``user`` may not see is not there at all.

    Most cases have none: then it costs one statement instead of two.
    """
    found = list(case.children.select_related("detour").order_by("pk"))
    seen = set(Case.objects.visible_to(user).filter(parent=case).values_list("pk", flat=True)) if found else set()
    return [Child(child, child.pk in seen) for child in found if not child.restricted or child.pk in seen]


def _left_because(stays) -> dict[int, str]:
    # The note of a move stands in no row but the history of the stay that it ended: there is no other to read.
    history = StageEntry.history.model.objects.filter(id__in=[stay.pk for stay in stays], left_at__isnull=False)
    rows = history.order_by("history_id").values_list("id", "history_change_reason")
    found = {}
    for stay, reason in rows:  # the first of each: a later one changed something else about a stay that was over
        found.setdefault(stay, reason or "")
    return found


def _changes(case) -> list[Change]:
    # Who had a case before, since when it is urgent, and why it was opened and reopened, stand in no row but the
    # history of the case.
    rows = case.history.select_related("history_user", "owner").order_by("history_id")
    return [
        Change(
            at=row.history_date,
            by=row.history_user,
            status=row.status,
            owner=row.owner,
            team_id=row.team_id,
            patient_id=row.patient_id,
            priority=row.priority,
            reason=row.history_change_reason or "",
        )
        for row in rows
    ]
