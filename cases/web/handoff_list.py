"""Handoffs: what was offered to one's teams, what they offered and nobody answered, and what became of the last."""

from dataclasses import replace
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.views.generic.base import TemplateView

from cases import access, reasons, showing
from cases.models import Case, Handoff
from cases.reasons import Next, onward
from cases.web.pages import SignedInView, led_to_cases
from pathways.models import Membership

SHOWN = 50  # of each list
RECENT = timedelta(days=14)
ANSWERS = {"accepted": "accepted it", "declined": "declined it", "withdrawn": "", "returned": "returned it"}


class HandoffList(SignedInView, TemplateView):
    template_name = "cases/handoff_list.html"

    def get(self, request, *args, **kwargs):
        if not access.teams_of(request.user):
            return led_to_cases(request, "Handoffs")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **context):
        user, now, teams = self.request.user, self.now, list(access.teams_of(self.request.user))
        open_, answered = list(waiting(teams)), list(answered_lately(teams, now))
        cases = Case.objects.visible_to(user).with_reasons(user, now).in_bulk({h.case_id for h in open_ + answered})
        rows = {row.case.pk: row for row in reasons.rows(cases.values(), user, now)}
        # What may not be seen is not named: a restricted case that was offered to us.
        seen = [handoff for handoff in open_ if handoff.case_id in rows]
        return super().get_context_data(
            received=[received(h, rows[h.case_id]) for h in seen if h.to_team_id in teams],
            sent=[sent(h, rows[h.case_id]) for h in seen if h.from_team_id in teams and h.to_team_id not in teams],
            answered=[over(h, rows[h.case_id], now) for h in answered if h.case_id in rows],
            now=now,
            **context,
        )


def waiting(teams):
    """The offers to and from ``teams`` that nobody has answered, the most urgent first."""
    accounts = Membership.objects.filter(team=OuterRef("to_team"), user__is_active=True)
    ours = Handoff.objects.filter(Q(to_team__in=teams) | Q(from_team__in=teams), status="offered")
    found = ours.select_related("to_team", "from_team").annotate(has_accounts=Exists(accounts))
    return found.order_by(F("due_at").asc(nulls_last=True), "pk")[: 2 * SHOWN]


def answered_lately(teams, now):
    """What became of the last offers to and from ``teams``."""
    ours = Handoff.objects.filter(Q(to_team__in=teams) | Q(from_team__in=teams), answered_at__gte=now - RECENT)
    return (
        ours.exclude(status="offered").select_related("to_team", "from_team").order_by("-answered_at", "-pk")[:SHOWN]
    )


def received(handoff, row):
    """The row of an offer that one of us answers."""
    return replace(
        row,
        next=Next("Answer the handoff", _page("accept", handoff, row)),
        also=[Next("Decline", _page("decline", handoff, row))],
    )


def sent(handoff, row):
    """The row of an offer that waits for others. For an agency without accounts it is answered by us."""
    to_do = [*onward.chasing(row.case), Next("Withdraw the offer", _page("withdraw", handoff, row))]
    if not handoff.has_accounts:
        to_do = [
            Next("They accept", _page("accept", handoff, row)),
            Next("They decline", _page("decline", handoff, row)),
            *to_do,
        ]
    return replace(row, next=to_do[0], also=to_do[1:])


def over(handoff, row, now):
    """The row of an offer that is over, with what was said."""
    who, what = handoff.to_team.name, ANSWERS[handoff.status]
    at = handoff.returned_at or handoff.answered_at
    said = f"{who} {what}" if what else f"{handoff.from_team} withdrew the offer to {who}"
    why = handoff.return_reason or handoff.answer
    sentence = f"{said} {showing.ago(at, now)}{f': {why}' if why else ''}"
    ended = sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
    return replace(row, why=[ended], next=Next("Open the case", row.url))


def _page(name, handoff, row):
    return reverse(name, args=[row.case.reference, handoff.pk])
