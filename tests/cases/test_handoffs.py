"""Handoffs: the sender stays accountable until the other team says yes."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from cases import handoffs, lifecycle
from cases.models import Case, Notice
from cases.refusals import Refused, TransitionRefused
from cases.watch import sweep, timers
from tests.factories import MONDAY, a_case, a_manager, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def sender():
    return a_member("booking")


@pytest.fixture
def receiver():
    return a_member("clinic")


@pytest.fixture
def case(sender):
    return a_case(a_pathway(handoff="2 days"))


def offer(case, sender, **values):
    values = {"note": "Needs a lift", "at": MONDAY + DAY} | values
    return handoffs.offer(case, the_move(case, "review"), by=sender, **values)


def test_the_move_is_refused_without_a_handoff(case, sender):
    with pytest.raises(TransitionRefused, match="This move is made by a handoff"):
        lifecycle.move_case(case, the_move(case, "review"), by=sender)


def test_until_it_is_accepted_stage_clock_and_owner_are_the_senders(case, sender, receiver):
    assert case not in Case.objects.visible_to(receiver)
    handoff = offer(case, sender)
    assert (fresh(case).stage, fresh(case).due_at) == ("triage", MONDAY + 10 * DAY)
    assert handoff.due_at == MONDAY + 3 * DAY
    assert case in Case.objects.visible_to(receiver)
    with pytest.raises(PermissionDenied):
        lifecycle.close_case(case, by=receiver, reason="Mine")


def test_a_restricted_case_is_not_offered_to_a_team_that_could_never_answer(case, sender, receiver):
    Case.objects.filter(pk=case.pk).update(restricted=True)
    with pytest.raises(Refused, match="Clinic team may not know of this case"):
        offer(case, sender)
    receiver.memberships.all().delete()
    handoff = offer(case, sender)
    assert handoffs.accept(handoff, by=sender, answer="Ms Green, by phone", at=MONDAY + 2 * DAY).stage == "review"


def test_accepting_makes_the_move(case, sender, receiver):
    moved = handoffs.accept(offer(case, sender), by=receiver, at=MONDAY + 2 * DAY)
    assert (fresh(moved).stage, fresh(moved).team.code) == ("review", "clinic")
    assert case.entries.last().entered_by == receiver
    assert timers.rebuild(check=True) == []


def test_a_declined_handoff_leaves_the_case_and_may_be_offered_again(case, sender, receiver):
    handoff = offer(case, sender)
    with pytest.raises(Refused, match="Say why the handoff is declined"):
        handoffs.decline(handoff, by=receiver, why="")
    assert handoffs.decline(handoff, by=receiver, why="No bed").answer == "No bed"
    with pytest.raises(Refused, match="answered already"):
        handoffs.accept(handoff, by=receiver)
    assert fresh(case).stage == "triage"
    assert offer(case, sender).status == "offered"


def test_only_the_receiver_answers_and_only_the_sender_withdraws(case, sender, receiver):
    handoff = offer(case, sender)
    with pytest.raises(PermissionDenied, match="It is answered by Clinic team"):
        handoffs.accept(handoff, by=sender)
    with pytest.raises(PermissionDenied):
        handoffs.withdraw(handoff, by=receiver, why="No")
    assert handoffs.withdraw(handoff, by=sender, why="Not needed").status == "withdrawn"


def test_one_offer_at_a_time(case, sender):
    offer(case, sender)
    with pytest.raises(Refused, match="offered already"):
        offer(case, sender)


def test_a_case_that_goes_another_way_withdraws_its_offer(case, sender):
    handoff = offer(case, sender)
    lifecycle.move_case(case, the_move(case, "done"), by=sender)
    assert (fresh(handoff).status, fresh(handoff).answer) == ("withdrawn", "The case went another way.")


def test_a_handoff_that_nobody_answers_is_told_to_the_managers_of_the_sender(case, sender):
    manager = a_manager("booking")
    offer(case, sender)
    sweep.run(MONDAY + 3 * DAY)
    assert not Notice.objects.exists()
    sweep.run(MONDAY + 3 * DAY + SECOND)
    notice = Notice.objects.get()
    assert (notice.recipient, notice.lines.get().escalation.rung_code) == (manager, "not-answered")


def test_an_agency_without_accounts_is_answered_for_with_who_said_so(case, sender):
    handoff = offer(case, sender)
    with pytest.raises(Refused, match="Say who at Clinic team accepted, and how"):
        handoffs.accept(handoff, by=sender)
    handoffs.accept(handoff, by=sender, answer="Mrs Jones, by phone")
    assert (fresh(case).stage, fresh(handoff).answer) == ("review", "Mrs Jones, by phone")
