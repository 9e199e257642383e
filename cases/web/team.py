"""A team: its people, who is away, who is on duty, and when nobody is. Its managers plan it; it holds no patient."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic.base import TemplateView, View

from cases import access
from cases.web.me import SetUpView
from cases.web.pages import SignedInView
from cases.web.people_forms import DutyForm, TeamAbsenceForm
from pathways import absences, duties
from pathways.models import Absence, Duty, Membership, Role, Team
from pathways.publishing import Refused

AHEAD = timedelta(days=14)


@dataclass
class Member:
    """Somebody of the team, and when they are away, now or later."""

    person: object
    is_manager: bool
    away: list[Absence] = field(default_factory=list)


@dataclass(frozen=True)
class Gap:
    """A time in which nobody is on duty."""

    starts_at: datetime
    ends_at: datetime


class TeamView(SignedInView):
    """A page about one team, for its people and those who set up or inspect."""

    for_managers = False

    @cached_property
    def team(self):
        return get_object_or_404(Team, code=self.kwargs["code"])

    @cached_property
    def may_plan(self):
        return duties.may_plan(self.team, by=self.request.user)

    def admit(self, user):
        reads = self.team.pk in access.teams_of(user) or access.sees_figures(user)
        if not (self.may_plan if self.for_managers else reads):
            who = "its managers" if self.for_managers else "its people, managers and pathway administrators"
            raise PermissionDenied(f"This page of {self.team} is for {who}.")

    def get_success_url(self):
        return reverse("team", args=[self.team.code])


class TeamPage(TeamView, TemplateView):
    template_name = "people/team.html"

    def get_context_data(self, **context):
        coming = Duty.objects.filter(team=self.team, ends_at__gt=self.now).select_related("user")
        members, every = self._members(), list(coming.order_by("starts_at", "pk"))
        there = {member.person.pk for member in members}
        planned = [duty for duty in every if duty.user_id in there]
        gaps = [Gap(*span) for span in duties.gaps(self.team, self.now, self.now + AHEAD)]
        return super().get_context_data(
            team=self.team,
            members=members,
            on_duty=[duty for duty in planned if duty.starts_at <= self.now],
            coming=[duty for duty in planned if duty.starts_at > self.now],
            of_others=[duty for duty in every if duty.user_id not in there],
            gaps=gaps if every or duties.is_asked(self.team) else [],
            is_asked=duties.is_asked(self.team),
            may_plan=self.may_plan,
            now=self.now,
            **context,
        )

    def _members(self):
        people = Membership.objects.filter(team=self.team, user__is_active=True).select_related("user")
        people = people.order_by("user__first_name", "user__last_name", "pk")
        found = {one.user_id: Member(one.user, one.role == Role.MANAGER) for one in people}
        away = Absence.objects.filter(user__in=found, ends_at__gt=self.now).select_related("user", "deputy")
        for absence in away:
            found[absence.user_id].away.append(absence)
        return list(found.values())


class AddTeamAbsence(TeamView, SetUpView):
    for_managers = True
    title, button = "Somebody is away", "Save"
    form_class = TeamAbsenceForm

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"team": self.team}

    def perform(self, person, deputy, starts_at, ends_at):
        absence = absences.add_absence(person, starts_at, ends_at, deputy=deputy, by=self.request.user)
        self.warn(absences.warnings_about(absence))
        return f"{person} is away {absences.said(absence)}."


class AddDuty(TeamView, SetUpView):
    for_managers = True
    title, button = "Plan a duty", "Save"
    lead = "Whoever is on duty is told of late cases where a ladder says so. Several may be on duty at once."
    form_class = DutyForm

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"team": self.team}

    def perform(self, person, starts_at, ends_at):
        duty = duties.add_duty(self.team, person, starts_at, ends_at, by=self.request.user)
        self.warn(duties.warnings_about(duty))
        return f"{person} is on duty {absences.said(duty)}."


class EndDuty(TeamView, View):
    """The button beside a duty: take it back, or end it now."""

    for_managers = True
    http_method_names = ["post"]

    def post(self, request, code, pk):
        duty = get_object_or_404(Duty, pk=pk, team=self.team)
        try:
            left = duties.remove_duty(duty, by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, "The duty ends now." if left else "The duty is taken back.")
        return redirect(self.get_success_url())
