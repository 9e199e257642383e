"""Moving a case through the programming interface: as on the page, with the same sentences."""

import json
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from cases import lifecycle, recording
from cases.questionnaire import answers_in_words
from cases.refusals import Refused
from pathways.models import Question
from pathways.models.forms import QuestionKind
from tests.factories import MONDAY, a_case, a_draft, a_form, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
RISK_ASSESSMENT = [("form completed", {"form": "risk-assessment"})]


@pytest.fixture
def caseworker():
    return a_member("booking")


@pytest.fixture
def case(caseworker):
    return a_case(a_pathway(requires=RISK_ASSESSMENT))


@pytest.fixture
def api(caseworker):
    api = APIClient()
    api.force_login(caseworker)
    return api


def moves(case):
    return f"/api/v1/cases/{case.reference}/moves/"


def move(api, case, to="done", **body):
    return api.post(moves(case), {"transition": the_move(case, to).pk, **body})


def assess_risk(case, by):
    form = case.version_map.forms["risk-assessment"]
    recording.complete_form(case, form, {"falls": "yes"}, by=by, at=MONDAY)


def test_a_move_is_made_and_answered_with_the_case_as_it_is_then(api, case, caseworker):
    assess_risk(case, caseworker)

    answer = move(api, case, "review", note="  Tests are back ")

    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["stage"]["code"], shown["team"]["code"]) == ("review", "clinic")
    assert shown["entry"] == fresh(case).open_entry.pk
    assert case.history.first().history_change_reason == "Tests are back"
    assert case.history.first().history_user == caseworker


def test_a_token_makes_a_move_in_its_owners_name(case, caseworker):
    api = APIClient(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=caseworker).key}")
    assert move(api, case).status_code == 200
    assert case.history.first().history_user == caseworker


def test_a_move_that_is_not_ready_is_refused_with_the_sentences_of_the_page(api, case):
    shown = api.get(f"/api/v1/cases/{case.reference}/").json()

    answer = move(api, case, "review")

    assert answer.status_code == 409
    assert answer.json() == {"reasons": ["Complete the Risk assessment first."]}
    assert answer.json()["reasons"] == shown["moves"][0]["missing"]
    assert fresh(case).stage == "triage"


LAB = {"code": "lab", "name": "Lab", "question": "Which lab?", "choices": ["North", "South"], "stages": ["review"]}
MANAGERS = [("form completed", {"form": "risk-assessment"}, "manager")]


def test_facts_and_a_missing_form_are_sent_with_the_move(api, caseworker):
    case = a_case(a_pathway(requires=RISK_ASSESSMENT, facts=[LAB]))
    shown = api.get(f"/api/v1/cases/{case.reference}/").json()["moves"][0]
    assert shown["facts"] == [{"code": "lab", "question": "Which lab?", "choices": ["North", "South"]}]

    answer = move(api, case, "review", facts={"lab": "South"}, forms={"risk-assessment": {"falls": "no"}})

    assert answer.status_code == 200
    assert case.open_entry.facts == {"lab": "South"}
    assert case.form_records.get().completed_by == caseworker


def test_every_wrong_answer_is_told_and_nothing_is_kept(api):
    case = a_case(a_pathway(requires=RISK_ASSESSMENT, facts=[LAB]))

    forms = move(api, case, "review", forms={"risk-assessment": {"falls": "perhaps"}, "other": {}})
    facts = move(api, case, "review", facts={"lab": "West", "site": "x"})

    assert (forms.status_code, facts.status_code) == (409, 409)
    assert forms.json()["reasons"][1] == "“Move to Review” does not ask for the form “other”."
    assert facts.json()["reasons"] == [
        "“site” is not asked on the way into Review.",
        "Choose one of the answers to “Which lab?”: North, South.",
    ]
    assert not case.form_records.exists()
    assert fresh(case).stage == "triage"


def test_a_list_is_no_answer_to_a_question_with_one(api, case):
    answer = move(api, case, "review", forms={"risk-assessment": {"falls": "yes", "notes": ["Steady on her feet"]}})
    assert answer.status_code == 409
    assert answer.json()["reasons"][0] == "Notes: Give one answer, not a list."
    assert not case.form_records.exists()


@pytest.mark.parametrize("kind", [kind for kind in QuestionKind if kind != QuestionKind.SEVERAL_OF])
def test_a_list_is_refused_in_a_sentence_whatever_is_asked(kind):
    form = a_form(a_draft("asks"), code="asked")
    choices = ["North", "South"] if kind.has_choices else []
    Question.objects.create(form=form, code="what", text="What?", kind=kind, choices=choices, position=3)
    with pytest.raises(Refused) as refused:
        answers_in_words(form, {"falls": "yes", "what": ["North"]})
    assert refused.value.reasons == ["What?: Give one answer, not a list."]


def test_a_requirement_is_overridden_by_whom_the_map_names(api, caseworker):
    case = a_case(a_pathway(requires=MANAGERS))
    requirement = the_move(case, "review").requirements.get().pk
    sent = {"overrides": [{"requirement": requirement, "reason": "They ring at noon."}]}
    refused = move(api, case, "review", **sent)
    assert refused.status_code == 403
    assert refused.json()["reasons"][0].endswith("A manager of Booking team can.")

    caseworker.memberships.update(role="manager")
    shown = api.get(f"/api/v1/cases/{case.reference}/").json()["moves"][0]
    assert shown["may_override"] == [{"requirement": requirement, "sentence": "Complete the Risk assessment first."}]
    assert move(api, case, "review", **sent).status_code == 200
    assert case.overrides.get().reason == "They ring at noon."


def test_a_move_of_another_stage_is_refused(api, case):
    to_triage = next(m for m in case.version_map.transitions.values() if m.source.code == "review")
    answer = api.post(moves(case), {"transition": to_triage.pk})
    assert answer.status_code == 409
    assert answer.json() == {"reasons": ["“Move to Triage” is not possible from Triage. Look at the case again."]}


def test_a_closed_case_is_not_moved(api, case, caseworker):
    transition = the_move(case, "done").pk
    lifecycle.close_case(case, by=caseworker, reason="Opened twice")
    answer = api.post(moves(case), {"transition": transition})
    assert answer.status_code == 409
    assert answer.json() == {"reasons": ["This case is closed. Reopen it first."]}


def test_a_view_that_is_out_of_date_is_refused(api, case, caseworker):
    shown, seen = the_move(case, "done").pk, case.open_entry.pk
    assess_risk(case, caseworker)
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker, seen_entry=seen)

    answer = api.post(moves(case), {"transition": shown, "seen_entry": seen})

    assert answer.status_code == 409
    assert f"{caseworker} moved this case to Review at" in answer.json()["reasons"][0]


def test_a_view_that_is_up_to_date_is_not_refused(api, case):
    assert move(api, case, seen_entry=case.open_entry.pk).status_code == 200


def test_a_move_by_somebody_of_another_team_is_forbidden(case, caseworker):
    assess_risk(case, caseworker)
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker)
    api = APIClient()
    api.force_login(caseworker)  # may still read the case, which has passed on

    answer = move(api, case, "done")

    assert answer.status_code == 403
    assert answer.json() == {
        "reasons": ["You cannot make this move. It is made by a caseworker or manager of Clinic team."]
    }


def test_a_case_that_may_not_be_seen_is_not_moved(case):
    api = APIClient()
    api.force_login(a_member("clinic"))
    assert move(api, case).status_code == 404
    assert fresh(case).stage == "triage"


def test_a_page_of_another_site_moves_nothing(case, caseworker):
    api = APIClient(enforce_csrf_checks=True)
    api.force_login(caseworker)
    answer = move(api, case)
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["reasons"][0]
    assert fresh(case).stage == "triage"


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_moves_are_only_posted(api, case, method):
    assert getattr(api, method)(moves(case)).status_code == 405


NO_NUMBER = "“{}” must be a whole number, as the case shows it."
MISSING = "“transition” is missing. Send the number that the case shows."
UNREADABLE = "“note” holds characters that cannot be kept. Take them out and send it again."


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, MISSING),
        ({"transition": None}, MISSING),
        ({"transition": "12"}, NO_NUMBER.format("transition")),
        ({"transition": True}, NO_NUMBER.format("transition")),
        ({"transition": 1.0}, NO_NUMBER.format("transition")),
        ({"transition": [12]}, NO_NUMBER.format("transition")),
        ({"transition": 0}, NO_NUMBER.format("transition")),
        ({"transition": 2**63}, NO_NUMBER.format("transition")),
        ({"transition": 10**4000}, NO_NUMBER.format("transition")),
        (
            {"transition": 2**63 - 1},
            "This case's pathway has no such move. Choose one of the moves that the case shows.",
        ),
        ({"note": None}, "“note” must be text. Leave it out if there is nothing to say."),
        ({"note": 5}, "“note” must be text. Leave it out if there is nothing to say."),
        ({"note": ["a"]}, "“note” must be text. Leave it out if there is nothing to say."),
        ({"note": "NUL \0"}, UNREADABLE),
        ({"note": "half \ud83d"}, UNREADABLE),
        ({"note": "x" * 5001}, "“note” is too long. Send at most 5000 characters."),
        ({"seen_entry": "1"}, NO_NUMBER.format("seen_entry")),
        ({"seen_entry": -1}, NO_NUMBER.format("seen_entry")),
        ({"seen_entry": 2**64}, NO_NUMBER.format("seen_entry")),
        ({"facts": []}, "“facts” must be names with values. Leave it out if there is nothing to say."),
        ({"facts": {"a b": "x"}}, "“facts” must be names with values. Leave it out if there is nothing to say."),
        ({"facts": {"lab": 5}}, "“facts” must be text. Leave it out if there is nothing to say."),
        ({"forms": {"f": "x"}}, "“forms” must be names with values. Leave it out if there is nothing to say."),
        ({"forms": {"f": {"q": {}}}}, "“forms” must be text. Leave it out if there is nothing to say."),
        (
            {"overrides": [{"requirement": 1, "reason": 5}]},
            "“reason” must be text. Leave it out if there is nothing to say.",
        ),
        (
            {"seenentry": 1},
            "1 of the names sent mean nothing here. Send only transition, note, seen_entry, facts, forms, overrides.",
        ),
    ],
)
def test_a_body_with_a_mistake_is_refused_with_its_sentence(api, case, body, sentence):
    body = body if "transition" in body or not body else {"transition": the_move(case, "done").pk, **body}
    answer = api.post(moves(case), json.dumps(body), content_type="application/json")
    assert answer.status_code == 400
    assert answer.json() == {"reasons": [sentence]}
    assert fresh(case).stage == "triage"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"{", "The body cannot be read as JSON. Check it and send it again."),
        (b'{"transition": ' + b"9" * 5000 + b"}", "The body cannot be read as JSON. Check it and send it again."),
        (b"[" * 200_000, "The body cannot be read as JSON. Check it and send it again."),
        (b'{"note": "\xff"}', "The body cannot be read as JSON. Check it and send it again."),
        (b"[1]", 'Send one JSON object, such as {"transition": 12}.'),
        (b"null", 'Send one JSON object, such as {"transition": 12}.'),
        (b'"text"', 'Send one JSON object, such as {"transition": 12}.'),
        (b'{"transition": NaN}', NO_NUMBER.format("transition")),
        (b'{"transition": 1e999}', NO_NUMBER.format("transition")),
        (b"", MISSING),
    ],
)
def test_a_body_that_is_no_json_object_is_refused_with_a_sentence(api, case, body, sentence):
    answer = api.post(moves(case), body, content_type="application/json; charset=zlib")
    assert answer.status_code == 400
    assert answer.json() == {"reasons": [sentence]}


FORMS = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"]


@pytest.mark.parametrize("kind", ["text/plain", *FORMS])
def test_a_body_that_does_not_say_it_is_json_is_refused(api, case, kind):
    answer = api.post(moves(case), b"transition=1", content_type=kind)
    assert answer.status_code == 415
    assert answer.json()["reasons"] == ["Send the body as JSON, with the header “Content-Type: application/json”."]


def test_a_body_that_is_too_large_is_refused(api, case):
    answer = api.post(moves(case), b'{"note": "' + b"x" * 3_000_000 + b'"}', content_type="application/json")
    assert answer.status_code == 413
    assert answer.json() == {"reasons": ["The body is too large. Send less."]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = ["transition", "note", "seen_entry", "facts", "forms", "overrides", "\ud800"]
BODIES = (
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON)).map(lambda value: json.dumps(value).encode())
)


@settings(max_examples=150)
@given(body=BODIES)
@example(body=b'{"\\ud800": 1, "transition": 1}')
@example(body=b'{"transition": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}")
def test_no_body_is_answered_with_a_fault_of_ours(api, case, body):
    answer = api.post(moves(case), body, content_type="application/json")
    assert answer.status_code in (400, 409)
    assert all(sentence.endswith(".") for sentence in answer.json()["reasons"])
