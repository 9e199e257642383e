"""The teams: who owns a stage, who is in a team, and which stages an outside agency must accept first."""

import pytest

from pathways.models import TaskTemplate
from pathways.publishing import problems
from tests.factories import OrganisationFactory, TeamFactory, a_manager, a_member, a_move, a_stage
from tests.pathways.checking.saying import WORDING, change, error, found, stage, warning

pytestmark = pytest.mark.django_db


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


def test_a_team_that_is_given_a_task_needs_members_too(sound):
    TaskTemplate.objects.create(stage=stage(sound, "triage"), code="walk", title="Walk", team=TeamFactory(code="gym"))
    assert found(sound) == warning(
        "Nobody is in the team “Gym team”, so nobody can work on its cases. Add its members."
    )


BY_HANDOFF = {"by_handoff": True, "accept_amount": 2, "accept_unit": "days"}


@pytest.fixture
def social_care(sound):
    """The team of an agency, to which review belongs now."""
    agency = OrganisationFactory(code="social-care", name="Social care", is_own=False)
    team = TeamFactory(code="brokerage", organisation=agency)
    a_manager(team)
    change(stage(sound, "review"), team=team)
    return team


def test_a_stage_of_an_agency_is_entered_by_handoff(sound, social_care):
    assert found(sound) == error(
        "“Review” is with “Social care”, another organisation, which must accept a case first. "
        "Let the stage be entered by handoff."
    )
    change(stage(sound, "review"), **BY_HANDOFF)
    assert problems(sound) == []


def test_an_agency_does_not_hand_a_case_to_itself(sound, social_care):
    review = change(stage(sound, "review"), **BY_HANDOFF)
    arranged = a_stage(sound, "arranged", team=social_care, patient_wording=WORDING)
    a_move(review, arranged)
    a_move(arranged, stage(sound, "done"))
    assert problems(sound) == []


def test_a_handoff_that_may_wait_for_ever(sound):
    change(stage(sound, "review"), by_handoff=True)
    assert found(sound) == warning(
        "“Review” is entered by handoff but has no acceptance limit, so that an offer is never late. Give it one."
    )


def test_an_acceptance_limit_of_a_stage_that_nobody_accepts(sound):
    change(stage(sound, "review"), accept_amount=2, accept_unit="days")
    assert found(sound) == warning(
        "“Review” has an acceptance limit but is not entered by handoff. Remove the limit, or let the stage be "
        "entered by handoff."
    )
