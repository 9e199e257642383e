"""Giving many cases away on the pages: ticked or all of a list, to whom, a look at it, and what became of each."""

import pytest
from django.utils import timezone

from cases import bulk, lifecycle, to_do
from tests.cases.web.reading import reasons, words
from tests.factories import a_case, a_member, fresh


@pytest.fixture
def leaver(db):
    return a_member("booking", first_name="Sam", last_name="Leaver")


@pytest.fixture
def theirs(pathway, leaver):
    return [lifecycle.assign_case(a_case(pathway, at=timezone.now()), leaver, by=leaver) for _ in range(3)]


@pytest.fixture
def others(pathway):
    return a_case(pathway, at=timezone.now())


def give(client, **sent):
    return client.post("/cases/give/", sent)


def test_ticked_cases_are_given_after_a_look_at_them(signed_in, theirs, others, leaver, manager):
    first = give(signed_in, list="late=late", case=[case.reference for case in theirs[:2]])
    assert "Give 2 cases to somebody" in words(first)
    assert "Grace Okafor" in words(first)

    chosen = first.context["chosen"]
    second = give(signed_in, chosen=chosen, step="person", person=manager.pk, note="Sam has left", with_tasks="on")
    assert "Give 2 cases to Grace Okafor?" in words(second)
    assert "Sam Leaver has it now." in words(second)
    for case in theirs[:2]:
        assert f"{case.reference} {case.patient} {case.stage_name}, {case.team}" in words(second)
    assert fresh(theirs[0]).owner == leaver, "nothing is done before it is confirmed"

    third = give(signed_in, chosen=chosen, step="do", person=manager.pk, note="Sam has left", with_tasks="on")
    assert "2 cases given to Grace Okafor" in words(third)
    assert [fresh(case).owner for case in theirs] == [manager, manager, leaver]
    assert fresh(others).owner is None


def test_all_of_a_list_are_chosen_by_its_choices(signed_in, theirs, others, leaver):
    page = give(signed_in, list=f"owner={leaver.pk}", all="on")

    assert sorted(page.context["chosen"]) == [f"{case.reference}~{leaver.pk}" for case in theirs]


def test_sent_twice_it_is_done_once_and_says_so(signed_in, theirs, manager, leaver):
    sent = {"chosen": [f"{case.reference}~{leaver.pk}" for case in theirs], "step": "do", "person": manager.pk}
    give(signed_in, **sent)

    again = give(signed_in, **sent)

    assert words(again).count("Grace Okafor has it already.") == 3
    assert fresh(theirs[0]).history.filter(owner=manager).count() == 1


def test_what_is_skipped_stands_first_with_its_reason(signed_in, theirs, manager, leaver, clinician):
    lifecycle.close_case(theirs[0], reason="Moved away", by=leaver)
    lifecycle.assign_case(theirs[1], None, by=leaver)
    sent = {"chosen": [f"{case.reference}~{leaver.pk}" for case in theirs], "person": manager.pk}

    look = words(give(signed_in, **sent, step="person"))
    done = words(give(signed_in, **sent, step="do"))

    assert f"Give 1 case to Grace Okafor? These are skipped Case What became of it Case {theirs[0].reference}" in look
    who = f"{theirs[0].patient} {theirs[0].stage_name}, {theirs[0].team}"
    assert "1 case given to Grace Okafor, 2 skipped" in done
    assert f"{theirs[0].reference} {who} Skipped This case is closed. Reopen it first." in done
    assert "Skipped Somebody was quicker: nobody has it now. Look at it again." in done


def test_a_case_one_may_not_see_is_not_even_named_as_closed(client, theirs, stranger):
    client.force_login(stranger)

    page = give(client, chosen=[f"{theirs[0].reference}~nobody"], step="do", person="@nobody")

    assert "There is no such case among those you may see." in words(page)
    assert str(theirs[0].patient) not in words(page)
    assert give(client, case=[theirs[0].reference]).context["chosen"] == []


@pytest.mark.parametrize("sent", [{}, {"case": ["\0", "nonsense"]}, {"chosen": ["x~1~2", "MW~x"]}])
def test_nothing_ticked_is_answered_with_what_to_do(signed_in, pathway, sent):
    page = give(signed_in, **sent)

    assert reasons(page) == ["Tick the cases that you want to give to somebody, on the list."]


@pytest.mark.parametrize("person", ["", "0", "nonsense"])
def test_a_person_must_be_chosen_and_the_cases_stay_chosen(signed_in, theirs, person):
    page = give(signed_in, chosen=[f"{theirs[0].reference}~nobody"], step="do", person=person)

    assert reasons(page) == ["Choose a person."]
    assert page.context["chosen"] == [f"{theirs[0].reference}~nobody"]


def test_too_many_at_once_are_refused(signed_in, pathway, monkeypatch):
    monkeypatch.setattr(bulk, "MOST", 1)

    page = give(signed_in, chosen=["MW-2026-000001~1", "MW-2026-000002~1"], step="do", person="@nobody")

    assert reasons(page) == ["Choose at most 1 cases at once."]


def test_what_stays_behind_is_said_beside_its_case(signed_in, theirs, leaver, manager, clinician):
    clinic = clinician.memberships.get().team
    leaver.memberships.create(team=clinic)
    to_do.add_task(theirs[0], "Ring the clinic", team=clinic, owner=leaver, by=leaver)

    page = give(
        signed_in, chosen=[f"{theirs[0].reference}~{leaver.pk}"], step="do", person=manager.pk, with_tasks="on"
    )

    assert "Task “Ring the clinic”: Grace Okafor is not in Clinic team." in words(page)


def test_the_page_is_reached_from_a_list_alone(signed_in, pathway):
    assert signed_in.get("/cases/give/").url == "/cases/"
