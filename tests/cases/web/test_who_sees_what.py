"""Who may open which page: found or not found, allowed or not, and the sentence that says so."""

import pytest
from django.urls import reverse

from cases import lifecycle
from pathways import groups
from tests.cases.web.reading import words
from tests.factories import a_case, in_group, the_move

ACTS = ["hold", "resume", "close", "assign", "note", "add_task", "chase", "request_result", "document"]
ABOUT_ONE = [
    *("accept", "decline", "withdraw", "task", "cancel_task", "give_task"),
    *("result_arrived", "read_result", "change_reader", "download", "form_record", "acknowledge"),
]


def address(case, name):
    return reverse(name, args=[case.reference])


def addresses(case):
    """Every page about a case."""
    of_case = [address(case, name) for name in ("case", "patient_page", *ACTS, "reopen")]
    return [
        *of_case,
        *(reverse(name, args=[case.reference, the_move(case, "review").pk]) for name in ("move", "offer")),
        reverse("form", args=[case.reference, "risk-assessment"]),
        *(reverse(name, args=[case.reference, "any"]) for name in ("detour", "ask_again")),
        *(reverse(name, args=[case.reference, 1]) for name in ABOUT_ONE),
    ]


@pytest.fixture
def passed_on(case, caseworker):
    """The case after it went from the caseworker's team to the clinic."""
    lifecycle.move_case(case, the_move(case, "done"), by=caseworker)
    return case


def test_nobody_sees_anything_before_signing_in(client, case):
    for page in [*addresses(case), "/", "/cases/", "/cases/open/", "/durations/", "/durations/review/"]:
        assert client.get(page, follow=True).redirect_chain[-1][0].startswith("/sign-in/"), page


@pytest.mark.parametrize("who", ["stranger", "pathway_administrator"])
def test_a_case_of_other_teams_is_not_found(client, case, who, request):
    client.force_login(request.getfixturevalue(who))

    for page in addresses(case):
        assert client.get(page).status_code == 404, page
        assert client.post(page, {"reason": "x", "text": "x"}).status_code == 404, page
    assert case.reference not in client.get("/cases/").content.decode()


def test_setting_up_the_portal_is_no_reason_to_read_cases(client, case, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("root"))

    assert client.get(case.get_absolute_url()).status_code == 404


def test_an_inspector_reads_every_case_and_changes_none(client, case, inspector):
    client.force_login(inspector)

    page = client.get(case.get_absolute_url())
    assert "You can read this case but not change it. It is with Booking team now." in words(page)
    assert "<button" not in page.content.decode().split("<main")[1]
    for name in ACTS:
        answer = client.post(address(case, name), {"reason": "x", "text": "x"})
        assert answer.status_code == 403, name


def test_what_a_team_has_passed_on_it_may_still_read(client, passed_on, caseworker):
    client.force_login(caseworker)

    page = client.get(passed_on.get_absolute_url())
    assert page.status_code == 200
    assert "You can read this case but not change it. It is with Clinic team now." in words(page)
    assert client.get(address(passed_on, "note")).status_code == 403


def test_reopening_is_refused_with_the_sentence_that_says_who_does_it(client, passed_on, clinician):
    client.force_login(clinician)

    answer = client.get(address(passed_on, "reopen"))

    assert answer.status_code == 403
    assert "You cannot reopen this case. That is done by a manager of Clinic team." in words(answer)


def test_a_pathway_administrator_sees_counts_instead_of_cases(client, pathway, pathway_administrator):
    for _ in range(3):
        a_case(pathway)
    client.force_login(pathway_administrator)

    page = client.get("/cases/")

    assert "for that nobody needs to see a patient" in words(page)
    assert "Triage 3 3" in words(page)  # three wait, and three are late: they were opened in March
    assert "PATIENT" not in words(page)


@pytest.mark.parametrize(
    ("who", "status"), [("caseworker", 403), ("manager", 200), ("inspector", 200), ("pathway_administrator", 200)]
)
def test_stage_durations_are_for_those_who_see_figures(client, pathway, who, status, request):
    client.force_login(request.getfixturevalue(who))

    assert client.get("/durations/", follow=True).status_code == status
    assert client.get("/durations/review/").status_code == status


@pytest.mark.parametrize(
    ("who", "places"),
    [
        ("caseworker", ["My day", "Cases", "Escalations", "Handoffs", "Open a case", "Mail sent"]),
        (
            "manager",
            [
                "My teams",
                "My day",
                "Cases",
                "Escalations",
                "Handoffs",
                "Open a case",
                "Where patients are stuck",
                "Mail sent",
            ],
        ),
        ("inspector", ["Cases", "Escalations", "Where patients are stuck", "Mail sent"]),
        ("pathway_administrator", ["Cases", "Where patients are stuck", "Mail sent", "Pathways", "Import", "Admin"]),
    ],
)
def test_the_menu_names_the_places_that_are_open(client, who, places, request):
    client.force_login(request.getfixturevalue(who))

    page = client.get("/cases/")

    assert [place["label"] for place in page.context["navigation"]] == places
    assert [place["label"] for place in page.context["navigation"] if place["is_current"]] == ["Cases"]


def test_a_privacy_lead_is_offered_nothing_that_they_may_not_do(client, pathway):
    client.force_login(in_group(groups.PRIVACY_LEAD))
    page = client.get("/cases/")
    assert [place["label"] for place in page.context["navigation"]] == ["Cases", "Mail sent"]


def test_whom_to_ask_is_said_once(signed_in, pathway):
    assert words(signed_in.get("/supervision/watch/")).count("sk your manager") == 1


def test_the_menu_marks_the_deepest_place_one_is_in(signed_in, pathway):
    page = signed_in.get("/cases/open/")

    assert [place["label"] for place in page.context["navigation"] if place["is_current"]] == ["Open a case"]
