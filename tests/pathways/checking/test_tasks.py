"""The tasks that stages create."""

import pytest

from pathways.models import TaskTemplate
from pathways.publishing import problems
from tests.factories import TeamFactory, a_manager
from tests.pathways.checking.saying import error, found, stage, warning

pytestmark = pytest.mark.django_db


def a_task(version, code, **values):
    return TaskTemplate.objects.create(stage=stage(version, code), **{"code": "call", "title": "Ring them"} | values)


def test_a_task_on_a_final_stage(sound):
    a_task(sound, "done")
    assert found(sound) == error(
        "“Done” is final, so that its task “Ring them” would never be made. "
        "Move the task to another stage, or remove it."
    )


def test_one_code_for_two_tasks(sound):
    a_task(sound, "triage")
    a_task(sound, "review", title="Write to them")
    assert found(sound) == error(
        "The task code “call” stands for “Ring them” in “Triage” and for “Write to them” in “Review”. "
        "Give one of them another code."
    )


def test_one_task_may_be_made_by_two_stages(sound):
    a_task(sound, "triage")
    a_task(sound, "review", limit_amount=2, limit_unit="days")
    assert problems(sound) == []


def test_a_task_for_an_owner_in_another_team(sound):
    a_manager("gym")
    a_task(sound, "triage", whose="owner", team=TeamFactory(code="gym"))
    assert found(sound) == warning(
        "The task “Ring them” of “Triage” is for the case's owner, who is not in “Gym team”. "
        "Let anybody in that team do it, or take the team away."
    )
