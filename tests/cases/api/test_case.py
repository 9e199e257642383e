"""Reading a case through the programming interface."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.admin.sites import site
from django.contrib.auth.models import Permission
from rest_framework.authtoken.models import Token, TokenProxy
from rest_framework.test import APIClient

from cases import detours, handoffs, lifecycle, to_do
from pathways import groups
from tests.factories import MONDAY, PatientFactory, a_case, a_detour_pathway, a_member, a_pathway, in_group, the_move

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
RISK_ASSESSMENT = [("form completed", {"form": "risk-assessment"})]


def an_api(user):
    api = APIClient()
    api.force_login(user)
    return api


def the_case(api, case):
    answer = api.get(f"/api/v1/cases/{case.reference}/")
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def caseworker():
    return a_member("booking", username="mary", first_name="Mary", last_name="Seacole")


@pytest.fixture
def api(caseworker):
    return an_api(caseworker)


def test_a_case_says_where_it_is_how_long_and_what_each_move_lacks(api, caseworker):
    patient = PatientFactory(nhs_number="9990000018", needs="Needs an interpreter (Polish)")
    case = a_case(a_pathway(requires=RISK_ASSESSMENT), patient=patient)
    lifecycle.assign_case(case, caseworker, by=caseworker)

    with time_machine.travel(MONDAY + 11 * DAY):
        shown = the_case(api, case)

    to_review, to_done = shown.pop("moves")
    assert shown == {
        "reference": case.reference,
        "patient": {
            "nhs_number": "9990000018",
            "name": "PATIENT, Test",
            "born_on": "1963-05-04",
            "needs": "Needs an interpreter (Polish)",
        },
        "pathway": {"code": "review", "name": "Review"},
        "version": 1,
        "status": "open",
        "stage": {"code": "triage", "name": "Triage"},
        "team": {"code": "booking", "name": "Booking team"},
        "owner": {"username": "mary", "name": "Mary Seacole"},
        "since": "2026-03-02T09:00:00Z",
        "limit": "10 days",
        "due_at": "2026-03-12T09:00:00Z",
        "late": True,
        "hold": None,
        "entry": case.open_entry.pk,
        "handoff": None,
        "detours": [],
        "tasks": [],
    }
    assert to_review == {
        "id": the_move(case, "review").pk,
        "name": "Move to Review",
        "target": {"code": "review", "name": "Review"},
        "allowed": False,
        "missing": ["Complete the Risk assessment first."],
        "facts": [],
        "may_override": [],
    }
    assert (to_done["allowed"], to_done["missing"]) == (True, [])


def test_a_limit_may_be_used_up(api):
    case = a_case()
    with time_machine.travel(MONDAY + 10 * DAY, tick=False):
        assert the_case(api, case)["late"] is False
    with time_machine.travel(MONDAY + 10 * DAY + timedelta(microseconds=1), tick=False):
        assert the_case(api, case)["late"] is True


def test_a_case_on_hold_says_why_and_until_when(api, caseworker):
    case = a_case()
    until = datetime(2026, 3, 9, 9, tzinfo=UTC)
    lifecycle.hold_case(case, reason="On holiday", until=until, by=caseworker, at=MONDAY + DAY)

    shown = the_case(api, case)

    assert (shown["status"], shown["due_at"], shown["late"]) == ("on_hold", None, False)
    assert shown["hold"] == {
        "reason": "On holiday",
        "since": "2026-03-03T09:00:00Z",
        "until": "2026-03-09T09:00:00Z",
    }


def test_an_open_handoff_says_to_whom_and_until_when(api, caseworker):
    case = a_case(a_pathway(handoff="2 days"))
    to_review = the_move(case, "review")
    handoff = handoffs.offer(case, to_review, by=caseworker, note="Needs a lift", at=MONDAY)

    shown = the_case(api, case)

    assert shown["handoff"] == {
        "id": handoff.pk,
        "to": {"code": "clinic", "name": "Clinic team"},
        "move": to_review.pk,
        "note": "Needs a lift",
        "since": "2026-03-02T09:00:00Z",
        "due_at": "2026-03-04T09:00:00Z",
    }
    assert shown["moves"][0]["missing"] == [
        "This move is made by a handoff: offer the case, and it moves when they accept it."
    ]


def test_detours_under_way_are_named_to_who_may_see_them(api, caseworker):
    dna, safeguarding = a_detour_pathway(), a_detour_pathway("safeguarding", team="safeguarding")
    case = a_case(a_pathway(detours=[(dna, {}), (safeguarding, {"restricted": True})]))
    rules = case.version_map.detour_rules
    child = detours.take(case, rules["dna"], by=caseworker, note="Was not there")
    detours.take(case, rules["safeguarding"], by=caseworker, note="A bruise")

    assert the_case(api, case)["detours"] == [
        {
            "reference": child.reference,
            "name": "Begin dna",
            "stage": {"code": "rang", "name": "Rang"},
            "status": "open",
        }
    ]
    lifecycle.close_case(child, by=caseworker, reason="Rang back")
    assert the_case(api, case)["detours"] == []


def test_tasks_that_are_owed_say_whose_and_by_when(api, caseworker):
    ring = {"code": "ring", "title": "Ring the patient", "limit_amount": 2, "limit_unit": "days"}
    case = a_case(a_pathway(tasks=[ring, {"code": "check", "title": "Check the letter"}]))
    to_do.give_task(case.tasks.get(code="ring"), caseworker, by=caseworker)
    to_do.complete_task(case.tasks.get(code="check"), by=caseworker)

    with time_machine.travel(MONDAY + 3 * DAY):
        shown = the_case(api, case)

    assert shown["tasks"] == [
        {
            "id": case.tasks.get(code="ring").pk,
            "title": "Ring the patient",
            "team": {"code": "booking", "name": "Booking team"},
            "owner": {"username": "mary", "name": "Mary Seacole"},
            "due_at": "2026-03-04T09:00:00Z",
            "late": True,
        }
    ]


def test_a_way_that_a_decision_hides_is_not_offered(api):
    yes = ("answer is", {"form": "risk-assessment", "question": "falls", "answer": "yes"})
    assert [move["name"] for move in the_case(api, a_case(a_pathway(requires=[yes])))["moves"]] == ["Move to Done"]


def test_a_closed_case_has_no_moves(api, caseworker):
    case = a_case()
    lifecycle.move_case(case, the_move(case, "done"), by=caseworker)
    shown = the_case(api, case)
    assert (shown["status"], shown["stage"]["code"]) == ("closed", "done")
    assert (shown["moves"], shown["entry"], shown["since"], shown["limit"]) == ([], None, None, None)


def test_a_case_out_of_a_log_has_no_patient(api):
    assert the_case(api, lifecycle.open_case(a_pathway(), None, by=a_member("booking")))["patient"] is None


def test_who_may_only_read_is_told_who_makes_each_move():
    case = a_case(a_pathway(requires=RISK_ASSESSMENT))
    to_review, _ = the_case(an_api(in_group(groups.INSPECTOR)), case)["moves"]
    assert to_review["allowed"] is False
    assert to_review["missing"] == [
        "You cannot make this move. It is made by a caseworker or manager of Booking team.",
        "Complete the Risk assessment first.",
    ]


def test_a_case_that_was_passed_on_can_still_be_read(api, caseworker):
    case = a_case()
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker)
    assert the_case(api, case)["stage"]["code"] == "review"


@pytest.mark.parametrize("who", ["stranger", "pathway administrator", "superuser"])
def test_a_case_that_may_not_be_seen_does_not_exist(who):
    users = {
        "stranger": lambda: a_member("clinic"),
        "pathway administrator": lambda: in_group(groups.PATHWAY_ADMINISTRATOR),
        "superuser": lambda: a_member("clinic", is_staff=True, is_superuser=True),
    }
    answer = an_api(users[who]()).get(f"/api/v1/cases/{a_case().reference}/")
    assert answer.status_code == 404
    assert answer.json() == {"reasons": ["There is no such case among those you may see. Check the reference."]}


@pytest.mark.parametrize("reference", ["MW-2026-999999", "nonsense", "x" * 3000, "MW%00", "..%2f", "%F0%9F%8F%A5"])
def test_a_reference_that_leads_nowhere_is_not_found(api, reference):
    assert api.get(f"/api/v1/cases/{reference}/").status_code == 404


def test_who_has_not_signed_in_is_told_how_to():
    case = a_case()
    for answer in (APIClient().get(f"/api/v1/cases/{case.reference}/"), APIClient().post("/api/v1/cases/x/moves/")):
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Token"
        assert answer.json() == {"reasons": ["Sign in, or send a token in the header “Authorization: Token KEY”."]}


def test_a_token_signs_its_owner_in_until_the_account_is_switched_off(caseworker):
    case, token = a_case(), Token.objects.create(user=caseworker)
    api = APIClient(HTTP_AUTHORIZATION=f"Token {token.key}")
    assert the_case(api, case)["reference"] == case.reference

    caseworker.is_active = False
    caseworker.save()

    answer = api.get(f"/api/v1/cases/{case.reference}/")
    assert answer.status_code == 401
    assert answer.json()["reasons"] == ["This token is not valid. Ask an administrator of Midwatch for a new one."]


@pytest.mark.parametrize("header", ["Token wrong", "Token", "Token a b", "Token \xff", "Basic bWFyeTptYXJ5"])
def test_a_header_that_holds_no_valid_token_is_refused(header):
    answer = APIClient(HTTP_AUTHORIZATION=header).get(f"/api/v1/cases/{a_case().reference}/")
    assert answer.status_code == 401
    assert len(answer.json()["reasons"]) == 1


def test_tokens_are_made_in_the_admin_by_a_superuser_alone():
    assert site.is_registered(TokenProxy)
    for group in (groups.INSPECTOR, groups.PATHWAY_ADMINISTRATOR, groups.PRIVACY_LEAD):
        assert not Permission.objects.filter(group__name=group, content_type__app_label="authtoken").exists()


def test_what_is_shown_of_a_patient_is_kept_in_no_cache(api):
    assert "no-store" in api.get(f"/api/v1/cases/{a_case().reference}/")["Cache-Control"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_case_is_only_read_at_its_own_address(api, method):
    answer = getattr(api, method)(f"/api/v1/cases/{a_case().reference}/")
    assert answer.status_code == 405
    assert len(answer.json()["reasons"]) == 1


def test_an_answer_other_than_json_is_not_to_be_had(api):
    answer = api.get(f"/api/v1/cases/{a_case().reference}/", HTTP_ACCEPT="text/csv")
    assert (answer.status_code, answer["Content-Type"]) == (406, "application/json")


def test_the_date_of_birth_is_a_date(api):
    case = a_case(patient=PatientFactory(born_on=date(1931, 1, 9)))
    assert the_case(api, case)["patient"]["born_on"] == "1931-01-09"
