"""Somebody is given something in the moment in which their account is closed: one of the two waits, and is refused."""

import threading
import time

import pytest
from django.db import transaction

from cases import leaving, lifecycle, results, to_do
from cases.refusals import Refused
from tests.cases.test_races import at_once
from tests.factories import UserFactory, a_case, a_member, a_pathway, fresh
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
def test_the_tick_is_not_taken_away_while_somebody_is_being_given_a_case(client, owed, priya, alex):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    sent = inputs(client.get(address(priya)), "user_form") | {"_save": "Save"}
    del sent["is_active"]

    _, answer = in_turn(lambda: lifecycle.assign_case(owed, priya, by=alex), lambda: client.post(address(priya), sent))

    assert "Priya Shah still has: 1 open case." in answer.content.decode()
    assert fresh(priya).is_active
