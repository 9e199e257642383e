"""The list of cases, as a program reads it: the worklist's choices, the same order, the same pages."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from cases import lifecycle
from cases.web import listing
from tests.factories import PatientFactory, a_case, a_member, a_pathway

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def pathway():
    return a_pathway()


@pytest.fixture
def caseworker():
    return a_member("booking", first_name="Priya", last_name="Shah")


@pytest.fixture
def api(caseworker):
    client = APIClient()
    client.force_authenticate(caseworker)
    return client


def references(answer):
    return [row["reference"] for row in answer.json()["cases"]]


def test_a_row_says_where_a_case_is_and_why_it_is_on_the_list(api, pathway, caseworker):
    opened_at = timezone.now() - 12 * DAY
    case = a_case(pathway, at=opened_at, patient=PatientFactory(family_name="Okafor", nhs_number="9991234594"))
    case = lifecycle.assign_case(case, caseworker, by=caseworker)

    answer = api.get("/api/v1/cases/")

    assert "no-store" in answer["Cache-Control"]
    assert answer.data == {
        "cases": [
            {
                "reference": case.reference,
                "patient": {
                    "nhs_number": "9991234594",
                    "name": "OKAFOR, Test",
                    "born_on": case.patient.born_on,
                    "needs": "",
                },
                "pathway": {"code": "review", "name": "Review"},
                "status": "open",
                "stage": {"code": "triage", "name": "Triage"},
                "team": {"code": "booking", "name": "Booking team"},
                "owner": {"username": caseworker.username, "name": "Priya Shah"},
                "opened_at": opened_at,
                "since": opened_at,
                "due_at": opened_at + 10 * DAY,
                "late": True,
                "held_until": None,
                "reasons": ["breached"],
            }
        ],
        "count": 1,
        "more_than_counted": False,
        "previous": None,
        "next": None,
    }


def test_the_choices_are_those_of_the_worklist(api, pathway):
    late, fresh = (a_case(pathway, at=timezone.now() - days * DAY).reference for days in (12, 1))

    assert references(api.get("/api/v1/cases/", {"late": "late"})) == [late]
    assert references(api.get("/api/v1/cases/", {"sort": "newest", "team": "@my-teams"})) == [fresh, late]
    assert references(api.get("/api/v1/cases/", {"owner": "@me"})) == []


def test_its_pages_lead_through_the_whole_list_and_back(api, pathway, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    made = [a_case(pathway, at=timezone.now() - days * DAY).reference for days in range(5, 0, -1)]

    first = api.get("/api/v1/cases/")
    second = api.get("/api/v1/cases/", {"after": first.json()["next"]})
    third = api.get("/api/v1/cases/", {"after": second.json()["next"]})

    assert references(first) + references(second) + references(third) == made
    assert third.json()["next"] is None
    assert references(api.get("/api/v1/cases/", {"before": third.json()["previous"]})) == references(second)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"late": "soon"}, "late"),
        ({"stage": "review/gone"}, "stage"),
        ({"search": "okafor"}, "search"),
        ({"pathways": "review"}, "pathways"),
        ({"after": "2"}, "after"),
    ],
)
def test_what_means_nothing_is_refused_by_its_name_and_not_passed_over(api, pathway, given, name):
    answer = api.get("/api/v1/cases/", given)

    assert answer.status_code == 400
    (sentence,) = answer.json()["reasons"]
    assert sentence.startswith(f"“{name}” ")


def test_only_cases_that_one_may_see_are_listed(pathway):
    a_case(pathway)
    client = APIClient()
    client.force_authenticate(a_member("imaging"))

    assert client.get("/api/v1/cases/").json()["count"] == 0
    assert APIClient().get("/api/v1/cases/").status_code == 401


def test_the_list_costs_at_most_eight_statements(api, pathway, caseworker):
    for days in range(28):
        lifecycle.assign_case(a_case(pathway, at=timezone.now() - days * DAY), caseworker, by=caseworker)
    api.get("/api/v1/cases/")
    with CaptureQueriesContext(connection) as captured:
        assert len(references(api.get("/api/v1/cases/"))) == listing.PAGE_SIZE

    assert len(captured) <= 8 - 2  # less the token and its user, which are read for a program
