"""Cases on the pathways that come with Midwatch."""

from datetime import timedelta

import pytest

from cases import detours, events, lifecycle, recording
from cases.models import Case, Notice
from cases.refusals import Refused, TransitionRefused
from pathways import exchange, publishing
from pathways.models import Pathway, Team, system_user
from tests.factories import MONDAY, PatientFactory, a_manager, a_member, fresh, the_move
from tests.pathways.walking import Walk, filled_in

pytestmark = pytest.mark.django_db

CODES = exchange.shipped_codes()


@pytest.fixture
def library(db):
    """All shipped pathways, published, with a manager in each team."""
    documents = [exchange.read(exchange.shipped(code), beside=CODES) for code in CODES]
    for document in exchange.in_order(documents):
        draft = exchange.draft_from(document, by=system_user(), reason="Loaded")
        publishing.publish(draft, by=system_user())
    for team in Team.objects.all():
        a_manager(team)


def a_case_on(code):
    return lifecycle.open_case(Pathway.objects.get(code=code), PatientFactory(), by=system_user(), at=MONDAY)


def walked_to(case, stage):
    """Let the case go on, along the moves that come first, until it is in ``stage``."""
    walk = Walk(case.version.pathway)
    while fresh(case).stage != stage:
        walk.go_on(fresh(case))
    return fresh(case)


def a_detour(case, code):
    """The child case, and the member of the case's team who began it."""
    by, rule = a_member(fresh(case).team), case.version_map.detour_rules[code]
    form = detours.form_of(rule)
    answers = filled_in(form) if form else None
    return detours.take(case, rule, by=by, note="" if form else "Just now", answers=answers, at=MONDAY), by


def test_nothing_is_wrong_with_them_and_they_are_just_as_they_would_be_dumped(library):
    for code in CODES:
        version = Pathway.objects.get(code=code).active_version
        assert publishing.problems(version) == []
        assert exchange.dump(version) == exchange.shipped(code)


def test_every_move_can_be_made(library):
    assert {code: Walk(Pathway.objects.get(code=code)).make_every_move() for code in CODES} == {
        code: set() for code in CODES
    }


def test_no_case_comes_to_discharge_planning_without_a_recent_risk_assessment(library):
    case = a_case_on("discharge-to-assess")
    move, form = the_move(case, "discharge-planning"), case.version_map.forms["risk-assessment"]

    with pytest.raises(TransitionRefused) as refused:
        lifecycle.move_case(case, move, by=system_user(), at=MONDAY)
    assert refused.value.reasons == ["Complete the Risk assessment first."]

    recording.complete_form(case, form, filled_in(form), by=system_user(), at=MONDAY)
    with pytest.raises(TransitionRefused) as refused:
        lifecycle.move_case(case, move, by=system_user(), at=MONDAY + timedelta(days=31))
    assert refused.value.reasons == ["The Risk assessment is 31 days old. Complete a new one (at most 30 days)."]

    moved = lifecycle.move_case(case, move, by=system_user(), at=MONDAY + timedelta(days=30))
    assert (fresh(moved).stage, fresh(moved).team.code) == ("discharge-planning", "discharge-team")


def test_safeguarding_is_restricted_blocks_closing_and_is_told_at_once(library):
    case = a_case_on("elective-18-weeks")
    child, by = a_detour(case, "safeguarding")

    assert child.restricted
    told = Notice.objects.get(case=child, kind=Notice.Kind.DETOUR)
    assert told.recipient.memberships.get().team.code == "safeguarding-team"
    with pytest.raises(Refused, match="Something that belongs to this case is not finished yet"):
        lifecycle.close_case(fresh(case), by=by, reason="Done")


def test_an_urgent_escalation_holds_the_discharge_for_a_day_at_most(library):
    case = a_case_on("discharge-to-assess")
    child, _ = a_detour(case, "urgent")

    assert (child.version.pathway.code, child.stage) == ("urgent-review", "score-recorded")
    assert fresh(case).holds.get().until == MONDAY + timedelta(hours=24)


def test_an_urgent_escalation_asks_the_score_and_lets_the_case_come_first_and_be_due_in_a_day(library):
    case = a_case_on("elective-18-weeks")
    child, _ = a_detour(case, "urgent")

    assert child.form_records.get().form_code == "score"
    assert (fresh(case).priority, fresh(case).due_at) == (Case.Priority.URGENT, MONDAY + timedelta(days=1))
    lifecycle.close_case(child, by=system_user(), reason="Reviewed", at=MONDAY + timedelta(hours=2))
    assert (fresh(case).priority, fresh(case).due_at) == (Case.Priority.ROUTINE, MONDAY + timedelta(days=1))


@pytest.mark.parametrize("code", ["elective-18-weeks", "suspected-cancer", "diagnostic-test"])
def test_a_missed_appointment_begins_its_detour(library, code):
    case = a_case_on(code)
    walked_to(case, detour_stages(code)[0])
    by, when = a_member(fresh(case).team), fresh(case).open_entry.entered_at
    appointment = events.book_appointment(case, "first", when, by=by, at=when)
    recorded = events.record_outcome(appointment, "was-not-brought", by=by, at=when + timedelta(hours=1))
    assert (recorded.detour.version.pathway.code, recorded.detour.stage) == ("dna", "missed")


def detour_stages(code):
    return Pathway.objects.get(code=code).active_version.detour_rules.get(on_dna=True).stages


def test_the_band_of_the_score_decides_how_soon_somebody_comes(library):
    case = a_case_on("urgent-review")
    form = case.version_map.forms["score"]
    bands = {"7 or more": "emergency", "5 or 6": "urgent", "3 in one parameter": "urgent", "0 to 4": "ward-review"}
    assert case.moves_offered(MONDAY) == []
    for band, stage in bands.items():
        recording.complete_form(case, form, filled_in(form, {"band": band}), by=system_user(), at=MONDAY)
        assert [move.target.code for move in case.moves_offered(MONDAY)] == [stage]


def test_a_patient_goes_back_to_the_gp_only_if_all_that_protects_them_was_kept(library):
    case = walked_to(a_case_on("dna"), "deciding")
    form = case.version_map.forms["decision"]

    def ways(**said):
        given = {"decision": "Back to the GP"} | {code.replace("_", "-"): answer for code, answer in said.items()}
        recording.complete_form(case, form, filled_in(form, given), by=system_user(), at=MONDAY)
        return {move.target.code for move in case.moves_offered(MONDAY)}

    assert "back-to-gp" in ways()
    for code in ("clearly_communicated", "best_interests", "policy", "protects"):
        assert "back-to-gp" not in ways(**{code: "no"})
    assert "offered-again" in ways(decision="Offer another appointment")


def test_a_safeguarding_case_is_closed_by_two(library):
    case = a_case_on("safeguarding")
    recording.write_note(case, "A mistake.", by=system_user(), at=MONDAY)

    assert case.refusals(the_move(case, "closed"), MONDAY) == ["Do the task “Second look by a manager” first."]


def test_a_diagnostic_test_ends_only_when_its_named_reader_has_read_it(library):
    case = walked_to(a_case_on("diagnostic-test"), "awaiting-diagnostic-report")

    assert case.refusals(the_move(case, "report-acted-on"), MONDAY) == [
        "Record the result that is awaited, and who reads it.",
        "Complete the What was done about the report first.",
    ]


def test_nobody_leaves_patient_informed_before_it_is_written_down_how_the_patient_was_told(library):
    case = walked_to(a_case_on("suspected-cancer"), "patient-informed")

    assert case.moves_offered(MONDAY) == []
    for move in case.possible_moves:
        assert "Complete the Telling the patient first." in case.refusals(move, MONDAY)


def test_who_reports_a_test_is_kept_with_the_wait_that_it_explains(library):
    case = walked_to(a_case_on("elective-18-weeks"), "decision")

    facts = {entry.stage.code: entry.facts for entry in case.entries.select_related("stage")}
    assert facts["awaiting-diagnostic-report"] == {"lab": "This hospital"}
    assert facts["referral-received"] == {"referrer": "A GP"}
