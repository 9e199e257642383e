"""Moving a case although a requirement is not met: where the map allows it, by whom it names, recorded for good."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from cases import detours, handoffs, lifecycle, recording
from cases.models import Override
from cases.refusals import Refused, TransitionRefused
from tests.factories import MONDAY, a_case, a_detour_pathway, a_manager, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

FORM = ("form completed", {"form": "risk-assessment"}, "manager")
DOCUMENT = ("document attached", {})
HOUR = timedelta(hours=1)
WHY = "The ward rings with the answers at noon."


@pytest.fixture
def manager():
    return a_manager("booking")


@pytest.fixture
def caseworker():
    return a_member("booking")


def a_guarded_case(*requires):
    return a_case(a_pathway(requires=requires))


def move_past(case, *, by, reason=WHY, only=None):
    move = the_move(case, "review")
    rows = [row for row in move.requirements.all() if only in (None, row.check_name)]
    return lifecycle.move_case(case, move, by=by, overriding={row.pk: reason for row in rows})


def test_a_manager_moves_a_case_although_a_form_is_missing_and_that_stays_on_the_record(manager):
    case = move_past(a_guarded_case(FORM), by=manager)

    assert fresh(case).stage == "review"
    override = Override.objects.get(case=case)
    assert (override.sentence, override.reason) == ("Complete the Risk assessment first.", WHY)
    assert (override.overridden_by, override.entry) == (manager, case.open_entry)
    assert override.requirement.check_name == "form completed"
    assert case.history.first().history_change_reason == (
        f"Move to Review Although not met: Complete the Risk assessment first. Because: {WHY}"
    )


def test_an_override_can_be_neither_changed_nor_deleted(manager):
    move_past(a_guarded_case(FORM), by=manager)
    for forbidden in (
        lambda: Override.objects.update(reason="Nothing happened."),
        lambda: Override.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            forbidden()


def test_who_is_not_named_by_the_map_may_not_override(caseworker):
    case = a_guarded_case(FORM)
    with pytest.raises(PermissionDenied) as refused:
        move_past(case, by=caseworker)
    assert str(refused.value) == (
        "You cannot move this case although this is not met: “Complete the Risk assessment first.” "
        "A manager of Booking team can."
    )
    assert fresh(case).stage == "triage"


def test_the_role_counts_in_the_team_that_has_the_case(caseworker):
    caseworker.memberships.create(team=a_manager("clinic").memberships.get().team, role="manager")
    with pytest.raises(PermissionDenied, match=r"A manager of Booking team can\."):
        move_past(a_guarded_case(FORM), by=caseworker)


def test_what_the_map_lets_nobody_override_is_overridden_by_nobody(manager):
    with pytest.raises(PermissionDenied, match=r"“Attach a document first\.” The pathway does not allow it\."):
        move_past(a_guarded_case(DOCUMENT), by=manager)


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_override_needs_a_reason(manager, reason):
    with pytest.raises(Refused, match="Say why the case is moved although this is not met"):
        move_past(a_guarded_case(FORM), by=manager, reason=reason)


def test_only_what_is_named_is_passed_over(manager):
    case = a_guarded_case(FORM, DOCUMENT)
    with pytest.raises(TransitionRefused) as refused:
        move_past(case, by=manager, only="form completed")
    assert refused.value.reasons == ["Attach a document first."]
    assert (fresh(case).stage, Override.objects.count()) == ("triage", 0)


def test_what_is_met_needs_no_override_and_leaves_none(manager):
    case = a_guarded_case(FORM)
    recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=manager, at=MONDAY)
    move_past(case, by=manager)
    assert (fresh(case).stage, Override.objects.count()) == ("review", 0)


def test_a_way_that_a_decision_hides_is_not_opened_by_an_override(manager):
    chooses = ("answer is", {"form": "risk-assessment", "question": "falls", "answer": "yes"}, "manager")
    with pytest.raises(PermissionDenied, match="Nobody can move this case although this is not met"):
        move_past(a_guarded_case(chooses), by=manager)


def test_no_override_makes_a_move_that_is_made_by_a_handoff(manager):
    case = a_case(a_pathway(requires=[FORM], handoff="2 days"))
    with pytest.raises(TransitionRefused) as refused:
        move_past(case, by=manager)
    assert refused.value.reasons == [
        "This move is made by a handoff: offer the case, and it moves when they accept it."
    ]


def an_offer_past(case, *, by, reason=WHY):
    move = the_move(case, "review")
    overriding = {row.pk: reason for row in move.requirements.all()}
    return handoffs.offer(case, move, by=by, note="Needs a lift.", overriding=overriding, at=MONDAY)


def test_a_case_is_offered_although_a_form_is_missing_and_that_stays_on_the_record_of_the_move(manager):
    case, clinician = a_case(a_pathway(requires=[FORM], handoff="2 days")), a_member("clinic")
    offer = an_offer_past(case, by=manager)
    assert not Override.objects.exists(), "nothing was moved yet"

    handoffs.accept(offer, by=clinician, at=MONDAY + HOUR)

    case = fresh(case)
    (override,) = case.overrides.all()
    assert (case.stage, override.entry) == ("review", case.open_entry)
    assert (override.sentence, override.reason) == ("Complete the Risk assessment first.", WHY)
    assert (override.overridden_by, override.overridden_at) == (manager, MONDAY)
    assert WHY in case.history.first().history_change_reason


def test_what_was_met_before_the_offer_was_accepted_leaves_no_override(manager):
    case, clinician = a_case(a_pathway(requires=[FORM], handoff="2 days")), a_member("clinic")
    offer = an_offer_past(case, by=manager)
    recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=manager, at=MONDAY)

    handoffs.accept(offer, by=clinician, at=MONDAY + HOUR)

    assert (fresh(case).stage, Override.objects.count()) == ("review", 0)


def test_what_was_not_passed_over_keeps_the_offer_from_being_accepted(manager):
    requires = [FORM, ("no open child case", {})]
    case = a_case(a_pathway(requires=requires, handoff="2 days", detours=[(a_detour_pathway(), {})]))
    offer = handoffs.offer(
        case,
        move := the_move(case, "review"),
        by=manager,
        note="Needs a lift.",
        overriding={row.pk: WHY for row in move.requirements.all() if row.check_name == FORM[0]},
        at=MONDAY,
    )
    child = detours.take(case, case.version_map.detour_rules["dna"], note="Did not come", by=manager, at=MONDAY)
    with pytest.raises(TransitionRefused) as refused:
        handoffs.accept(offer, by=a_member("clinic"), at=MONDAY + HOUR)
    assert refused.value.reasons == [f"Close {child} first: it belongs to this case."]


def test_nobody_else_offers_past_what_the_map_demands(caseworker, manager):
    case = a_case(a_pathway(requires=[FORM], handoff="2 days"))
    with pytest.raises(PermissionDenied, match="You cannot move this case although this is not met"):
        an_offer_past(case, by=caseworker)
    with pytest.raises(Refused, match="Say why the case is moved although this is not met"):
        an_offer_past(case, by=manager, reason=" ")
    assert not case.handoffs.exists()


def test_an_override_into_the_last_stage_stands_with_the_stay_that_ended_the_journey(manager):
    case = a_case(a_pathway(requires=[FORM], handoff=None))
    move_past(case, by=manager)
    assert Override.objects.get().entry.stage.code == "review"
