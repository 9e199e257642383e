"""Handing a case over: offer it, and answer an offer."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from cases import access, handoffs, showing
from cases.models import Handoff
from cases.web import forms, moves
from cases.web.ages import promised
from cases.web.mending import Mending
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


class OfferCase(WayView):
    """Say what handing over means; offer the case."""

    template_name = "cases/offer.html"
    form_class = forms.OfferForm

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

    def perform(self, note):
        handoff = handoffs.offer(
            self.case, self.transition, by=self.request.user, note=note, seen_entry=self.seen_entry
        )
        wanted = f" Their answer is wanted by {showing.moment(handoff.due_at)}." if handoff.due_at else ""
        return f"Offered to {handoff.to_team}.{wanted} Until they accept, the case stays with {handoff.from_team}."


class AnswerView(ActView):
    """A page that answers an offer."""

    template_name = "cases/handoff.html"
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
        return super().get_context_data(handoff=self.handoff, due=due, **context)


class AcceptHandoff(AnswerView):
    title, button = "Accept this case", "Accept the case"

    def get_form_class(self):
        return forms.AcceptForThemForm if self.answers_for_them else forms.AcceptForm

    def get_context_data(self, **context):
        if self.handoff.status == Status.OFFERED:
            way = self.case.version_map.transitions[self.handoff.transition_id]
            context |= {
                "effect": moves.effect(self.case, way, self.now),
                "missing": Mending.read(self.case, self.request.user).missing(way, self.now),
            }
        if self.answers_for_them:
            context |= {"title": f"{self.handoff.to_team} accepts", "button": "Record that they accept"}
        return super().get_context_data(**context)

    def perform(self, answer):
        return arrived(handoffs.accept(self.handoff, by=self.request.user, answer=answer), "Accepted. The case is in")


class DeclineHandoff(AnswerView):
    title, button = "Decline this case", "Decline the case"

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
