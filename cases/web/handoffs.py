"""Handing a case over: offer it, and answer an offer."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from cases import access, asked, handoffs, showing
from cases.models import Handoff
from cases.web import forms
from cases.web.ages import promised
from cases.web.effect import effect
from cases.web.mending import Mend, Mending
from cases.web.move_form import Asked, way_form
from cases.web.moves import WayView, arrived
from cases.web.pages import ActView
from pathways.models import Membership, Team

Status = Handoff.Status
SHOWN = ("to_team", "from_team", "offered_by", "answered_by", "transition")


@dataclass(frozen=True)
class Offer:
    """An offer that is not answered yet, as the case page shows it to one reader."""

    handoff: Handoff
    due: showing.Due
    may_answer: bool
    is_answered_for: bool
    may_withdraw: bool


def offer_shown(handoff, user, now) -> Offer:
    """Return the open ``handoff`` as ``user`` may act on it."""
    return Offer(
        handoff=handoff,
        due=promised(handoff.due_at, handoff.offered_at, now),
        may_answer=handoffs.answer_refusal(user, handoff) is None,
        is_answered_for=handoffs.is_answered_for(handoff),
        may_withdraw=access.refusal(user, "handoff", handoff.from_team) is None,
    )


@dataclass(frozen=True)
class GivingBack:
    """What the case page says of a handoff that was accepted: it may be given back, or it was."""

    may_be: Handoff | None  # by the reader
    was: Handoff | None  # and so the case is here


def giving_back(record, user) -> GivingBack:
    """Return what there is to say about giving the case of ``record`` back, to ``user``."""
    stay = record.open_stay
    began = [row for row in record.handoffs if stay and row.transition_id == stay.via_id]
    accepted = (row for row in began if row.status == Status.ACCEPTED and row.answered_at == stay.entered_at)
    returned = (row for row in record.handoffs if stay and row.returned_at == stay.entered_at)
    back = (row for row in accepted if handoffs.leads_back(row, record.case))
    mine = (row for row in back if handoffs.answer_refusal(user, row) is None)
    return GivingBack(next(mine, None), next(returned, None))


class OfferCase(WayView):
    """Say what handing over means; offer the case."""

    template_name = "cases/offer.html"
    form_class = forms.OfferForm
    asks_facts = False  # they who accept answer them: the stay that they are about is theirs

    @cached_property
    def receiver(self):
        return Team.objects.select_related("organisation").get(pk=self.transition.target.team_id)

    def get_context_data(self, **context):
        members = Membership.objects.filter(team=self.receiver, user__is_active=True)
        return super().get_context_data(
            title=f"Hand over to {self.receiver}",
            button=f"Offer to {self.receiver}",
            transition=self.transition,
            receiver=self.receiver,
            wanted_by=handoffs.wanted_by(self.transition.target, self.now),
            is_answered_for=not members.exists(),
            **context,
        )

    def perform(self, facts, **given):
        handoff = handoffs.offer(self.case, self.transition, by=self.request.user, seen_entry=self.seen_entry, **given)
        wanted = f" Their answer is wanted by {showing.moment(handoff.due_at)}." if handoff.due_at else ""
        return f"Offered to {handoff.to_team}.{wanted} Until they accept, the case stays with {handoff.from_team}."


class AnswerView(ActView):
    """A page that answers an offer. ``instead``: the name of the page of the other answer, and what leads there."""

    template_name = "cases/handoff.html"
    instead = None
    looked_at = (*ActView.looked_at, "handoff")

    @cached_property
    def handoff(self):
        return get_object_or_404(self.case.handoffs.select_related(*SHOWN), pk=self.kwargs["pk"])

    @cached_property
    def answers_for_them(self) -> bool:
        """Does the sender record here what an agency without accounts has said?"""
        return access.role_in(self.request.user, self.handoff.to_team_id) is None

    def admit(self, user):
        if sentence := handoffs.answer_refusal(user, self.handoff):
            raise PermissionDenied(sentence)

    def obstacle(self):
        if self.handoff.status != Status.OFFERED:
            return f"This offer is over: it was {self.handoff.get_status_display()}."
        return None

    def get_context_data(self, **context):
        due = promised(self.handoff.due_at, self.handoff.offered_at, self.now)
        about = {"handoff": self.handoff, "due": due}
        if self.instead and self.handoff.status == Status.OFFERED:
            name, text = self.instead
            about["instead"] = Mend(text, reverse(name, args=[self.case.reference, self.handoff.pk]))
        return super().get_context_data(**about | context)


class AcceptHandoff(AnswerView):
    title, button = "Accept this case", "Accept the case"
    instead = "decline", "Decline it instead…"

    @property
    def way(self):
        return self.case.version_map.transitions[self.handoff.transition_id]

    def get_form_class(self):
        base = forms.AcceptForThemForm if self.answers_for_them else forms.AcceptForm
        facts = [fact for fact in asked.facts_on_the_way(self.way.target) if fact.choices]
        return way_form(base, Asked(self.case, self.way, facts=facts))

    def get_context_data(self, **context):
        if self.handoff.status == Status.OFFERED:
            passed = [row["requirement"] for row in self.handoff.passed_over]
            lacking = Mending.read(self.case, self.request.user).missing(self.way, self.now)
            context |= {
                "effect": effect(self.case, self.way, self.now),
                "missing": [lack for lack in lacking if not lack.requirement or lack.requirement.pk not in passed],
            }
        if self.answers_for_them:
            context |= {"title": f"{self.handoff.to_team} accepts", "button": "Record that they accept"}
        return super().get_context_data(**context)

    def perform(self, answer, facts, **nothing):
        case = handoffs.accept(self.handoff, by=self.request.user, answer=answer, facts=facts)
        return arrived(case, "Accepted. The case is in")


class DeclineHandoff(AnswerView):
    title, button = "Decline this case", "Decline the case"
    instead = "accept", "Accept it instead…"

    def get_form_class(self):
        return forms.DeclineForThemForm if self.answers_for_them else forms.DeclineForm

    def get_context_data(self, **context):
        if self.answers_for_them:
            context |= {"title": f"{self.handoff.to_team} declines", "button": "Record that they decline"}
        return super().get_context_data(**context)

    def perform(self, why, who=""):
        handoffs.decline(self.handoff, by=self.request.user, why=f"{why}\n{who}".strip())
        return f"Declined. The case stays with {self.handoff.from_team}."


class WithdrawHandoff(AnswerView):
    form_class = forms.WithdrawForm
    title, button = "Withdraw the offer", "Withdraw the offer"

    def admit(self, user):
        if sentence := access.refusal(user, "handoff", self.handoff.from_team):
            raise PermissionDenied(sentence)

    def perform(self, why):
        handoffs.withdraw(self.handoff, by=self.request.user, why=why)
        return f"Withdrawn. The case stays with {self.handoff.from_team}."


class ReturnHandoff(AnswerView):
    """Give a case back to those who handed it over."""

    template_name = "cases/give_back.html"

    @property
    def title(self):
        return f"{self.handoff.to_team} returns this case" if self.answers_for_them else "Return this case"

    @property
    def button(self):
        return f"Return it to {self.handoff.from_team}"

    def get_form_class(self):
        return forms.ReturnForThemForm if self.answers_for_them else forms.ReturnForm

    def obstacle(self):
        if handoffs.to_give_back(self.case, self.entry) == self.handoff:
            return None
        return handoffs.CANNOT_RETURN.format(team=self.handoff.from_team)

    def perform(self, why, who=""):
        by = self.request.user
        case = handoffs.give_back(self.handoff, by=by, why=why, who=who, seen_entry=self.seen_entry)
        owner = f" {case.owner} has it again." if case.owner else " Nobody in particular has it there."
        return f"Returned to {case.stage_name}, with {case.team}.{owner}"
