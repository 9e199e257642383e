"""Each thing that can be wrong with a version, and the sentence that says so."""

from datetime import time

import pytest

from pathways.models import Calendar, EscalationStep, FormDefinition, OpeningHours, Question, Requirement, Stage
from pathways.publishing import problems
from tests.factories import (
    TeamFactory,
    a_draft,
    a_form,
    a_manager,
    a_member,
    a_move,
    a_pathway,
    a_stage,
    office_hours,
)

pytestmark = pytest.mark.django_db

WORDING = "You are waiting for us."
TELL_LATE = [("late", "after", "0 days")]


@pytest.fixture
def sound():
    """A draft with nothing wrong: triage (10 days) → review (5 working days) → done."""
    version = a_draft()
    for team in ("booking", "clinic"):
        a_manager(team)
        a_member(team)
    form = a_form(version)
    triage = a_stage(version, "triage", is_first=True, patient_wording=WORDING)
    review = a_stage(version, "review", team="clinic", kind="waiting", limit="5 working days", patient_wording=WORDING)
    done = a_stage(version, "done", team="clinic", kind="final", limit=None, patient_wording=WORDING)
    a_move(triage, review, requires=[("form completed", {"form": form.code, "max_age_days": 30})])
    a_move(review, done)
    return version


def stage(version, code) -> Stage:
    return version.stages.get(code=code)


def change(row, **values):
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    return row


def found(version):
    return [(problem.is_error, problem.sentence) for problem in problems(version)]


def error(sentence):
    return [(True, sentence)]


def warning(sentence):
    return [(False, sentence)]


def test_nothing_is_wrong_with_a_sound_version(sound):
    assert problems(sound) == []


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


def test_a_stage_without_team(sound):
    change(stage(sound, "done"), team=None)
    assert found(sound) == error("“Done” has no team. Choose the team that owns a case while it is there.")


def test_a_team_without_members(sound):
    change(stage(sound, "done"), team=TeamFactory(code="archive"))
    assert found(sound) == warning(
        "Nobody is in the team “Archive team”, so nobody can work on its cases. Add its members."
    )


def test_a_member_who_has_left_is_no_member(sound):
    a_manager("archive", is_active=False)
    change(stage(sound, "done"), team=TeamFactory(code="archive"))
    assert found(sound) == warning(
        "Nobody is in the team “Archive team”, so nobody can work on its cases. Add its members."
    )


def test_a_team_without_manager(sound):
    a_member("archive")
    change(stage(sound, "done"), team=TeamFactory(code="archive"))
    assert found(sound) == warning("The team “Archive team” has no manager who could be told of late cases. Add one.")


def test_a_code_that_is_none(sound):
    change(stage(sound, "done"), code="all done")
    assert found(sound) == error("The stage “Done” needs a code of letters, digits and hyphens, not “all done”.")


def test_a_rung_without_code(sound):
    change(stage(sound, "triage").ladder.get(code="again"), code="")
    assert found(sound) == error("The rung “Again” needs a code of letters, digits and hyphens, not “”.")


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
            "Choose one of: form completed, no open child case, note written, waited at least.",
        ),
        (
            "form completed",
            {"form": "falls"},
            "The form “falls” is not part of this version. Add it, or choose another form.",
        ),
        ("form completed", {}, "“Form” is missing."),
        ("note written", {"colour": "blue"}, "“note written” has no option “colour”."),
        ("note written", ["blue"], "The options of “note written” must be names with values."),
        (
            "waited at least",
            {"amount": "two", "unit": "days"},
            "“Number” must be a whole number, not 'two'.",
        ),
        (
            "waited at least",
            {"amount": 10**12, "unit": "days"},
            "“Number” is too large: 1000000000000. Write 100,000 at most.",
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


def test_a_calendar_that_is_never_open(sound):
    closed = Calendar.objects.create(code="closed", name="Never")
    for code in ("triage", "review"):
        change(stage(sound, code), limit_unit="working_days", calendar=closed)
    assert found(sound) == error("The calendar “Never” is never open. Give at least one weekday opening hours.")


def test_a_calendar_whose_hours_overlap(sound):
    calendar = office_hours("muddled")
    OpeningHours.objects.create(calendar=calendar, weekday=0, opens=time(16), closes=time(18))
    change(stage(sound, "review"), calendar=calendar)
    assert found(sound) == error(
        "The calendar “muddled” cannot be used. The opening hours of mon overlap: change or join them."
    )


def test_a_calendar_that_is_not_needed_may_be_in_any_state(sound):
    change(stage(sound, "triage"), calendar=Calendar.objects.create(code="closed", name="Never"))
    assert problems(sound) == []


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


def test_a_rung_that_tells_nobody(sound):
    change(stage(sound, "triage").ladder.get(code="breach"), tells=[])
    assert found(sound) == error(
        "Nobody is told at the rung “Breach” of “Triage”. Choose who: the owner, the team or its managers."
    )


def test_a_rung_that_reaches_nobody(sound):
    a_manager("archive", email="")
    a_stage(sound, "filing", team="archive", ladder=TELL_LATE, patient_wording=WORDING)
    for source, target in (("triage", "filing"), ("filing", "done")):
        a_move(stage(sound, source), stage(sound, target))
    assert found(sound) == warning("Nobody whom the rung “Late” of “Filing” tells has an e-mail address. Add theirs.")


def test_a_rung_that_repeats_without_end(sound):
    rung = stage(sound, "triage").ladder.get(code="again")
    change(rung, repeat_amount=1, repeat_unit="hours", repeat_at_most=500)
    assert found(sound) == error("The rung “Again” of “Triage” repeats 500 times. Choose 100 at most.")


def test_a_form_without_questions(sound):
    FormDefinition.objects.create(version=sound, code="empty", name="Empty form")
    assert found(sound) == warning("The form “Empty form” has no questions. Add some, or remove it.")


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ([], "The question “Which?” of “Risk assessment” has no answers to choose from. Add them."),
        (["A", "B", "A"], "The question “Which?” of “Risk assessment” offers “A” twice. Remove one."),
    ],
)
def test_a_question_with_nothing_to_choose_between(sound, choices, sentence):
    Question.objects.create(form=sound.forms.get(), code="which", text="Which?", kind="one_of", choices=choices)
    assert found(sound) == error(sentence)


def test_a_stage_without_wording_for_the_patient(sound):
    change(stage(sound, "review"), patient_wording=" ")
    assert found(sound) == warning("“Review” has no wording for the patient. Write what it means for them.")


def test_errors_come_first_and_each_knows_its_place(sound):
    triage = change(stage(sound, "triage"), patient_wording="")
    rung = change(EscalationStep.objects.get(stage__code="review", code="warn"), tells=[])
    assert [(problem.is_error, problem.place) for problem in problems(sound)] == [(True, rung), (False, triage)]


def test_the_cost_of_looking_does_not_grow_with_the_map(sound, django_assert_max_num_queries):
    for number in range(20):
        extra = a_stage(sound, f"extra-{number}", patient_wording=WORDING)
        a_move(stage(sound, "triage"), extra)
        a_move(extra, stage(sound, "done"), requires=[("note written", {})])
    with django_assert_max_num_queries(10):
        problems(sound)


def test_the_pathway_of_the_other_tests_can_be_published():
    version = a_pathway().active_version
    assert not [problem for problem in problems(version) if problem.is_error]
