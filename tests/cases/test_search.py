"""Searching: by reference, NHS number, parts of a name, a misspelt name; the nearest first; only what one may see."""

import pytest

from cases import search
from cases.models import Case, Patient
from tests.factories import PatientFactory, a_case, a_member, a_pathway

pytestmark = pytest.mark.django_db


@pytest.fixture
def pathway():
    return a_pathway()


def a_patient(name, **values):
    given_name, family_name = name.split(" ", 1)
    return PatientFactory(given_name=given_name, family_name=family_name, **values)


def found(text, cases=None):
    cases = search.among(Case.objects.all() if cases is None else cases, search.understand(text))
    return [str(case.patient) for case in cases.order_by("-nearness", "pk").select_related("patient")]


@pytest.mark.parametrize("written", ["{0}", "{0:06}", "mw 2026 {0}", "MW-2026-{0:06}", " mw-2026-{0} ", "2026 {0}"])
def test_a_case_is_found_by_its_reference_and_by_its_number(pathway, written, settings):
    case, _ = a_case(pathway, patient=a_patient("Ann Abbott")), a_case(pathway)
    year, number = case.reference.split("-")[1:]

    assert found(written.replace("2026", year).format(int(number))) == ["ABBOTT, Ann"]


@pytest.mark.parametrize("written", ["9991234594", "999 123 4594", "999-123-4594", " 999 1234594"])
def test_a_case_is_found_by_the_nhs_number_however_it_is_spaced(pathway, written):
    a_case(pathway, patient=a_patient("Ann Abbott", nhs_number="9991234594"))
    a_case(pathway)

    assert found(written) == ["ABBOTT, Ann"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("999 123 4595", "This is not a valid NHS number. Check the 10 digits and type them again."),
        ("9991234", "Type the whole NHS number (10 digits), the number of a case (such as 123), or a name."),
        (" , ", "Type a name, an NHS number or a case reference."),
    ],
)
def test_what_can_be_no_case_is_answered_with_what_to_type(text, problem):
    assert search.understand(text).problem == problem
    assert found(text) == []


@pytest.mark.parametrize(
    "text", ["okafor", "OKAFOR", "kafo", "grace okafor", "Okafor, Grace", "ok gr", "o g", "gra oka"]
)
def test_a_case_is_found_by_parts_of_the_name_in_any_order(pathway, text):
    a_case(pathway, patient=a_patient("Grace Okafor"))
    a_case(pathway, patient=a_patient("John Smith"))

    assert found(text)[0] == "OKAFOR, Grace"
    assert "SMITH, John" not in found(text)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("okaffor", "OKAFOR, Grace"),
        ("jonson", "JOHNSON, Margaret"),
        ("smyth", "SMITH, John"),
        ("smiht jon", "SMITH, John"),
        ("brwon", "BROWN, Lee"),
        ("willaims", "WILLIAMS, Ceri"),
        ("kowalsky", "KOWALSKI, Jan"),
        ("hussain", "HUSSEIN, Ali"),
        ("obrien", "O'BRIEN, Pat"),
    ],
)
def test_a_misspelt_name_is_found(pathway, typed, meant):
    for name in ("Grace Okafor", "Margaret Johnson", "John Smith", "Lee Brown", "Ceri Williams", "Jan Kowalski"):
        a_case(pathway, patient=a_patient(name))
    a_case(pathway, patient=a_patient("Ali Hussein"))
    a_case(pathway, patient=a_patient("Pat O'Brien"))

    assert found(typed)[0] == meant


def test_whole_names_come_first_then_parts_of_names_then_names_like_it(pathway):
    for name in ("Ann Smyth", "Jo Smithson", "Al Smith", "Bo Green"):
        a_case(pathway, patient=a_patient(name))

    assert found("smith") == ["SMITH, Al", "SMITHSON, Jo", "SMYTH, Ann"]


def test_signs_that_mean_something_to_a_query_are_only_letters(pathway):
    a_case(pathway, patient=a_patient("Ann Abbott"))

    assert found("%%%") == found("___") == found("a\\b") == found("'; --") == []


def test_a_merged_patients_old_number_and_name_find_the_cases_of_the_one_that_was_kept(pathway):
    kept = a_patient("Ann Newman", nhs_number="9991234594")
    between = a_patient("Ann Middle", nhs_number=None, merged_into=kept)
    a_patient("Ann Oldham", nhs_number="9990000018", merged_into=between)
    a_patient("Ann Elder", nhs_number="9990000026", merged_into=kept)
    a_case(pathway, patient=kept)

    assert found("999 000 0026") == found("999 000 0018") == ["NEWMAN, Ann"]
    assert found("oldham") == found("elder") == ["NEWMAN, Ann"]


def test_only_cases_that_one_may_see_are_found(pathway):
    case = a_case(pathway, patient=a_patient("Grace Okafor", nhs_number="9991234594"))
    inside, stranger = a_member("booking"), a_member("imaging")

    for text in ("okafor", "okaffor", "999 123 4594", case.reference):
        assert found(text, Case.objects.visible_to(inside)) == ["OKAFOR, Grace"]
        assert found(text, Case.objects.visible_to(stranger)) == []


def test_names_are_looked_for_in_the_index(pathway):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for text in ("okafor", "okaffor grace", "ok gr"):
        plan = search.among(Case.objects.all(), search.understand(text)).explain()
        assert "patient_by_parts_of_the_name" in plan
        assert "Seq Scan on cases_patient" not in plan


def test_the_test_numbers_are_numbers():
    for number in ("9991234594", "9990000018", "9990000026"):
        Patient._meta.get_field("nhs_number").run_validators(number)
