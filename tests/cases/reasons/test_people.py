"""Reasons that lie in who has a case; and taking one that nobody has."""

import pytest

from cases import handoffs, lifecycle, ownership
from cases.refusals import Refused
from pathways.models import system_user
from tests.cases.reasons.asking import DAY, TUESDAY, codes_of, mine, page, row_of
from tests.factories import MONDAY, a_case, a_member, a_pathway, a_restricted_case, fresh, the_move

pytestmark = pytest.mark.django_db


def test_a_case_of_my_team_without_an_owner_is_nobodys_and_can_be_taken(nurse):
    case = a_case()

    codes, row = row_of(case, nurse)

    assert codes == codes_of(case, nurse) == ["nobodys"]
    assert (row.why, row.who) == (["Nobody has it."], "")
    assert (row.next.text, row.next.url, row.next.is_act) == ("Take it", page("take", case), True)


def test_a_case_on_hold_that_nobody_has_is_nobodys_too(nurse):
    case = a_case()
    lifecycle.hold_case(case, reason="Away", until=MONDAY + 20 * DAY, by=nurse, at=TUESDAY)

    assert codes_of(case, nurse) == ["nobodys"]


def test_what_nobody_has_in_another_team_is_not_my_reason(nurse):
    assert codes_of(a_case(), a_member("clinic")) == ["on-track"]


def test_a_closed_case_has_no_reason(nurse):
    case = lifecycle.close_case(a_case(), reason="Moved away", by=nurse)

    assert codes_of(case, nurse) == []


def an_offer(case, at=MONDAY):
    return handoffs.offer(case, the_move(case, "review"), by=system_user(), note="Needs a review", at=at)


def test_a_case_that_is_offered_to_my_team_is_handed_to_me(nurse):
    clinician, case = a_member("clinic"), mine(a_case(a_pathway(handoff="2 days")), nurse)
    offer = an_offer(case)

    codes, row = row_of(case, clinician)

    assert codes == codes_of(case, clinician) == ["handed"]
    assert row.why == ["Booking team offers it to Clinic team. Your answer is wanted by tomorrow 9am."]
    assert (row.next.text, row.next.url) == ("Answer the handoff", page("handoffs", case, offer.pk, "accept"))
    assert row_of(case, clinician, MONDAY + 3 * DAY)[1].why == [
        "Booking team offers it to Clinic team. Your answer was wanted by yesterday 9am."
    ]


def test_the_sender_is_told_whom_the_case_waits_for_and_can_chase_them(nurse):
    a_member("clinic")
    case = mine(a_case(a_pathway(handoff="2 days")), nurse)
    an_offer(case)

    codes, row = row_of(case, nurse, MONDAY + 3 * DAY)

    assert codes == ["not-accepted"]
    assert row.why[1:] == ["Offered to Clinic team 3 days ago: their answer was wanted by yesterday 9am."]
    assert ("Chase Clinic team", page("chase", case)) in [(also.text, also.url) for also in row.also]
    _, row = row_of(case, nurse)
    assert (row.next.text, row.next.url) == ("Chase Clinic team", page("chase", case)), "as long as there is time"


def test_nobody_is_sent_to_chase_who_must_not_know_of_a_restricted_case(nurse):
    case = mine(a_restricted_case(a_pathway(handoff="2 days")), nurse)
    offer = an_offer(case)

    for now in (TUESDAY, MONDAY + 3 * DAY):
        _, row = row_of(case, nurse, now)
        assert (row.next.text, row.next.url, row.also) == ("Go to the offer", f"{case.get_absolute_url()}#offer", [])

    handoffs.withdraw(offer, by=nurse, why="By phone")
    assert codes_of(case, nurse, MONDAY + 3 * DAY) == ["on-track"]


def test_an_answered_offer_is_no_reason_any_more(nurse):
    clinician, case = a_member("clinic"), a_case(a_pathway(handoff="2 days"))
    handoffs.decline(an_offer(case), by=clinician, why="Not ours")

    assert codes_of(case, clinician) == ["on-track"]


def test_whoever_is_second_to_take_a_case_is_told_who_was_quicker(nurse):
    colleague, case = a_member("booking"), a_case()
    ownership.take_case(case, by=nurse)

    with pytest.raises(Refused) as refused:
        ownership.take_case(case, by=colleague)

    assert refused.value.reasons == ["Priya Shah has this case already. Ask them, or use “Give to…” on its page."]
    assert fresh(case).owner == nurse
