"""The page of a patient: who sees it, what is changed on it, records merged and taken apart."""

import pytest
from django.urls import reverse

from cases import merging, patients
from cases.models import Case, PatientMerge
from tests.cases.web.reading import reasons, words
from tests.factories import PatientFactory, a_case, a_manager, a_pathway, a_restricted_case, fresh


@pytest.fixture
def patient(case):
    return case.patient


@pytest.fixture
def other(pathway):
    born_on = "1963-05-04"
    return a_case(pathway, patient=PatientFactory(family_name="Pacient", given_name="Test", born_on=born_on)).patient


def page(patient, name="patient", *more):
    return reverse(name, args=[patient.pk, *more])


def typed(patient, **changes):
    return {
        "family_name": patient.family_name,
        "given_name": patient.given_name,
        "born_on_day": patient.born_on.day,
        "born_on_month": patient.born_on.month,
        "born_on_year": patient.born_on.year,
        "nhs_number": patient.nhs_number or "",
        "needs": patient.needs,
        "at_risk": patient.at_risk,
        "reason": "As her daughter told us",
        "seen": patients.seen_now(patient),
        **changes,
    }


def test_the_case_leads_to_the_patient_and_says_why_they_are_at_risk(signed_in, case, patient, caseworker):
    patients.change_patient(patient, by=caseworker, at_risk="Has dementia", needs="Interpreter", reason="Told")

    shown = signed_in.get(case.get_absolute_url())

    assert "At risk: Has dementia" in words(shown)
    assert "Interpreter" in words(shown)
    assert f'href="{page(patient)}"' in shown.content.decode()
    said = words(signed_in.get(page(patient)))
    assert "At risk Has dementia" in said
    assert "Told what they need: nothing, now Interpreter why they are at risk: nothing, now Has dementia" in said
    assert f"{case} , Review Triage, with Booking team" in said


@pytest.mark.parametrize(
    ("who", "statuses"),
    [
        ("stranger", [404, 404, 404]),
        ("inspector", [200, 403, 403]),
        ("caseworker", [200, 200, 403]),
        ("manager", [200, 200, 200]),
    ],
)
def test_a_patient_is_found_by_those_alone_who_see_a_case_of_theirs(client, patient, who, statuses, request):
    client.force_login(request.getfixturevalue(who))
    for name, status in zip(("patient", "change_patient", "merge_patients"), statuses, strict=True):
        assert client.get(page(patient, name)).status_code == status


def test_a_record_that_was_brought_in_from_elsewhere_has_a_page_too(signed_in, patient):
    patient.history.all().delete()
    assert "Nothing was changed since the record was brought in." in words(signed_in.get(page(patient)))
    assert signed_in.post(page(patient, "change_patient"), typed(patient, needs="Interpreter")).status_code == 302


def test_cases_that_the_reader_may_not_see_are_not_named(signed_in, patient):
    hidden = a_restricted_case(a_pathway("safe", team="safeguarding"))
    Case.objects.filter(pk=hidden.pk).update(patient=patient)
    assert hidden.reference not in words(signed_in.get(page(patient)))


def test_what_is_known_is_changed_with_a_reason(signed_in, patient, caseworker):
    address = page(patient, "change_patient")
    assert f'href="{address}"' in signed_in.get(page(patient)).content.decode()
    assert reasons(signed_in.post(address, typed(patient, reason=""))) == ["Fill in “Why is it changed?”."]

    answer = signed_in.post(address, typed(patient, at_risk="Lives alone", nhs_number="999 000 0018"), follow=True)

    assert "Saved what is known of PATIENT, Test." in words(answer)
    changed = fresh(patient)
    assert (changed.at_risk, changed.nhs_number) == ("Lives alone", "9990000018")
    assert changed.history.first().history_user == caseworker


def test_a_page_that_is_out_of_date_says_who_changed_what_and_keeps_what_was_typed(signed_in, patient, manager):
    sent = typed(patient, needs="Interpreter (Polish)")
    patients.change_patient(patient, by=manager, at_risk="Lives alone", reason="Told by the ward")

    answer = signed_in.post(page(patient, "change_patient"), sent)

    assert reasons(answer) == [
        "Grace Okafor has changed “why they are at risk” since you opened this page: “Told by the ward”. "
        "Look at it again. What you typed is kept."
    ]
    assert "Interpreter (Polish)" in answer.content.decode()
    assert "As it is recorded now" in words(answer)
    assert "At risk Lives alone" in words(answer)
    assert 'value="Lives alone"' in answer.content.decode(), "sent again, it must not be lost"
    shown = answer.context["form"].initial
    again = sent | {"seen": answer.context["seen"], "at_risk": shown["at_risk"], "needs": shown["needs"]}
    assert signed_in.post(page(patient, "change_patient"), again).status_code == 302
    assert (fresh(patient).at_risk, fresh(patient).needs) == ("Lives alone", "Interpreter (Polish)")


def test_a_number_of_another_patient_leads_a_manager_to_merging(client, patient, other, caseworker, manager):
    sent = typed(patient, nhs_number=other.nhs_number)
    for who, leads in ((caseworker, False), (manager, True)):
        client.force_login(who)
        answer = client.post(page(patient, "change_patient"), sent)
        assert reasons(answer) == [patients.TAKEN]
        assert (page(patient, "merge_patients") in answer.content.decode()) is leads


def test_the_other_record_is_found_by_number_or_by_name_and_compared(client, patient, other, manager):
    client.force_login(manager)
    address = page(patient, "merge_patients")
    assert reasons(client.post(address, {})) == ["Fill in the NHS number, or the whole name and the date of birth."]
    assert len(reasons(client.post(address, {"nhs_number": "123"}))) == 1
    assert "No other record was found." in words(client.post(address, {"nhs_number": patient.nhs_number}))

    by_number = client.post(address, {"nhs_number": other.nhs_number})
    assert "Found PACIENT, Test" in words(by_number)
    name = {"family_name": "Patient", "given_name": "Test", "born_on_day": 4, "born_on_month": 5}
    assert "Found PACIENT, Test" in words(client.post(address, name | {"born_on_year": 1963}))

    look = words(client.post(address, {"other": other.pk}))
    assert "The two records side by side What is known PATIENT, Test PACIENT, Test" in look
    assert "The two records differ in NHS number." in look
    assert other.cases.get().reference in look
    assert PatientMerge.objects.count() == 0


def test_of_a_record_that_a_manager_may_not_see_it_is_said_only_that_it_is_there(client, patient, manager):
    hidden = a_case(a_pathway("far", team="imaging")).patient
    client.force_login(manager)
    address = page(patient, "merge_patients")

    found = client.post(address, {"nhs_number": hidden.nhs_number})

    assert "There is a record of which you may see no case." in words(found)
    assert str(hidden.nhs_number)[:3] + "\N{NO-BREAK SPACE}" not in words(found)
    assert "Find the other record" in words(client.post(address, {"other": hidden.pk}))


def test_records_are_merged_with_a_reason_and_the_kept_one_is_chosen(client, patient, other, manager):
    client.force_login(manager)
    sent = {"step": "merge", "other": other.pk, "keep": other.pk, "reason": "Same address"}
    assert reasons(client.post(page(patient, "merge_patients"), sent | {"reason": ""})) == [
        "Fill in “How do you know that both are one person?”."
    ]

    answer = client.post(page(patient, "merge_patients"), sent, follow=True)

    assert "Merged. All cases are with the record of PACIENT, Test." in words(answer)
    assert "merged into this record by Grace Okafor" in words(answer)
    assert fresh(patient).merged_into == other
    assert client.get(page(patient)).url == page(other), "the merged record leads to the kept one"


def test_what_cannot_be_merged_is_said_and_nothing_typed_is_lost(client, pathway, patient, manager):
    unnumbered = a_case(pathway, patient=PatientFactory(nhs_number=None)).patient
    client.force_login(manager)
    sent = {"step": "merge", "other": unnumbered.pk, "keep": unnumbered.pk, "reason": "Same address"}

    answer = client.post(page(patient, "merge_patients"), sent)

    assert reasons(answer) == ["Keep the record that has the NHS number: the other one cannot be found by it."]
    assert "Same address" in answer.content.decode()


def test_a_merge_is_taken_apart_with_a_reason(client, patient, other, manager):
    record = merging.merge(patient, other, by=manager, reason="Same address")
    case = patient.cases.get(pk__in=record.case_ids)
    client.force_login(manager)
    address = page(patient, "undo_merge", record.pk)
    assert f'href="{address}"' in client.get(page(patient)).content.decode()
    assert case.reference in words(client.get(address))
    assert reasons(client.post(address, {})) == ["Fill in “Why are they taken apart again?”."]

    answer = client.post(address, {"why": "Twins"}, follow=True)

    assert "Taken apart again: the cases of PACIENT, Test are with that record." in words(answer)
    assert "taken apart by Grace Okafor" in words(answer)
    assert fresh(case).patient == other
    assert reasons(client.post(address, {"why": "Twins"})) == ["Grace Okafor has taken these records apart already."]


def test_a_caseworker_merges_nothing(signed_in, patient, other):
    record = merging.merge(patient, other, by=a_manager("booking"), reason="Same address")

    assert "Merge with another record" not in words(signed_in.get(page(patient)))
    for address in (page(patient, "merge_patients"), page(patient, "undo_merge", record.pk)):
        assert signed_in.get(address).status_code == 403
        assert signed_in.post(address, {"why": "x"}).status_code == 403


def test_nothing_about_a_person_stands_in_an_address(client, patient, other, manager):
    client.force_login(manager)
    found = client.post(page(patient, "merge_patients"), {"nhs_number": other.nhs_number})
    assert 'method="get"' not in found.content.decode()
    assert found.request["QUERY_STRING"] == ""
