"""The page of one case: who, where, how long against which limit, what can happen now, what did happen."""

from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils.functional import cached_property
from django.views.generic.base import TemplateView

from cases import access
from cases.models import NoticeLine
from cases.web import belonging, detours, facts, handoffs, moves, results, tasks
from cases.web.ages import age
from cases.web.mending import Mending
from cases.web.pages import CaseView
from pathways import diagram


class CasePage(CaseView, TemplateView):
    template_name = "cases/case.html"

    def get_context_data(self, **context):
        return super().get_context_data(
            **self.standing(), **self.what_can_happen(), **self.what_was_written(), **context
        )

    def standing(self) -> dict:
        """Where the case is, since when, and what it went through."""
        case, now = self.case, self.now
        entry = self.entry
        holds = list(case.holds.select_related("started_by", "ended_by").order_by("-started_at", "-pk"))
        lines = Prefetch("lines", NoticeLine.objects.select_related("recipient"))
        return {
            "entry": entry,
            "pathway": case.version_map.pathway,
            "parent": belonging.parent(case, self.request.user),
            "age": age(case, entry.entered_at if entry else None, now),
            "hold": next((hold for hold in holds if hold.ended_at is None), None),
            "holds": holds,
            "line": line_of_stages(case, self.stays),
            "map": self.map(),
            "journey": [Stay.of(stay, case.version_map, now) for stay in reversed(self.stays)],
            "escalations": by_need(case.escalations.select_related("acknowledged_by").prefetch_related(lines)),
        }

    def map(self) -> str:
        """The map with the way gone, when it is asked for: a large one takes longer than all the rest of the page."""
        if "map" not in self.request.GET:
            return ""
        return diagram.draw(self.case.version_map, here=self.case.stage, been=been(self.stays))

    def what_can_happen(self) -> dict:
        """The moves, acts, offers and detours, as far as they are this reader's; and what is owed."""
        case, user, now = self.case, self.request.user, self.now
        reads_only = access.refusal(user, "note", case.team)
        owed = tasks.tasks_of(case, now)
        awaited = list(case.results.select_related(*results.SHOWN))
        children = belonging.children(case, user)
        offers = list(case.handoffs.select_related(*handoffs.SHOWN))
        offer = next((handoff for handoff in offers if handoff.status == "offered"), None)
        mending = Mending(case, tasks=[item.task for item in owed.owed], results=awaited, children=children)
        possible = moves.offered(case, user, now, mending, offer)
        return {
            "reads_only": reads_only,
            "may_reopen": not case.is_open and access.refusal(user, "reopen", case.team) is None,
            "may_take": not reads_only and case.is_open and case.owner_id != user.pk,
            "moves": possible,
            "deciding": moves.deciding_forms(case, possible, offer, self.records),
            "offer": handoffs.offer_shown(offer, user, now) if offer else None,
            "declined": declined_here(offers, self.entry),
            "handoffs": [handoff for handoff in offers if handoff != offer],
            "detours": [] if reads_only else detours.buttons(case, user),
            "tasks": owed,
            "results": awaited,
            "children": children,
        }

    def what_was_written(self) -> dict:
        """The forms, documents and notes."""
        return {
            "records": self.records,
            "forms": to_fill_in(self.case, self.records),
            "documents": self.case.documents.select_related("added_by"),
            "notes": self.case.notes.select_related("written_by"),
        }

    @cached_property
    def stays(self):
        entries = self.case.entries.select_related("stage", "team", "via", "entered_by")
        return list(entries.order_by("entered_at", "left_at", "pk"))

    @cached_property
    def entry(self):
        return next((stay for stay in self.stays if stay.left_at is None), None)

    @cached_property
    def records(self):
        return list(self.case.form_records.select_related("form", "completed_by"))


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


def been(stays) -> list[str]:
    """Return the codes of the stages that a case has left, in the order of its journey."""
    return [stay.stage.code for stay in stays if stay.left_at and not stay.ends_journey]


@dataclass(frozen=True)
class Stay:
    """One stay of the journey as its table shows it."""

    entry: object
    lasted: object
    how: str
    facts: list[tuple[str, str]]

    @classmethod
    def of(cls, entry, version_map, now):
        how = entry.via.name if entry.via else entry.get_how_display().capitalize()
        lasted = None if entry.ends_journey else (entry.left_at or now) - entry.entered_at
        return cls(entry, lasted, how, facts.in_words(entry.facts, version_map))


def declined_here(handoffs, entry):
    """Return the last of ``handoffs``, the newest first, if it was declined and the case is still in that stay."""
    last = handoffs[0] if handoffs else None
    return last if last and entry and last.entry_id == entry.pk and last.status == "declined" else None


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
