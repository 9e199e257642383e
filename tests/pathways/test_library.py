"""The pathways that come with Midwatch: what their files say. That they work is tested in ``test_library_at_work``."""

import pytest

from pathways import exchange
from pathways.exchange import layout
from pathways.models import Role
from pathways.models.forms import QuestionKind

CODES = exchange.shipped_codes()
DOCUMENTS = {code: layout.read(exchange.shipped(code), known={"pathway": set(CODES)}) for code in CODES}


def stages(code) -> dict[str, dict]:
    return {stage["code"]: stage for stage in DOCUMENTS[code]["stages"]}


def detours(code) -> dict[str, dict]:
    return {detour["code"]: detour for detour in DOCUMENTS[code]["detours"]}


def questions(code, form) -> dict[str, dict]:
    found = next(found for found in DOCUMENTS[code]["forms"] if found["code"] == form)
    return {question["code"]: question for question in found["questions"]}


def test_these_are_shipped():
    assert CODES == [
        "diagnostic-test",
        "discharge-to-assess",
        "dna",
        "elective-18-weeks",
        "safeguarding",
        "suspected-cancer",
        "urgent-review",
    ]


@pytest.mark.parametrize("code", CODES)
def test_a_shipped_pathway_names_its_source_its_clocks_and_when_to_look_at_it_again(code):
    pathway = DOCUMENTS[code]["pathway"]

    assert pathway["code"] == code
    assert "This is a starting point which the trust must review." in pathway["description"]
    assert "National clocks" in pathway["description"]
    assert "Midwatch's own" in pathway["source"]
    assert pathway["review_on"]


@pytest.mark.parametrize(
    ("code", "clocks"),
    {
        "elective-18-weeks": ["RTT", "126 days"],
        "suspected-cancer": ["FDS 28", "62 days", "31 days", "RTT"],
        "diagnostic-test": ["DM01", "42 days"],
        "dna": ["RTT"],
    }.items(),
)
def test_national_clocks_are_named_and_said_not_to_be_counted(code, clocks):
    said = next(part for part in DOCUMENTS[code]["pathway"]["description"].split("\n\n") if "National clocks" in part)

    assert "named here and not yet counted" in said
    assert all(clock in said for clock in clocks)


@pytest.mark.parametrize("code", CODES)
def test_every_stage_warns_before_its_limit_tells_at_it_and_goes_on_telling(code):
    for stage in stages(code).values():
        if stage["kind"] == "final":
            continue
        soon, late, still_late = stage["ladder"]
        assert soon["when"][0] in ("before", "share")
        assert late["when"][:2] == ("after", 0)
        assert still_late["when"][0] == "after"
        assert "managers" in late["tells"]
        assert still_late["repeat"]


@pytest.mark.parametrize(
    ("code", "names"),
    {
        "elective-18-weeks": "Referral received, Triage, Awaiting Specialist Review, Diagnostics, "
        "Awaiting Diagnostic Report, Decision, Awaiting Treatment, Treated, Discharged to GP",
        "suspected-cancer": "Referral, First seen, Diagnostics, MDT, Patient informed, Decision to treat, Treatment, "
        "Treated, Cancer ruled out, Back to the GP",
        "diagnostic-test": "Requested, Booked, Done, Awaiting Diagnostic Report, Report acted on, "
        "Ended without a test",
        "discharge-to-assess": "Ward Care, Discharge Planning, Ready, Package requested, Accepted, Discharged, "
        "Follow-up, Completed",
        "safeguarding": "Raised, Local authority decision, Plan, Closed",
        "urgent-review": "Score recorded, Acknowledged: emergency, Acknowledged: urgent review, "
        "Acknowledged: review on the ward, Reviewed",
        "dna": "Missed appointment, Contacting the patient, Decision of the clinician, Offered again, "
        "Back to the GP, Not missed",
    }.items(),
)
def test_the_stages_are_those_of_the_hospitals_words(code, names):
    assert ", ".join(stage["name"] for stage in stages(code).values()) == names


@pytest.mark.parametrize("code", CODES)
def test_the_moves_and_detours_are_open_to_caseworkers_and_managers(code):
    moves = [move for stage in stages(code).values() for move in stage["moves"]]
    for way in [*moves, *detours(code).values()]:
        assert set(way["roles"]) == {Role.CASEWORKER, Role.MANAGER}


def test_a_case_that_waits_ten_working_days_for_the_specialist_is_told_to_the_managers():
    review = stages("elective-18-weeks")["awaiting-specialist-review"]

    assert (str(review["limit"]), review["kind"]) == ("10 working days", "waiting")
    assert next(rung for rung in review["ladder"] if rung["code"] == "late")["tells"] == ["managers"]


def test_the_outcome_of_each_contact_is_recorded_before_a_case_goes_on():
    for move in stages("elective-18-weeks")["awaiting-specialist-review"]["moves"]:
        (demand,) = move["requires"]
        assert demand["check"] == "form completed"
        assert demand["options"] == {"form": "outcome-of-contact", "max_age_days": 14}


def test_somebody_rings_who_has_waited_for_treatment_for_twelve_weeks():
    tasks = {task["code"]: task for task in stages("elective-18-weeks")["awaiting-treatment"]["tasks"]}
    assert str(tasks["contact-12-weeks"]["limit"]) == "84 days"


def test_social_care_must_accept_what_it_is_asked_for():
    agency = {team["code"] for team in DOCUMENTS["discharge-to-assess"]["teams"] if team["organisation"]}
    (requested,) = [stage for stage in stages("discharge-to-assess").values() if stage["team"] in agency]

    assert (requested["code"], requested["entered_by_handoff"]) == ("package-requested", True)
    assert str(requested["acceptance_limit"]) == "2 working days"


def test_the_risk_assessment_asks_in_every_way_a_form_can():
    asked = questions("discharge-to-assess", "risk-assessment").values()

    assert 8 <= len(asked) <= 12
    assert {question["answer"] for question in asked} == set(QuestionKind)


def test_answers_that_may_explain_why_people_wait_are_kept_as_facts():
    facts = {code: [fact["code"] for fact in DOCUMENTS[code]["facts"]] for code in CODES}
    assert facts == {
        "diagnostic-test": ["delay-reason", "lab", "referrer", "site", "test"],
        "discharge-to-assess": ["delay-reason"],
        "dna": ["missed-because"],
        "elective-18-weeks": ["delay-reason", "lab", "referrer", "test"],
        "safeguarding": [],
        "suspected-cancer": ["delay-reason", "lab", "referrer", "test"],
        "urgent-review": [],
    }


def test_the_detours_that_are_offered_and_from_where():
    offered = {code: {name: rule["from"] for name, rule in detours(code).items()} for code in CODES if detours(code)}
    assert offered == {
        "diagnostic-test": {"dna": ["booked"], "safeguarding": [], "urgent": []},
        "discharge-to-assess": {
            "safeguarding": [],
            "urgent": ["ward-care", "discharge-planning", "ready", "package-requested", "accepted"],
        },
        "dna": {"safeguarding": []},
        "elective-18-weeks": {
            "dna": ["awaiting-specialist-review", "diagnostics", "awaiting-treatment"],
            "safeguarding": [],
            "urgent": [],
        },
        "suspected-cancer": {"dna": ["first-seen", "diagnostics", "treatment"], "safeguarding": [], "urgent": []},
    }


@pytest.mark.parametrize("code", ["elective-18-weeks", "suspected-cancer", "diagnostic-test"])
def test_a_missed_appointment_never_stops_the_clock_of_a_stage(code):
    assert detours(code)["dna"]["stage_clock"] is None


def test_what_is_asked_at_once_is_a_form_of_the_detours_pathway():
    asked = {(code, rule["code"]): rule["asks"] for code in CODES for rule in detours(code).values()}
    assert set(asked.values()) == {"", "concern", "score"}
    assert all(
        form == {"safeguarding": "concern", "urgent": "score"}.get(rule, "") for (_, rule), form in asked.items()
    )
    assert {"concern"} <= {form["code"] for form in DOCUMENTS["safeguarding"]["forms"]}
    assert {"score"} <= {form["code"] for form in DOCUMENTS["urgent-review"]["forms"]}


def test_a_missed_appointment_takes_its_detour_wherever_there_is_one():
    taken = {code: [r["code"] for r in detours(code).values() if r["taken_on_missed_appointment"]] for code in CODES}
    assert taken == {code: ["dna"] if "dna" in detours(code) else [] for code in CODES}


def test_an_urgent_escalation_comes_first_and_hurries_every_case_but_a_discharge():
    urgent = {code: detours(code)["urgent"] for code in CODES if "urgent" in detours(code)}
    assert all(rule["raises_priority"] for rule in urgent.values())
    assert {code: str(rule["shortens_stage_to"] or "") for code, rule in urgent.items()} == {
        "diagnostic-test": "4 hours",
        "discharge-to-assess": "",  # its clock is held: nobody who deteriorates is hurried home
        "elective-18-weeks": "1 day",
        "suspected-cancer": "1 day",
    }


def test_an_urgent_review_is_told_at_once_at_any_hour():
    rungs = [rung for stage in stages("urgent-review").values() for rung in stage["ladder"]]
    assert all(rung["urgent"] for rung in rungs)
    assert all(detours(code)["urgent"]["tell_at_once"] for code in CODES if "urgent" in detours(code))


def test_the_sooner_somebody_comes_the_higher_the_band():
    limits = {code: str(stage["limit"]) for code, stage in stages("urgent-review").items() if stage["limit"]}
    assert limits == {
        "score-recorded": "15 minutes",
        "emergency": "15 minutes",
        "urgent": "1 hour",
        "ward-review": "4 hours",
    }


def test_whoever_told_a_patient_writes_down_when_and_how():
    asked = questions("suspected-cancer", "patient-informed")
    for code in ("told-on", "told-how", "told-by"):
        assert asked[code]["required"]
        assert asked[code]["asked_only_if"] is None
