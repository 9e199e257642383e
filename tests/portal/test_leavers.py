"""The admin's page on which somebody who leaves hands over."""

import html

import pytest
from django.urls import reverse

from cases import lifecycle
from portal.models import User
from tests.factories import UserFactory, a_case, a_member, a_pathway, fresh
from tests.pathways.pages import address, errors, inputs, saved

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief(client):
    chief = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(chief)
    return chief


@pytest.fixture
def priya():
    return a_member("booking", first_name="Priya", last_name="Shah")


@pytest.fixture
def case(priya):
    return lifecycle.assign_case(a_case(a_pathway()), priya, by=priya)


def leave_page(person):
    return reverse("admin:portal_user_leave", args=[person.pk])


def untick_active(client, person):
    sent = inputs(client.get(address(person)), "user_form")
    sent.pop("is_active")
    return client.post(address(person), sent | {"_save": "Save"})


def test_the_tick_is_not_taken_away_while_something_depends_on_the_person(client, chief, priya, case):
    answer = untick_active(client, priya)

    assert errors(answer) == [
        "Priya Shah still has: 1 open case. Name who takes over first. Use “Hand over and leave” at the top of this "
        "page."
    ]
    assert leave_page(priya) in answer.content.decode()
    assert fresh(priya).is_active


def test_a_person_of_whom_nothing_depends_is_closed_by_the_tick(client, chief, priya):
    assert untick_active(client, priya).status_code == 302
    assert not fresh(priya).is_active


def test_other_changes_of_the_person_are_saved_as_ever(client, chief, priya, case):
    saved(client, priya, email="new@trust.example")
    assert fresh(priya).email == "new@trust.example"


def test_nobody_is_deleted_while_something_depends_on_them(client, chief, priya, case):
    assert client.post(address(priya, "delete"), {"post": "yes"}).status_code == 403
    everybody = {"action": "delete_selected", "_selected_action": [priya.pk], "post": "yes"}
    client.post(address(User, "changelist"), everybody)
    assert fresh(priya).is_active


def test_who_takes_over_gets_it_all_and_the_account_is_closed(client, chief, priya, case):
    alex = a_member("booking", first_name="Alex", last_name="Doe")
    page = client.get(leave_page(priya)).content.decode()
    assert f"{case.reference}, Triage" in page
    assert "Hand over and close the account" in page

    answer = client.post(leave_page(priya), {"successor": alex.pk}, follow=True)

    assert "Priya Shah has left. Alex Doe took over:" in html.unescape(answer.content.decode())
    assert (fresh(case).owner, fresh(priya).is_active) == (alex, False)
    assert "Hand over and leave" not in answer.content.decode()


def test_what_is_refused_is_listed_and_nobody_named_is_asked_for(client, chief, priya, case):
    page = html.unescape(client.post(leave_page(priya), {"successor": ""}).content.decode())
    assert "Priya Shah still has: 1 open case. Name who takes over first." in page

    far = a_member("clinic", first_name="Sam", last_name="Far")
    page = html.unescape(client.post(leave_page(priya), {"successor": far.pk}).content.decode())
    assert "Sam Far is not in Booking team. Choose a person of that team." in page
    assert fresh(priya).is_active


def test_the_page_is_for_those_who_may_change_people(client, priya):
    client.force_login(UserFactory(is_staff=True))
    assert client.get(leave_page(priya)).status_code == 403
    client.force_login(a_member("booking"))
    assert client.post(leave_page(priya)).status_code == 302  # to who may come in at all
    assert fresh(priya).is_active
