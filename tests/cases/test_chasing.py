"""Chasers: whom a case waits for, what is asked of them, and whose task that becomes."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from cases import chasing, handoffs, lifecycle, results, to_do
from cases.models import Case, Timer
from cases.refusals import Refused
from tests.factories import (
    MONDAY,
    OrganisationFactory,
    PatientFactory,
    TeamFactory,
    a_case,
    a_draft,
    a_member,
    a_move,
    a_pathway,
    a_restricted_case,
    a_stage,
    publish,
    the_move,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TUESDAY_5PM = chasing.five_on(date(2026, 3, 3))


@pytest.fixture
def caseworker():
    return a_member("booking")


@pytest.fixture
def agency():
    """Social care: a team that nobody signs in for."""
    council = OrganisationFactory(code="council", name="Northshire County Council")
    return TeamFactory(code="social-care", organisation=council, phone="0300 123 4567", email="care@council.example")


@pytest.fixture
def case():
    patient = PatientFactory(given_name="Wilhelmina", family_name="Featherstonehaugh")
    return a_case(patient=patient)


def names(teams):
    return [team.code for team in teams]


def test_the_team_it_is_offered_to_is_waited_for_first_then_those_that_owe_a_task(caseworker, agency):
    case = a_case(a_pathway(handoff="2 days"))
    TeamFactory(code="imaging")
    to_do.add_task(case, "Send the notes", by=caseworker, team=agency)
    assert names(chasing.addressees(case).waited_for) == ["social-care"]

    handoffs.offer(case, the_move(case, "review"), by=caseworker, note="Walks with a frame")

    found = chasing.addressees(case)
    assert names(found.waited_for) == ["clinic", "social-care"]
    assert (names(found.on_pathway), names(found.others)) == ([], ["imaging"])


def test_any_other_team_may_be_asked_those_of_the_pathway_first(case, agency):
    found = chasing.addressees(case)
    assert (found.waited_for, names(found.on_pathway), names(found.others)) == ([], ["clinic"], ["social-care"])
    assert names(found) == ["clinic", "social-care"]


def test_of_a_restricted_case_only_those_may_be_asked_that_have_had_it(caseworker, agency):
    case = a_restricted_case()
    assert names(chasing.addressees(case)) == []
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker)
    assert names(chasing.addressees(Case.objects.get(pk=case.pk))) == ["booking"]


def test_it_says_where_since_when_and_how_late_and_names_no_patient(case, caseworker):
    lifecycle.assign_case(case, caseworker, by=caseworker)
    said = chasing.prepared(case, case.open_entry, MONDAY + 12 * DAY)
    assert said == (
        f"{case} has been in Triage since 2 March 2026, 9am. It is 2 days over its limit of 10.\n\n"
        "Please tell us what holds it up, what will be done, and by when.\n\n"
        "Booking team"
    )
    for secret in ("Wilhelmina", "Featherstonehaugh", case.patient.nhs_number, "1963"):
        assert secret not in said


def test_it_says_what_is_awaited_without_what_anybody_typed(caseworker):
    booking = TeamFactory(code="booking")
    booking.phone, booking.email = "0300 765 4321", "booking@trust.example"
    booking.save()
    with time_machine.travel(MONDAY, tick=False):
        case = a_case(a_pathway(handoff="2 days"))
        results.request_result(case, "Echo of Mrs Jones", caseworker, by=caseworker)
        handoffs.offer(case, the_move(case, "review"), by=caseworker, note="Walks with a frame", at=MONDAY)

    said = chasing.prepared(case, case.open_entry, MONDAY + DAY)

    assert "It is to leave this stage by 12 March 2026, 9am." in said
    assert "It was offered to Clinic team on 2 March 2026, 9am. No answer came, which was wanted by 4 March" in said
    assert "A result that was asked for on 2 March 2026 has not arrived." in said
    assert said.endswith("Booking team, 0300 765 4321, booking@trust.example")
    assert "Jones" not in said
    assert "frame" not in said
    results.request_result(case, "Bloods", caseworker, by=caseworker, at=MONDAY + DAY)
    assert "2 results have not arrived, the first of them asked for on 2 March 2026." in chasing.prepared(
        case, case.open_entry, MONDAY + DAY
    )


def test_the_answer_is_wanted_on_the_next_working_day(case):
    friday, thursday_before_easter = MONDAY + 4 * DAY, MONDAY + 31 * DAY
    assert chasing.proposed_due(case, MONDAY) == date(2026, 3, 3)
    assert chasing.proposed_due(case, friday) == date(2026, 3, 9)
    assert chasing.proposed_due(case, thursday_before_easter) == date(2026, 4, 7)


def test_the_next_working_day_is_one_of_the_stages_calendar(caseworker, case):
    case = lifecycle.move_case(case, the_move(case, "review"), by=caseworker, at=MONDAY)
    assert case.stage_now.calendar_id
    assert chasing.proposed_due(case, MONDAY + 4 * DAY) == date(2026, 3, 9)


def test_a_team_that_works_with_midwatch_is_given_the_task_and_reads_the_case(case, caseworker):
    clinician = a_member("clinic")

    task = chasing.chase(
        case, TeamFactory(code="clinic"), "Where is it?", by=caseworker, due_at=TUESDAY_5PM, at=MONDAY
    )

    assert (task.title, task.text) == ("Answer Booking team: what holds up Triage?", "Where is it?")
    assert (task.team.code, task.owner, task.due_at) == ("clinic", None, TUESDAY_5PM)
    assert Timer.objects.get(kind="task", thing_id=task.pk).fires_at == TUESDAY_5PM
    assert list(Case.objects.visible_to(clinician)) == [case]
    to_do.complete_task(task, by=clinician, outcome="Seen today.")
    assert not Case.objects.visible_to(clinician).exists()


def test_an_agency_without_accounts_is_rung_by_the_sender(case, caseworker, agency):
    task = chasing.chase(case, agency, "Where is it?", by=caseworker, due_at=TUESDAY_5PM, at=MONDAY)

    assert (task.title, task.team.code, task.owner) == (
        "Ring or write to Social care team: Triage",
        "booking",
        caseworker,
    )
    assert task.text == "Social care team: 0300 123 4567, care@council.example\n\nWhere is it?"


def test_who_may_not_ask_and_whom_one_may_not_ask(case, caseworker, agency):
    def ask(team=agency, text="Where is it?", by=caseworker, due_at=TUESDAY_5PM, about=case):
        return chasing.chase(about, team, text, by=by, due_at=due_at, at=MONDAY)

    with pytest.raises(PermissionDenied):
        ask(by=a_member("clinic"))
    for wrong, sentence in [
        ({"text": " "}, "Say what you ask of them."),
        ({"team": TeamFactory(code="booking")}, "This case is with Booking team itself."),
        ({"due_at": MONDAY}, "Choose a date in the future"),
        ({"about": a_restricted_case()}, "Social care team may not know of this case"),
    ]:
        with pytest.raises(Refused, match=sentence):
            ask(**wrong)
    lifecycle.close_case(case, by=caseworker, reason="Moved away")
    with pytest.raises(Refused, match="This case is closed"):
        ask()


def test_a_stage_with_a_very_long_name_still_makes_a_title(caseworker):
    version = a_draft("long")
    first = a_stage(version, "first", name="Awaiting " * 20, is_first=True)
    a_move(first, a_stage(version, "last", kind="final", limit=None))
    case = a_case(publish(version))
    a_member("clinic")
    assert (
        len(chasing.chase(case, TeamFactory(code="clinic"), "?", by=caseworker, due_at=TUESDAY_5PM, at=MONDAY).title)
        == 200
    )
