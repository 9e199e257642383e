"""The pathways that come with Midwatch."""

from datetime import timedelta

import pytest

from cases import lifecycle, recording
from cases.refusals import TransitionRefused
from pathways import exchange, publishing
from pathways.models import Role, Stage, Team, system_user
from pathways.models.forms import QuestionKind
from tests.factories import MONDAY, PatientFactory, a_manager, fresh, the_move

pytestmark = pytest.mark.django_db

CODES = sorted(path.stem for path in exchange.LIBRARY.glob("*.yaml"))

ANSWERS = {
    "assessed-on": "2026-03-02",
    "mobility": "With one other person",
    "falls": "2",
    "cognition": "Needs reminding",
    "carer": "yes",
    "safeguarding": "no",
    "capacity": "Yes",
    "overall-risk": "Medium",
    "plan": "A rail in the bathroom.",
    "consulted": "Her daughter",
}


def drafted(code):
    return exchange.draft_from(exchange.read(exchange.shipped(code)), by=system_user(), reason="Loaded")


@pytest.fixture(params=CODES)
def draft(request):
    return drafted(request.param)


def test_these_are_shipped():
    assert CODES == ["discharge-to-assess", "elective-18-weeks"]


def test_nothing_is_wrong_with_a_shipped_pathway_once_its_teams_have_members(draft):
    for team in Team.objects.all():
        a_manager(team)

    assert publishing.problems(draft) == []


def test_a_shipped_pathway_is_just_as_it_would_be_dumped(draft):
    assert exchange.dump(draft) == exchange.shipped(draft.pathway.code)


def test_a_shipped_pathway_names_its_source_and_when_to_look_at_it_again(draft):
    pathway = draft.pathway

    assert "This is a starting point which the trust must review." in pathway.description
    assert pathway.source
    assert pathway.review_on


def test_every_stage_warns_before_its_limit_tells_at_it_and_goes_on_telling(draft):
    for stage in draft.stages.exclude(kind=Stage.Kind.FINAL):
        soon, late, still_late = stage.ladder.all()
        assert (soon.when, late.when, late.amount, still_late.when) in [
            ("before", "after", 0, "after"),
            ("share", "after", 0, "after"),
        ]
        assert "managers" in late.tells
        assert still_late.repeat


def test_the_stages_are_those_of_the_hospitals_words():
    assert [stage.name for stage in drafted("discharge-to-assess").stages.all()] == [
        "Ward Care",
        "Discharge Planning",
        "Ready",
        "Package requested",
        "Accepted",
        "Discharged",
        "Follow-up",
        "Completed",
    ]
    assert [stage.name for stage in drafted("elective-18-weeks").stages.all()] == [
        "Referral received",
        "Triage",
        "Awaiting Specialist Review",
        "Diagnostics",
        "Awaiting Diagnostic Report",
        "Decision",
        "Awaiting Treatment",
        "Treated",
        "Discharged to GP",
    ]


def test_a_case_that_waits_ten_working_days_for_the_specialist_is_told_to_the_managers():
    review = drafted("elective-18-weeks").stages.get(code="awaiting-specialist-review")

    assert (str(review.limit), review.kind) == ("10 working days", "waiting")
    assert review.ladder.get(code="late").tells == ["managers"]


def test_social_care_owns_what_it_was_asked_for():
    stages = drafted("discharge-to-assess").stages
    owned = stages.filter(team__organisation__code="social-care").values_list("code", flat=True)

    assert list(owned) == ["package-requested", "accepted"]
    assert not Team.objects.get(code="social-care-brokerage").organisation.is_own


def test_the_risk_assessment_asks_in_every_way_a_form_can():
    questions = drafted("discharge-to-assess").forms.get().questions

    assert 8 <= questions.count() <= 12
    assert set(questions.values_list("kind", flat=True)) == set(QuestionKind.values)


def test_no_case_comes_to_discharge_planning_without_a_recent_risk_assessment():
    version = publishing.publish(drafted("discharge-to-assess"), by=system_user())
    case = lifecycle.open_case(version.pathway, PatientFactory(), by=system_user(), at=MONDAY)
    move, form = the_move(case, "discharge-planning"), version.forms.get()

    with pytest.raises(TransitionRefused) as refused:
        lifecycle.move_case(case, move, by=system_user(), at=MONDAY)
    assert refused.value.reasons == ["Complete the Risk assessment first."]

    recording.complete_form(case, form, ANSWERS, by=system_user(), at=MONDAY)
    with pytest.raises(TransitionRefused) as refused:
        lifecycle.move_case(case, move, by=system_user(), at=MONDAY + timedelta(days=31))
    assert refused.value.reasons == ["The Risk assessment is 31 days old. Complete a new one (at most 30 days)."]

    moved = lifecycle.move_case(case, move, by=system_user(), at=MONDAY + timedelta(days=30))
    assert (fresh(moved).stage, fresh(moved).team.code) == ("discharge-planning", "discharge-team")


def test_the_moves_of_the_shipped_pathways_are_open_to_caseworkers_and_managers(draft):
    for stage in draft.stages.all():
        for move in stage.transitions.all():
            assert set(move.roles) == {Role.CASEWORKER, Role.MANAGER}
