"""A version as a whole: what is said first, where it leads, and what the looking costs."""

import pytest

from pathways.models import EscalationStep, Question, TaskTemplate
from pathways.publishing import problems
from tests.factories import a_detour_pathway, a_move, a_pathway, a_rule, a_stage
from tests.pathways.checking.saying import WORDING, change, stage

pytestmark = pytest.mark.django_db


def test_nothing_is_wrong_with_a_sound_version(sound):
    assert problems(sound) == []


def test_errors_come_first_and_each_knows_its_place(sound):
    triage = change(stage(sound, "triage"), patient_wording="")
    rung = change(EscalationStep.objects.get(stage__code="review", code="warn"), tells=[])
    assert [(problem.is_error, problem.place) for problem in problems(sound)] == [(True, rung), (False, triage)]


def test_the_cost_of_looking_does_not_grow_with_the_map(sound, django_assert_max_num_queries):
    for number in range(20):
        extra = a_stage(sound, f"extra-{number}", patient_wording=WORDING)
        a_move(stage(sound, "triage"), extra)
        a_move(extra, stage(sound, "done"), requires=[("note written", {})])
        TaskTemplate.objects.create(stage=extra, code=f"task-{number}", title="Ring them")
        Question.objects.create(form=sound.forms.get(), code=f"question-{number}", text="How?", kind="yes_no")
        a_rule(sound, a_detour_pathway(f"detour-{number}"))
    with django_assert_max_num_queries(18):
        problems(sound)


def test_the_pathway_of_the_other_tests_can_be_published():
    version = a_pathway().active_version
    assert not [problem for problem in problems(version) if problem.is_error]
