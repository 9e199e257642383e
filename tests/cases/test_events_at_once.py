"""Several who record what happened at the same moment: real threads on real row locks."""

from datetime import timedelta

import pytest

from cases import codes, detours, events, lifecycle
from cases.models import Case, CaseEvent
from cases.refusals import Refused
from tests.cases.test_races import at_once
from tests.factories import MONDAY, a_case, a_detour_pathway, a_member, a_pathway, fresh

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
LATER = MONDAY + timedelta(days=2)


def test_of_three_who_record_one_outcome_one_does_and_one_detour_begins():
    by = a_member("booking")
    case = a_case(a_pathway(detours=[(a_detour_pathway(), {"on_dna": True})]))
    appointment = events.book_appointment(case, "first", LATER, by=by, at=MONDAY)
    outcomes = at_once(
        *[lambda: events.record_outcome(appointment, codes.Outcome.DID_NOT_ATTEND, by=by, at=LATER + HOUR)] * 3
    )
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 2
    assert (events.missed(case), case.children.count()) == (1, 1)


def test_two_missed_appointments_recorded_at_once_share_one_detour():
    by = a_member("booking")
    case = a_case(a_pathway(detours=[(a_detour_pathway(), {"on_dna": True})]))
    both = [events.book_appointment(case, "test", LATER + n * HOUR, by=by, at=MONDAY) for n in range(2)]
    recorded = at_once(
        *[lambda one=one: events.record_outcome(one, "did-not-attend", by=by, at=LATER + 2 * HOUR) for one in both]
    )
    assert sorted(one.times_missed for one in recorded) == [1, 2]
    assert case.children.get().notes.count() == 2


def test_what_two_send_at_once_is_recorded_once():
    by, case = a_member("booking"), a_case()
    outcomes = at_once(
        *[lambda: events.record_decision(case, "declined", MONDAY.date(), by=by, told="phone", at=MONDAY)] * 3
    )
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 2
    assert CaseEvent.objects.count() == 1


def test_a_case_stays_urgent_while_one_urgent_detour_ends_and_another_begins():
    by = a_member("booking")
    pathway = a_pathway(detours=[(a_detour_pathway("urgent"), {"raises_priority": True, "blocks_closing": False})])
    for _ in range(5):
        case = a_case(pathway)
        rule = case.version_map.detour_rules["urgent"]
        first = detours.take(case, rule, by=by, note="Score 7", at=MONDAY)
        ended, second = at_once(
            lambda first=first: lifecycle.close_case(first, by=by, reason="Seen", at=MONDAY + HOUR),
            lambda case=case, rule=rule: detours.take(case, rule, by=by, note="Score 7 again", at=MONDAY + HOUR),
        )
        assert isinstance(ended, Case), ended
        assert isinstance(second, Case), second
        assert fresh(case).priority == Case.Priority.URGENT
        lifecycle.close_case(second, by=by, reason="Seen", at=MONDAY + 2 * HOUR)
        assert fresh(case).priority == Case.Priority.ROUTINE


def test_of_two_urgent_detours_that_end_at_once_the_last_lets_the_case_rest():
    by = a_member("booking")
    pathway = a_pathway(detours=[(a_detour_pathway("urgent"), {"raises_priority": True})])
    for _ in range(5):
        case = a_case(pathway)
        rule = case.version_map.detour_rules["urgent"]
        children = [detours.take(case, rule, by=by, note="Score 7", at=MONDAY) for _ in range(2)]
        ended = at_once(*[lambda one=one: lifecycle.close_case(one, by=by, reason="Seen") for one in children])
        assert all(isinstance(one, Case) for one in ended), ended
        assert fresh(case).priority == Case.Priority.ROUTINE
