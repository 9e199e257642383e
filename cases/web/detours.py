"""What goes wrong: the page that says what a detour would do, and takes it."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property

from cases import detours, showing
from cases.models import Case
from cases.watch import outbox
from cases.web.appointments import where_missed
from cases.web.detour_form import take_form
from cases.web.pages import ActView
from pathways.maps import version_map
from pathways.models import DetourRule, Stage, Team


@dataclass(frozen=True)
class Button:
    """A detour as the case page offers it."""

    rule: DetourRule
    url: str
    not_yours: str | None


def buttons(case, user, events, now) -> list[Button]:
    """Return each detour that may be taken from where ``case`` is, and whether ``user`` may take it.

    The one for a missed appointment is taken by recording that: national waiting times are counted from the record.
    """
    return [
        Button(
            rule,
            where_missed(case, events, now) if rule.on_dna else reverse("detour", args=[case.reference, rule.code]),
            None if rule.on_dna else detours.refusal(user, case, rule),
        )
        for rule in detours.offered(case)
    ]


@dataclass(frozen=True)
class Effect:
    """What a detour would do, if it were taken now."""

    stage: Stage  # that the child case begins in
    team: Team
    held_until: datetime | None
    is_held_already: bool
    due_by: datetime | None  # if that is earlier than it is due now
    told: list


def effect(case, rule, now) -> Effect | None:
    """Return what ``rule`` would do to ``case`` at ``now``; None if its pathway has no active version."""
    version = rule.pathway.active_version
    if version is None:
        return None
    stage = version_map(version.pk).first_stage
    due_by = rule.shortens_to.after(now) if rule.shortens_to else None
    if due_by and case.due_at and case.due_at <= due_by:
        due_by = None
    others = None if rule.restricted else case.team_id
    of_rule = {"pathway_id": rule.pathway_id, "restricted": rule.restricted}
    return Effect(
        stage=stage,
        team=Team.objects.get(pk=stage.team_id),
        held_until=rule.hold_at_most.after(now) if rule.hold_at_most and not case.is_held else None,
        is_held_already=case.is_held,
        due_by=due_by,
        told=outbox.told_of_detour(stage.team_id, others, **of_rule) if rule.tell_at_once else [],
    )


class TakeDetour(ActView):
    """Say what a detour would do; take it."""

    template_name = "cases/detour.html"

    @cached_property
    def rule(self):
        """The rule of the address, on the case's map. It may not apply any more since the page was made."""
        try:
            return self.case.version_map.detour_rules[self.kwargs["code"]]
        except KeyError:
            raise Http404 from None

    def admit(self, user):
        _ = self.rule

    @cached_property
    def asked(self):
        """The form that is asked at once, or None."""
        return detours.form_of(self.rule)

    def get_form_class(self):
        return take_form(self.asked)

    def obstacle(self):
        if not self.case.is_open:
            return "This case is closed."
        if self.rule not in detours.offered(self.case):
            return f"“{self.rule}” is not possible from {self.case.stage_name}."
        return detours.refusal(self.request.user, self.case, self.rule)

    def get_context_data(self, **context):
        about = {"rule": self.rule, "title": self.rule.name, "button": f"Record “{self.rule}”", "asked": self.asked}
        return super().get_context_data(**about, effect=effect(self.case, self.rule, self.now), **context)

    def perform(self, note, answers=None):
        by = self.request.user
        child = detours.take(self.case, self.rule, by=by, note=note, answers=answers, seen_entry=self.seen_entry)
        if not child.restricted or Case.objects.visible_to(by).filter(pk=child.pk).exists():
            begun = f"{child} has begun: {self.rule}. It is in {child.stage_name}, with {child.team}."
        else:
            begun = f"“{self.rule}” has begun, with {child.team}. Only they see it."
        now = Case.objects.get(pk=self.case.pk)
        if hold := now.holds.filter(detour=child).first():
            begun += f" This case is on hold until {showing.moment(hold.until)} at most."
        if self.rule.raises_priority:
            due = f", and due on {showing.moment(now.due_at)}" if now.due_at and now.due_at != self.case.due_at else ""
            begun += f" This case is urgent now{due}."
        return begun
