"""The page of one case: what it tells to whom."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases import detours, handoffs, lifecycle, recording, results, to_do
from cases.models import Case
from cases.watch import escalations, sweep
from tests.cases.web.conftest import RISK_ASSESSMENT
from tests.cases.web.reading import hidden, reasons, title, words
from tests.factories import (
    PatientFactory,
    a_case,
    a_detour_pathway,
    a_draft,
    a_form,
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
def pathway(db):
    """A risk assessment before review; and two detours, of which one is restricted."""
    rules = [(a_detour_pathway(), {}), (a_detour_pathway("safeguarding", team="safeguarding"), {"restricted": True})]
    return a_pathway(requires=RISK_ASSESSMENT, detours=rules)


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
    assert "(12 days) limit 10 days Late 2 days over its limit of 10 (was due" in words(page)
    assert "Booking team, nobody has it" in words(page)
    assert title(page) == f"{late.reference}, Triage \N{EN DASH} Midwatch"


def test_the_stages_of_the_pathway_show_where_the_case_is(signed_in, case):
    line = signed_in.get(case.get_absolute_url()).context["line"]

    assert [(stage.name, stage.state) for stage in line] == [("Triage", "now"), ("Review", "ahead"), ("Done", "ahead")]


def test_a_move_says_what_is_missing_and_leads_to_where_it_is_mended(signed_in, case):
    page = signed_in.get(case.get_absolute_url())

    assert "Move to Review Not yet Complete the Risk assessment first. Fill in the Risk assessment" in words(page)
    assert reverse("form", args=[case.reference, "risk-assessment"]) in page.content.decode()
    assert "Move to Review… What is missing is asked there." in words(page)
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

    said = words(signed_in.get(late.get_absolute_url()))
    assert "Answered: Again by Priya Shah I call Imaging today." in said

    lifecycle.move_case(late, the_move(late, "done"), by=caseworker)
    page = signed_in.get(late.get_absolute_url())
    assert page.context["escalations"] == []
    assert words(page).split("What happened")[1].count("told") == 3


def test_a_hold_says_since_when_why_and_until_when(signed_in, case, caseworker, now):
    lifecycle.hold_case(case, reason="On holiday.", until=now + 9 * DAY, by=caseworker)

    said = words(signed_in.get(case.get_absolute_url()))

    assert "On hold since" in said
    assert "by Priya Shah: On holiday. The clock runs again on" in said
    assert "Resume…" in said
    assert "Put on hold…" not in said


def test_what_happened_tells_each_stay_newest_first(signed_in, case, caseworker):
    recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=caseworker)
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker)

    told = words(signed_in.get(case.get_absolute_url())).split("What happened")[1]

    assert "Review by Priya Shah Move to Review, with Clinic team · here for less than a minute" in told
    assert told.index("Review by Priya Shah") < told.index("Triage by Midwatch Case opened, with Booking team")


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

    pressed = {"owner": caseworker.pk} | hidden(page)
    answer = signed_in.post(reverse("assign", args=[case.reference]), pressed, follow=True)

    assert "Priya Shah has this case now." in words(answer)
    assert "Take this case" not in words(answer)
    assert fresh(case).owner == caseworker


def test_a_way_that_a_decision_hides_is_not_shown_but_the_form_that_decides_it_is(signed_in, caseworker):
    yes = ("answer is", {"form": "risk-assessment", "question": "falls", "answer": "yes"})
    case = a_case(a_pathway(requires=[yes]))
    form = reverse("form", args=[case.reference, "risk-assessment"])

    page = signed_in.get(case.get_absolute_url())
    assert "Move to Review" not in words(page)
    assert "Which other ways lead on depends on what is answered: Fill in the Risk assessment ." in words(page)
    assert f'<a href="{form}">Fill in the Risk assessment</a>' in page.content.decode()

    for answer, is_shown in (("no", False), ("yes", True)):
        recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": answer}, by=caseworker)
        said = words(signed_in.get(case.get_absolute_url()))
        assert ("Move to Review" in said) == is_shown
        assert "Which other ways" not in said


def test_a_hidden_way_that_somebody_asks_for_says_whom_it_is_for(signed_in):
    yes = ("answer is", {"form": "risk-assessment", "question": "falls", "answer": "yes"})
    case = a_case(a_pathway(requires=[yes]))
    address = reverse("move", args=[case.reference, the_move(case, "review").pk])
    sentence = "This way is for cases in which the answer to “Is there a risk of falls?” (Risk assessment) is “yes”."

    assert sentence in words(signed_in.get(address))
    assert reasons(signed_in.post(address, {"seen_entry": case.open_entry.pk})) == [sentence]


def test_facts_kept_on_a_stay_are_told_with_it(signed_in, caseworker):
    version = a_draft()
    form = a_form(version)
    version.facts.create(code="lab", name="Laboratory")
    form.questions.create(code="lab", text="Which?", kind="text", fact="lab", position=3)
    form.questions.create(code="home", text="At home?", kind="yes_no", fact="at-home", position=4)
    a_stage(version, "triage", is_first=True)
    case = a_case(publish(version))
    answers = {"falls": "no", "lab": "Lab B", "home": "yes"}
    recording.complete_form(case, case.version_map.forms["risk-assessment"], answers, by=caseworker)

    told = words(signed_in.get(case.get_absolute_url())).split("What happened")[1]

    assert "Laboratory: Lab B at-home: Yes" in told


def test_a_move_that_waits_for_an_accepted_handoff_leads_to_the_offer(client, db):
    version = a_draft()
    triage = a_stage(version, "triage", is_first=True)
    offer = a_move(triage, a_stage(version, "review", team="clinic", by_handoff=True))
    a_move(triage, a_stage(version, "home"), requires=[("handoff accepted", {})])
    case = a_case(publish(version))
    client.force_login(a_member("booking"))

    page = client.get(case.get_absolute_url())

    link = f'<a href="{reverse("offer", args=[case.reference, offer.pk])}">Offer it: Move to Review</a>'
    assert f"Another team must accept a handoff of this case first. {link}" in page.content.decode()


def test_what_only_time_mends_has_no_link(client, db):
    case = a_case(a_pathway(requires=[("waited at least", {"amount": 400, "unit": "days"})]), at=timezone.now())
    client.force_login(a_member("booking"))

    [lack] = client.get(case.get_absolute_url()).context["moves"][0].missing

    assert lack.sentence.startswith("This case must stay in Triage for at least 400 days")
    assert lack.mends == []


def test_what_happened_is_narrowed_by_links_that_say_how_many_there_are(signed_in, case, caseworker):
    recording.write_note(case, "Rang the family.", by=caseworker)

    said = words(signed_in.get(f"{case.get_absolute_url()}?show=notes")).split("What happened")[1].strip()
    assert said.startswith("All (2) Moves (1) Notes (1)")
    assert "Rang the family." in said
    assert "Case opened" not in said

    page = signed_in.get(f"{case.get_absolute_url()}?show=nonsense")
    assert [item.is_current for item in page.context["timeline"].filters] == [True, False, False]


def test_what_happened_is_cut_until_all_of_it_is_asked_for(signed_in, case, caseworker):
    for number in range(60):
        recording.write_note(case, f"Note {number}.", by=caseworker)

    page = signed_in.get(case.get_absolute_url())
    assert "Show all (11 more)" in words(page)
    assert "Case opened, with" not in words(page)

    narrowed = signed_in.get(f"{case.get_absolute_url()}?show=notes")
    assert "?show=notes&amp;all=1#timeline" in narrowed.content.decode()
    assert "Case opened, with" in words(signed_in.get(f"{case.get_absolute_url()}?all=1"))


def test_no_word_of_a_restricted_detour_is_on_the_page_of_those_who_may_not_see_it(
    signed_in, case, pathway, caseworker
):
    rules = [(a_detour_pathway("safeguarding-lead", team="lead"), {"name": "Concern", "restricted": True})]
    case = a_case(a_pathway("with-concern", detours=rules))
    child = detours.take(case, case.version_map.detour_rules["safeguarding-lead"], by=caseworker, note="A bruise.")

    said = words(signed_in.get(case.get_absolute_url()))
    assert child.reference not in said
    assert "bruise" not in said
    assert "Concern" not in said.split("What happened")[1]
    assert "Detour" not in said

    signed_in.force_login(a_member("lead"))
    assert f"{child.reference}" in words(signed_in.get(child.get_absolute_url()))


def test_people_to_ask_are_the_team_its_owner_and_managers_and_the_teams_before_and_after(
    signed_in, case, caseworker, manager
):
    lifecycle.assign_case(case, caseworker, by=caseworker)

    people = words(signed_in.get(case.get_absolute_url())).split("People to ask")[1].strip()

    assert people.startswith("Booking team has the case now; patients ring this team")
    assert f"Priya Shah, has it: {caseworker.email}" in people
    assert f"Grace Okafor, manager: {manager.email}" in people
    assert "Clinic team has it after “Move to Review”" in people

    lifecycle.move_case(case, the_move(case, "done"), by=caseworker)
    people = words(signed_in.get(case.get_absolute_url())).split("People to ask")[1].strip()
    assert people.startswith("Clinic team had it last")
    assert "Booking team had it in Triage" in people


def test_the_page_costs_the_same_statements_whatever_the_case_holds(signed_in, late, caseworker):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(late.get_absolute_url()).status_code == 200
        return len(captured)

    def add_one_of_each(day):
        at = timezone.now()
        recording.write_note(late, f"Rang on day {day}.", by=caseworker)
        recording.complete_form(late, late.version_map.forms["risk-assessment"], {"falls": "no"}, by=caseworker)
        recording.attach_document(late, f"Letter {day}.pdf", b"%PDF-1.7", by=caseworker)
        result = results.request_result(late, "Echo", caseworker, by=caseworker)
        results.record_arrival(result, "Normal.", by=caseworker)
        results.request_result(late, "Bloods", caseworker, by=caseworker)
        to_do.add_task(late, "Chase the report", by=caseworker, owner=caseworker, due_at=at + DAY)
        to_do.complete_task(to_do.add_task(late, "Ring", by=caseworker), by=caseworker)
        for offer in late.handoffs.filter(status="offered"):
            handoffs.withdraw(offer, by=caseworker, why="Not needed")
        handoffs.offer(late, the_move(late, "review"), by=caseworker, note="Needs a lift.")
        lifecycle.hold_case(late, reason="On holiday", until=at + DAY, by=caseworker)
        lifecycle.resume_case(late, by=caseworker)
        for rule in late.version_map.detour_rules.values():
            detours.take(late, rule, by=caseworker, note="Was not there.")

    add_one_of_each(0)
    statements()  # the map of the pathway is read once per process
    at_first = statements()
    for day in range(1, 5):
        add_one_of_each(day)

    assert statements() == at_first
    assert at_first <= 30


@pytest.mark.parametrize("page", ["form-records", "escalations", "move", "offer", "tasks", "documents"])
def test_a_number_that_no_row_can_have_is_not_found(signed_in, case, page):
    assert signed_in.get(f"{case.get_absolute_url()}{page}/{10**30}/").status_code == 404
