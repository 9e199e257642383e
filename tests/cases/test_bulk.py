"""Many cases given at once: each for itself, with its answer; twice is once; of two at once one wins each case."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from cases import bulk, lifecycle, results, to_do
from cases.bulk import Chosen
from cases.models import Case
from tests.cases.test_races import at_once
from tests.factories import TeamFactory, a_case, a_manager, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def pathway():
    return a_pathway()


@pytest.fixture
def leaver():
    return a_member("booking", first_name="Sam", last_name="Leaver")


@pytest.fixture
def colleague():
    return a_member("booking", first_name="Ceri", last_name="Colleague")


@pytest.fixture
def manager():
    return a_manager("booking")


def cases_of(owner, number, pathway):
    made = [a_case(pathway, at=timezone.now()) for _ in range(number)]
    return [lifecycle.assign_case(case, owner, by=owner) for case in made]


def chosen(cases):
    return [Chosen(case.reference, case.owner_id) for case in cases]


def test_each_case_is_given_by_an_operation_of_its_own_with_the_note(pathway, leaver, colleague, manager):
    cases = cases_of(leaver, 3, pathway)

    outcomes = bulk.hand_over(chosen(cases), colleague, by=manager, note="Sam has left")

    assert [(o.reference, o.done, o.sentence) for o in outcomes] == [
        (case.reference, True, "Ceri Colleague has it now.") for case in cases
    ]
    for case in map(fresh, cases):
        assert case.owner == colleague
        last = case.history.first()
        assert (last.history_user, last.history_change_reason) == (manager, "Sam has left")


def test_done_twice_it_is_done_once(pathway, leaver, colleague, manager):
    cases = cases_of(leaver, 2, pathway)
    picked = chosen(cases)
    bulk.hand_over(picked, colleague, by=manager)
    written = sum(case.history.count() for case in cases)

    again = bulk.hand_over(picked, colleague, by=manager, with_tasks=True)

    assert [(o.done, o.sentence) for o in again] == [(True, "Ceri Colleague has it already.")] * 2
    assert sum(case.history.count() for case in cases) == written


def test_what_cannot_be_given_is_skipped_with_its_reason_and_keeps_no_other_back(pathway, leaver, colleague, manager):
    good, closed, moved, quicker = cases_of(leaver, 4, pathway)
    hidden = a_case(a_pathway("other", team="imaging"))
    picked = [*chosen([good, closed, moved, quicker]), Chosen(hidden.reference, None), Chosen("MW-2026-999999", None)]
    lifecycle.close_case(closed, reason="Moved away", by=leaver)
    lifecycle.move_case(moved, the_move(moved, "review"), by=leaver)
    lifecycle.assign_case(quicker, manager, by=manager)

    outcomes = bulk.hand_over(picked, colleague, by=manager)

    assert [o.done for o in outcomes] == [True, False, False, False, False, False]
    assert [o.sentence for o in outcomes[1:]] == [
        "This case is closed. Reopen it first.",
        "Somebody was quicker: nobody has it now. Look at it again.",
        f"Somebody was quicker: {manager} has it now. Look at it again.",
        "There is no such case among those you may see.",
        "There is no such case among those you may see.",
    ]
    assert fresh(good).owner == colleague
    assert fresh(quicker).owner == manager


def test_a_case_of_another_team_and_a_person_who_is_not_in_the_team_are_skipped(pathway, leaver, colleague, manager):
    here, there = cases_of(leaver, 2, pathway)
    lifecycle.move_case(there, the_move(there, "review"), by=leaver)
    picked = [Chosen(here.reference, leaver.pk), Chosen(there.reference, None)]

    assert bulk.hand_over(picked, colleague, by=manager)[1].sentence == (
        "You can read this case but not change it. It is with Clinic team now."
    )
    assert bulk.hand_over([Chosen(here.reference, colleague.pk)], a_member("clinic"), by=manager)[0].sentence.endswith(
        "is not in Booking team. Choose a person of that team."
    )


def test_what_is_foreseen_is_what_happens(pathway, leaver, colleague, manager):
    good, closed, moved = cases_of(leaver, 3, pathway)
    lifecycle.close_case(closed, reason="Moved away", by=leaver)
    moved = lifecycle.move_case(moved, the_move(moved, "review"), by=leaver)
    picked = [*chosen([good, closed, moved]), Chosen("MW-2026-999999", None)]

    for person in (colleague, a_member("clinic")):
        cases = {case.reference: case for case in Case.objects.visible_to(manager).select_related("team", "owner")}
        foreseen = bulk.foreseen(picked, cases, person, by=manager)
        outcomes = bulk.hand_over(picked, person, by=manager)
        assert [o.done for o in foreseen] == [o.done for o in outcomes]
        assert [o.sentence for o in foreseen if not o.done] == [o.sentence for o in outcomes if not o.done]


def test_cases_are_given_back_to_their_team(pathway, leaver, manager):
    (case,) = cases_of(leaver, 1, pathway)

    (outcome,) = bulk.hand_over(chosen([case]), None, by=manager)

    assert outcome.sentence == "Booking team has it, nobody in particular."
    assert fresh(case).owner is None


def test_tasks_and_results_of_who_had_the_case_go_with_it_only_if_asked(pathway, leaver, colleague, manager):
    first, second = cases_of(leaver, 2, pathway)
    tasks = [to_do.add_task(case, "Ring them", owner=leaver, by=leaver) for case in (first, second)]
    awaited = [results.request_result(case, "Echo", leaver, by=leaver) for case in (first, second)]
    results.record_arrival(awaited[1], "Normal", by=leaver)

    bulk.hand_over(chosen([first]), colleague, by=manager)
    (outcome,) = bulk.hand_over(chosen([second]), colleague, by=manager, with_tasks=True)

    assert outcome.left == ()
    assert [fresh(task).owner for task in tasks] == [leaver, colleague]
    assert [fresh(result).reader for result in awaited] == [leaver, colleague]
    assert awaited[1].history.first().history_change_reason == "The case was given to Ceri Colleague."


def test_a_task_of_another_team_stays_and_that_is_said(pathway, leaver, colleague, manager):
    (case,) = cases_of(leaver, 1, pathway)
    clinic = TeamFactory(code="clinic")
    leaver.memberships.create(team=clinic)
    to_do.add_task(case, "Ring the clinic", team=clinic, owner=leaver, by=leaver)

    (outcome,) = bulk.hand_over(chosen([case]), colleague, by=manager, with_tasks=True)

    assert outcome.done
    assert outcome.left == (
        "Task “Ring the clinic”: Ceri Colleague is not in Clinic team. Choose a person of that team.",
    )


@pytest.mark.django_db(transaction=True)
def test_two_who_give_the_same_cases_to_different_people_share_them_and_each_is_told():
    pathway = a_pathway()
    leaver, one, other = (a_member("booking") for _ in range(3))
    managers = [a_manager("booking") for _ in range(2)]
    cases = cases_of(leaver, 12, pathway)
    picked = chosen(cases)

    first, second = at_once(
        lambda: bulk.hand_over(picked, one, by=managers[0]),
        lambda: bulk.hand_over(reversed(picked), other, by=managers[1]),
    )

    second.reverse()
    for case, left, right in zip(cases, first, second, strict=True):
        assert left.done != right.done, "exactly one of the two has given it"
        assert fresh(case).owner == (one if left.done else other)
        assert (right if left.done else left).sentence.startswith("Somebody was quicker: ")
    assert get_user_model().objects.get(pk=leaver.pk).owned_cases.count() == 0
