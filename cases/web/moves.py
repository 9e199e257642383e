"""The moves of a case: which are possible, what each lacks, what each would do; and the page that makes one."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property

from cases import access, deadlines, lifecycle, showing
from cases.watch import watched
from cases.web.forms import MoveForm
from cases.web.pages import ActView
from pathways.models import Team, Transition


@dataclass(frozen=True)
class Missing:
    """A requirement that is not met: the sentence, and the page that mends it, if there is one."""

    sentence: str
    mend: str = ""
    mend_url: str = ""


@dataclass(frozen=True)
class Move:
    """A move as the case page offers it."""

    transition: Transition
    url: str
    not_yours: str | None
    missing: list[Missing]

    @property
    def may_be_made(self):
        return not self.not_yours and not self.missing


def offered(case, user, now) -> list[Move]:
    """Return each possible move of ``case``, whether ``user`` may make it, and what it lacks at ``now``."""
    return [
        Move(
            transition=transition,
            url=reverse("move", args=[case.reference, transition.pk]),
            not_yours=access.refusal(user, "move", case.team, transition=transition),
            missing=missing(case, transition, now),
        )
        for transition in case.possible_moves
    ]


def missing(case, transition, now) -> list[Missing]:
    """Return what ``case`` lacks for ``transition``, each with the page that mends it."""
    found = []
    for requirement in transition.requirements.all():
        if sentence := requirement.refusal(case, now):
            form = case.version_map.forms.get(requirement.options.get("form"))
            if form:
                url = reverse("form", args=[case.reference, form.code])
                found.append(Missing(sentence, f"Fill in the {form.name}", url))
            elif requirement.check_name == "note written":
                found.append(Missing(sentence, "Write a note", reverse("note", args=[case.reference])))
            else:
                found.append(Missing(sentence))
    return found


@dataclass(frozen=True)
class Effect:
    """What a move would do, if it were made now."""

    target: str
    closes: bool
    ends_hold: bool
    new_team: Team | None
    loses_owner: str
    limit: str
    due_at: datetime | None


def effect(case, transition, now) -> Effect:
    """Return what ``transition`` would do to ``case`` at ``now``."""
    target = transition.target
    changes_team = target.team_id != case.team_id
    due_at = None if target.is_final else deadlines.first_due(watched.stay_in(target, now))
    return Effect(
        target=target.name,
        closes=target.is_final,
        ends_hold=case.is_held,
        new_team=Team.objects.get(pk=target.team_id) if changes_team else None,
        loses_owner=str(case.owner) if changes_team and case.owner else "",
        limit="" if target.is_final else watched.limit_in_words(target),
        due_at=due_at,
    )


class MoveCase(ActView):
    """Show what a move would do; make it."""

    template_name = "cases/move.html"
    form_class = MoveForm

    @cached_property
    def transition(self):
        """The move of the address, on the case's map. It may have become impossible since the page was made."""
        try:
            return self.case.version_map.transitions[self.kwargs["transition"]]
        except KeyError:
            raise Http404 from None

    def admit(self, user):
        _ = self.transition  # who may not make it is told below, with the move on the page

    def perform(self, note):
        case = lifecycle.move_case(
            self.case, self.transition, by=self.request.user, note=note, seen_entry=self.seen_entry
        )
        if not case.is_open:
            return f"Moved to {case.stage_name}. The case is closed."
        due = f" It is due on {showing.moment(case.due_at)}." if case.due_at else ""
        return f"Moved to {case.stage_name}, which is with {case.team}.{due}"

    def get_context_data(self, **context):
        case, transition = self.case, self.transition
        is_possible = transition in case.possible_moves
        return super().get_context_data(
            title=transition.name,
            button=transition.name,
            not_yours=access.refusal(self.request.user, "move", case.team, transition=transition),
            not_possible="" if is_possible else case.refusals(transition, self.now)[0],
            missing=missing(case, transition, self.now) if is_possible else [],
            effect=effect(case, transition, self.now) if is_possible else None,
            **context,
        )
