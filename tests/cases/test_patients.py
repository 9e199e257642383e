"""Patients: entered, changed with who, when and why, found again, and not doubled."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from cases import duplicates, lifecycle, merging, patients
from cases.models import Case, Patient
from cases.refusals import Refused
from tests.cases.test_races import at_once
from tests.factories import PatientFactory, a_case, a_manager, a_member, a_pathway, a_restricted_case, fresh

pytestmark = pytest.mark.django_db

BORN = date(1963, 5, 4)
WHY = {"reason": "As her daughter told us"}


@pytest.fixture
def caseworker():
    return a_member("booking", first_name="Priya", last_name="Shah")


@pytest.fixture
def patient():
    return PatientFactory(family_name="Abbott", given_name="Joan", nhs_number="9990000018")


@pytest.fixture
def case(patient):
    return a_case(patient=patient)


def refused(act):
    with pytest.raises(Refused) as refusal:
        act()
    return refusal.value.reasons


def test_a_change_keeps_who_when_why_and_what_stood_there(case, patient, caseworker):
    patients.change_patient(patient, by=caseworker, at_risk="Lives alone", born_on=date(1936, 5, 4), **WHY)

    changed = fresh(patient)
    assert (changed.at_risk, changed.born_on) == ("Lives alone", date(1936, 5, 4))
    latest = patients.changes(changed)[0]
    assert (latest.by, latest.reason) == (caseworker, "As her daughter told us")
    assert latest.different == [
        ("date of birth", "4 May 1963", "4 May 1936"),
        ("why they are at risk", "nothing", "Lives alone"),
    ]


def test_only_a_team_with_an_open_case_of_the_patient_changes_anything(case, patient, caseworker):
    clinician = a_member("clinic")
    sentence = "A team that has an open case of theirs can."
    with pytest.raises(PermissionDenied, match=sentence):
        patients.change_patient(patient, by=clinician, needs="Interpreter", **WHY)
    lifecycle.close_case(case, by=caseworker, reason="Moved away")
    with pytest.raises(PermissionDenied, match=sentence):
        patients.change_patient(patient, by=caseworker, needs="Interpreter", **WHY)


def test_what_is_missing_or_wrong_is_refused_in_sentences(case, patient, caseworker):
    def change(**values):
        return refused(lambda: patients.change_patient(patient, by=caseworker, **{**WHY, **values}))

    assert change(reason=" ", needs="x") == ["Say why it is changed."]
    assert change(family_name="Abbott") == ["Nothing is different from what is recorded."]
    assert change(family_name=" ", given_name="") == ["Fill in the family name.", "Fill in the given names."]
    assert change(born_on=date(1826, 5, 4)) == [
        "The date of birth must be in the past, and not before 1900. Check the year."
    ]
    assert change(nhs_number="123") == ["This is not a valid NHS number. Check the 10 digits and type them again."]
    assert fresh(patient).history.count() == 1


def test_a_number_that_another_patient_has_is_refused_and_leads_to_merging(case, patient, caseworker):
    PatientFactory(nhs_number="9990000026")
    assert refused(lambda: patients.change_patient(patient, by=caseworker, nhs_number="999 000 0026", **WHY)) == [
        patients.TAKEN
    ]
    assert fresh(patient).nhs_number == "9990000018"


def test_a_change_of_what_somebody_changed_meanwhile_is_refused_with_what_and_by_whom(case, patient, caseworker):
    seen = patients.seen_now(patient)
    other = a_member("booking", first_name="Ravi", last_name="Lal")
    patients.change_patient(patient, by=other, needs="Interpreter", reason="She asked", seen=seen)

    assert refused(lambda: patients.change_patient(patient, by=caseworker, at_risk="Falls", seen=seen, **WHY)) == [
        "Ravi Lal has changed “what they need” since you opened this page: “She asked”. Look at it again. "
        "What you typed is kept."
    ]
    assert fresh(patient).at_risk == ""
    now = patients.seen_now(patient)
    assert patients.change_patient(patient, by=caseworker, at_risk="Falls", seen=now, **WHY).needs == "Interpreter"


def test_a_patient_is_seen_by_who_sees_a_case_of_theirs(case, patient, caseworker):
    assert list(patients.visible_to(caseworker)) == [patient]
    assert not patients.visible_to(a_member("clinic")).exists()


def test_an_open_case_on_the_pathway_must_be_meant_to_have_a_second(case, patient, caseworker):
    pathway = case.version_map.pathway
    sentence = ["This patient has an open case on this pathway already. Say that you want another one."]

    assert refused(lambda: duplicates.open_case(pathway, patient, by=caseworker)) == sentence
    assert duplicates.open_case(pathway, patient, by=caseworker, although_open=True).patient == patient
    assert duplicates.open_case(a_pathway("other"), patient, by=caseworker).patient == patient


def test_a_restricted_case_that_one_may_not_see_is_not_given_away_by_the_question():
    hidden = a_restricted_case(a_pathway("safe", team="safeguarding"))
    found = duplicates.open_already(hidden.patient, hidden.version_map.pathway, a_member("booking"))
    assert not found
    assert duplicates.open_already(hidden.patient, hidden.version_map.pathway, a_member("safeguarding")).seen


@pytest.mark.parametrize(
    ("family_name", "given_name", "born_on", "is_found"),
    [
        ("Abbott", "Joan", BORN, True),
        ("ABBOTT", "joan", BORN, True),
        ("Abott", "Joanne", BORN, True),
        ("Joan", "Abbott", BORN, True),
        ("Abbott", "Joan", date(1970, 1, 1), True),
        ("Abott", "Joanne", date(1970, 1, 1), False),
        ("Zielinski", "Wojciech", BORN, False),
    ],
)
def test_a_patient_of_a_like_name_is_found(case, caseworker, family_name, given_name, born_on, is_found):
    found = duplicates.alike(family_name=family_name, given_name=given_name, born_on=born_on, user=caseworker)
    assert bool(found.seen) is is_found


def test_patients_of_other_teams_are_counted_and_those_known_by_a_restricted_case_are_not(case, caseworker):
    asked = {"family_name": "Abbott", "given_name": "Joan", "born_on": BORN}
    found = duplicates.alike(**asked, user=a_member("imaging"))
    assert (found.seen, found.unseen) == ([], 1)
    hidden = a_restricted_case(a_pathway("safe", team="safeguarding"))
    found = duplicates.alike(family_name="Patient", given_name="Test", born_on=hidden.patient.born_on, user=caseworker)
    assert not found


def test_no_case_is_opened_for_a_record_that_was_merged(case, patient, caseworker):
    manager, other = a_manager("booking"), PatientFactory()
    a_case(case.version_map.pathway, patient=other)
    merging.merge(patient, other, by=manager, reason="Same address")

    assert refused(lambda: lifecycle.open_case(a_pathway("other"), other, by=caseworker)) == [
        "This record was merged into that of ABBOTT, Joan. Open the case for that one."
    ]
    assert patients.find(other.nhs_number) == patient
    assert refused(lambda: patients.change_patient(other, by=caseworker, needs="x", **WHY)) == [
        "This record was merged into that of ABBOTT, Joan. Change that one."
    ]
    assert refused(lambda: patients.change_patient(patient, by=caseworker, nhs_number=other.nhs_number, **WHY)) == [
        patients.LEADS_HERE
    ]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_a_case_of_one_patient_at_once_the_second_is_told_of_the_first():
    by, patient, pathway = a_member("booking"), PatientFactory(), a_pathway()

    outcomes = at_once(*[lambda: duplicates.open_case(pathway, patient, by=by)] * 3)

    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 2, outcomes
    assert Case.objects.filter(patient=patient).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_give_two_patients_one_number_one_is_refused():
    by, pathway = a_member("booking"), a_pathway()
    both = [a_case(pathway, patient=PatientFactory(nhs_number=None)).patient for _ in range(2)]

    outcomes = at_once(
        *(
            lambda patient=patient: patients.change_patient(patient, by=by, nhs_number="9990000018", reason="Told")
            for patient in both
        )
    )

    assert [outcome.reasons for outcome in outcomes if isinstance(outcome, Refused)] == [[patients.TAKEN]]
    assert Patient.objects.filter(nhs_number="9990000018").count() == 1


def test_a_stale_page_of_long_ago_names_every_change_since(case, patient, caseworker):
    seen = patients.seen_now(patient)
    for number in range(3):
        patients.change_patient(patient, by=caseworker, needs=f"Need {number}", reason=f"Reason {number}")
    said = refused(lambda: patients.change_patient(patient, by=caseworker, at_risk="x", seen=seen, **WHY))
    assert len(said) == 3
    assert timedelta(0) <= patients.changes(patient)[0].at - patients.changes(patient)[-1].at
