"""The search box: what it finds, and that what was typed stands in no address, saved list or file."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import lifecycle
from cases.models import Patient
from cases.web import listing, worklist
from tests.cases.web.reading import words
from tests.cases.web.test_worklist import listed
from tests.factories import PatientFactory, a_case

NUMBER = "9991234594"


@pytest.fixture
def named(pathway):
    """Make a case of a patient of this family name."""

    def make(name, **values):
        patient = PatientFactory(family_name=name, given_name="Ann", **values)
        return a_case(pathway, at=timezone.now(), patient=patient)

    return make


def search(client, text, **headers):
    return client.post("/cases/search/", {"words": text}, headers=headers)


def found(client, text):
    return client.get(search(client, text).url)


def test_a_search_finds_open_and_closed_cases_whatever_was_chosen_before(signed_in, named, caseworker):
    lifecycle.close_case(named("Okafor"), reason="Moved away", by=caseworker)
    named("Okafor")
    named("Smith")

    page = found(signed_in, "okafor")

    assert listed(page) == ["Okafor", "Okafor"]
    assert "2 cases, the nearest first" in words(page)
    assert 'value="okafor"' in page.content.decode()


@pytest.mark.parametrize("text", ["Okafor", "999 123 4594", "Ann Okaffor"])
def test_neither_name_nor_number_stands_in_an_address(signed_in, named, text):
    named("Okafor", nhs_number=NUMBER)

    answer = search(signed_in, text)
    page = signed_in.get(answer.url)

    assert listed(page) == ["Okafor"]
    assert answer.status_code == 302
    for part in (text, text.replace(" ", ""), "kaf", "4594"):
        assert part.lower() not in answer.url.lower()
        assert f"{part.lower()}=" not in page.content.decode().lower()


def test_what_was_found_can_be_narrowed_and_ordered(signed_in, named, caseworker):
    lifecycle.close_case(named("Okafor-Gone"), reason="Moved away", by=caseworker)
    named("Okafor-One")
    named("Okafor-Two")
    address = search(signed_in, "okafor").url

    assert listed(signed_in.get(f"{address}&status=closed")) == ["Okafor-Gone"]
    assert listed(signed_in.get(f"{address}&status=open&sort=newest")) == ["Okafor-Two", "Okafor-One"]
    assert listed(signed_in.get(f"{address}&team=clinic")) == []


def test_names_like_it_come_last_and_are_said_to_be(signed_in, named):
    named("Smyth")
    assert "No case has this name. 1 has a name like it" in words(found(signed_in, "smith"))

    named("Smith")
    page = found(signed_in, "smith")
    assert listed(page) == ["Smith", "Smyth"]
    assert "2 cases, 1 of them with a name like it" in words(page)


def test_a_long_result_has_pages(signed_in, named, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    for number in range(5):
        named(f"Okafor-{number}")
    address = search(signed_in, "okafor").url

    first = signed_in.get(address)
    second = signed_in.get(f"{address}&after={first.context['page'].next}")
    third = signed_in.get(f"{address}&after={second.context['page'].next}")

    assert sorted(listed(first) + listed(second) + listed(third)) == [f"Okafor-{number}" for number in range(5)]
    assert third.context["page"].next is None
    assert listed(signed_in.get(f"{address}&before={third.context['page'].previous}")) == listed(second)


def test_who_finds_too_many_is_told_so(signed_in, named, monkeypatch):
    monkeypatch.setattr(listing, "FOUND", 2)
    for _ in range(3):
        named("Okafor")

    assert "More than 2 cases" in words(found(signed_in, "okafor"))


def test_only_what_one_may_see_is_found(client, named, stranger):
    named("Okafor", nhs_number=NUMBER)
    client.force_login(stranger)

    for text in ("okafor", NUMBER):
        page = found(client, text)
        assert listed(page) == []
        assert "No case that you may see is found." in words(page)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("999 123 4595", "This is not a valid NHS number. Check the 10 digits and type them again."),
        ("12345678", "Type the whole NHS number (10 digits)"),
        ("\0 , ", "Type a name, an NHS number or a case reference."),
    ],
)
def test_what_cannot_be_searched_is_answered_with_what_to_type(signed_in, named, text, said):
    named("Okafor")

    page = found(signed_in, text)

    assert said in words(page)
    assert listed(page) == []


def test_nothing_typed_is_no_search(signed_in, pathway):
    assert search(signed_in, "  ").url == "/cases/"
    assert signed_in.get("/cases/search/").status_code == 405


def test_a_search_of_somebody_else_and_one_that_is_over_say_so(signed_in, named, manager, client, monkeypatch):
    named("Okafor")
    monkeypatch.setattr(worklist, "MOST_KEPT", 2)
    address = search(signed_in, "okafor").url
    for text in ("smith", "jones"):
        search(signed_in, text)

    for over in (address, "/cases/?search=nonsense"):
        page = signed_in.get(over)
        assert "This search is over. Search again." in words(page)
        assert listed(page) == []


def test_a_merged_patients_old_number_finds_the_kept_ones_cases(signed_in, named):
    kept = named("Okafor").patient
    PatientFactory(nhs_number=NUMBER, merged_into=kept)

    assert listed(found(signed_in, NUMBER)) == ["Okafor"]
    assert Patient.objects.count() == 2


def test_a_search_costs_at_most_eight_statements(signed_in, named):
    for number in range(30):
        named(f"Okafor-{number}")
    for text in ("okafor", "okaffor", NUMBER, "123"):
        address = search(signed_in, text).url
        signed_in.get(address)
        with CaptureQueriesContext(connection) as captured:
            signed_in.get(address)
        assert len(captured) <= 8, text


def test_searched_cases_can_be_given_away_but_neither_saved_nor_downloaded(signed_in, named, caseworker):
    case = named("Okafor")
    page = found(signed_in, "okafor")

    assert "Give the ticked cases to somebody" in words(page)
    assert "Save this list" not in words(page)
    assert "Download" not in words(page)
    key = page.context["query"]
    given = signed_in.post("/cases/give/", {"list": key, "all": "on"})
    assert given.context["chosen"] == [f"{case.reference}~nobody"]


# With htmx ----------------------------------------------------------------------------------------------------------


def test_htmx_gets_only_the_list_and_is_told_the_short_address(signed_in, named):
    named("Okafor")

    part = signed_in.get(
        "/cases/?pathway=&stage=&team=%40my-teams&late=&sort=",
        headers={"HX-Request": "true", "HX-Target": "list", "HX-Trigger-Name": "team"},
    )

    text = part.content.decode()
    assert "OKAFOR" in text
    assert "<html" not in text
    assert 'id="stages-of-pathway"' not in text
    assert part["HX-Push-Url"] == "/cases/?team=%40my-teams"
    assert "HX-Request" in part["Vary"]
    assert '<p id="list-count" hx-swap-oob="innerHTML">1 case' in text


def test_another_pathway_brings_its_stages(signed_in, named):
    headers = {"HX-Request": "true", "HX-Target": "list", "HX-Trigger-Name": "pathway"}
    text = signed_in.get("/cases/?pathway=review", headers=headers).content.decode()

    assert '<div id="stages-of-pathway" hx-swap-oob="innerHTML">' in text
    assert "review/triage" in text


def test_who_was_signed_out_is_led_to_sign_in_and_not_shown_it_inside_the_list(client, pathway):
    answer = client.get("/cases/?late=late", headers={"HX-Request": "true", "HX-Target": "list"})

    assert answer["HX-Redirect"] == "/sign-in/?next=/cases/%3Flate%3Dlate"
