"""What goes wrong: the page that says what a detour would do, and takes it."""

from dataclasses import dataclass
from datetime import datetime

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property

from cases import detours, showing
from cases.models import Case
from cases.watch.recipients import Recipients
from cases.web.forms import DetourForm
from cases.web.pages import ActView
from pathways.maps import version_map
from pathways.models import DetourRule, EscalationStep, Stage, Team


@dataclass(frozen=True)
class Button:
    """A detour as the case page offers it."""

    rule: DetourRule
    url: str
    not_yours: str | None


def buttons(case, user) -> list[Button]:
    """Return each detour that may be taken from where ``case`` is, and whether ``user`` may take it."""
    return [
        Button(rule, reverse("detour", args=[case.reference, rule.code]), detours.refusal(user, case, rule))
        for rule in detours.offered(case)
    ]


@dataclass(frozen=True)
class Effect:
    """What a detour would do, if it were taken now."""

    stage: Stage  # that the child case begins in
    team: Team
    held_until: datetime | None
    is_held_already: bool
    told: list


def effect(case, rule, now) -> Effect | None:
    """Return what ``rule`` would do to ``case`` at ``now``; None if its pathway has no active version."""
    version = rule.pathway.active_version
    if version is None:
        return None
    stage = version_map(version.pk).first_stage
    managers = EscalationStep(tells=[EscalationStep.Recipient.MANAGERS])
    told = Recipients([stage.team_id]).of(managers, team_id=stage.team_id, owner=None) if rule.tell_at_once else []
    return Effect(
        stage=stage,
        team=Team.objects.get(pk=stage.team_id),
        held_until=rule.hold_at_most.after(now) if rule.hold_at_most and not case.is_held else None,
        is_held_already=case.is_held,
        told=told,
    )


class TakeDetour(ActView):
    """Say what a detour would do; take it."""

    template_name = "cases/detour.html"
    form_class = DetourForm

    @cached_property
    def rule(self):
        """The rule of the address, on the case's map. It may not apply any more since the page was made."""
        try:
            return self.case.version_map.detour_rules[self.kwargs["code"]]
        except KeyError:
            raise Http404 from None

    def admit(self, user):
        _ = self.rule

    def obstacle(self):
        if not self.case.is_open:
            return "This case is closed."
        if self.rule not in detours.offered(self.case):
            return f"“{self.rule}” is not possible from {self.case.stage_name}."
        return detours.refusal(self.request.user, self.case, self.rule)

    def get_context_data(self, **context):
        about = {"rule": self.rule, "title": self.rule.name, "button": f"Record “{self.rule}”"}
        return super().get_context_data(**about, effect=effect(self.case, self.rule, self.now), **context)

    def perform(self, note):
        by = self.request.user
        child = detours.take(self.case, self.rule, by=by, note=note, seen_entry=self.seen_entry)
        if Case.objects.visible_to(by).filter(pk=child.pk).exists():
            begun = f"{child} has begun: {self.rule}. It is in {child.stage_name}, with {child.team}."
        else:
            begun = f"“{self.rule}” has begun, with {child.team}. Only they see it."
        hold = self.case.holds.filter(detour=child).first()
        return begun + (f" This case is on hold until {showing.moment(hold.until)} at most." if hold else "")
