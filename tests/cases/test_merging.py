"""Two records of one patient made one, and taken apart again exactly."""

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import lifecycle, merging, patients
from cases.models import Case, Patient, PatientMerge
from cases.refusals import Refused
from cases.watch import timers
from pathways.models import Pathway
from tests.cases.test_races import at_once
from tests.factories import (
    PatientFactory,
    a_case,
    a_manager,
    a_member,
    a_pathway,
    a_restricted_case,
    fresh,
)

pytestmark = pytest.mark.django_db

WHY = "Same address, same GP"


@pytest.fixture
def manager():
    return a_manager("booking", first_name="Grace", last_name="Okafor")


@pytest.fixture
def pathway():
    return a_pathway()


@pytest.fixture
def kept(pathway):
    return a_case(pathway, patient=PatientFactory(family_name="Abbott", given_name="Joan")).patient


@pytest.fixture
def merged(pathway):
    return a_case(pathway, patient=PatientFactory(family_name="Abbot", given_name="Joan")).patient


def refused(act):
    with pytest.raises(Refused) as refusal:
        act()
    return refusal.value.reasons


def test_the_cases_go_to_the_kept_record_each_with_who_and_why(kept, merged, pathway, manager):
    second = a_case(pathway, patient=merged)
    moved = sorted(merged.cases.values_list("pk", flat=True))

    record = merging.merge(kept, merged, by=manager, reason=WHY)

    assert (kept.cases.count(), merged.cases.count()) == (3, 0)
    assert sorted(record.case_ids) == moved
    assert (fresh(merged).merged_into, record.merged_by, record.reason) == (kept, manager, WHY)
    latest = fresh(second).history.first()
    assert (latest.history_user, latest.history_change_reason) == (
        manager,
        f"Merged with the record of ABBOTT, Joan: {WHY}",
    )
    assert patients.find(merged.nhs_number) == kept
    assert timers.rebuild(check=True) == []


def test_what_the_patient_needs_and_why_they_are_at_risk_is_not_lost(pathway, manager):
    kept = a_case(pathway, patient=PatientFactory(needs="Wheelchair", at_risk="")).patient
    merged = a_case(pathway, patient=PatientFactory(needs="Interpreter", at_risk="Has dementia")).patient

    record = merging.merge(kept, merged, by=manager, reason=WHY)
    assert (fresh(kept).needs, fresh(kept).at_risk) == ("Wheelchair; Interpreter", "Has dementia")

    merging.undo(record, by=manager, why="Two sisters")
    assert (fresh(kept).needs, fresh(kept).at_risk) == ("Wheelchair", "")


def test_undoing_leaves_what_somebody_has_changed_since(pathway, manager):
    kept = a_case(pathway, patient=PatientFactory()).patient
    merged = a_case(pathway, patient=PatientFactory(at_risk="Has dementia")).patient
    record = merging.merge(kept, merged, by=manager, reason=WHY)
    patients.change_patient(kept, by=manager, at_risk="Has dementia, lives alone", reason="Told")

    merging.undo(record, by=manager, why="Two sisters")

    assert fresh(kept).at_risk == "Has dementia, lives alone"


def test_too_many_words_for_one_record_are_refused_and_nothing_is_done(pathway, manager):
    kept = a_case(pathway, patient=PatientFactory(at_risk="a" * 150)).patient
    merged = a_case(pathway, patient=PatientFactory(at_risk="b" * 150)).patient
    assert refused(lambda: merging.merge(kept, merged, by=manager, reason=WHY)) == [
        "Both records say why they are at risk, in too many words for one. Shorten one first."
    ]
    assert (merged.cases.count(), PatientMerge.objects.count()) == (1, 0)


def test_undoing_gives_back_the_cases_and_leaves_those_opened_since(kept, merged, pathway, manager):
    was = {patient: set(patient.cases.all()) for patient in (kept, merged)}
    record = merging.merge(kept, merged, by=manager, reason=WHY)
    since = a_case(pathway, patient=kept)

    undone = merging.undo(record, by=manager, why="Two sisters")

    assert set(merged.cases.all()) == was[merged]
    assert set(kept.cases.all()) == was[kept] | {since}
    assert fresh(merged).merged_into is None
    assert (undone.undone_by, undone.undone_why) == (manager, "Two sisters")
    assert patients.find(merged.nhs_number) == merged
    assert fresh(merged).history.first().history_change_reason == "Taken apart again: Two sisters"


def test_a_detour_taken_since_goes_back_with_its_case(kept, merged, pathway, manager):
    parent = merged.cases.get()
    record = merging.merge(kept, merged, by=manager, reason=WHY)
    child = lifecycle.open_case(a_pathway("dna"), kept, parent=parent, by=manager)

    merging.undo(record, by=manager, why="Two sisters")

    assert fresh(child).patient == merged


def test_a_merge_that_was_undone_can_be_made_again_the_other_way(kept, merged, manager):
    merging.undo(merging.merge(kept, merged, by=manager, reason=WHY), by=manager, why="Wrong way")
    merging.merge(merged, kept, by=manager, reason=WHY)
    assert (merged.cases.count(), kept.cases.count()) == (2, 0)


def test_what_cannot_be_merged_is_refused_in_sentences(kept, merged, pathway, manager):
    third = a_case(pathway, patient=PatientFactory(family_name="Third")).patient
    unnumbered = a_case(pathway, patient=PatientFactory(nhs_number=None)).patient

    def merge(one, other, reason=WHY):
        return refused(lambda: merging.merge(one, other, by=manager, reason=reason))

    assert merge(kept, kept) == ["This is one record already. Choose another one."]
    assert merge(kept, merged, reason=" ") == ["Say how you know that both records are of one person."]
    assert merge(unnumbered, kept) == ["Keep the record that has the NHS number: the other one cannot be found by it."]
    record = merging.merge(kept, merged, by=manager, reason=WHY)
    already = ["The record of ABBOT, Joan was merged into that of ABBOTT, Joan already. Look at that one."]
    assert merge(kept, fresh(merged)) == already
    assert merge(third, fresh(merged)) == already
    assert merge(fresh(merged), third) == already
    assert merge(third, kept) == [
        "Another record was merged into that of ABBOTT, Joan. Keep this one, or take those apart first."
    ]
    merging.merge(kept, third, by=manager, reason=WHY)
    assert refused(lambda: merging.undo(record, by=manager, why="")) == ["Say why the records are taken apart again."]
    merging.undo(record, by=manager, why="Two sisters")
    assert refused(lambda: merging.undo(record, by=manager, why="Two sisters")) == [
        "Grace Okafor has taken these records apart already."
    ]


def test_only_a_manager_who_may_see_a_case_of_each_merges(kept, merged, manager):
    for by, sentence in [
        (a_member("booking"), "Records of patients are merged by a manager"),
        (a_manager("clinic"), "You may not see a case of each of these patients"),
    ]:
        with pytest.raises(PermissionDenied, match=sentence):
            merging.merge(kept, merged, by=by, reason=WHY)
    record = merging.merge(kept, merged, by=manager, reason=WHY)
    for by in (a_member("booking"), a_manager("clinic")):
        with pytest.raises(PermissionDenied):
            merging.undo(record, by=by, why="Two sisters")


def test_a_restricted_case_goes_with_the_others_and_stays_hidden(kept, merged, pathway, manager):
    hidden = a_restricted_case(a_pathway("safe", team="safeguarding"))
    Case.objects.filter(pk=hidden.pk).update(patient=merged)

    merging.merge(kept, merged, by=manager, reason=WHY)

    assert fresh(hidden).patient == kept
    assert not Case.objects.visible_to(manager).filter(pk=hidden.pk).exists()
    assert Case.objects.visible_to(a_member("safeguarding")).get() == hidden


@pytest.mark.django_db(transaction=True)
def test_of_merges_at_once_in_both_directions_one_wins():
    manager, pathway = a_manager("booking"), a_pathway()
    for _ in range(5):
        one, other = (a_case(pathway).patient for _ in range(2))
        outcomes = at_once(
            lambda one=one, other=other: merging.merge(one, other, by=manager, reason=WHY),
            lambda one=one, other=other: merging.merge(other, one, by=manager, reason=WHY),
            lambda one=one, other=other: merging.merge(one, other, by=manager, reason=WHY),
        )
        lost = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert len(lost) == 2
        assert all(isinstance(error, Refused | PermissionDenied) for error in lost), lost
        record = PatientMerge.objects.get(kept__in=[one, other])
        assert record.kept.cases.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_case_that_is_opened_while_records_are_merged_ends_up_with_the_kept_one_or_is_refused():
    manager, pathway = a_manager("booking"), a_pathway()
    for _ in range(5):
        kept, merged = (a_case(pathway).patient for _ in range(2))

        at_once(
            lambda kept=kept, merged=merged: merging.merge(kept, merged, by=manager, reason=WHY),
            lambda merged=merged: lifecycle.open_case(pathway, merged, by=manager),
        )

        assert not merged.cases.exists()


@pytest.mark.django_db(transaction=True)
def test_detours_that_end_while_records_are_merged_and_taken_apart_stop_nobody():
    manager, pathway, detour = a_manager("booking"), a_pathway(), a_pathway("dna")
    kept, merged = (a_case(pathway).patient for _ in range(2))
    parent = merged.cases.get()
    record = None
    for _ in range(6):
        child = lifecycle.open_case(detour, fresh(parent).patient, parent=parent, by=manager)

        outcomes = at_once(
            (lambda record=record: merging.undo(record, by=manager, why="Two sisters"))
            if record
            else (lambda: merging.merge(kept, merged, by=manager, reason=WHY)),
            lambda child=child: lifecycle.close_case(child, by=manager, reason="Came after all"),
        )

        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
        assert fresh(parent).patient == fresh(child).patient == (merged if record else kept)
        record = None if record else PatientMerge.objects.get(undone_at=None)


@settings(max_examples=10)
@given(acts=st.lists(st.tuples(st.sampled_from(["merge", "undo", "open"]), st.integers(0, 3), st.integers(0, 3))))
def test_whatever_is_merged_and_taken_apart_every_case_is_where_it_belongs(acts):
    """Against a model that knows of each case whose it is, and of each merge what it moved."""
    pathway = Pathway.objects.filter(code="law").first() or a_pathway("law")
    manager = a_manager("booking")
    records = [a_case(pathway).patient for _ in range(4)]
    belongs = {case.pk: case.patient_id for record in records for case in record.cases.all()}
    made = []  # the merges that stand, with what each moved
    for act, one, other in acts:
        first, second = fresh(records[one]), fresh(records[other])
        if act == "open" and first.merged_into is None:
            belongs[lifecycle.open_case(pathway, first, by=manager).pk] = first.pk
        elif act == "merge":
            moved = [pk for pk, owner in belongs.items() if owner == second.pk]
            try:
                made.append((merging.merge(first, second, by=manager, reason=WHY), moved))
            except Refused:
                continue
            belongs |= dict.fromkeys(moved, first.pk)
        elif act == "undo" and made:
            record, moved = made.pop(one % len(made))
            merging.undo(record, by=manager, why="Two people")
            belongs |= dict.fromkeys(moved, record.merged_id)
    found = Case.objects.filter(pk__in=belongs)
    assert dict(found.values_list("pk", "patient")) == belongs
    given_up = {record.merged_id for record, _ in made}
    assert (
        set(
            Patient.objects.filter(merged_into__isnull=False, pk__in=[r.pk for r in records]).values_list(
                "pk", flat=True
            )
        )
        == given_up
    )
