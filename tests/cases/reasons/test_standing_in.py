"""Standing in for a colleague who is away: their cases and tasks are on the day of their deputy."""

from datetime import timedelta

import pytest

from cases import events, lifecycle, my_day, to_do
from cases.reasons import Reason
from pathways.models import Absence, Membership
from tests.cases.reasons.asking import DAY, HOUR, TUESDAY, codes_of, mine, page, row_of
from tests.factories import MONDAY, TeamFactory, a_case, a_member, a_pathway

pytestmark = pytest.mark.django_db


@pytest.fixture
def deputy(nurse):
    """A colleague of the nurse, who is away from Monday 9am to Saturday 9am and for whom they stand in."""
    deputy = a_member("booking", first_name="Owen", last_name="Price")
    Absence.objects.create(user=nurse, starts_at=MONDAY, ends_at=MONDAY + 5 * DAY, deputy=deputy)
    return deputy


def day_of(user, now=TUESDAY):
    return {row.case: group.reason for group in my_day.my_day(user, now).groups for row in group.rows}


def test_the_cases_of_who_is_away_are_on_the_day_of_who_stands_in_and_of_no_other(nurse, deputy):
    case = mine(a_case(), nurse)

    codes, row = row_of(case, deputy)

    assert codes == codes_of(case, deputy) == ["stand-in"]
    assert row.why == ["You stand in for Priya Shah, who is away until 7 March 2026, 9am."]
    assert (day_of(deputy), day_of(nurse)) == ({case: Reason.STAND_IN}, {case: Reason.ON_TRACK})
    assert day_of(a_member("booking")) == {}


def test_they_stand_there_as_long_as_the_absence_lasts(nurse, deputy):
    case = mine(a_case(), nurse)
    found = {now: case in day_of(deputy, now) for now in (MONDAY - HOUR, MONDAY, MONDAY + 5 * DAY - HOUR)}
    assert list(found.values()) == [False, True, True]
    assert case not in day_of(deputy, MONDAY + 5 * DAY)


def test_the_deputy_of_a_deputy_who_is_away_too_stands_in_for_both(nurse, deputy):
    second = a_member("booking")
    case, other = mine(a_case(), nurse), mine(a_case(a_pathway("another")), deputy)
    Absence.objects.create(user=deputy, starts_at=MONDAY + DAY, ends_at=MONDAY + 2 * DAY, deputy=second)

    assert day_of(second, MONDAY + HOUR) == {}
    assert day_of(second, MONDAY + DAY + HOUR) == dict.fromkeys([case, other], Reason.STAND_IN)


def test_what_is_late_stands_among_what_is_late(nurse, deputy):
    case, late = mine(a_case(), nurse), MONDAY + 3 * DAY
    pressed = mine(a_case(a_pathway("short", limit="2 days")), nurse)

    assert day_of(deputy, late) == {pressed: Reason.BREACHED, case: Reason.STAND_IN}
    assert "You stand in for Priya Shah" in row_of(pressed, deputy, late)[1].why[1]


def test_what_somebody_who_is_away_owes_or_must_record_is_for_their_deputy(nurse, deputy):
    colleague = a_member("booking")
    case = mine(a_case(), colleague)
    task = to_do.add_task(case, "Ring the patient", owner=nurse, by=nurse, due_at=TUESDAY - HOUR, at=MONDAY)
    assert day_of(deputy) == {case: Reason.TASK}
    assert row_of(case, deputy)[1].next.url == page("tasks", case, task.pk)

    own = mine(a_case(a_pathway("another")), nurse)
    events.book_appointment(own, "first", MONDAY + HOUR, by=nurse, at=MONDAY)
    assert day_of(deputy)[own] == Reason.OUTCOME
    assert own not in day_of(colleague)


def test_a_deputy_of_another_team_is_shown_nothing_that_they_may_not_see(nurse):
    outsider = a_member("elsewhere")
    Absence.objects.create(user=nurse, starts_at=MONDAY, ends_at=MONDAY + 5 * DAY, deputy=outsider)
    case = mine(a_case(), nurse)
    to_do.add_task(case, "Ring the patient", owner=nurse, by=nurse, due_at=TUESDAY - HOUR, at=MONDAY)

    assert day_of(outsider) == {}
    assert lifecycle.assign_case(case, None, by=nurse, at=MONDAY).owner is None


def test_of_several_teams_only_those_where_they_are_both(nurse, deputy):
    Membership.objects.create(team=TeamFactory(code="imaging"), user=nurse)
    there = mine(a_case(a_pathway("scan", team="imaging")), nurse)
    assert there not in day_of(deputy, MONDAY + timedelta(hours=2))
