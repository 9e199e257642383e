"""The moves of a case: which are possible, what each lacks, what each would do; and the page that makes one."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property

from cases import access, deadlines, lifecycle, showing
from cases.watch import watched
from cases.web.forms import MoveForm
from cases.web.mending import Mend, Mending, Missing
from cases.web.pages import ActView
from pathways import registry
from pathways.models import Team, Transition


@dataclass(frozen=True)
class Move:
    """A move as the case page offers it. One into a stage that is entered by handoff is an offer to that team."""

    transition: Transition
    url: str
    receiver: Team | None
    not_yours: str | None
    missing: list[Missing]

    @property
    def may_be_made(self):
        return not self.not_yours and not self.missing


def offered(case, user, now, mending, offer=None) -> list[Move]:
    """Return each way that ``case`` may take, whether ``user`` may take it, and what it lacks at ``now``.

    ``offer``: the handoff that is not answered yet, if there is one. It stands on the page by itself.
    """
    ways = [way for way in case.moves_offered(now) if offer is None or way.pk != offer.transition_id]
    receivers = Team.objects.in_bulk({way.target.team_id for way in ways if way.target.by_handoff})
    moves = []
    for way in ways:
        receiver = receivers.get(way.target.team_id) if way.target.by_handoff else None
        lacks = mending.missing(way, now)
        if receiver and offer:
            lacks.append(Missing(f"The case is offered to {offer.to_team} already. Wait for their answer."))
        moves.append(
            Move(
                transition=way,
                url=reverse("offer" if receiver else "move", args=[case.reference, way.pk]),
                receiver=receiver,
                not_yours=access.refusal(user, "move", case.team, transition=way),
                missing=lacks,
            )
        )
    return moves


def deciding_forms(case, moves, offer, records) -> list[Mend]:
    """Return the forms that are still to be filled in and decide about ways which are not offered before."""
    shown = {move.transition.pk for move in moves} | ({offer.transition_id} if offer else set())
    hidden = [way for way in case.possible_moves if way.pk not in shown]
    codes = {
        wanted.options.get("form")
        for way in hidden
        for wanted in way.requirements.all()
        if registry.hides(wanted.check_name)
    }
    codes -= {record.form_code for record in records}
    forms = [form for code, form in case.version_map.forms.items() if code in codes]
    return [Mend(f"Fill in the {form.name}", reverse("form", args=[case.reference, form.code])) for form in forms]


@dataclass(frozen=True)
class Effect:
    """What a move would do, if it were made now."""

    target: str
    closes: bool
    ends_hold: bool
    withdraws: Team | None
    new_team: Team | None
    loses_owner: str
    limit: str
    due_at: datetime | None


def effect(case, transition, now) -> Effect:
    """Return what ``transition`` would do to ``case`` at ``now``."""
    target = transition.target
    changes_team = target.team_id != case.team_id
    due_at = None if target.is_final else deadlines.first_due(watched.stay_in(target, now))
    offer = case.handoffs.filter(status="offered").exclude(transition=transition).select_related("to_team").first()
    return Effect(
        target=target.name,
        closes=target.is_final,
        ends_hold=case.is_held,
        withdraws=offer.to_team if offer else None,
        new_team=Team.objects.get(pk=target.team_id) if changes_team else None,
        loses_owner=str(case.owner) if changes_team and case.owner else "",
        limit="" if target.is_final else watched.limit_in_words(target),
        due_at=due_at,
    )


class WayView(ActView):
    """A page about one way that the case may take: who may not take it is told on the page."""

    looked_at = (*ActView.looked_at, "is_possible")

    @cached_property
    def transition(self):
        """The move of the address, on the case's map. It may have become impossible since the page was made."""
        try:
            return self.case.version_map.transitions[self.kwargs["transition"]]
        except KeyError:
            raise Http404 from None

    def admit(self, user):
        _ = self.transition

    @cached_property
    def is_possible(self):
        return self.transition in self.case.moves_offered(self.now)

    def obstacle(self):
        if not self.is_possible:
            return self.case.refusals(self.transition, self.now)[0]
        return access.refusal(self.request.user, "move", self.case.team, transition=self.transition)

    def get_context_data(self, **context):
        about = {"missing": [], "effect": None}
        if self.is_possible:
            mending = Mending.read(self.case, self.request.user)
            about["missing"] = mending.missing(self.transition, self.now)
            about["effect"] = effect(self.case, self.transition, self.now)
        return super().get_context_data(**about | context)


class MoveCase(WayView):
    """Show what a move would do; make it."""

    template_name = "cases/move.html"
    form_class = MoveForm

    def get(self, request, *args, **kwargs):
        if self.transition.target.by_handoff:
            return redirect("offer", self.case.reference, self.transition.pk)
        return super().get(request, *args, **kwargs)

    def perform(self, note):
        case = lifecycle.move_case(
            self.case, self.transition, by=self.request.user, note=note, seen_entry=self.seen_entry
        )
        return arrived(case, "Moved to")

    def get_context_data(self, **context):
        return super().get_context_data(title=self.transition.name, button=self.transition.name, **context)


def arrived(case, how: str) -> str:
    """Say where ``case`` is after a move, and until when."""
    if not case.is_open:
        return f"{how} {case.stage_name}. The case is closed."
    due = f" It is due on {showing.moment(case.due_at)}." if case.due_at else ""
    return f"{how} {case.stage_name}, which is with {case.team}.{due}"
