"""Whether the watch is awake, and what it could not do: for managers and those who look after the installation."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.views.generic.base import TemplateView, View

from cases import access
from cases.models import Case, SweepRun, Timer
from cases.refusals import Refused
from cases.watch import set_aside, watchman
from cases.watch.faults import faults_of_setup
from cases.web.pages import SignedInView

NOT_YOURS = "These pages are for managers of a team, pathway administrators and inspectors. Ask your manager."
LAST_RUNS = 10


def may_see(user) -> bool:
    """May ``user`` read how the watch stands? It holds no patient."""
    return access.sees_figures(user) or user.is_superuser


class SupervisionView(SignedInView):
    def admit(self, user):
        if not may_see(user):
            raise PermissionDenied(NOT_YOURS)


class Supervision(SupervisionView, TemplateView):
    template_name = "supervision/standing.html"

    def get_context_data(self, **context):
        standing = watchman.standing(self.now)
        return super().get_context_data(
            now=self.now,
            standing=standing,
            is_awake=not watchman.is_late(standing.last_sweep, self.now),
            problems=standing.problems(),
            faults=faults_of_setup(self.now),
            runs=list(SweepRun.objects.all()[:LAST_RUNS]),
            **context,
        )


@dataclass(frozen=True)
class Row:
    """A timer that was set aside, without anything of the patient; no ``reference`` for who may not see the case."""

    pk: int
    reference: str
    what: str
    since: datetime
    why: str
    next_try: datetime | None
    may_try: bool


class SetAside(SupervisionView, TemplateView):
    template_name = "supervision/set_aside.html"

    def get_context_data(self, **context):
        user = self.request.user
        timers, notices = set_aside.timers_for(user), set_aside.notices_for(user)
        refused = list(notices[: set_aside.AT_MOST])
        for notice in refused:
            notice.why = set_aside.in_plain_words(notice.error)
            notice.next_try = self._ahead(set_aside.next_try(notice))
        return super().get_context_data(
            now=self.now,
            rows=list(self._rows(timers[: set_aside.AT_MOST])),
            row_count=timers.count(),
            notices=refused,
            notice_count=notices.count(),
            at_most=set_aside.AT_MOST,
            may_try_notices=set_aside.sets_up(user) or access.manages_something(user),
            **context,
        )

    def _rows(self, timers):
        user = self.request.user
        cases = [timer.case_id for timer in timers]
        visible = set(Case.objects.visible_to(user).filter(pk__in=cases).values_list("pk", flat=True))
        for timer in timers:
            case = timer.case
            is_visible = case.pk in visible
            yield Row(
                pk=timer.pk,
                reference=case.reference if is_visible else "",
                what=f"{case.version.pathway}, {case.stage_name}: {Timer.Kind(timer.kind).label}",
                since=timer.fires_at,
                why=set_aside.in_plain_words(timer.error),
                next_try=self._ahead(timer.retry_at),
                may_try=set_aside.may_try(user, case.team_id),
            )

    def _ahead(self, at):
        return at if at and at > self.now else None


class TryAgain(SupervisionView, View):
    """The button beside what was set aside; ``operation`` is what it calls."""

    operation = None
    http_method_names = ["post"]

    def post(self, request, pk):
        try:
            self.operation(pk, by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, "It is tried again with the next sweep, within a minute.")
        return redirect("set_aside")


class TryTimerAgain(TryAgain):
    operation = staticmethod(set_aside.try_timer_again)


class TryNoticeAgain(TryAgain):
    operation = staticmethod(set_aside.try_notice_again)
