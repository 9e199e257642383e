"""The admin's page on which somebody who leaves hands over."""

import html

import pytest
from django.urls import reverse

from cases import lifecycle
from pathways.models import Membership
from portal.models import User
from tests.factories import UserFactory, a_case, a_draft, a_manager, a_member, a_pathway, a_stage, fresh
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
    assert page.count(f"{case.reference}, Triage") == 1, "what was refused is not listed a second time as what depends"
    assert fresh(priya).is_active


def test_the_page_is_for_those_who_may_change_people(client, priya):
    client.force_login(UserFactory(is_staff=True))
    assert client.get(leave_page(priya)).status_code == 403
    client.force_login(a_member("booking"))
    assert client.post(leave_page(priya)).status_code == 302  # to who may come in at all
    assert fresh(priya).is_active


# Who answers for a team


@pytest.fixture
def grace(case):
    """The only manager of a team that has a stage in use."""
    return a_manager("booking", first_name="Grace", last_name="Okafor")


def members(client, page, form, **changes):
    """Save a page with some of its rows of members changed: {username: a role, or None to delete the row}."""
    sent = inputs(client.get(address(page)), form)
    rows = {membership.pk: membership for membership in Membership.objects.select_related("user")}
    for row in range(int(sent["memberships-INITIAL_FORMS"][0])):
        name = rows[int(sent[f"memberships-{row}-id"][0])].user.first_name
        if name in changes and changes[name] is None:
            sent[f"memberships-{row}-DELETE"] = "on"
        elif name in changes:
            sent[f"memberships-{row}-role"] = changes[name]
    return client.post(address(page), sent | {"_save": "Save"})


ALONE = (
    "Booking team has stages in use and would have no manager: nobody would be told of its late cases. Make somebody "
    "else a manager first, on the page of the team."
)


@pytest.mark.parametrize("role", [None, "caseworker"])
def test_the_last_manager_of_a_team_is_not_taken_away_on_the_page_of_the_team_or_of_the_person(
    client, chief, grace, role
):
    a_manager("booking", is_active=False)

    for page, form in ((grace.memberships.get().team, "team_form"), (grace, "user_form")):
        answer = members(client, page, form, Grace=role)
        assert errors(answer) == [ALONE]
    assert grace.memberships.get().role == "manager"


def test_the_role_goes_to_somebody_else_in_one_go(client, chief, grace, priya):
    team = grace.memberships.get().team

    assert members(client, team, "team_form", Grace=None, Priya="manager").status_code == 302

    assert not grace.memberships.exists()
    assert priya.memberships.get().role == "manager"


def test_one_of_two_managers_is_taken_away_freely(client, chief, grace):
    a_manager("booking")
    assert members(client, grace, "user_form", Grace="caseworker").status_code == 302
    assert grace.memberships.get().role == "caseworker"


def test_a_team_that_has_no_stage_is_dissolved_freely(client, chief):
    last = a_manager("site", first_name="Last")
    version = a_draft()
    a_stage(version, "triage", team="site", is_first=True)

    assert members(client, last.memberships.get().team, "team_form", Last=None).status_code == 302

    assert not last.memberships.exists()
