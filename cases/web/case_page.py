"""The page of one case: who, where, how long against which limit, what can happen now, what did happen."""

from dataclasses import dataclass

from django.utils.functional import cached_property
from django.views.generic.base import TemplateView

from cases import access, case_record
from cases.models import CaseEvent
from cases.watch.recipients import Recipients
from cases.web import appointments, belonging, detours, documents, handoffs, moves, people, results, tasks, told, why
from cases.web.ages import age
from cases.web.mending import Mending
from cases.web.pages import CaseView
from pathways import diagram


class CasePage(CaseView, TemplateView):
    template_name = "cases/case.html"

    def get_context_data(self, **context):
        access.teams_of(self.request.user)  # once: what each of the moves and acts needs is answered from these
        return super().get_context_data(
            **self.standing(), **self.what_can_happen(), **self.what_is_owed(), **self.what_happened(), **context
        )

    @cached_property
    def record(self):
        return case_record.read(self.case, self.request.user)

    @cached_property
    def entry(self):
        return self.record.open_stay

    @cached_property
    def recipients(self):
        return Recipients([self.case.team_id], pathway_ids=[self.case.version_map.pathway.pk], at=self.now)

    @cached_property
    def reads_only(self):
        return access.refusal(self.request.user, "note", self.case.team)

    def standing(self) -> dict:
        """Where the case is, since when, what goes on beside it, and why it is due when it is."""
        case, record, entry = self.case, self.record, self.entry
        return {
            "entry": entry,
            "pathway": case.version_map.pathway,
            "parent": belonging.parent(case, self.request.user),
            "age": age(case, entry.entered_at, self.now, due_by=entry.due_by) if entry else age(case, None, self.now),
            "hold": record.open_hold,
            "children": record.children,
            "detours_under_way": [child for child in record.detours_under_way if child.case.detour_id],
            "appointment": next_appointment(record.events, self.now),
            "overrides": record.overrides,
            "line": line_of_stages(case, record.stays),
            "map": self.map(),
            "why": self.why(),
        }

    def why(self):
        """The sum behind the due time of the stay that goes on; None when the case is closed."""
        if self.entry is None:
            return None
        self.entry.case = self.case
        return why.of_stay(self.entry, self.record.holds, self.record.telling, self.recipients, self.now)

    def map(self) -> str:
        """The map with the way gone, when it is asked for: a large one takes longer than all the rest of the page."""
        if "map" not in self.request.GET:
            return ""
        return diagram.draw(self.case.version_map, here=self.case.stage, been=been(self.record.stays))

    def what_can_happen(self) -> dict:
        """The moves, acts, offers and detours, as far as they are this reader's; and whom to ask."""
        case, user, now, record = self.case, self.request.user, self.now, self.record
        offer = next((handoff for handoff in record.handoffs if handoff.status == "offered"), None)
        owed = [task for task in record.tasks if task.is_open]
        mending = Mending(case, tasks=owed, results=record.results, children=record.children)
        possible = moves.offered(case, user, now, mending, offer)
        ways = [move.transition for move in possible] + ([offer.transition] if offer else [])
        return {
            "reads_only": self.reads_only,
            "may_reopen": not case.is_open and access.refusal(user, "reopen", case.team) is None,
            "may_take": not self.reads_only and case.is_open and case.owner_id != user.pk,
            "moves": possible,
            "deciding": moves.deciding_forms(case, possible, offer, record.forms),
            "offer": handoffs.offer_shown(offer, user, now) if offer else None,
            "declined": declined_here(record.handoffs, self.entry),
            "giving_back": handoffs.giving_back(record, user),
            "detours": [] if self.reads_only else detours.buttons(case, user, record.events, now),
            "escalations": list(self._pressing()),
            "people": people.to_ask(case, record.stays, ways, self.recipients),
        }

    def _pressing(self):
        """Yield what somebody should read now, and whether this reader may answer it."""
        for escalation in pressing(self.record.escalations):
            escalation.who_was_told = self.record.telling.in_words(escalation)
            told = {line.recipient_id for line in escalation.lines.all()}
            may = not self.reads_only or self.request.user.pk in told
            escalation.may_answer = may and escalation.acknowledged_at is None
            yield escalation

    def what_is_owed(self) -> dict:
        """The tasks, results, forms and documents, each with why it is due when it is."""
        record, version_map = self.record, self.case.version_map
        owed = tasks.tasks_of(record.tasks, self.now)
        return {
            "tasks": owed,
            "results": results.of_case(self.case, record.results, self.request.user),
            "records": record.forms,
            "forms": to_fill_in(self.case, record.forms),
            "documents": documents.of_case(self.case, record.documents, self.request.user),
            "appointments": appointments.of_case(self.case, record.events, self.request.user, self.now),
            "agreed": why.agreed(record, version_map),
        }

    def what_happened(self) -> dict:
        return {"timeline": told.listed(self.record, self.request.user, self.request.GET, self.now)}


def next_appointment(events, now):
    """Return the next appointment that is not struck out and has no outcome yet, or None."""
    answered = {event.about_id for event in events if event.struck_at is None}
    booked = [
        event
        for event in events
        if event.kind == CaseEvent.Kind.APPOINTMENT
        and event.struck_at is None
        and event.appointment_at >= now
        and event.pk not in answered
    ]
    return min(booked, key=lambda event: event.appointment_at, default=None)


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


def declined_here(handoffs, entry):
    """Return the last of ``handoffs``, the newest first, if it was declined and the case is still in that stay."""
    last = handoffs[0] if handoffs else None
    return last if last and entry and last.entry_id == entry.pk and last.status == "declined" else None


def pressing(escalations) -> list:
    """Return the escalations that somebody should read now: the unanswered, else the newest that stands."""
    standing = [escalation for escalation in escalations if escalation.resolved_at is None]
    return [escalation for escalation in standing if escalation.acknowledged_at is None] or standing[:1]


def to_fill_in(case, records) -> list[dict]:
    """Return each form of the case's version with its latest record, or None while there is none."""
    latest = {}
    for record in records:  # the newest first
        if record.struck_at is None:
            latest.setdefault(record.form_code, record)
    return [{"form": form, "latest": latest.get(code)} for code, form in case.version_map.forms.items()]
