"""Limits, and whether what is counted in working time has a calendar to be counted with."""

import pytest

from pathways.models import TaskTemplate
from pathways.publishing import problems
from tests.factories import a_detour_pathway, a_rule
from tests.pathways.checking.saying import change, error, found, stage, warning

pytestmark = pytest.mark.django_db


def test_a_final_stage_with_a_limit(sound):
    change(stage(sound, "done"), limit_amount=2, limit_unit="working_days")
    assert found(sound) == warning("“Done” is final, so that no case waits there. Remove its limit and its ladder.")


def test_a_waiting_stage_without_limit(sound):
    review = stage(sound, "review")
    review.ladder.all().delete()
    change(review, limit_amount=None, limit_unit="")
    assert found(sound) == warning(
        "“Review” is a waiting stage without a limit, so that no case there is ever late. Give it one."
    )


def test_a_working_stage_may_be_without_limit(sound):
    triage = stage(sound, "triage")
    triage.ladder.all().delete()
    change(triage, limit_amount=None, limit_unit="")
    assert problems(sound) == []


def test_a_ladder_without_limit(sound):
    change(stage(sound, "triage"), limit_amount=None, limit_unit="")
    assert found(sound) == error("“Triage” has a ladder but no limit. Give it one, or remove the rungs.")


def test_a_limit_without_ladder(sound):
    stage(sound, "triage").ladder.all().delete()
    assert found(sound) == warning(
        "“Triage” has a limit but no ladder, so that nobody is told when a case is late. Add a rung."
    )


def test_a_limit_in_working_time_without_calendar(sound):
    change(stage(sound, "review"), calendar=None)
    assert found(sound) == error("“Review” counts in working time but has no calendar. Choose one.")


def test_a_rung_in_working_time_without_calendar(sound):
    change(stage(sound, "triage").ladder.get(code="warn"), unit="working_hours")
    assert found(sound) == error("“Triage” counts in working time but has no calendar. Choose one.")


@pytest.mark.parametrize(
    ("amount", "unit", "said"),
    [
        (4000, "days", "4000 days"),
        (2_147_483_647, "hours", "2147483647 hours"),
        (30_000, "working_hours", "30000 working hours"),
        (2_147_483_647, "working_days", "2147483647 working days"),
    ],
)
def test_a_limit_longer_than_anybody_works_here(sound, amount, unit, said):
    change(stage(sound, "review"), limit_amount=amount, limit_unit=unit)
    assert found(sound) == error(f"The limit of “Review” is longer than ten years: {said}. Choose a shorter time.")


def test_a_rung_that_lies_too_far_off(sound):
    change(stage(sound, "triage").ladder.get(code="again"), amount=999_999)
    assert found(sound) == error(
        "The rung “Again” of “Triage” is longer than ten years: 999999 days. Choose a shorter time."
    )


@pytest.mark.parametrize("code", ["triage", "done"])
def test_an_acceptance_limit_in_working_time_without_calendar(sound, code):
    row = change(stage(sound, code), by_handoff=True, accept_amount=2, accept_unit="working_days")
    assert found(sound) == error(f"“{row}” counts in working time but has no calendar. Choose one.")


def test_a_task_in_working_time_without_calendar(sound):
    a_task(sound, limit_amount=2, limit_unit="working_hours")
    assert found(sound) == error("“Triage” counts in working time but has no calendar. Choose one.")


def test_other_times_that_are_too_long(sound):
    a_task(sound, limit_amount=4000, limit_unit="days")
    change(stage(sound, "review"), by_handoff=True, accept_amount=2_000_000_000, accept_unit="working_days")
    a_rule(sound, a_detour_pathway(), clock="held", hold_amount=2_000_000_000, hold_unit="hours")
    assert found(sound) == error(
        "The limit of the task “Ring them” of “Triage” is longer than ten years: 4000 days. Choose a shorter time."
    ) + error(
        "The acceptance limit of “Review” is longer than ten years: 2000000000 working days. Choose a shorter time."
    ) + error(
        "The detour “Begin dna” holds the clock for longer than ten years: 2000000000 hours. Choose a shorter time."
    )


def a_task(version, **values):
    return TaskTemplate.objects.create(stage=stage(version, "triage"), code="call", title="Ring them", **values)
