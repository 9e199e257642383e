"""The difference of two versions, in words."""

import pytest

from pathways import publishing
from pathways.difference import difference
from pathways.models import EscalationStep, Requirement, Stage, system_user
from tests.factories import TeamFactory, a_move, a_pathway, a_stage, office_hours, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def old():
    return a_pathway().active_version


@pytest.fixture
def new(old):
    return publishing.revise(old.pathway, by=system_user())


def test_two_equal_versions_differ_in_nothing(old, new):
    assert difference(old, new) == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"limit_amount": 3}, "limit of “Triage”: 10 → 3 days."),
        ({"limit_amount": 1}, "limit of “Triage”: 10 → 1 day."),
        ({"limit_unit": "working_days"}, "limit of “Triage”: 10 days → 10 working days."),
        ({"limit_amount": None, "limit_unit": ""}, "limit of “Triage”: 10 days → none."),
        ({"kind": "waiting"}, "kind of “Triage”: working → waiting."),
        ({"patient_wording": "Wait"}, "wording for the patient of “Triage”: none → Wait."),
        ({"name": "Sorting"}, "“Triage” is now called “Sorting”."),
    ],
)
def test_a_change_of_a_stage(old, new, values, sentence):
    Stage.objects.filter(version=new, code="triage").update(**values)
    assert sentence in difference(old, new)


def test_what_was_added_and_what_was_removed(old, new):
    new.stages.get(code="review").delete()
    extra = a_stage(new, "extra", team=TeamFactory())
    a_move(new.stages.get(code="triage"), extra)
    found = difference(old, new)
    assert "“Extra” was added." in found
    assert "the move “Move to Extra” out of “Triage” was added." in found
    assert "“Review” was removed." in found


def test_rungs_requirements_and_tasks(old, new):
    EscalationStep.objects.filter(stage__version=new, stage__code="triage", code="breach").update(tells=["team"])
    move = new.stages.get(code="triage").transitions.get(name="Move to Review")
    Requirement.objects.create(transition=move, check_name="note written")
    new.stages.get(code="triage").task_templates.create(code="ring", title="Ring")
    assert difference(old, new) == [
        "requirements of the move “Move to Review” out of “Triage”: none → note written.",
        "recipients of the rung “Breach” of “Triage”: managers → team.",
        "the task “Ring” of “Triage” was added.",
    ]


def test_what_a_rung_does_and_when_it_is_answered(old, new):
    EscalationStep.objects.filter(stage__version=new, stage__code="triage", code="breach").update(
        tells=["on_duty", "named_team"],
        named_team=TeamFactory(code="site"),
        raises_priority=True,
        task_title="Ring the patient",
        answer_amount=1,
        answer_unit="working_days",
    )
    assert difference(old, new) == [
        "recipients of the rung “Breach” of “Triage”: managers → on duty, named team.",
        "named team of the rung “Breach” of “Triage”: none → Site team.",
        "time to answer of the rung “Breach” of “Triage”: none → 1 working day.",
        "raising of the priority of the rung “Breach” of “Triage”: no → yes.",
        "task of the rung “Breach” of “Triage”: none → Ring the patient.",
    ]
    new.stages.update(calendar=office_hours())
    publish(new)
    again = publishing.revise(old.pathway, by=system_user())
    assert difference(new, again) == [], "a new draft is a copy in all of it"


def test_what_a_detour_asks_and_does():
    urgent = a_pathway("urgent")
    old = a_pathway(detours=[(urgent, {})]).active_version
    new = publishing.revise(old.pathway, by=system_user())
    assert difference(old, new) == []
    new.detour_rules.update(
        form="risk-assessment", on_dna=True, raises_priority=True, shorten_amount=4, shorten_unit="hours"
    )
    assert difference(old, new) == [
        "form asked at once of the detour “Begin urgent”: none → risk-assessment.",
        "taking when a patient did not attend of the detour “Begin urgent”: no → yes.",
        "raising of the priority of the detour “Begin urgent”: no → yes.",
        "time left to the stage of the detour “Begin urgent”: none → 4 hours.",
    ]
    publish(new)
    again = publishing.revise(old.pathway, by=system_user())
    assert difference(new, again) == [], "a new draft is a copy in all of it"


def test_who_may_override_and_what_is_asked_on_a_move(old, new):
    move = new.stages.get(code="triage").transitions.get(name="Move to Review")
    Requirement.objects.create(transition=move, check_name="note written", override_roles=["manager"])
    new.facts.create(code="lab", name="Lab", question="Which lab?", choices=["A", "B"], stages=["review"])
    assert difference(old, new) == [
        "requirements of the move “Move to Review” out of “Triage”: none → note written, which a manager may "
        "override.",
        "the fact “Lab” was added.",
    ]
    publish(new)
    again = publishing.revise(old.pathway, by=system_user())
    assert difference(new, again) == [], "a new draft is a copy in all of it"
    again.facts.update(question="", choices=["A"], stages=[])
    assert difference(new, again) == [
        "question of the fact “Lab”: Which lab? → none.",
        "choices of the fact “Lab”: A, B → A.",
        "asking on the way into stages of the fact “Lab”: review → none.",
    ]
