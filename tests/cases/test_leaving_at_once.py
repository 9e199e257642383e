"""Somebody is given something in the moment in which their account is closed: one of the two waits, and is refused."""

import threading
import time

import pytest
from django.db import transaction

from cases import leaving, lifecycle, results, to_do
from cases.refusals import Refused
from pathways import answerable
from pathways.models import Role
from tests.cases.test_races import at_once
from tests.factories import UserFactory, a_case, a_manager, a_member, a_pathway, fresh
from tests.pathways.pages import address, inputs

pytestmark = pytest.mark.django_db


@pytest.fixture
def priya():
    return a_member("booking", first_name="Priya", last_name="Shah")


@pytest.fixture
def alex():
    return a_member("booking", first_name="Alex", last_name="Doe")


@pytest.fixture
def administrator():
    return UserFactory(is_staff=True)


GIVE = {
    "a case": lambda case, who, by: lifecycle.assign_case(case, who, by=by),
    "a task": lambda case, who, by: to_do.give_task(case.tasks.get(), who, by=by),
    "a new task": lambda case, who, by: to_do.add_task(case, "Ring the ward", owner=who, by=by),
    "a result": lambda case, who, by: results.change_reader(case.results.get(), who, by=by, why="Away"),
    "a new result": lambda case, who, by: results.request_result(case, "CT", who, by=by),
}


@pytest.fixture
def owed(alex):
    """A case with a task and a result that can be given."""
    case = a_case(a_pathway())
    to_do.add_task(case, "Ring the ward", by=alex)
    results.request_result(case, "Echo", alex, by=alex)
    return case


@pytest.mark.parametrize("what", GIVE)
def test_nothing_is_given_to_somebody_whose_account_was_closed_after_they_were_read(
    owed, priya, alex, administrator, what
):
    leaving.leave(priya, by=administrator)
    assert not fresh(priya).is_active
    assert priya.is_active, "as the page read her before"

    with pytest.raises(Refused, match=r"Priya Shah is (not in Booking team|in no team that has)"):
        GIVE[what](owed, priya, alex)

    assert leaving.ties(priya) == []


def in_turn(first, then):
    """Do ``then`` when ``first`` is done and its transaction not over yet; return the outcomes of both."""
    is_done = threading.Event()

    def begin():
        with transaction.atomic():
            first()
            is_done.set()
            time.sleep(0.5)  # by now the other waits, or has not waited

    def go_on():
        is_done.wait(30)
        return then()

    return at_once(begin, go_on)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", GIVE)
def test_who_is_being_given_something_cannot_leave(owed, priya, alex, administrator, what):
    _, outcome = in_turn(lambda: GIVE[what](owed, priya, alex), lambda: leaving.leave(priya, by=administrator))

    assert isinstance(outcome, Refused), outcome
    assert fresh(priya).is_active
    assert len(leaving.ties(priya)) == 1


@pytest.mark.django_db(transaction=True)
def test_who_is_leaving_is_given_nothing(owed, priya, alex, administrator):
    _, outcome = in_turn(
        lambda: leaving.leave(priya, by=administrator), lambda: lifecycle.assign_case(owed, priya, by=alex)
    )

    assert isinstance(outcome, Refused), outcome
    assert not fresh(priya).is_active
    assert fresh(owed).owner is None


@pytest.mark.django_db(transaction=True)
def test_of_the_last_two_managers_of_a_team_only_one_can_leave_at_a_time(administrator):
    grace, ruth = a_manager("booking", first_name="Grace", last_name="Okafor"), a_manager("booking")

    _, outcome = in_turn(
        lambda: leaving.close_account(ruth, by=administrator), lambda: leaving.close_account(grace, by=administrator)
    )

    assert isinstance(outcome, Refused), outcome
    assert outcome.reasons == ["Grace Okafor still has: 1 team without another manager. Name who takes over first."]
    assert (fresh(grace).is_active, fresh(ruth).is_active) == (True, False)


@pytest.mark.django_db(transaction=True)
def test_the_last_manager_does_not_leave_while_the_other_is_made_a_caseworker(administrator):
    a_pathway()
    grace, ruth = a_manager("booking"), a_manager("booking")
    row = ruth.memberships.get()

    def demote():
        row.role = Role.CASEWORKER
        assert answerable.refusal([row], [row]) is None
        row.save()

    _, outcome = in_turn(demote, lambda: leaving.close_account(grace, by=administrator))

    assert isinstance(outcome, Refused), outcome
    assert fresh(grace).is_active


@pytest.mark.django_db(transaction=True)
def test_the_last_manager_is_not_made_a_caseworker_while_the_other_leaves(administrator):
    a_pathway()
    grace, ruth = a_manager("booking"), a_manager("booking")
    row = grace.memberships.get()
    row.role = Role.CASEWORKER

    def demote():
        with transaction.atomic():
            return answerable.refusal([row], [row])

    _, sentence = in_turn(lambda: leaving.close_account(ruth, by=administrator), demote)

    assert sentence == answerable.LEFT_ALONE.format(team=row.team)


@pytest.mark.django_db(transaction=True)
def test_the_tick_is_not_taken_away_while_somebody_is_being_given_a_case(client, owed, priya, alex):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    sent = inputs(client.get(address(priya)), "user_form") | {"_save": "Save"}
    del sent["is_active"]

    _, answer = in_turn(lambda: lifecycle.assign_case(owed, priya, by=alex), lambda: client.post(address(priya), sent))

    assert "Priya Shah still has: 1 open case." in answer.content.decode()
    assert fresh(priya).is_active
