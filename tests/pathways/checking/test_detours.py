"""The detours: where they may be taken, by whom, and whether the pathway they follow is there."""

import pytest

from pathways import publishing
from pathways.models import Pathway, system_user
from pathways.publishing import problems
from tests.factories import a_detour_pathway, a_pathway, a_rule, a_stage
from tests.pathways.checking.saying import error, found

pytestmark = pytest.mark.django_db


@pytest.fixture
def dna(db):
    return a_detour_pathway()


def test_a_sound_detour(sound, dna):
    a_rule(sound, dna, stages=["triage"])
    assert problems(sound) == []


def test_a_detour_from_a_stage_that_does_not_exist(sound, dna):
    a_rule(sound, dna, stages=["triage", "surgery"])
    assert found(sound) == error(
        "The detour “Begin dna” may be taken from “surgery”, which is no stage of this version. Choose one that is."
    )


def test_a_detour_from_a_final_stage(sound, dna):
    a_rule(sound, dna, stages=["done"])
    assert found(sound) == error(
        "The detour “Begin dna” may be taken from “Done”, which is final: no case waits there. Choose another stage."
    )


def test_a_detour_that_nobody_may_take(sound, dna):
    a_rule(sound, dna, roles=[])
    assert found(sound) == error("Nobody may take the detour “Begin dna”. Choose caseworkers, managers or both.")


def test_a_form_that_the_detours_pathway_does_not_have(sound, dna):
    a_rule(sound, dna, form="score")
    assert found(sound) == error(
        "The detour “Begin dna” asks the form “score”, which the active version of “Dna” does not have. It has: none. "
        "Choose one of them."
    )


def test_a_form_that_is_there_may_be_asked(sound):
    pathway = a_pathway("short")
    a_rule(sound, pathway, form="risk-assessment")
    assert problems(sound) == []
    sound.detour_rules.update(form="score")
    (problem,) = problems(sound)
    assert "It has: “risk-assessment”." in problem.sentence


def test_a_detour_for_missed_appointments_where_no_case_comes(sound, dna):
    a_stage(sound, "surgery", kind="waiting")
    rule = a_rule(sound, dna, on_dna=True, stages=["surgery"])
    assert [problem.sentence for problem in problems(sound) if problem.place == rule] == [
        "The detour “Begin dna” is taken when a patient did not attend, but no case comes to a stage from which it "
        "may be taken. Choose stages in which patients have appointments."
    ]
    sound.detour_rules.update(stages=["triage"])
    assert not [problem for problem in problems(sound) if problem.place == rule]


def test_a_time_left_that_is_a_slip_of_the_finger(sound, dna):
    a_rule(sound, dna, shorten_amount=2_000_000_000, shorten_unit="hours")
    assert found(sound) == error(
        "The detour “Begin dna” leaves its stage longer than ten years: 2000000000 hours. Choose a shorter time."
    )


def test_a_detour_to_its_own_pathway(sound):
    a_rule(sound, sound.pathway, name="Again")
    assert found(sound) == error("The detour “Again” leads to its own pathway. Choose another, short one.")


def test_a_detour_to_a_pathway_without_an_active_version(sound, dna):
    a_rule(sound, Pathway.objects.create(code="later", name="Later"))
    rule = a_rule(sound, dna)
    publishing.retire(dna.active_version, by=system_user())
    ends = "which has no active version. Publish that pathway first."
    assert found(sound) == error(f"The detour “Begin later” follows the pathway “Later”, {ends}") + error(
        f"The detour “Begin dna” follows the pathway “Dna”, {ends}"
    )
    assert problems(sound)[1].place == rule


def test_a_detour_to_a_pathway_that_begins_with_no_team(sound):
    """It cannot be published so; an old installation may have it."""
    short = a_detour_pathway(team=None)
    a_rule(sound, short)
    assert found(sound) == error(
        "The detour “Begin dna” follows the pathway “Dna”, whose first stage has no team. "
        "Publish a version of that pathway in which it has one."
    )
