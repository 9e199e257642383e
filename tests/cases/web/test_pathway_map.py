"""The map of a pathway: on a page of its own, and on the page of a case with the way gone."""

import pytest

from cases import lifecycle
from tests.cases.web.reading import title, words
from tests.factories import a_draft, a_stage, the_move


def address(query=""):
    return f"/pathways/review/map/{query}"


@pytest.mark.parametrize("who", ["caseworker", "stranger", "inspector", "pathway_administrator"])
def test_everybody_who_is_signed_in_sees_the_map_in_use(client, pathway, who, request):
    client.force_login(request.getfixturevalue(who))

    page = client.get(address())

    assert title(page).startswith("Map of Review")
    assert "<svg" in page.content.decode()
    assert "Version 1, active" in words(page)


def test_another_version_is_shown_by_its_number(signed_in, pathway):
    a_stage(a_draft("review"), "assessment", is_first=True)

    page = signed_in.get(address("?version=2"))

    assert "Version 2, draft Map of Review" in words(page)
    assert "Assessment" in words(page)
    assert '<a href="?version=1">Version 1</a>' in page.content.decode()


@pytest.mark.parametrize("query", ["?version=9", "?version=x", "?version=", "?version=1&version=-1"])
def test_a_version_that_there_is_not_is_not_found(signed_in, pathway, query):
    assert signed_in.get(address(query)).status_code == 404


def test_a_pathway_that_is_not_in_use_says_so(signed_in):
    a_draft("review")

    assert "No version of this pathway is in use." in words(signed_in.get(address()))
    assert signed_in.get("/pathways/nothing/map/").status_code == 404


def test_nobody_sees_it_before_signing_in(client, pathway):
    assert client.get(address()).url.startswith("/sign-in/")


def test_on_the_page_of_a_case_it_shows_where_the_case_is_and_the_way_gone(client, case, clinician, caseworker):
    from cases import recording

    recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=caseworker)
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker)
    client.force_login(clinician)

    page = client.get(case.get_absolute_url())
    assert "<figure" not in page.content.decode()
    assert '<a href="?map=shown#map">' in page.content.decode()

    shown = client.get(f"{case.get_absolute_url()}?map=shown").content.decode()
    assert "mw-map__stage--here" in shown
    assert "mw-map__stage--behind" in shown
    assert "mw-map__move--behind" in shown
