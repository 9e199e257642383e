"""Moving a case: what the page says before, what it does, and how it refuses."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cases import handoffs, lifecycle, recording
from pathways.models import Pathway
from tests.cases.web.conftest import RISK_ASSESSMENT
from tests.cases.web.reading import reasons, words
from tests.factories import MONDAY, a_case, a_member, a_pathway, fresh, the_move


@pytest.fixture
def ready(case, caseworker):
    """The case with its risk assessment done today."""
    recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=caseworker)
    return case


def address(case, target):
    return reverse("move", args=[case.reference, the_move(case, target).pk])


def test_the_page_says_what_the_move_would_do(signed_in, ready, caseworker):
    lifecycle.assign_case(ready, caseworker, by=caseworker)
    lifecycle.hold_case(ready, reason="On holiday", until=timezone.now() + timedelta(days=9), by=caseworker)

    said = words(signed_in.get(address(ready, "review")))

    assert "It makes Clinic team responsible, after Booking team." in said
    assert "It starts a limit of 5 working days: due on" in said
    assert "It ends the hold." in said
    assert "Priya Shah no longer has the case; somebody of Clinic team takes it." in said


def test_the_due_time_is_reckoned_as_of_now_with_the_calendar_of_the_next_stage(client, pathway, caseworker):
    case = a_case(pathway, at=MONDAY)
    thursday_before_easter = datetime(2026, 4, 2, 10, tzinfo=UTC)
    with time_machine.travel(thursday_before_easter, tick=False):
        recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=caseworker)
        client.force_login(caseworker)
        said = words(client.get(address(case, "review")))

    assert "due on 13 April 2026, 11am" in said  # Good Friday and Easter Monday are not working days


def test_the_last_stage_says_that_it_closes_the_case(signed_in, case):
    assert "It closes the case: Done is the end of this pathway." in words(signed_in.get(address(case, "done")))


def test_a_move_is_made_and_told_in_words(signed_in, ready):
    answer = signed_in.post(
        address(ready, "review"), {"note": "Family agrees", "seen_entry": ready.open_entry.pk}, follow=True
    )

    assert answer.redirect_chain == [(ready.get_absolute_url(), 302)]
    assert "Moved to Review, which is with Clinic team. It is due on" in words(answer)
    assert fresh(ready).stage == "review"
    assert ready.history.first().history_change_reason == "Family agrees"


def test_a_move_to_the_end_says_that_the_case_is_closed(signed_in, case):
    answer = signed_in.post(address(case, "done"), {"seen_entry": case.open_entry.pk}, follow=True)

    assert "Moved to Done. The case is closed." in words(answer)
    assert fresh(case).status == "closed"


def test_what_must_be_seen_to_elsewhere_is_shown_with_its_link_and_no_button(signed_in, caseworker):
    case = a_case(a_pathway(requires=[("document attached", {}), *RISK_ASSESSMENT]))

    page = signed_in.get(address(case, "review"))

    assert "This move is not possible yet. Attach a document first. Attach a document Complete the Risk" in words(page)
    assert "<button" not in page.content.decode().split("<main")[1]


def test_a_move_that_somebody_made_before_is_refused_with_their_name(signed_in, ready, manager):
    page, seen = address(ready, "review"), ready.open_entry.pk
    lifecycle.move_case(ready, the_move(ready, "review"), by=manager)

    answer = signed_in.post(page, {"note": "Family agrees", "seen_entry": seen})

    assert reasons(answer)[0].startswith("Grace Okafor moved this case to Review at ")
    assert "“Move to Review” is not possible from Review. Look at the case again." in words(answer)
    assert "Family agrees" in answer.content.decode()
    assert ready.entries.count() == 2


def test_a_page_of_a_move_that_is_no_longer_possible_says_so(signed_in, ready, manager):
    page = address(ready, "review")
    lifecycle.move_case(ready, the_move(ready, "review"), by=manager)

    assert "is not possible from Review" in words(signed_in.get(page))


def test_a_move_of_another_team_is_refused_with_the_sentence_that_says_who_makes_it(client, ready, caseworker):
    lifecycle.move_case(ready, the_move(ready, "review"), by=caseworker)
    client.force_login(caseworker)

    page = client.get(address(ready, "done"))
    assert "You cannot make this move. It is made by a caseworker or manager of Clinic team." in words(page)
    assert "<button" not in page.content.decode().split("<main")[1]

    answer = client.post(address(ready, "done"), {"seen_entry": ready.open_entry.pk})
    assert answer.status_code == 403
    assert "You cannot make this move." in words(answer)
    assert fresh(ready).stage == "review"


def test_a_move_of_another_pathway_is_not_found(signed_in, case):
    assert signed_in.get(reverse("move", args=[case.reference, 0])).status_code == 404


LAB = {"code": "lab", "name": "Lab", "question": "Which lab?", "choices": ["North", "South"], "stages": ["review"]}
BY_MANAGER = [("form completed", {"form": "risk-assessment"}, "manager")]
FALLS = "form.risk-assessment.falls"


def send(client, case, target="review", **typed):
    typed = {"seen_entry": fresh(case).open_entry.pk, "seen_until": seen_until(client, case, target)} | typed
    return client.post(address(case, target), {key.replace("__", "."): value for key, value in typed.items()})


def seen_until(client, case, target):
    shown = client.get(address(case, target)).content.decode()
    return shown.split('name="seen_until" value="')[1].split('"')[0] if "seen_until" in shown else ""


def test_its_title_says_who_is_moved_and_where_to(signed_in, case):
    assert "Move Test Patient to Review" in words(signed_in.get(address(case, "review")))


def test_it_says_who_keeps_the_case_which_tasks_are_made_and_who_is_told_when(signed_in, caseworker, manager):
    case = a_case(
        a_pathway(tasks=[{"code": "ring", "title": "Ring the patient", "limit_amount": 2, "limit_unit": "days"}])
    )
    a_member("clinic")
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker)
    in_the_clinic = a_member("clinic")
    signed_in.force_login(in_the_clinic)

    said = words(signed_in.get(address(case, "triage")))

    assert "It makes a task for Booking team: Ring the patient, by" in said
    assert "Nobody is sent an e-mail now. If the case is still there on" in said
    assert "the first to be told: Grace Okafor (Warn)." in said


def test_it_names_the_lead_where_the_first_rung_or_nobody_else_is_told(signed_in, case, manager):
    Pathway.objects.update(lead=manager)
    assert "the first to be told: Grace Okafor (Warn)." in words(signed_in.get(address(case, "review")))


def test_it_says_so_when_there_is_nobody_to_tell(signed_in, case):
    assert "there is nobody to tell (Warn)." in words(signed_in.get(address(case, "review")))


def test_facts_about_the_next_stay_are_asked_and_kept_on_it(signed_in, caseworker):
    case = a_case(a_pathway(facts=[LAB]))
    assert "Which lab? (optional) North South" in words(signed_in.get(address(case, "review")))
    assert "Which lab?" not in words(signed_in.get(address(case, "done")))

    answer = send(signed_in, case, fact__lab="Nowhere")
    assert len(reasons(answer)) == 1
    assert send(signed_in, case, fact__lab="South").status_code == 302

    triage, review = case.entries.all()
    assert (triage.facts, review.facts) == ({}, {"lab": "South"})


def test_a_fact_may_be_left_out(signed_in):
    case = a_case(a_pathway(facts=[LAB]))
    assert send(signed_in, case).status_code == 302
    assert case.open_entry.facts == {}


def test_a_missing_form_is_filled_in_on_the_page_and_saved_with_the_move(signed_in, case, caseworker):
    said = words(signed_in.get(address(case, "review")))
    assert "Risk assessment Complete the Risk assessment first. Is there a risk of falls?" in said

    assert send(signed_in, case, **{FALLS: "yes"}).status_code == 302

    record = case.form_records.get()
    assert (fresh(case).stage, record.completed_by) == ("review", caseworker)
    assert record.answers[0]["answer"] == "yes"


def test_all_errors_are_shown_at_once_and_nothing_typed_is_lost(signed_in):
    case = a_case(a_pathway(requires=[*RISK_ASSESSMENT, ("note written", {})], facts=[LAB]))

    answer = send(signed_in, case, fact__lab="South", **{"form.risk-assessment.notes": "Walks with a frame"})

    assert reasons(answer) == ["Answer “Is there a risk of falls?”.", "Write a note: this move requires one."]
    page = answer.content.decode()
    assert "Walks with a frame" in page
    assert 'value="South" id="id_fact.lab_1" checked' in page
    assert not case.form_records.exists()


def test_a_form_that_is_too_old_is_filled_in_anew_on_the_page(signed_in, case, caseworker):
    form = case.version_map.forms["risk-assessment"]
    recording.complete_form(case, form, {"falls": "no"}, by=caseworker, at=timezone.now() - timedelta(days=40))
    assert "The Risk assessment is 40 days old. Complete a new one" in words(signed_in.get(address(case, "review")))

    assert send(signed_in, case, **{FALLS: "yes"}).status_code == 302
    assert case.form_records.count() == 2


def test_a_move_that_is_refused_after_all_keeps_no_form_but_everything_that_was_typed(signed_in, case, manager):
    seen = seen_until(signed_in, case, "review")
    recording.write_note(case, "The family declines.", by=manager)

    answer = send(signed_in, case, seen_until=seen, note="Go on", **{FALLS: "yes"})

    assert reasons(answer)[0].startswith("Grace Okafor wrote a note at")
    assert not case.form_records.exists()
    assert 'value="yes" id="id_form.risk-assessment.falls_0" checked' in answer.content.decode()
    assert "Go on" in answer.content.decode()


def test_what_was_typed_into_a_form_stays_when_somebody_else_has_completed_it_meanwhile(signed_in, case, manager):
    seen = seen_until(signed_in, case, "review")
    recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=manager)

    answer = send(signed_in, case, seen_until=seen, **{FALLS: "yes", "form.risk-assessment.notes": "Two falls"})

    assert reasons(answer)[0].startswith("Grace Okafor completed the Risk assessment at")
    assert "Two falls" in answer.content.decode()


def test_the_note_of_the_move_is_the_note_that_it_requires(signed_in):
    case = a_case(a_pathway(requires=[("note written", {})]))
    assert "Note (optional)" not in words(signed_in.get(address(case, "review")))
    assert reasons(send(signed_in, case)) == ["Write a note: this move requires one."]

    assert send(signed_in, case, note="He asks for the clinic.").status_code == 302
    assert [note.text for note in case.notes.all()] == ["He asks for the clinic."]


def test_a_manager_is_offered_to_move_without_it_and_must_say_why(signed_in, client, manager):
    case = a_case(a_pathway(requires=BY_MANAGER))
    override = f"override.{the_move(case, 'review').requirements.get().pk}"
    assert "Move the case all the same" not in words(signed_in.get(address(case, "review")))

    client.force_login(manager)
    assert "Or move without it" in words(client.get(address(case, "review")))
    assert reasons(send(client, case, **{override: "yes"})) == ["Say why the case is moved all the same."]
    why = override.replace("override", "reason")
    assert send(client, case, **{override: "yes", why: "They ring at noon."}).status_code == 302

    assert (fresh(case).stage, case.form_records.count()) == ("review", 0)
    assert case.overrides.get().reason == "They ring at noon."


def test_what_is_seen_to_elsewhere_can_be_passed_over_on_the_page(client, manager):
    case = a_case(a_pathway(requires=[("document attached", {}, "manager")]))
    client.force_login(manager)
    page = client.get(address(case, "review"))
    assert "Not met yet Attach a document first. Attach a document Move although this is not met" in words(page)

    assert reasons(send(client, case)) == ["Attach a document first."]


def test_an_override_that_is_not_yours_is_forbidden(signed_in, case):
    case = a_case(a_pathway(requires=BY_MANAGER))
    pk = the_move(case, "review").requirements.get().pk
    answer = send(signed_in, case, **{f"override.{pk}": "yes", f"reason.{pk}": "x", FALLS: ""})
    assert answer.status_code == 403
    assert "A manager of Booking team can." in words(answer)


def test_they_who_accept_answer_the_facts_about_their_stay(client, caseworker, clinician):
    case = a_case(a_pathway(handoff="2 days", facts=[LAB]))
    client.force_login(caseworker)
    assert "Which lab?" not in words(client.get(reverse("offer", args=[case.reference, the_move(case, "review").pk])))
    offer = handoffs.offer(case, the_move(case, "review"), by=caseworker, note="Needs a lift")
    client.force_login(clinician)
    accept = reverse("accept", args=[case.reference, offer.pk])

    assert "Which lab? (optional)" in words(client.get(accept))
    client.post(accept, {"answer": "", "fact.lab": "South"})
    assert case.open_entry.facts == {"lab": "South"}
