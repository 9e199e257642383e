"""Opening a case: the pathway, the patient who is found or entered, and a last look."""

import pytest

from cases import duplicates, lifecycle, merging
from cases.models import Case, Patient
from cases.patients import enter_patient
from cases.refusals import Refused
from tests.cases.web.reading import reasons, words
from tests.factories import PatientFactory, a_case, a_manager, a_pathway, a_restricted_case, fresh

OPEN = "/cases/open/"
ENTERED = {
    "family_name": "Abbott",
    "given_name": "Joan",
    "born_on_day": "4",
    "born_on_month": "5",
    "born_on_year": "1963",
    "needs": "",
    "note": "Referred by the ward",
}


def asked(number="", pathway="review", **more):
    return {"pathway": pathway, "nhs_number": number, **more}


def test_only_pathways_that_begin_in_ones_own_team_are_offered(client, pathway, caseworker, clinician):
    a_pathway("imaging", team="imaging")

    client.force_login(caseworker)
    assert list(client.get(OPEN).context["form"].pathways) == ["review"]

    client.force_login(clinician)
    page = client.get(OPEN)
    assert "There is no pathway on which you can open cases" in words(page)
    assert "<button" not in page.content.decode().split("<main")[1]


def test_a_known_patient_is_found_by_number_and_looked_at_before_the_case_is_opened(signed_in, pathway, caseworker):
    patient = PatientFactory(nhs_number="9990000018", family_name="Abbott", needs="Needs an interpreter (Polish)")

    look = signed_in.post(OPEN, asked("999 000 0018"))
    assert "Is this the patient? Name ABBOTT, Test" in words(look)
    assert "Needs an interpreter (Polish)" in words(look)
    assert not Case.objects.exists()

    answer = signed_in.post(OPEN, asked("9990000018", step="known", note="Referred"), follow=True)
    case = Case.objects.get()
    assert (case.patient, case.stage, case.history.get().history_user) == (patient, "triage", caseworker)
    assert case.history.get().history_change_reason == "Referred"
    assert f"{case.reference} is open in Triage, with Booking team." in words(answer)


def test_a_patient_with_an_open_case_on_the_pathway_is_warned_about(signed_in, pathway, case):
    look = signed_in.post(OPEN, asked(case.patient.nhs_number))

    assert "There is an open case already" in words(look)
    assert f"{case.reference} , Triage, with Booking team" in words(look)


def test_an_open_case_that_one_may_not_see_is_counted_but_not_named(client, case, stranger):
    a_pathway("imaging", team="imaging")
    elsewhere = a_case(a_pathway("review-2", team="imaging"), patient=case.patient)
    client.force_login(stranger)

    assert elsewhere.reference in words(client.post(OPEN, asked(case.patient.nhs_number, "review-2")))
    assert "There is an open case already" not in words(client.post(OPEN, asked(case.patient.nhs_number, "imaging")))


def test_a_closed_case_is_no_reason_to_warn(signed_in, case, caseworker):
    lifecycle.close_case(case, reason="Gone", by=caseworker)

    assert "There is an open case already" not in words(signed_in.post(OPEN, asked(case.patient.nhs_number)))


def test_a_patient_whom_midwatch_does_not_know_is_entered(signed_in, pathway, caseworker):
    ask = signed_in.post(OPEN, asked("999 000 0018"))
    assert "Enter the patient Midwatch does not know a patient with the NHS number" in words(ask)

    signed_in.post(OPEN, asked("9990000018", step="new", **ENTERED))

    patient = Case.objects.get().patient
    assert (str(patient), patient.nhs_number, patient.born_on.isoformat()) == (
        "ABBOTT, Joan",
        "9990000018",
        "1963-05-04",
    )
    assert patient.history.get().history_user == caseworker


def test_a_patient_without_a_number_is_entered_without_one(signed_in, pathway):
    signed_in.post(OPEN, asked(step="new", **ENTERED))
    signed_in.post(OPEN, asked(step="new", **ENTERED | {"family_name": "Zielinski", "given_name": "James"}))

    assert [patient.nhs_number for patient in Patient.objects.all()] == [None, None]


@pytest.mark.parametrize("number", ["123", "9990000019", "999000001X", "999 000 0018 0", "٩٩٩٠٠٠٠٠١٨"])
def test_a_wrong_number_is_refused_before_anything_else(signed_in, pathway, number):
    answer = signed_in.post(OPEN, asked(number))

    assert reasons(answer) == ["This is not a valid NHS number. Check the 10 digits and type them again."]
    assert f'value="{number}"' in answer.content.decode()


def test_what_is_missing_about_a_new_patient_is_asked_for_and_nothing_is_saved(signed_in, pathway):
    answer = signed_in.post(OPEN, asked("9990000018", step="new", needs="Hearing loop"))

    assert reasons(answer) == ["Fill in “Family name”.", "Fill in “Given names”.", "Fill in “Date of birth”."]
    assert 'value="Hearing loop"' in answer.content.decode()
    assert not Patient.objects.exists()


@pytest.mark.parametrize("year", ["1826", "2126"])
def test_a_date_of_birth_that_cannot_be_is_refused(signed_in, pathway, year):
    answer = signed_in.post(OPEN, asked(step="new", **ENTERED | {"born_on_year": year}))

    assert reasons(answer) == ["The date of birth must be in the past, and not before 1900. Check the year."]


def test_a_patient_whom_somebody_entered_meanwhile_is_shown_and_not_doubled(signed_in, pathway):
    signed_in.post(OPEN, asked("9990000018"))
    PatientFactory(nhs_number="9990000018", family_name="Abbott")

    answer = signed_in.post(OPEN, asked("9990000018", step="new", **ENTERED))

    assert "Is this the patient?" in words(answer)
    assert Patient.objects.count() == 1
    assert not Case.objects.exists()


def test_two_patients_with_one_number_are_impossible(caseworker):
    particulars = {"given_name": "Joan", "family_name": "Abbott", "born_on": "1963-05-04"}
    enter_patient(by=caseworker, nhs_number="9990000018", **particulars)

    with pytest.raises(Refused, match="A patient with this NHS number exists already"):
        enter_patient(by=caseworker, nhs_number="9990000018", **particulars)


def test_a_pathway_must_be_chosen_where_there_are_several(signed_in, pathway):
    a_pathway("other")

    assert reasons(signed_in.post(OPEN, asked(pathway=""))) == ["Choose an answer for “Pathway”."]
    assert len(reasons(signed_in.post(OPEN, asked(pathway="nonsense")))) == 1


def test_a_refusal_of_the_operation_is_shown_and_no_patient_is_left_behind(signed_in, pathway, monkeypatch):
    def refuse(*args, **kwargs):
        raise Refused("Review has no active version. Ask your pathway administrator to publish one.")

    monkeypatch.setattr(lifecycle, "open_case", refuse)  # the pathway was retired between two steps

    answer = signed_in.post(OPEN, asked("9990000018", step="new", **ENTERED))

    assert reasons(answer) == ["Review has no active version. Ask your pathway administrator to publish one."]
    assert 'value="Joan"' in answer.content.decode()
    assert not Patient.objects.exists()


def test_a_second_case_on_the_pathway_is_opened_only_when_it_is_meant(signed_in, case):
    known = asked(case.patient.nhs_number, step="known", note="A new fall")
    answer = signed_in.post(OPEN, known)

    assert reasons(answer) == ["Tick “Open another case all the same: it is for something else”."]
    assert "There is an open case already" in words(answer)
    assert "A new fall" in answer.content.decode()
    assert Case.objects.count() == 1

    signed_in.post(OPEN, known | {"although_open": "on"})
    assert Case.objects.filter(patient=case.patient).count() == 2


def test_a_case_that_somebody_opened_meanwhile_is_shown_before_another_is_opened(signed_in, pathway, monkeypatch):
    patient = PatientFactory(nhs_number="9990000018")
    ask = duplicates.open_already
    knew = [duplicates.OpenAlready([], 0)]  # by the page: the case came into being right after it
    monkeypatch.setattr(duplicates, "open_already", lambda *about: knew.pop() if knew else ask(*about))
    case = a_case(pathway, patient=patient)

    answer = signed_in.post(OPEN, asked("9990000018", step="known", note="Referred"))

    assert "This patient has an open case on this pathway already. Say that you want another one." in reasons(answer)
    assert f"{case.reference} , Triage" in words(answer)
    assert "Open another case all the same" in words(answer)
    assert "Referred" in answer.content.decode()
    assert Case.objects.count() == 1


@pytest.fixture
def joan(pathway):
    """A patient without a number, whose case the caseworker may see."""
    born_on = "1963-05-04"
    patient = PatientFactory(family_name="Abbot", given_name="Joan", born_on=born_on, nhs_number=None)
    a_case(pathway, patient=patient)
    return fresh(patient)


def test_before_a_new_patient_is_entered_those_with_a_like_name_are_shown(signed_in, joan):
    look = signed_in.post(OPEN, asked("9990000018", step="new", **ENTERED))

    assert "Is it one of these? ABBOT, Joan born 4 May 1963" in words(look)
    assert reasons(look) == [], "a question, and no mistake"
    assert 'value="Abbott"' in look.content.decode()
    assert Patient.objects.count() == 1

    sent = asked("9990000018", step="new", alike=look.context["alike"].key, **ENTERED)
    assert reasons(signed_in.post(OPEN, sent)) == ["Tick “None of these: enter a new patient”."]
    signed_in.post(OPEN, sent | {"is_new": "on"})
    assert Patient.objects.count() == Case.objects.count() == 2


def test_one_of_them_is_taken_in_place_of_a_new_patient(signed_in, joan):
    chosen = asked("9990000018", chosen=joan.pk, note="Referred by the ward")
    look = signed_in.post(OPEN, chosen)

    assert "Is this the patient? Name ABBOT, Joan NHS number None is known" in words(look)
    assert "You typed the NHS number 999\N{NO-BREAK SPACE}000" in look.content.decode()
    assert "There is an open case already" in words(look)
    assert "Referred by the ward" in look.content.decode()

    signed_in.post(OPEN, chosen | {"step": "known", "although_open": "on"})
    assert joan.cases.count() == 2
    assert Patient.objects.count() == 1


def test_one_who_came_since_is_asked_about_again(signed_in, pathway, joan):
    look = signed_in.post(OPEN, asked(step="new", **ENTERED))
    a_case(pathway, patient=PatientFactory(family_name="Abbott", given_name="Joan"))

    sent = asked(step="new", alike=look.context["alike"].key, is_new="on", **ENTERED)

    assert words(signed_in.post(OPEN, sent)).count("It is this patient") == 2
    assert Patient.objects.count() == 2


def test_of_patients_of_other_teams_it_is_said_only_that_there_are_such(client, joan, stranger):
    a_pathway("imaging", team="imaging")
    client.force_login(stranger)

    look = client.post(OPEN, asked("9990000018", "imaging", step="new", **ENTERED))

    assert "A patient of other teams has a like name and the same date of birth, or the same name." in words(look)
    assert "ABBOT," not in words(look)
    chosen = client.post(OPEN, asked("9990000018", "imaging", chosen=joan.pk))
    assert "Enter the patient" in words(chosen), "not theirs to choose"


def test_a_patient_known_by_a_restricted_case_alone_is_not_given_away(signed_in, pathway):
    hidden = a_restricted_case(a_pathway("safe", team="safeguarding")).patient
    typed = ENTERED | {"family_name": hidden.family_name, "given_name": hidden.given_name}

    signed_in.post(OPEN, asked(step="new", **typed))

    assert Case.objects.count() == 2, "opened without a question"


def test_the_number_of_a_merged_record_leads_to_the_kept_one(signed_in, pathway, case):
    merged = a_case(pathway, patient=PatientFactory(nhs_number="9990000018")).patient
    merging.merge(case.patient, merged, by=a_manager("booking"), reason="Same address")

    look = signed_in.post(OPEN, asked("9990000018"))

    assert "is that of a record that was merged into this one." in words(look)
    assert "There is an open case already" in words(look)
