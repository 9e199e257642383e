"""Asking another team what holds a case up: prepared, sent, or to be rung."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cases import chasing, lifecycle, to_do
from tests.cases.web.reading import reasons, words
from tests.factories import TeamFactory


@pytest.fixture
def page(case):
    return reverse("chase", args=[case.reference])


@pytest.fixture
def clinic(clinician):
    return TeamFactory(code="clinic")


def typed(team, case, **more):
    day = timezone.localdate() + timedelta(days=3)
    parts = {"due_on_day": day.day, "due_on_month": day.month, "due_on_year": day.year}
    return {"team": team.pk, "text": "Where is it?", **parts, **more}


def test_the_page_comes_with_words_a_date_and_the_team_that_is_waited_for(signed_in, case, page, clinic, caseworker):
    to_do.add_task(case, "Look at the scan", by=caseworker, team=clinic)

    shown = signed_in.get(page)

    assert f"{case} has been in Triage since" in shown.context["form"].initial["text"]
    assert shown.context["form"].initial["due_on"] == chasing.proposed_due(case, timezone.now())
    assert f'<option value="{clinic.pk}" selected>' in shown.content.decode()
    assert '<optgroup label="Teams it waits for">' in shown.content.decode()
    assert f'href="{page}"' in signed_in.get(case.get_absolute_url()).content.decode()


def test_a_team_is_asked_and_finds_the_task_on_its_list(client, case, page, clinic, caseworker, clinician):
    client.force_login(caseworker)

    answer = client.post(page, typed(clinic, case), follow=True)

    assert "Clinic team is asked to answer by" in words(answer)
    assert "Answer Booking team: what holds up Triage? anybody in Clinic team" in words(answer)
    client.force_login(clinician)
    task = case.tasks.get()
    assert "Where is it?" in words(client.get(reverse("task", args=[case.reference, task.pk])))


def test_an_agency_without_accounts_is_rung_or_written_to(signed_in, case, page):
    agency = TeamFactory(code="social-care", phone="0300 123 4567", email="care@council.example")

    answer = signed_in.post(page, typed(agency, case), follow=True)

    said = words(answer)
    assert "Social care team does not work with Midwatch. Ring or write to them" in said
    assert "Ring or write to Social care team: Triage" in said
    assert "0300 123 4567" in said
    assert '<a href="mailto:care@council.example"' in answer.content.decode()
    assert "Where is it?" in said


def test_what_is_missing_is_said_and_nothing_typed_is_lost(signed_in, case, page, clinic):
    answer = signed_in.post(page, {"text": "Where on earth?"})
    assert reasons(answer) == ["Choose an answer for “Which team?”.", "Fill in “By when?”."]
    assert "Where on earth?" in answer.content.decode()
    past = typed(clinic, case, due_on_year="2020")
    assert reasons(signed_in.post(page, past)) == ["Choose a date in the future by which it is to be done."]
    assert not case.tasks.exists()


def test_only_the_cases_own_team_asks_and_only_while_it_is_open(client, case, page, clinic, caseworker, stranger):
    client.force_login(stranger)
    assert client.get(page).status_code == 404
    lifecycle.close_case(case, by=caseworker, reason="Moved away")
    client.force_login(caseworker)
    assert "This case is closed: nobody is waited for." in words(client.get(page))
    assert reasons(client.post(page, typed(clinic, case))) == ["This case is closed. Reopen it first."]
