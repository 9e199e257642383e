"""Tasks: made by a stage or by hand, given, done, cancelled, and late."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from cases import lifecycle, to_do
from cases.models import Case, Notice, Task, Timer
from cases.refusals import Refused, TransitionRefused
from cases.watch import sweep, timers
from pathways.models import system_user
from tests.cases.test_races import at_once
from tests.factories import (
    MONDAY,
    TeamFactory,
    a_case,
    a_manager,
    a_member,
    a_pathway,
    a_restricted_case,
    fresh,
    the_move,
)

pytestmark = pytest.mark.django_db

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
RING = {"code": "ring", "title": "Ring the patient", "limit_amount": 2, "limit_unit": "days"}


@pytest.fixture
def caseworker():
    return a_member("booking")


def test_entering_a_stage_makes_its_tasks_with_their_due_times(caseworker):
    case = a_case(a_pathway(tasks=[RING, {"code": "check", "title": "Check the letter"}]))
    ring, check = case.tasks.order_by("code").reverse()
    assert (ring.title, ring.team.code, ring.owner, ring.due_at) == (
        "Ring the patient",
        "booking",
        None,
        MONDAY + 2 * DAY,
    )
    assert check.due_at is None
    assert Timer.objects.get(kind="task", thing_id=ring.pk).fires_at == MONDAY + 2 * DAY
    assert timers.rebuild(check=True) == []


def test_the_tasks_of_the_owner_go_with_the_case(caseworker):
    case = a_case(a_pathway(tasks=[RING | {"whose": "owner"}]))
    lifecycle.assign_case(case, caseworker, by=caseworker)
    assert case.tasks.get().owner == caseworker


def back_again(case, by):
    """The case in its first stage again, after ``by`` of the clinic had it in the next."""
    lifecycle.move_case(case, the_move(case, "review"), by=system_user(), at=MONDAY)
    lifecycle.assign_case(case, by, by=by, at=MONDAY)
    return lifecycle.move_case(case, the_move(case, "triage"), by=by, at=MONDAY)


def test_a_task_of_the_owner_is_theirs_at_once_when_they_have_the_case_already():
    nurse = a_member("clinic")
    case = a_case(a_pathway(team="clinic", tasks=[RING | {"whose": "owner"}], ladder=[]))
    to_do.complete_task(case.tasks.get(), by=nurse, at=MONDAY)

    back_again(case, nurse)

    task = case.tasks.get(done_at=None)
    assert (task.owner, task.follows_owner) == (nurse, True)
    sweep.run(MONDAY + 2 * DAY + SECOND)
    assert Notice.objects.get(lines__escalation__kind="task").recipient == nurse
    to_do.cancel_task(task, by=nurse, why="She comes herself")
    assert to_do.ask_again(case, "ring", by=nurse).owner == nurse


def test_a_task_of_an_owner_who_has_left_the_team_is_nobodys_and_so_on_everybodys_day():
    nurse, colleague = a_member("clinic"), a_member("clinic")
    case = a_case(a_pathway(team="clinic", tasks=[RING | {"whose": "owner"}], ladder=[]))
    to_do.complete_task(case.tasks.get(), by=nurse, at=MONDAY)
    lifecycle.assign_case(case, nurse, by=nurse, at=MONDAY)
    nurse.memberships.all().delete()

    lifecycle.move_case(case, the_move(case, "review"), by=colleague, at=MONDAY)
    lifecycle.move_case(case, the_move(case, "triage"), by=colleague, at=MONDAY)

    assert (fresh(case).owner, case.tasks.get(done_at=None).owner) == (nurse, None)


def test_a_task_of_the_owner_is_nobodys_in_a_team_that_has_just_got_the_case():
    case = a_case(a_pathway(tasks=[RING | {"whose": "owner"}]))
    to_do.complete_task(case.tasks.get(), by=a_member("booking"), at=MONDAY)
    back_again(case, a_member("clinic"))
    assert case.tasks.get(done_at=None).owner is None


def test_a_task_is_done_once_and_then_watched_no_more(caseworker):
    case = a_case(a_pathway(tasks=[RING]))
    task = to_do.complete_task(case.tasks.get(), by=caseworker, outcome="Rang, all well", at=MONDAY + DAY)
    assert (task.done_by, task.done_as, task.outcome) == (caseworker, "caseworker", "Rang, all well")
    assert not Timer.objects.filter(kind="task").exists()
    with pytest.raises(Refused, match="This task is over already"):
        to_do.complete_task(task, by=caseworker)


def test_a_task_by_hand_says_what_and_by_when(caseworker):
    case = a_case()
    task = to_do.add_task(case, "Chase the report", by=caseworker, owner=caseworker, due_at=MONDAY + DAY, at=MONDAY)
    assert fresh(task).owner == caseworker
    for wrong, sentence in [
        ({"title": " "}, "Say what is to be done."),
        ({"due_at": MONDAY}, "Choose a date in the future by which it is to be done."),
        ({"due_at": MONDAY + 800 * DAY}, "This date is two years or more away. Check the year."),
        ({"owner": a_member("clinic")}, "is not in Booking team"),
    ]:
        with pytest.raises(Refused, match=sentence):
            to_do.add_task(case, **{"title": "Chase", **wrong}, by=caseworker, at=MONDAY)
    with pytest.raises(PermissionDenied):
        to_do.add_task(case, "Chase", by=a_member("clinic"))


def test_a_task_is_cancelled_with_a_reason(caseworker):
    task = a_case(a_pathway(tasks=[RING])).tasks.get()
    with pytest.raises(Refused, match="Say why the task is cancelled"):
        to_do.cancel_task(task, by=caseworker, why="")
    assert to_do.cancel_task(task, by=caseworker, why="Came in person").outcome == "Came in person"


def test_closing_a_case_cancels_what_is_owed_about_it(caseworker):
    case = a_case(a_pathway(tasks=[RING]))
    lifecycle.close_case(case, by=caseworker, reason="Moved away")
    task = case.tasks.get()
    assert (task.cancelled_by, task.outcome) == (caseworker, "The case was closed.")
    assert timers.rebuild(check=True) == []


def test_a_late_task_tells_whoever_owes_it_and_a_day_later_the_managers(caseworker):
    manager = a_manager("booking")
    case = a_case(a_pathway(tasks=[RING], ladder=[]))
    to_do.give_task(case.tasks.get(), caseworker, by=caseworker)
    sweep.run(MONDAY + 2 * DAY)
    assert not case.escalations.exists()
    sweep.run(MONDAY + 2 * DAY + SECOND)
    sweep.run(MONDAY + 3 * DAY + SECOND)
    told = [(n.recipient, n.lines.get().escalation.rung_code) for n in Notice.objects.order_by("pk")]
    assert told == [(caseworker, "task-due"), (manager, "task-late")]
    to_do.complete_task(case.tasks.get(), by=caseworker, at=MONDAY + 3 * DAY + 2 * SECOND)
    assert not case.escalations.filter(resolved_at=None).exists()


def test_a_move_waits_for_the_second_pair_of_eyes(caseworker):
    requires = [("task done", {"task": "ring", "by_role": "manager"})]
    case = a_case(a_pathway(tasks=[RING], requires=requires))

    def reasons():
        with pytest.raises(TransitionRefused) as refused:
            lifecycle.move_case(case, the_move(case, "review"), by=caseworker)
        return refused.value.reasons

    assert reasons() == ["Do the task “Ring the patient” first."]
    to_do.complete_task(case.tasks.get(), by=caseworker)
    assert reasons() == ["The task “Ring the patient” must be done by a manager too: the second pair of eyes."]


def test_a_task_of_the_map_is_asked_for_again_for_the_second_pair_of_eyes(caseworker):
    requires = [("task done", {"task": "ring", "by_role": "manager"})]
    case = a_case(a_pathway(tasks=[RING], requires=requires))
    with pytest.raises(Refused, match="This task is owed already"):
        to_do.ask_again(case, "ring", by=caseworker)
    to_do.complete_task(case.tasks.get(), by=caseworker, at=MONDAY + DAY)

    again = to_do.ask_again(case, "ring", by=caseworker, at=MONDAY + DAY)

    assert (again.title, again.due_at, again.is_open) == ("Ring the patient", MONDAY + 3 * DAY, True)
    assert timers.rebuild(check=True) == []
    to_do.complete_task(again, by=a_manager("booking"))
    assert lifecycle.move_case(case, the_move(case, "review"), by=caseworker).stage == "review"


def test_asking_again_is_for_the_cases_team_while_it_is_open(caseworker):
    case = a_case(a_pathway(tasks=[RING]))
    to_do.cancel_task(case.tasks.get(), by=caseworker, why="By mistake")
    with pytest.raises(PermissionDenied):
        to_do.ask_again(case, "ring", by=a_member("clinic"))
    lifecycle.close_case(case, by=caseworker, reason="Moved away")
    with pytest.raises(Refused, match="This case is closed"):
        to_do.ask_again(case, "ring", by=caseworker)


def test_a_task_is_given_to_another_team_which_reads_the_case_until_it_is_done(caseworker):
    case, clinician = a_case(), a_member("clinic")
    assert not Case.objects.visible_to(clinician).exists()

    task = to_do.add_task(case, "Look at the scan", by=caseworker, team=TeamFactory(code="clinic"))

    assert list(Case.objects.visible_to(clinician)) == [case]
    assert not Case.objects.visible_to(a_member("imaging")).exists()
    to_do.complete_task(task, by=clinician)
    assert not Case.objects.visible_to(clinician).exists()


def test_a_restricted_case_stays_hidden_from_a_team_that_owes_a_task_about_it(caseworker):
    case, clinician = a_restricted_case(), a_member("clinic")
    sentence = "Clinic team may not know of this case: it is restricted to the teams that have it or have had it."
    with pytest.raises(Refused, match=sentence):
        to_do.add_task(case, "Look at the scan", by=caseworker, team=TeamFactory(code="clinic"))

    Task.objects.create(case=case, title="By mistake", team=TeamFactory(code="clinic"), made_by=caseworker)

    assert not Case.objects.visible_to(clinician).exists()


def test_a_task_of_the_map_about_a_restricted_case_is_its_own_teams(caseworker):
    clinic = TeamFactory(code="clinic")
    pathway = a_pathway(tasks=[RING | {"team": clinic}])
    assert a_case(pathway).tasks.get().team == clinic
    assert a_restricted_case(pathway).tasks.get().team.code == "booking"


def test_a_team_that_had_a_restricted_case_may_be_given_a_task_about_it(caseworker):
    case = a_restricted_case()
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker)
    booking = TeamFactory(code="booking")
    assert to_do.add_task(case, "Ring the ward", by=a_member("clinic"), team=booking).team == booking


def test_a_task_whose_owner_has_left_the_team_is_done_by_the_others_and_given_to_none_that_left(caseworker):
    leaver = a_member("booking", first_name="Ada", last_name="Reed")
    task = to_do.add_task(a_case(), "Chase", by=caseworker, owner=leaver)
    leaver.memberships.all().delete()
    with pytest.raises(PermissionDenied):
        to_do.complete_task(task, by=leaver)
    for give in (
        lambda: to_do.give_task(task, leaver, by=caseworker),
        lambda: to_do.add_task(task.case, "Again", by=caseworker, owner=leaver),
    ):
        with pytest.raises(Refused, match="Ada Reed is not in Booking team"):
            give()
    assert to_do.complete_task(task, by=caseworker).done_by == caseworker


def test_nothing_more_is_asked_about_a_closed_case(caseworker):
    case = a_case()
    lifecycle.close_case(case, by=caseworker, reason="Moved away")
    with pytest.raises(Refused, match="This case is closed"):
        to_do.add_task(case, "Chase", by=caseworker)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_do_one_task_one_wins_and_the_other_reads_who_did_it():
    people = [a_member("booking", first_name=name, last_name="Shah") for name in ("Priya", "Ravi")]
    task = to_do.add_task(a_case(), "Chase", by=people[0])

    outcomes = at_once(*[lambda by=by: to_do.complete_task(task, by=by) for by in people])

    (lost,) = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert lost.reasons == [f"This task is over already: {fresh(task).done_by} has done it."]
    assert task.history.filter(history_change_reason="Task done").count() == 1
