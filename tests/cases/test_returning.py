"""Giving a case back: the team that accepted a handoff returns it, with a reason, to those who offered it."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from cases import handoffs, lifecycle, migration
from cases.refusals import Refused, StaleView
from cases.watch import timers
from pathways import publishing
from pathways.models import system_user
from tests.factories import MONDAY, a_case, a_member, a_pathway, fresh, publish, the_move

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
WHY = "He cannot go home before the stairs are safe."


@pytest.fixture
def sender():
    return a_member("booking")


@pytest.fixture
def receiver():
    return a_member("clinic")


def accepted(sender, by, **answer):
    case = a_case(a_pathway(handoff="2 days"))
    handoff = handoffs.offer(case, the_move(case, "review"), by=sender, note="Needs a lift", at=MONDAY + DAY)
    handoffs.accept(handoff, by=by, at=MONDAY + 2 * DAY, **answer)
    return fresh(handoff)


def give_back(handoff, by, why=WHY, at=MONDAY + 3 * DAY, **values):
    return handoffs.give_back(handoff, by=by, why=why, at=at, **values)


def test_a_returned_case_is_in_its_old_stage_with_a_new_limit_and_who_offered_it(sender, receiver):
    handoff = accepted(sender, receiver)

    case = fresh(give_back(handoff, receiver))

    assert (case.stage, case.team.code, case.owner, case.due_at) == ("triage", "booking", sender, MONDAY + 13 * DAY)
    stay = case.entries.last()
    assert (stay.how, stay.via, stay.entered_by) == ("returned", None, receiver)
    handoff = fresh(handoff)
    assert (handoff.status, handoff.returned_by, handoff.return_reason) == ("returned", receiver, WHY)
    assert handoff.returned_at == MONDAY + 3 * DAY
    assert timers.rebuild(check=True) == []


def test_it_is_nobodys_if_who_offered_it_has_left_the_team(sender, receiver):
    handoff = accepted(sender, receiver)
    sender.memberships.all().delete()
    assert fresh(give_back(handoff, receiver)).owner is None


def test_a_returned_case_may_be_offered_and_accepted_again(sender, receiver):
    case = give_back(accepted(sender, receiver), receiver)
    again = handoffs.offer(case, the_move(case, "review"), by=sender, note="The stairs are safe", at=MONDAY + 4 * DAY)
    assert handoffs.accept(again, by=receiver, at=MONDAY + 5 * DAY).stage == "review"


def test_only_the_team_that_accepted_it_returns_it_and_with_a_reason(sender, receiver):
    handoff = accepted(sender, receiver)
    with pytest.raises(PermissionDenied, match=r"It is answered by Clinic team\."):
        give_back(handoff, sender)
    with pytest.raises(Refused, match="Say why the case is returned"):
        give_back(handoff, receiver, why=" ")


def test_a_case_that_has_gone_on_is_not_returned(sender, receiver):
    handoff = accepted(sender, receiver)
    case = lifecycle.move_case(handoff.case, the_move(handoff.case, "triage"), by=receiver, at=MONDAY + 3 * DAY)
    with pytest.raises(
        Refused, match=r"cannot be returned to Booking team any more: it has gone on, or its pathway changed\."
    ):
        give_back(handoff, receiver)
    assert fresh(case).stage == "triage"


FINAL = {"kind": "final", "limit_amount": None, "limit_unit": "", "calendar": None}


@pytest.mark.parametrize(
    "change", [lambda stages: stages.delete(), lambda stages: stages.update(**FINAL)], ids=["gone", "final"]
)
def test_a_case_is_not_returned_to_a_stage_that_is_gone_or_final_now(sender, receiver, change):
    handoff = accepted(sender, receiver)
    draft = publishing.revise(handoff.case.version.pathway, by=system_user())
    change(draft.stages.filter(code="triage"))
    publish(draft)
    migration.migrate(draft, by=system_user(), now=MONDAY + 3 * DAY)
    case = fresh(handoff.case)
    assert (case.version, handoffs.to_give_back(case, case.open_entry)) == (draft, None)
    with pytest.raises(Refused, match="it has gone on, or its pathway changed"):
        give_back(handoff, receiver)


def test_a_case_is_returned_once(sender, receiver):
    handoff = accepted(sender, receiver)
    give_back(handoff, receiver)
    with pytest.raises(Refused, match="it has gone on, or its pathway changed"):
        give_back(handoff, receiver)


@pytest.mark.parametrize("end", ["decline", "withdraw"])
def test_what_was_never_accepted_is_not_returned(sender, receiver, end):
    case = a_case(a_pathway(handoff="2 days"))
    handoff = handoffs.offer(case, the_move(case, "review"), by=sender, note="Needs a lift")
    getattr(handoffs, end)(handoff, by=receiver if end == "decline" else sender, why="No bed")
    with pytest.raises(Refused, match="cannot be returned"):
        handoffs.give_back(handoff, by=receiver, why=WHY)


def test_a_hold_and_an_offer_of_theirs_end_with_the_return(sender, receiver):
    handoff = accepted(sender, receiver)
    hold = lifecycle.hold_case(
        handoff.case, reason="Abroad", until=MONDAY + 90 * DAY, by=receiver, at=MONDAY + 2 * DAY
    )
    case = fresh(give_back(handoff, receiver))
    assert (case.status, fresh(hold).ended_at) == ("open", MONDAY + 3 * DAY)


def test_a_page_that_is_out_of_date_returns_nothing(sender, receiver):
    handoff = accepted(sender, receiver)
    with pytest.raises(StaleView):
        give_back(handoff, receiver, seen_entry=handoff.entry_id)


def test_for_an_agency_without_accounts_the_sender_records_who_returned_it_and_how(sender):
    handoff = accepted(sender, sender, answer="Mrs Jones, by phone")
    with pytest.raises(Refused, match="Say who at Clinic team returns the case, and how they said so"):
        give_back(handoff, sender)
    give_back(handoff, sender, who="Mrs Jones, by phone")
    assert fresh(handoff).return_reason == f"{WHY}\nMrs Jones, by phone"


def test_a_returned_handoff_does_not_count_as_accepted(sender, receiver):
    case = give_back(accepted(sender, receiver), receiver)
    assert the_move(case, "review") in case.possible_moves
    assert "made by a handoff" in case.refusals(the_move(case, "review"), MONDAY + 4 * DAY)[0]
