"""The reason that lies in an appointment: it is over, and nobody has recorded what came of it."""

import pytest

from cases import events, lifecycle
from cases.codes import Appointment, Outcome
from pathways.models import system_user
from tests.cases.reasons.asking import DAY, HOUR, TUESDAY, codes_of, mine, page, row_of
from tests.factories import MONDAY, a_case, a_member, a_pathway

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(nurse):
    return mine(a_case(), nurse)


def booked(case, expected_at=MONDAY + HOUR):
    return events.book_appointment(case, Appointment.FIRST, expected_at, by=system_user(), at=MONDAY)


@pytest.mark.parametrize(
    ("expected_at", "codes"),
    [
        (TUESDAY + DAY, ["on-track"]),
        (TUESDAY - HOUR, ["on-track"]),  # it may go on still
        (TUESDAY - 1.1 * HOUR, ["outcome"]),
    ],
)
def test_an_appointment_is_a_reason_an_hour_after_its_time(nurse, case, expected_at, codes):
    booked(case, expected_at)
    assert codes_of(case, nurse) == codes


def test_it_says_which_appointment_and_leads_to_where_its_outcome_is_recorded(nurse, case):
    late, first = booked(case, MONDAY + 3 * HOUR), booked(case)

    _, row = row_of(case, nurse)

    assert row.why == ["First appointment was yesterday 10am: nobody has recorded what came of it."]
    assert (row.next.text, row.next.url) == ("Record what happened", page("appointments", case, first.pk))
    events.record_outcome(first, Outcome.ATTENDED, by=nurse, at=TUESDAY)
    assert row_of(case, nurse)[1].next.url == page("appointments", case, late.pk)


@pytest.mark.parametrize("outcome", [Outcome.ATTENDED, Outcome.DID_NOT_ATTEND, Outcome.CANCELLED_BY_US])
def test_it_is_over_with_any_outcome_and_begins_anew_when_that_is_struck_out(nurse, case, outcome):
    recorded = events.record_outcome(booked(case), outcome, by=nurse, at=MONDAY + 2 * HOUR)
    assert codes_of(case, nurse) == ["on-track"]

    events.strike(recorded.event, by=nurse, why="It was another patient", at=MONDAY + 3 * HOUR)
    assert codes_of(case, nurse) == ["outcome"]


def test_an_appointment_that_was_struck_out_is_no_reason_nor_one_of_a_closed_case(nurse, case):
    events.strike(booked(case), by=system_user(), why="It was another patient", at=MONDAY)
    assert codes_of(case, nurse) == ["on-track"]

    booked(case)
    closed = lifecycle.close_case(case, reason="Moved away", by=nurse, at=TUESDAY)
    assert codes_of(closed, nurse) == []


def test_it_is_on_the_day_of_who_has_the_case_and_of_anyone_while_nobody_has_it(nurse, case):
    colleague, outsider = a_member("booking"), a_member("elsewhere")
    nobodys = a_case(a_pathway("another"))
    for one in (case, nobodys):
        booked(one)

    def day_of(user):
        found = type(case).objects.with_reasons(user, TUESDAY, mine=True).order_by("pk")
        return ["outcome" in one.reasons for one in found]

    assert (day_of(nurse), day_of(colleague), day_of(outsider)) == ([True, True], [False, True], [False, False])
    assert codes_of(case, colleague) == ["outcome"], "on the worklist anybody of the team sees it"
