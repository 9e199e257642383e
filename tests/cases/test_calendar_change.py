"""A calendar that changes moves what is still to come, and never revises what was raised."""

from datetime import date, timedelta

import pytest

from cases import calendar_change
from cases.models import Notice
from cases.watch import sweep, timers
from pathways.models import Calendar, Closure, system_user
from tests.factories import MONDAY, a_case, a_manager, a_pathway, fresh, office_hours

pytestmark = pytest.mark.django_db

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
TUESDAY = date(2026, 3, 3)


@pytest.fixture
def calendar():
    return office_hours()


@pytest.fixture
def case(calendar):
    a_manager("booking")
    return a_case(a_pathway(limit="5 working days", ladder=[("breach", "after", "0 days")]))


def close_on(calendar, day):
    Closure.objects.create(calendar=calendar, on=day)
    return Calendar.objects.get(pk=calendar.pk)


def test_it_says_how_many_cases_would_change_and_changes_none(case, calendar):
    calendar = close_on(calendar, TUESDAY)
    assert calendar_change.count(calendar) == 1
    assert fresh(case).due_at == MONDAY + 7 * DAY


def test_a_new_closure_moves_the_due_time_of_an_open_case(case, calendar):
    calendar = close_on(calendar, TUESDAY)
    assert calendar_change.recompute(calendar, by=system_user(), now=MONDAY) == 1
    assert fresh(case).due_at == MONDAY + 8 * DAY
    assert timers.rebuild(check=True) == []
    assert calendar_change.count(calendar) == 0


def test_a_closure_outside_of_the_limit_changes_nothing(case, calendar):
    assert calendar_change.count(close_on(calendar, date(2026, 5, 5))) == 0


def test_what_was_raised_stays_raised(case, calendar):
    sweep.run(MONDAY + 7 * DAY + SECOND)
    calendar_change.recompute(close_on(calendar, TUESDAY), by=system_user(), now=MONDAY + 7 * DAY + 2 * SECOND)
    assert fresh(case).due_at == MONDAY + 8 * DAY
    assert case.escalations.get().due_at == MONDAY + 7 * DAY
    sweep.run(MONDAY + 9 * DAY)
    assert case.escalations.count() == 1


def test_what_became_late_by_the_change_is_told_in_one_digest(case, calendar):
    calendar = close_on(calendar, TUESDAY)
    calendar_change.recompute(calendar, by=system_user(), now=MONDAY)
    Closure.objects.all().delete()
    calendar.touch()
    calendar_change.recompute(Calendar.objects.get(pk=calendar.pk), by=system_user(), now=MONDAY + 7.5 * DAY)
    sweep.run(MONDAY + 7.5 * DAY + SECOND)
    assert Notice.objects.get().kind == "digest"
    assert case.open_entry.history.get().history_change_reason == "The calendar changed"
