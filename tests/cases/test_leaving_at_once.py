"""Somebody is given something in the moment in which their account is closed: one of the two waits, and is refused."""

import threading
import time
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from cases import handoffs, leaving, lifecycle, results, to_do
from cases.refusals import Refused
from cases.watch import escalations, sweep
from pathways import answerable
from pathways.models import Pathway, Role
from tests.cases.test_races import at_once
from tests.factories import MONDAY, UserFactory, a_case, a_manager, a_member, a_pathway, fresh, the_move
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


def returned(case, priya):
    """Priya offers the case, the clinic accepts it, and gives it back with what this returns."""
    clinician = a_member("clinic")
    handoff = handoffs.offer(case, the_move(case, "review"), by=priya, note="Needs a lift")
    handoffs.accept(handoff, by=clinician)
    return lambda: handoffs.give_back(handoff, by=clinician, why="Not before the stairs are safe")


@pytest.mark.django_db(transaction=True)
def test_a_case_is_not_given_back_to_who_is_leaving(priya, administrator):
    case = a_case(a_pathway(handoff="2 days"))

    in_turn(lambda: leaving.leave(priya, by=administrator), returned(case, priya))

    assert (fresh(case).team.code, fresh(case).owner) == ("booking", None)


@pytest.mark.django_db(transaction=True)
def test_who_is_leaving_promises_nothing(priya, alex, administrator):
    case = a_case()
    sweep.run(MONDAY + timedelta(days=11))
    breach, soon = case.escalations.order_by("level").last(), timezone.now() + timedelta(days=1)

    _, outcome = in_turn(
        lambda: leaving.leave(priya, by=administrator),
        lambda: escalations.acknowledge(breach, by=priya, answer="I ring", by_when=soon),
    )

    assert isinstance(outcome, PermissionDenied), outcome
    assert leaving.ties(priya) == []


@pytest.mark.django_db(transaction=True)
def test_who_is_leaving_takes_over_no_team_and_no_pathway(priya, alex, administrator):
    a_member("site", Role.MANAGER).memberships.update(user=alex)
    a_pathway()
    Pathway.objects.update(lead=alex)
    close, hand_over = leaving.close_account, lambda: leaving.leave(alex, priya, by=administrator)

    _, outcomes = in_turn(lambda: close(priya, by=administrator), hand_over)

    assert {(one.what, one.done) for one in outcomes} == {
        ("Site team, as its manager", False),
        ("Review, as its lead", False),
    }
    assert (fresh(alex).is_active, Pathway.objects.get().lead) == (True, alex)


@pytest.mark.django_db(transaction=True)
def test_a_lead_who_was_named_meanwhile_stays_and_so_does_what_else_was_changed(alex, priya, administrator):
    pathway = a_pathway().active_version.pathway
    Pathway.objects.update(lead=alex)
    (tie,) = leaving.ties(alex)
    Pathway.objects.update(name="Renamed")
    tie.give(priya, administrator, "Leaves")
    assert (fresh(pathway).lead, fresh(pathway).name) == (priya, "Renamed")
    assert tie.give(administrator, administrator, "Leaves") == "Somebody has changed the lead of Review meanwhile."
    assert fresh(pathway).lead == priya


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
