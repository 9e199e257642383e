"""The moves of a case: which are possible and what each lacks; and the page that makes one."""

from dataclasses import dataclass

from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property

from cases import access, asked, lifecycle, overrides, showing
from cases.web.effect import effect
from cases.web.forms import MoveForm
from cases.web.mending import Mend, Mending, Missing
from cases.web.move_form import Asked, sent_forms, sent_overrides, way_form
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
    mended_there: bool = False  # all that is missing can be filled in, or passed over, on the page of the move

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
        not_yours = access.refusal(user, "move", case.team, transition=way)
        there = lacks and not not_yours and all(is_mended_there(lack, user, case) for lack in lacks)
        if receiver and offer:
            lacks.append(Missing(f"The case is offered to {offer.to_team} already. Wait for their answer."))
        moves.append(
            Move(
                transition=way,
                url=reverse("offer" if receiver else "move", args=[case.reference, way.pk]),
                receiver=receiver,
                not_yours=not_yours,
                missing=lacks,
                mended_there=bool(there) and not (receiver and offer),
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
    codes -= {record.form_code for record in records if record.struck_at is None}
    forms = [form for code, form in case.version_map.forms.items() if code in codes]
    return [Mend(f"Fill in the {form.name}", reverse("form", args=[case.reference, form.code])) for form in forms]


def is_asked_there(lack, case) -> bool:
    """Is what is missing a form or a note, which the page of the move itself asks for?"""
    wanted = lack.requirement
    return wanted is not None and (wanted.check_name == asked.NOTE or _asks_for_form(lack, case))


def is_passable(lack, user, case) -> bool:
    """May ``user`` make the move, or offer it, although this is missing?"""
    return lack.requirement is not None and overrides.may_override(user, case, lack.requirement)


def is_mended_there(lack, user, case) -> bool:
    return is_asked_there(lack, case) or is_passable(lack, user, case)


class WayView(ActView):
    """A page about one way that the case may take: what it does, what is missing, and all that it asks. Who may not
    take it is told on the page.
    """

    template_name = "cases/way.html"
    looked_at = (*ActView.looked_at, "is_possible", "lacking", "asks")
    asks_facts = True

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

    @cached_property
    def lacking(self) -> list[Missing]:
        """What the case lacks for this way; nothing is looked for where it cannot be taken."""
        if not self.is_possible:
            return []
        return Mending.read(self.case, self.request.user).missing(self.transition, self.now)

    @property
    def elsewhere(self) -> list[Missing]:
        """What is missing, where some of it must be seen to elsewhere first; else nothing: this page asks for it."""
        there = [is_mended_there(lack, self.request.user, self.case) for lack in self.lacking]
        return [] if all(there) else self.lacking

    @cached_property
    def asks(self) -> Asked:
        """What this page asks. What was sent is asked again, wanted still or not: nothing typed is lost."""
        case, way, sent, user = self.case, self.transition, self.request.POST, self.request.user
        here = [] if self.elsewhere else self.lacking
        forms = {lack.requirement.options["form"]: lack.sentence for lack in here if _asks_for_form(lack, case)}
        passable = [lack for lack in here if is_passable(lack, user, case)]
        known = {lack.requirement.pk for lack in passable}
        passable += [Missing(str(row), [], row) for row in sent_overrides(sent, way) if row.pk not in known]
        return Asked(
            case=case,
            transition=way,
            facts=[fact for fact in asked.facts_on_the_way(way.target) if fact.choices] if self.asks_facts else [],
            forms=dict.fromkeys(sent_forms(sent, way), "") | forms,
            passable=passable,
            needs_note=any(lack.requirement and lack.requirement.check_name == asked.NOTE for lack in here),
        )

    def get_form_class(self):
        return way_form(super().get_form_class(), self.asks)

    def obstacle(self):
        if not self.is_possible:
            return self.case.refusals(self.transition, self.now)[0]
        return access.refusal(self.request.user, "move", self.case.team, transition=self.transition)

    def get_context_data(self, **context):
        about = {"missing": self.elsewhere, "effect": None}
        if self.is_possible:
            about["effect"] = effect(self.case, self.transition, self.now)
        return super().get_context_data(**about | context)


def _asks_for_form(lack, case) -> bool:
    wanted = lack.requirement
    is_form = wanted is not None and wanted.check_name == asked.FORM
    return is_form and wanted.options.get("form") in case.version_map.forms


class MoveCase(WayView):
    """Show what a move would do; make it."""

    template_name = "cases/move.html"
    form_class = MoveForm

    def get(self, request, *args, **kwargs):
        if self.transition.target.by_handoff:
            return redirect("offer", self.case.reference, self.transition.pk)
        return super().get(request, *args, **kwargs)

    def perform(self, **given):
        case = lifecycle.move_case(
            self.case, self.transition, by=self.request.user, seen_entry=self.seen_entry, **given
        )
        return arrived(case, "Moved to")

    def get_context_data(self, **context):
        title = f"Move {who(self.case)} to {self.transition.target}"
        return super().get_context_data(title=title, button=self.transition.name, **context)


def who(case) -> str:
    """Name the patient as people say it: Test Patient; or the case, where it has none."""
    return f"{case.patient.given_name} {case.patient.family_name}".strip() if case.patient else str(case)


def arrived(case, how: str) -> str:
    """Say where ``case`` is after a move, and until when."""
    if not case.is_open:
        return f"{how} {case.stage_name}. The case is closed."
    due = f" It is due on {showing.moment(case.due_at)}." if case.due_at else ""
    return f"{how} {case.stage_name}, which is with {case.team}.{due}"
