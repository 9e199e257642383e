"""What was promised stands until its time: nobody is told of a repeat, and of a higher level all the same."""

from datetime import timedelta

import pytest

from cases import migration, to_do
from cases.models import NoticeLine
from cases.watch import answers, escalations, sweep, timers, watchman
from cases.who_was_told import Telling
from pathways.models import PathwayVersion
from tests.factories import MONDAY, a_case, a_manager, a_member, a_pathway, fresh

pytestmark = pytest.mark.django_db

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
DUE = MONDAY + 10 * DAY  # a Thursday at 9am


@pytest.fixture
def manager():
    return a_manager("booking")


@pytest.fixture
def owner(manager):
    return a_member("booking")


def told(escalation):
    return set(NoticeLine.objects.filter(escalation=escalation).values_list("recipient", flat=True))


def test_who_has_promised_is_not_asked_again_every_day_until_then(owner, manager):
    case = a_case(a_pathway(ladder=[("breach", "after", "0 days", "1 day", 7, {"urgent": True})]))
    sweep.run(DUE + SECOND)
    first = case.escalations.get()
    escalations.acknowledge(first, by=manager, answer="I ring.", by_when=DUE + 3 * DAY + HOUR, at=DUE + HOUR)
    for days in (1, 2, 3):
        sweep.run(DUE + days * DAY + SECOND)
    repeats = case.escalations.filter(kind="stage", occurrence__gt=0).order_by("occurrence")
    assert [one.occurrence for one in repeats] == [1, 2, 3], "it is recorded all the same"
    for one in repeats:
        assert (one.promise, one.acknowledged_by, one.is_told, told(one)) == (
            fresh(first).promise,
            manager,
            False,
            set(),
        )
        assert Telling(case.escalations.all()).in_words(one) == (
            "nobody was told again: what was promised before stood"
        )
    assert not watchman.untold().exists(), "that nobody was told is no fault"
    (row,) = answers.in_state(answers.for_user(manager), answers.State.PROMISED, DUE + 3 * DAY)
    assert row.occurrence == 3
    assert answers.told([row])[row.pk].people == [manager]

    sweep.run(DUE + 4 * DAY + SECOND)
    assert {one.kind for one in case.escalations.filter(is_told=True)} == {"stage", "task"}
    again = case.escalations.get(occurrence=4)
    assert (again.acknowledged_at, told(again)) == (None, {manager.pk}), "the promise was not kept: it is told again"


def test_a_promise_that_is_renewed_stands_for_the_repeats_too(owner, manager):
    case = a_case(a_pathway(ladder=[("breach", "after", "0 days", "1 day", 7, {"urgent": True})]))
    sweep.run(DUE + SECOND)
    first = case.escalations.get()
    escalations.acknowledge(first, by=manager, answer="I ring.", by_when=DUE + DAY - HOUR, at=DUE + HOUR)
    sweep.run(DUE + DAY - HOUR + SECOND)
    broken = case.escalations.get(kind="task")
    escalations.acknowledge(broken, by=owner, answer="I write.", by_when=DUE + 3 * DAY - HOUR, at=DUE + DAY - SECOND)
    for days in (1, 2, 3):
        sweep.run(DUE + days * DAY + SECOND)
    repeats = case.escalations.filter(kind="stage", occurrence__gt=0).order_by("occurrence")
    assert [told(one) for one in repeats] == [set(), set(), {manager.pk}]
    assert {one.promise for one in repeats} == {fresh(broken).promise, None}
    assert [one.acknowledged_at for one in repeats] == [DUE + DAY - SECOND] * 2 + [None], "nobody answered again"


def test_a_promise_that_is_kept_ends_those_that_were_not_and_in_whose_place_it_was_given(owner, manager):
    case = a_case(a_pathway(ladder=[("breach", "after", "0 days", {"urgent": True})]))
    sweep.run(DUE + SECOND)
    asked, kept = case.escalations.get(), []
    for days in (1, 2, 3):
        by_when = DUE + days * DAY
        escalations.acknowledge(asked, by=manager, answer="I ring.", by_when=by_when, at=by_when - HOUR)
        kept.append(fresh(asked).promise)
        if days < 3:
            sweep.run(by_when + SECOND)
            asked = case.escalations.get(kind="task", thing_id=kept[-1].pk)
    first, second, third = kept

    to_do.complete_task(third, by=owner, at=DUE + 3 * DAY - HOUR / 2)

    for before in (fresh(first), fresh(second)):
        assert (before.done_at, before.cancelled_at, before.cancelled_by) == (None, DUE + 3 * DAY - HOUR / 2, owner)
        assert before.history.first().history_change_reason == before.outcome
        assert before.outcome == "Something else was promised in its place, and is done."
    assert fresh(third).done_by == owner
    assert not case.escalations.filter(kind="task", resolved_at=None).exists()
    assert timers.rebuild(check=True) == []


@pytest.mark.parametrize("kept", [1, 2], ids=["at another place", "gone"])
def test_what_was_answered_has_the_level_of_its_rung_on_the_ladder_there_is_now(owner, manager, kept):
    ladder = [("soon", "before", "5 days"), ("warn", "before", "2 days"), ("breach", "after", "0 days")]
    case = a_case(a_pathway(ladder=ladder))
    sweep.run(DUE - DAY)
    warn = case.escalations.get(rung_code="warn")
    escalations.acknowledge(warn, by=owner, answer="I ring.", by_when=DUE + 4 * DAY, at=DUE - DAY)
    a_pathway(ladder=ladder[kept:])
    migration.migrate(PathwayVersion.objects.get(status="active"), by=manager, now=DUE - HOUR)
    sweep.run(DUE + SECOND)
    breach = case.escalations.get(rung_code="breach")
    assert breach.level <= warn.level == 2
    assert told(breach) == {manager.pk}, "a higher level is told all the same"


def test_a_promise_does_not_stand_for_a_higher_level(owner, manager):
    case = a_case(a_pathway(ladder=[("warn", "before", "2 days"), ("breach", "after", "0 days")]))
    sweep.run(DUE - DAY)
    escalations.acknowledge(case.escalations.get(), by=owner, answer="I ring.", by_when=DUE + 4 * DAY, at=DUE - DAY)
    sweep.run(DUE + SECOND)
    breach = case.escalations.get(rung_code="breach")
    assert (breach.promise, told(breach)) == (None, {manager.pk})


def test_where_the_next_higher_rung_reaches_nobody_the_one_above_it_is_told():
    owner, lab = a_member("booking"), a_manager("lab")
    within = {"answer_amount": 4, "answer_unit": "hours", "tells": ["owner"]}
    ladder = [
        ("warn", "before", "2 days", within),
        ("breach", "after", "0 days", {"tells": ["managers"]}),
        ("far", "after", "9 days", {"tells": ["named_team"], "named_team": lab.memberships.get().team}),
    ]
    case = a_case(a_pathway(ladder=ladder))
    case.owner = owner
    case.save()
    sweep.run(DUE - DAY)
    sweep.run(case.escalations.get().answer_by + SECOND)
    (climbed,) = case.escalations.filter(kind="escalation")
    assert told(climbed) == {lab.pk}
