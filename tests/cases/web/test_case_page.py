"""The page of one case: what it tells to whom."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases import lifecycle, recording
from cases.models import Case
from cases.watch import escalations, sweep
from tests.cases.web.reading import title, words
from tests.factories import (
    PatientFactory,
    a_case,
    a_draft,
    a_member,
    a_move,
    a_pathway,
    a_stage,
    fresh,
    publish,
    the_move,
)

DAY = timedelta(days=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def late(pathway, manager, now):
    """A case 2 days over its limit of 10, with its escalations raised."""
    patient = PatientFactory(family_name="Abbott", nhs_number="9990000018", needs="Needs an interpreter (Polish)")
    case = a_case(pathway, at=now - 12.5 * DAY, patient=patient)
    sweep.run(now)
    return case


def test_it_says_who_where_how_long_and_how_late(signed_in, late):
    page = signed_in.get(late.get_absolute_url())

    assert f"{late.reference} · Review ABBOTT, Test" in words(page)
    assert "NHS number 999\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}0018" in page.content.decode()
    assert "Needs an interpreter (Polish)" in words(page)
    assert "(12 days) limit 10 days Late 2 days over its limit of 10 days (was due" in words(page)
    assert "Booking team, nobody has it" in words(page)
    assert title(page) == f"{late.reference}, Triage \N{EN DASH} Midwatch"


def test_the_stages_of_the_pathway_show_where_the_case_is(signed_in, case):
    line = signed_in.get(case.get_absolute_url()).context["line"]

    assert [(stage.name, stage.state) for stage in line] == [("Triage", "now"), ("Review", "ahead"), ("Done", "ahead")]


def test_a_move_says_what_is_missing_and_leads_to_where_it_is_mended(signed_in, case):
    page = signed_in.get(case.get_absolute_url())

    assert "Move to Review Not yet Complete the Risk assessment first. Fill in the Risk assessment" in words(page)
    assert reverse("form", args=[case.reference, "risk-assessment"]) in page.content.decode()
    assert reverse("move", args=[case.reference, the_move(case, "review").pk]) not in page.content.decode()
    assert reverse("move", args=[case.reference, the_move(case, "done").pk]) in page.content.decode()


def test_a_missing_note_leads_to_writing_one(client, db):
    case = a_case(a_pathway(requires=[("note written", {})]))
    client.force_login(a_member("booking"))

    page = client.get(case.get_absolute_url())

    assert f'<a href="{reverse("note", args=[case.reference])}">Write a note</a>' in page.content.decode()


def test_a_move_of_another_role_says_who_makes_it(signed_in):
    version = a_draft()
    move = a_move(a_stage(version, "triage", is_first=True), a_stage(version, "review"), roles=["manager"])
    case = a_case(publish(version))

    page = signed_in.get(case.get_absolute_url())

    assert "You cannot make this move. It is made by a manager of Booking team." in words(page)
    assert reverse("move", args=[case.reference, move.pk]) not in page.content.decode()


def test_an_escalation_says_who_was_told_and_asks_for_an_answer(signed_in, late):
    page = signed_in.get(late.get_absolute_url())

    said = words(page)
    assert "Again Not answered Level 3, in Triage:" in said
    assert "Told Grace Okafor." in said
    assert "Warn Not answered" in said
    assert "a higher level was reached at the same time" in said


def test_an_answered_escalation_shows_the_answer_and_an_old_one_is_over(signed_in, late, caseworker):
    escalations.acknowledge(late.escalations.first(), by=caseworker, answer="I call Imaging today.")

    assert "Priya Shah answered today" in words(signed_in.get(late.get_absolute_url()))
    assert "“I call Imaging today.”" in words(signed_in.get(late.get_absolute_url()))

    lifecycle.move_case(late, the_move(late, "done"), by=caseworker)
    said = words(signed_in.get(late.get_absolute_url()))
    assert said.count("the case has gone on.") == 3
    assert "Not answered" not in said


def test_a_hold_says_since_when_why_and_until_when(signed_in, case, caseworker, now):
    lifecycle.hold_case(case, reason="On holiday.", until=now + 9 * DAY, by=caseworker)

    said = words(signed_in.get(case.get_absolute_url()))

    assert "On hold since" in said
    assert "by Priya Shah: On holiday. The clock runs again on" in said
    assert "Resume…" in said
    assert "Put on hold…" not in said


def test_the_journey_tells_each_stay_newest_first(signed_in, case, caseworker):
    recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=caseworker)
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker)

    journey = words(signed_in.get(case.get_absolute_url())).split("Journey so far")[1]

    assert journey.index("Review , less than a minute so far") < journey.index("Triage ,")
    assert "Move to Review, by Priya Shah" in journey
    assert "Case opened, by Midwatch" in journey


def test_forms_and_notes_are_there_to_read_and_to_write(signed_in, case, caseworker):
    assert "Risk assessment Not filled in Fill it in" in words(signed_in.get(case.get_absolute_url()))

    recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=caseworker)
    recording.write_note(case, "Rang the family.\n<b>They</b> agree.", by=caseworker)

    said = signed_in.get(case.get_absolute_url())
    assert "Risk assessment Done Fill it in again" in words(said)
    assert "&lt;b&gt;They&lt;/b&gt; agree." in said.content.decode()


def test_a_closed_case_offers_nothing_but_reopening_to_a_manager(client, case, caseworker, manager):
    lifecycle.close_case(case, reason="Moved away", by=caseworker)

    client.force_login(caseworker)
    said = words(client.get(case.get_absolute_url()))
    assert "Triage Closed Closed" in said
    assert "A manager of Booking team can reopen it." in said
    assert "Reopen…" not in said
    assert "Give to…" not in said

    client.force_login(manager)
    assert "Reopen…" in words(client.get(case.get_absolute_url()))


def test_a_child_case_is_named_and_told_only_to_those_who_may_see_it(signed_in, case, pathway):
    seen = a_case(pathway, parent=case)
    unseen = a_case(a_pathway("safeguarding", team="safeguarding"), parent=case)

    page = signed_in.get(case.get_absolute_url())

    assert f'<a href="{seen.get_absolute_url()}">' in page.content.decode()
    assert unseen.get_absolute_url() not in page.content.decode()
    assert f"{unseen.reference} with a team you are not in" in words(page)


def test_a_case_of_a_log_is_shown_without_a_patient(signed_in, case):
    Case.objects.filter(pk=case.pk).update(patient=None, log_id="visit 17")

    said = words(signed_in.get(case.get_absolute_url()))

    assert "visit 17" in said
    assert "A case of a log, without a patient" in said


def test_taking_a_case_is_one_press(signed_in, case, caseworker):
    page = signed_in.get(case.get_absolute_url())
    assert "Take this case" in words(page)

    answer = signed_in.post(reverse("assign", args=[case.reference]), {"owner": caseworker.pk}, follow=True)

    assert "Priya Shah has this case now." in words(answer)
    assert "Take this case" not in words(answer)
    assert fresh(case).owner == caseworker


def test_the_page_costs_the_same_statements_however_long_the_journey_is(signed_in, late, caseworker):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(late.get_absolute_url()).status_code == 200
        return len(captured)

    recording.write_note(late, "Rang the family.", by=caseworker)
    recording.complete_form(late, late.version_map.forms["risk-assessment"], {"falls": "no"}, by=caseworker)
    statements()  # the map of the pathway is read once per process
    at_first = statements()
    for day in range(5):
        recording.write_note(late, f"Rang again on day {day}.", by=caseworker)
        lifecycle.hold_case(late, reason="On holiday", until=timezone.now() + DAY, by=caseworker)
        lifecycle.resume_case(late, by=caseworker)
        a_case(late.version_map.pathway, parent=late)

    assert statements() == at_first
    assert at_first <= 22


@pytest.mark.parametrize("page", ["form-records", "escalations", "move"])
def test_a_number_that_no_row_can_have_is_not_found(signed_in, case, page):
    assert signed_in.get(f"{case.get_absolute_url()}{page}/{10**30}/").status_code == 404
