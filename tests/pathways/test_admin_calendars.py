"""A calendar that is changed in the admin: it is asked first what that means for open cases."""

from datetime import date

import pytest

from pathways.models import Calendar, Closure
from tests.factories import a_case, a_manager, a_pathway, fresh, office_hours
from tests.pathways.pages import address, inputs, save, saved

pytestmark = pytest.mark.django_db

TUESDAY = date(2026, 3, 3)


@pytest.fixture
def cases():
    a_manager("booking")
    pathway = a_pathway(limit="5 working days", ladder=[("breach", "after", "0 days")])
    return [a_case(pathway) for _ in range(3)]


def a_closure(day="2026-03-03"):
    return {"closures__0__on": day, "closures__0__name": "Staff training day"}


def test_a_change_that_touches_open_cases_says_how_many_and_saves_nothing(client, administrator, cases):
    page = save(client, office_hours(), name="Office", **a_closure())

    assert page.status_code == 200
    assert "This changes when 3 open cases are due" in page.content.decode()
    assert Calendar.objects.get().name == "office"
    assert not Closure.objects.exists()
    assert not Closure.history.exists()


def test_a_confirmed_change_is_saved_once_and_counts_the_cases_anew(client, administrator, cases):
    calendar, before = office_hours(), fresh(cases[0]).due_at
    page = save(client, calendar, name="Office", opening_hours__0__closes="16:30", **a_closure())
    sent = {**inputs(page, None), "_confirmed": "yes"}

    answer = client.post(address(calendar), sent, follow=True)

    assert "Open cases whose times were counted anew: 3." in answer.content.decode()
    assert (Calendar.objects.get().name, Closure.objects.get().on) == ("Office", TUESDAY)
    line = Closure.objects.get().history.get()
    assert (line.history_user, line.history_change_reason) == (administrator, "Added in the admin")
    assert {fresh(case).due_at > before for case in cases} == {True}


def test_a_change_that_touches_no_case_is_saved_at_once(client, administrator, cases):
    saved(client, office_hours(), **a_closure("2026-05-05"))
    assert Closure.objects.exists()


def test_a_calendar_that_nobody_waits_by_is_saved_at_once(client, administrator):
    saved(client, office_hours(), **a_closure())
    assert Closure.objects.exists()
