"""The page of one case: who, where, how long against which limit, what can happen now, what did happen."""

from dataclasses import dataclass

from django.db.models import Prefetch
from django.views.generic.base import TemplateView

from cases import access
from cases.models import NoticeLine
from cases.web import moves
from cases.web.ages import age
from cases.web.pages import CaseView


class CasePage(CaseView, TemplateView):
    template_name = "cases/case.html"

    def get_context_data(self, **context):
        case, user, now = self.case, self.request.user, self.now
        entries = list(
            case.entries.select_related("stage", "team", "via", "entered_by").order_by("entered_at", "left_at", "pk")
        )
        entry = next((stay for stay in entries if stay.left_at is None), None)
        holds = list(case.holds.select_related("started_by", "ended_by").order_by("-started_at", "-pk"))
        reads_only = access.refusal(user, "note", case.team)
        lines = Prefetch("lines", NoticeLine.objects.select_related("recipient"))
        records = list(case.form_records.select_related("form", "completed_by"))
        return super().get_context_data(
            entry=entry,
            pathway=case.version_map.pathway,
            age=age(case, entry.entered_at if entry else None, now),
            hold=next((hold for hold in holds if hold.ended_at is None), None),
            line=line_of_stages(case, entries),
            moves=moves.offered(case, user, now),
            reads_only=reads_only,
            may_reopen=not case.is_open and access.refusal(user, "reopen", case.team) is None,
            may_take=not reads_only and case.is_open and case.owner_id != user.pk,
            escalations=by_need(case.escalations.select_related("acknowledged_by").prefetch_related(lines)),
            holds=holds,
            records=records,
            forms=to_fill_in(case, records),
            notes=case.notes.select_related("written_by"),
            journey=[Stay.of(stay, now) for stay in reversed(entries)],
            children=children(case, user),
            **context,
        )


@dataclass(frozen=True)
class StageOnLine:
    name: str
    state: str  # "done", "now", "ahead"


def line_of_stages(case, entries) -> list[StageOnLine]:
    """Return the pathway's stages in their order, each been in, being in, or ahead."""
    been = {stay.stage.code for stay in entries}
    return [
        StageOnLine(stage.name, "now" if stage.code == case.stage else "done" if stage.code in been else "ahead")
        for stage in case.version_map.stages
    ]


@dataclass(frozen=True)
class Stay:
    """One stay of the journey as its table shows it."""

    entry: object
    lasted: object
    how: str

    @classmethod
    def of(cls, entry, now):
        how = entry.via.name if entry.via else entry.get_how_display().capitalize()
        lasted = None if entry.ends_journey else (entry.left_at or now) - entry.entered_at
        return cls(entry, lasted, how)


def by_need(escalations) -> dict:
    """Return the escalations that somebody should read now: the unanswered, else the newest; and the rest."""
    standing = [escalation for escalation in escalations if escalation.resolved_at is None]
    unanswered = [escalation for escalation in standing if escalation.acknowledged_at is None]
    pressing = unanswered or standing[:1]
    return {"pressing": pressing, "rest": [escalation for escalation in escalations if escalation not in pressing]}


def to_fill_in(case, records) -> list[dict]:
    """Return each form of the case's version with its latest record, or None while there is none."""
    latest = {}
    for record in records:  # the newest first
        latest.setdefault(record.form_code, record)
    return [{"form": form, "latest": latest.get(code)} for code, form in case.version_map.forms.items()]


def children(case, user) -> list[dict]:
    """Return the child cases; one that ``user`` may not see has no link and no words."""
    mine = set(case.children.visible_to(user).values_list("pk", flat=True))
    return [{"case": child, "is_visible": child.pk in mine} for child in case.children.order_by("pk")]
