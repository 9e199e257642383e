"""The moves: where they lead, who may make them, and what they require."""

import pytest

from pathways.models import Requirement, TaskTemplate
from pathways.publishing import problems
from tests.factories import a_draft, a_move, a_stage
from tests.pathways.checking.saying import change, error, found, stage

pytestmark = pytest.mark.django_db


def test_a_move_that_nobody_may_make(sound):
    change(stage(sound, "review").transitions.get(), roles=[])
    assert found(sound) == error(
        "Nobody may make the move “Move to Done” out of “Review”. Choose caseworkers, managers or both."
    )


def test_a_move_out_of_a_final_stage(sound):
    a_move(stage(sound, "done"), stage(sound, "triage"))
    assert found(sound) == error(
        "The move “Move to Triage” leads out of “Done”, which is final. "
        "Remove the move, or make the stage working or waiting."
    )


def test_a_move_to_a_stage_of_another_version(sound):
    elsewhere = a_stage(a_draft("other"), "elsewhere")
    a_move(stage(sound, "triage"), elsewhere)
    assert found(sound) == error(
        "The move “Move to Elsewhere” out of “Triage” leads to a stage of another version. Choose one of this."
    )


@pytest.mark.parametrize(
    ("check", "options", "sentence"),
    [
        (
            "phone of the moon",
            {},
            "There is no check called “phone of the moon”. "
            "Choose one of: answer is, document attached, form completed, handoff accepted, no open child case, "
            "note written, result read, task done, waited at least.",
        ),
        (
            "form completed",
            {"form": "falls"},
            "The form “falls” is not part of this version. Add it, or choose another form.",
        ),
        ("form completed", {}, "“Form” is missing."),
        (
            "answer is",
            {"form": "risk-assessment", "question": "stairs", "answer": "yes"},
            "The form “risk-assessment” has no question “stairs”. Add it, or choose another question.",
        ),
        (
            "task done",
            {"task": "call"},
            "No stage of this version creates the task “call”. Add it, or choose another task.",
        ),
        (
            "waited at least",
            {"amount": 1_000_001, "unit": "minutes"},
            "“Number” is too large a number: 1000001. Choose 1000000 at most.",
        ),
        ("note written", {"colour": "blue"}, "“note written” has no option “colour”."),
        ("note written", ["blue"], "The options of “note written” must be names with values."),
        (
            "waited at least",
            {"amount": "two", "unit": "days"},
            "“Number” must be a whole number, not 'two'.",
        ),
        (
            "waited at least",
            {"amount": 2, "unit": "moons"},
            "“Counted in” must be one of minutes, hours, days, not 'moons'.",
        ),
    ],
)
def test_a_requirement_that_is_not_set_up_rightly(sound, check, options, sentence):
    Requirement.objects.create(transition=stage(sound, "review").transitions.get(), check_name=check, options=options)
    assert found(sound) == error(
        f"The move “Move to Done” out of “Review” has a requirement that is not set up rightly. {sentence}"
    )


def test_a_requirement_names_what_the_version_has(sound):
    TaskTemplate.objects.create(stage=stage(sound, "triage"), code="call", title="Ring them")
    move = stage(sound, "review").transitions.get()
    for check, options in {
        "task done": {"task": "call", "by_role": "manager"},
        "answer is": {"form": "risk-assessment", "question": "falls", "answer": "yes"},
        "result read": {},
    }.items():
        Requirement.objects.create(transition=move, check_name=check, options=options)
    assert problems(sound) == []


def test_an_override_is_for_roles_that_there_are_and_never_for_a_choice_of_ways(sound):
    move = stage(sound, "triage").transitions.get()
    form = move.requirements.get()
    change(form, override_roles=["manager"])
    assert found(sound) == []

    change(form, override_roles=["wizard"])
    assert found(sound) == error(
        "The requirement “form completed (form: risk-assessment, not older than (days): 30)” of the move “Move to "
        "Review” out of “Triage” may be overridden by somebody unknown. Choose caseworkers, managers or both."
    )
    change(form, override_roles=[])
    chooses = {"form": "risk-assessment", "question": "falls", "answer": "yes"}
    Requirement.objects.create(
        transition=move, check_name="answer is", options=chooses, override_roles=["manager"], position=1
    )
    assert [sentence for is_error, sentence in found(sound) if is_error] == [
        "The requirement “answer is (form: risk-assessment, question: falls, answer: yes)” of the move “Move to "
        "Review” out of “Triage” chooses between ways, and cannot be overridden. Let nobody override it."
    ]


def test_an_override_of_a_move_that_is_made_by_a_handoff_is_never_used(sound):
    move = stage(sound, "triage").transitions.get()
    change(stage(sound, "review"), by_handoff=True)
    change(move.requirements.get(), override_roles=["manager"])
    assert any(
        "is never overridden: the move is made by a handoff. Let nobody override it." in sentence
        for is_error, sentence in found(sound)
        if not is_error
    )
