"""An escalation is answered with what will be done and by when; unanswered it climbs, and so does a broken promise."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from cases import lifecycle, to_do
from cases.models import Escalation, Notice, NoticeLine, Task, Timer
from cases.refusals import Refused
from cases.watch import answers, escalations, notices, sweep, timers
from pathways.models import Pathway
from tests.factories import MONDAY, UserFactory, a_case, a_manager, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
DUE = MONDAY + 10 * DAY  # a Thursday at 9am
LATE = DUE + SECOND
WITHIN = {"answer_amount": 4, "answer_unit": "hours"}
LADDER = [
    ("breach", "after", "0 days", {"tells": ["owner"], "urgent": True, **WITHIN}),
    ("again", "after", "5 days", {"tells": ["managers"], "urgent": True, **WITHIN}),
]


@pytest.fixture
def manager():
    return a_manager("booking")


@pytest.fixture
def owner(manager):
    return a_member("booking")


@pytest.fixture
def case(owner):
    case = a_case(a_pathway(ladder=LADDER))
    lifecycle.assign_case(case, owner, by=owner)
    return case


@pytest.fixture
def breach(case):
    sweep.run(LATE)
    return case.escalations.get()


def told(escalation):
    return set(NoticeLine.objects.filter(escalation=escalation).values_list("recipient", flat=True))


def unanswered(case):
    return list(case.escalations.filter(kind="escalation").order_by("pk"))


def test_what_is_not_answered_in_time_climbs_to_the_people_of_the_next_rung_once(breach, case, owner, manager):
    assert (told(breach), breach.answer_by) == ({owner.pk}, LATE + 4 * HOUR)
    sweep.run(breach.answer_by)
    assert unanswered(case) == [], "the time may be used up"
    for at in (SECOND, 2 * SECOND, DAY):
        sweep.run(breach.answer_by + at)
    (climbed,) = unanswered(case)
    assert (climbed.rung_code, climbed.thing_id, climbed.reached_at) == ("unanswered", breach.pk, breach.answer_by)
    assert (climbed.rung_name, climbed.urgent, told(climbed)) == ("Not answered: Breach", True, {manager.pk})
    assert timers.rebuild(check=True) == []


def test_after_the_highest_rung_managers_and_lead_are_told(case, manager):
    lead = UserFactory()
    Pathway.objects.update(lead=lead)
    sweep.run(DUE + 5 * DAY + SECOND)
    again = case.escalations.get(rung_code="again")
    sweep.run(again.answer_by + SECOND)
    (climbed,) = unanswered(case)
    assert (climbed.thing_id, told(climbed)) == (again.pk, {manager.pk, lead.pk})


def test_what_goes_into_a_digest_need_not_be_answered_before_that_went(owner):
    within = {"answer_amount": 1, "answer_unit": "working_days"}
    pathway = a_pathway(limit="10 working days", ladder=[("breach", "after", "0 days", within)])
    case = a_case(pathway)
    due = case.due_at  # Monday 16 March, 9am
    sweep.run(due + SECOND)
    # told in Tuesday's digest at 8; the team opens at 9
    assert case.escalations.get().answer_by == due + 2 * DAY


def test_an_answer_ends_it_and_a_promise_is_a_task_of_who_gave_it(breach, case, owner):
    escalations.acknowledge(breach, by=owner, answer="I ring\nImaging today.", by_when=DUE + DAY, at=DUE + HOUR)
    task = Task.objects.get(case=case)
    assert (task.title, task.text) == ("I ring Imaging today.", "I ring\nImaging today.")
    assert (task.owner, task.team, task.due_at, task.made_by) == (owner, case.team, DUE + DAY, owner)
    breach = fresh(breach)
    assert (breach.promise, breach.acknowledged_by, breach.acknowledged_at) == (task, owner, DUE + HOUR)
    assert [row.history_user for row in breach.history.all()] == [owner]
    sweep.run(DUE + DAY)
    assert unanswered(case) == []
    assert not Timer.objects.filter(kind="escalation").exists()
    assert timers.rebuild(check=True) == []


def test_a_promise_that_is_kept_says_nothing_more(breach, case, owner):
    escalations.acknowledge(breach, by=owner, answer="I ring.", by_when=DUE + DAY, at=DUE + HOUR)
    to_do.complete_task(Task.objects.get(), by=owner, at=DUE + 2 * HOUR)
    sweep.run(DUE + 3 * DAY)
    assert case.escalations.count() == 1


def test_a_promise_is_not_taken_back_while_what_it_answers_stands(breach, case, owner):
    escalations.acknowledge(breach, by=owner, answer="I ring.", by_when=DUE + DAY, at=DUE + HOUR)
    first = Task.objects.get()
    sweep.run(DUE + DAY + SECOND)
    broken = case.escalations.get(kind="task")
    escalations.acknowledge(broken, by=owner, answer="I write.", by_when=DUE + 4 * DAY, at=DUE + 2 * DAY)
    for promise in (first, fresh(broken).promise):
        with pytest.raises(Refused, match="This was promised in answer to an escalation"):
            to_do.cancel_task(promise, by=owner, why="I am on leave", at=DUE + 2 * DAY)
        assert fresh(promise).is_open

    lifecycle.move_case(case, the_move(case, "review"), by=owner, at=DUE + 3 * DAY)
    assert not Task.objects.filter(cancelled_at=None).exists(), "it is over, and so are its promises"


def test_a_broken_promise_climbs_at_once_to_owner_managers_and_lead(breach, case, owner, manager):
    lead = UserFactory()
    Pathway.objects.update(lead=lead)
    escalations.acknowledge(breach, by=owner, answer="I ring.", by_when=DUE + DAY, at=DUE + HOUR)
    sweep.run(DUE + DAY)
    assert case.escalations.count() == 1
    sweep.run(DUE + DAY + SECOND)
    broken = case.escalations.get(kind="task")
    assert (broken.rung_code, broken.urgent) == ("promise-broken", True)
    assert told(broken) == {owner.pk, manager.pk, lead.pk}
    sweep.run(DUE + 4 * DAY)
    assert case.escalations.filter(kind="task").count() == 1


def test_the_mail_says_that_a_promise_was_not_kept_and_that_nobody_answered(server, breach, case, owner):
    sweep.run(breach.answer_by + SECOND)
    escalations.acknowledge(breach, by=owner, answer="I ring.", by_when=DUE + DAY, at=DUE + 5 * HOUR)
    sweep.run(DUE + DAY + SECOND)
    second = a_case(case.version.pathway)
    sweep.run(DUE + DAY + SECOND)
    sweep.run(DUE + DAY + 5 * HOUR)
    with server.running():
        notices.send_due(at=DUE + DAY + 5 * HOUR)
    subjects = {mail["Subject"].split(",")[0] for mail in server.mails}
    assert {f"Promise not kept: {case}", f"Not answered: {second}"} <= subjects


def test_when_the_case_moves_on_nobody_need_answer_or_keep_a_promise(case, breach, owner, manager):
    other = a_case(case.version.pathway)
    sweep.run(LATE + SECOND)
    escalations.acknowledge(breach, by=owner, answer="I ring.", by_when=DUE + DAY, at=DUE + HOUR)
    for one in (case, other):
        lifecycle.move_case(one, the_move(one, "review"), by=manager, at=DUE + 2 * HOUR)
    assert Task.objects.get().outcome == "The case has moved on."
    sweep.run(DUE + 3 * DAY)
    for one in (case, other):
        assert not one.escalations.filter(resolved_at=None).exists()
        assert one.escalations.count() == 1
    assert timers.rebuild(check=True) == []


def test_an_answer_that_nobody_swept_is_settled_when_the_case_moves_on_or_is_answered(case, breach, owner, manager):
    other = a_case(case.version.pathway)
    sweep.run(LATE)
    lifecycle.move_case(other, the_move(other, "review"), by=manager, at=DUE + DAY)
    escalations.acknowledge(breach, by=owner, answer="I ring.", at=DUE + DAY)
    for one in (case, other):
        (missed,) = unanswered(one)
        assert (missed.reached_at, missed.is_told) == (breach.answer_by, False)
        assert missed.resolved_at == DUE + DAY


def test_one_answer_answers_the_lower_levels_too(breach, case, manager):
    sweep.run(DUE + DAY)  # not answered
    sweep.run(DUE + 5 * DAY + SECOND)
    again = case.escalations.get(rung_code="again")
    escalations.acknowledge(again, by=manager, answer="I take it over.", at=DUE + 5 * DAY + HOUR)
    assert not case.escalations.filter(acknowledged_at=None).exists()
    with pytest.raises(Refused, match="has answered this escalation already"):
        escalations.acknowledge(breach, by=manager, answer="Me too.")


def test_who_answers_that_it_was_not_answered_answers_both(breach, case, manager):
    sweep.run(DUE + DAY)
    (climbed,) = unanswered(case)
    escalations.acknowledge(climbed, by=manager, answer="I ring.", by_when=DUE + 2 * DAY, at=DUE + DAY + HOUR)
    assert fresh(breach).promise == fresh(climbed).promise == Task.objects.get()


def test_whoever_was_told_may_answer_and_nobody_else_outside_the_team(case, manager):
    lead = UserFactory()
    Pathway.objects.update(lead=lead)
    sweep.run(DUE + 5 * DAY + SECOND)
    sweep.run(DUE + 6 * DAY)
    (climbed,) = unanswered(case)
    with pytest.raises(PermissionDenied):
        escalations.acknowledge(climbed, by=UserFactory(), answer="I ring.")
    escalations.acknowledge(climbed, by=lead, answer="I ring.", by_when=DUE + 9 * DAY, at=DUE + 7 * DAY)
    assert Task.objects.get().owner == lead


def test_who_was_told_of_a_lower_level_that_was_answered_may_answer_the_higher_one(owner, manager):
    lead = UserFactory()
    rungs = [("breach", "after", "0 days", {"tells": ["lead"], **WITHIN}), ("again", "after", "5 days")]
    case = a_case(a_pathway(ladder=rungs))
    Pathway.objects.update(lead=lead)
    sweep.run(LATE)
    escalations.acknowledge(case.escalations.get(), by=owner, answer="I ring.", at=DUE + HOUR)
    sweep.run(DUE + 5 * DAY + SECOND)
    again = case.escalations.get(rung_code="again")
    (shown,) = answers.in_state(answers.for_user(lead), answers.State.OPEN, DUE + 6 * DAY)
    assert (shown, told(again)) == (again, {manager.pk})

    assert escalations.answer_refusal(lead, again) is None
    assert escalations.answer_refusal(UserFactory(), again)
    escalations.acknowledge(again, by=lead, answer="I write.", by_when=DUE + 9 * DAY, at=DUE + 6 * DAY)
    promise = fresh(again).promise
    assert to_do.refusal(lead, promise) is None, "who gave a promise says what was done"
    assert to_do.refusal(UserFactory(), promise)
    to_do.complete_task(promise, by=lead, outcome="Written.", at=DUE + 7 * DAY)
    assert fresh(promise).done_by == lead


def test_who_was_told_may_answer_that_what_somebody_promised_was_not_kept(breach, case, owner, manager):
    deputy = UserFactory()
    NoticeLine.objects.create(
        notice=Notice.objects.create(recipient=deputy, kind="digest"), recipient=deputy, escalation=breach
    )
    escalations.acknowledge(breach, by=owner, answer="I ring.", by_when=DUE + DAY, at=DUE + HOUR)
    sweep.run(DUE + DAY + SECOND)
    broken = case.escalations.get(kind="task")
    (shown,) = answers.in_state(answers.for_user(deputy), answers.State.BROKEN, DUE + 2 * DAY)
    assert (shown, deputy.pk in told(broken)) == (breach, False)
    assert escalations.answer_refusal(deputy, broken) is None


@pytest.mark.parametrize(
    ("answer", "by_when", "sentence"),
    [
        (" ", DUE + DAY, "Say what will be done, and by when."),
        ("I ring.", DUE, "Choose a date in the future by which it will be done."),
        ("I ring.", DUE + 370 * DAY, "This date is a year or more away. Check the year."),
    ],
)
def test_what_is_no_answer_is_refused(breach, owner, answer, by_when, sentence):
    with pytest.raises(Refused, match=sentence):
        escalations.acknowledge(breach, by=owner, answer=answer, by_when=by_when, at=DUE + HOUR)
    assert fresh(breach).acknowledged_at is None
    assert not Task.objects.exists()


def test_many_are_answered_at_once_each_with_what_came_of_it(case, manager):
    pathway = case.version.pathway
    other, gone = a_case(pathway), a_case(pathway)
    sweep.run(LATE)
    sweep.run(DUE + 5 * DAY + SECOND)
    elsewhere = a_case(a_pathway("imaging", team="imaging", ladder=LADDER))
    sweep.run(DUE + 6 * DAY)
    lifecycle.move_case(gone, the_move(gone, "review"), by=manager, at=DUE + 6 * DAY)
    asked = [one for each in (case, other, gone, elsewhere) for one in each.escalations.filter(kind="stage")]

    done = escalations.acknowledge_many(
        asked, by=manager, answer="A clinic on Saturday.", by_when=DUE + 9 * DAY, at=DUE + 7 * DAY
    )

    assert [item.escalation.pk for item in done] == [one.pk for one in asked]
    refused = {(item.escalation.case, item.refusal) for item in done if item.refusal}
    assert refused == {
        (gone, "This escalation is over: the case has moved on."),
        (elsewhere, "You can read this case but not change it. It is with Imaging team now."),
    }
    for one in (case, other):
        promised = set(one.escalations.filter(kind="stage").values_list("promise__title", flat=True))
        assert (promised, one.tasks.count()) == ({"A clinic on Saturday."}, 1)


def test_the_timers_of_answers_are_computed_again(breach):
    Timer.objects.filter(kind="escalation").update(fires_at=MONDAY)
    assert len(timers.rebuild()) == 1
    assert Timer.objects.get(kind="escalation").fires_at == breach.answer_by
    Timer.objects.filter(kind="escalation").delete()
    assert len(timers.rebuild()) == 1
    assert timers.rebuild(check=True) == []
    assert Escalation.objects.count() == 1


def test_the_mail_names_who_promised_whoever_has_the_task_now(server, breach, case, owner, manager):
    escalations.acknowledge(breach, by=owner, answer="I ring.", by_when=DUE + DAY, at=DUE + HOUR)
    to_do.give_task(Task.objects.get(), manager, by=owner)
    sweep.run(DUE + DAY + 2 * HOUR)
    Notice.objects.exclude(lines__escalation__kind="task").update(sent_at=DUE)
    with server.running():
        notices.send_due(at=DUE + DAY + 2 * HOUR)
    by_receiver = {mail["To"]: mail.get_body(("plain",)).get_content() for mail in server.mails}
    assert f"{owner} promised to do something about this case by" in by_receiver[manager.email]
    assert f"Owed by: {manager}" in by_receiver[manager.email]
    assert "Look at the task: " in by_receiver[manager.email]
    assert {mail["Subject"] for mail in server.mails} == {f"Promise not kept: {case}, 2 hours late"}
