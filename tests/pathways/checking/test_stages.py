"""The stages, and whether a case gets to each of them and to an end."""

import pytest

from pathways.models import DetourRule, FactDefinition, FormDefinition, Question, TaskTemplate
from tests.factories import a_detour_pathway, a_draft, a_move, a_stage
from tests.pathways.checking.saying import WORDING, change, error, found, stage, warning

pytestmark = pytest.mark.django_db


def test_a_version_without_stages():
    assert found(a_draft()) == error("This version has no stages. Add the stages that a case goes through.")


def test_no_stage_for_cases_to_start_in(sound):
    change(stage(sound, "triage"), is_first=False)
    assert found(sound) == error("No stage is chosen for cases to start in. Choose the first stage.")


def test_cases_that_start_where_they_end(sound):
    change(stage(sound, "triage"), is_first=False)
    change(stage(sound, "done"), is_first=True)
    a_move(stage(sound, "review"), stage(sound, "triage"))
    assert found(sound)[:1] == error("Cases start in “Done”, which is final. Let them start in another stage.")


def test_a_code_that_is_none(sound):
    change(stage(sound, "done"), code="all done")
    assert found(sound) == error("The stage “Done” needs a code of letters, digits and hyphens, not “all done”.")


def test_a_rung_without_code(sound):
    change(stage(sound, "triage").ladder.get(code="again"), code="")
    assert found(sound) == error("The rung “Again” needs a code of letters, digits and hyphens, not “”.")


def test_a_stage_that_no_case_can_come_to(sound):
    a_move(a_stage(sound, "island", patient_wording=WORDING), stage(sound, "done"))
    assert found(sound) == warning("No way of moves leads from “Triage” to “Island”. Add a move, or remove the stage.")


def test_a_stage_that_no_move_leads_out_of(sound):
    a_move(stage(sound, "triage"), a_stage(sound, "dead-end", patient_wording=WORDING))
    assert found(sound) == warning("No move leads out of “Dead End”. Add one, or make the stage final.")


def test_stages_that_never_come_to_an_end(sound):
    here, there = (a_stage(sound, code, patient_wording=WORDING) for code in ("here", "there"))
    for source, target in ((stage(sound, "triage"), here), (here, there), (there, here)):
        a_move(source, target)
    assert found(sound) == warning("No way of moves leads from “Here” to a final stage. Add one.") + warning(
        "No way of moves leads from “There” to a final stage. Add one."
    )


def test_a_version_without_final_stage(sound):
    change(stage(sound, "done"), kind="working")
    a_move(stage(sound, "done"), stage(sound, "triage"))
    assert found(sound) == warning("This version has no final stage, so cases can only be closed by hand. Add one.")


def test_a_stage_without_wording_for_the_patient(sound):
    change(stage(sound, "review"), patient_wording=" ")
    assert found(sound) == warning("“Review” has no wording for the patient. Write what it means for them.")


@pytest.mark.parametrize("kind", ["task", "detour", "fact", "form", "question"])
def test_other_codes_that_are_none(sound, kind):
    rows = {
        "task": lambda: TaskTemplate(stage=stage(sound, "triage"), code="a b", title="Thing"),
        "detour": lambda: DetourRule(
            version=sound, code="a b", name="Thing", pathway=a_detour_pathway(), roles=["manager"]
        ),
        "fact": lambda: FactDefinition(version=sound, code="a b", name="Thing"),
        "form": lambda: FormDefinition(version=sound, code="a b", name="Thing"),
        "question": lambda: Question(form=sound.forms.get(), code="a b", text="Thing", position=9),
    }
    rows[kind]().save()
    assert found(sound)[:1] == error(f"The {kind} “Thing” needs a code of letters, digits and hyphens, not “a b”.")
