"""The pages that look at the watch itself: who may open them, what they say, the buttons to try again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.models import Notice, SweepRun, Timer
from cases.showing import short_when
from cases.watch import set_aside, sweep
from cases.web import what_if
from pathways import publishing
from pathways.models import system_user
from tests.cases.web.reading import words
from tests.factories import MONDAY, a_case, a_manager, a_pathway, fresh

HOUR = timedelta(hours=1)
NEVER_OPEN = "ValueError: The schedule never opens: give at least one weekday opening hours."


@pytest.fixture
def aside(case):
    """The timer of the case, set aside because its calendar is never open."""
    timer = case.timers.get()
    timer.fires_at, timer.error, timer.retry_at = MONDAY, NEVER_OPEN, timezone.now() + HOUR
    timer.save()
    return timer


@pytest.fixture
def refused(caseworker):
    return Notice.objects.create(
        kind="digest",
        recipient=caseworker,
        created_at=timezone.now() - HOUR,
        attempts=3,
        error="SMTPRecipientsRefused: {'x@y.example': (550, b'Featherstonehaugh, no such user')}",
        retry_at=timezone.now() + HOUR,
    )


def open_page(client, user, address="/supervision/set-aside/"):
    client.force_login(user)
    return client.get(address)


def test_a_caseworker_is_turned_away_in_a_sentence(client, caseworker, aside):
    for address in ("/supervision/watch/", "/supervision/set-aside/"):
        answer = open_page(client, caseworker, address)
        assert answer.status_code == 403
        assert "for managers of a team" in words(answer)


def test_the_standing_is_said_in_numbers_and_in_words(client, manager, aside):
    SweepRun.objects.create(as_of=timezone.now(), finished_at=timezone.now())
    said = words(open_page(client, manager, "/supervision/watch/"))

    assert "It is awake, but somebody must see to this" in said
    assert "1 row set aside with an error" in said
    assert "Clinic team has no manager" in said


def test_a_watch_that_sleeps_is_said_to(client, manager):
    assert "It sleeps" in words(open_page(client, manager, "/supervision/watch/"))


def test_a_manager_reads_which_case_was_set_aside_and_why_without_its_patient(client, manager, aside, refused):
    said = words(open_page(client, manager))

    assert f"Review, Triage: stay in a stage of {aside.case}" in said
    assert "The calendar it is counted with is never open. Give it opening hours, then try again." in said
    assert f"{refused.recipient} {refused.recipient.email}" in said
    assert "The mail server does not take e-mail for this address" in said
    assert str(aside.case.patient) not in said
    assert "Featherstonehaugh" not in said


def test_all_are_counted_also_where_only_the_first_are_shown(client, manager, aside, refused, monkeypatch):
    monkeypatch.setattr(set_aside, "AT_MOST", 1)
    assert "These are the" not in words(open_page(client, manager))
    other = a_case(aside.case.version.pathway)
    Timer.objects.filter(case=other).update(error=NEVER_OPEN, fires_at=MONDAY)
    Notice.objects.create(kind="escalation", recipient=refused.recipient, attempts=1, error=refused.error)
    said = words(open_page(client, manager))
    assert "What could not be looked at 2 These are the 1 that have waited longest." in said
    assert "E-mails that were refused 2 These are the first 1." in said


def test_a_manager_of_another_team_sees_neither(client, aside, refused):
    said = words(open_page(client, a_manager("imaging")))
    assert "Nothing is set aside." in said
    assert "No e-mail was refused." in said


def test_who_sets_up_the_map_sees_that_there_is_one_but_not_which(client, pathway_administrator, aside):
    said = words(open_page(client, pathway_administrator))
    assert "Review, Triage: stay in a stage" in said
    assert str(aside.case) not in said


def test_an_inspector_reads_all_and_has_no_button(client, inspector, aside, refused):
    said = words(open_page(client, inspector))
    assert str(aside.case) in said
    assert "Try again now" not in said
    assert client.post(f"/supervision/set-aside/{aside.pk}/").status_code == 403
    assert client.post(f"/supervision/set-aside/e-mails/{refused.pk}/").status_code == 403
    assert fresh(aside).retry_at == aside.retry_at


def test_the_button_has_the_next_sweep_try_again(client, manager, aside, caplog):
    caplog.set_level("INFO")
    client.force_login(manager)
    answer = client.post(f"/supervision/set-aside/{aside.pk}/", follow=True)

    assert "It is tried again with the next sweep, within a minute." in words(answer)
    assert f"Timer {aside.pk} is to be tried again: asked for by user {manager.pk}." in caplog.text
    sweep.run()
    assert fresh(aside).error == ""
    assert aside.case.escalations.exists(), "what had been set aside is told at last"

    again = client.post(f"/supervision/set-aside/{aside.pk}/", follow=True)
    assert "There is a problem This is not set aside any more" in words(again)
    assert "nhsuk-notification-banner--success" not in again.content.decode()


def test_a_manager_of_another_team_that_had_the_case_cannot_have_it_tried(client, aside, clinician):
    lender = a_manager("imaging")
    aside.case.tasks.create(team=lender.memberships.get().team, title="Book a scan", made_by=lender)
    client.force_login(lender)
    assert client.post(f"/supervision/set-aside/{aside.pk}/").status_code == 403


def test_the_button_has_an_e_mail_sent_again(client, manager, refused):
    client.force_login(manager)
    client.post(f"/supervision/set-aside/e-mails/{refused.pk}/")
    assert fresh(refused).retry_at is None

    fresh(refused).delete()
    answer = client.post(f"/supervision/set-aside/e-mails/{refused.pk}/", follow=True)
    assert "it was sent meanwhile" in words(answer)


def test_an_e_mail_that_was_refused_and_waits_for_its_hour_says_so_and_can_be_tried_before(client, manager, refused):
    waits_until = timezone.now() + 50 * HOUR
    Notice.objects.filter(pk=refused.pk).update(send_at=waits_until, retry_at=timezone.now() - HOUR)
    said = words(open_page(client, manager))
    assert f"It is tried again {short_when(waits_until, timezone.now())}" in said
    assert f"Try again now : e-mail to {refused.recipient}" in said

    client.post(f"/supervision/set-aside/e-mails/{refused.pk}/")
    assert (fresh(refused).send_at, fresh(refused).retry_at) == (None, None)


def test_an_error_nobody_has_words_for_is_told_by_its_kind_alone():
    assert set_aside.in_plain_words("IntegrityError: Key (nhs_number)=(9990000018)") == (
        "Something went wrong that Midwatch has no words for (IntegrityError). Tell your service desk: the log says "
        "where."
    )
    assert "(an error)" in set_aside.in_plain_words("<html>: 9990000018")


def test_the_page_costs_a_fixed_number_of_statements(client, manager, pathway, django_assert_max_num_queries):
    for _ in range(12):
        a_case(pathway)
    Timer.objects.update(fires_at=MONDAY, error=NEVER_OPEN, retry_at=timezone.now() + HOUR)
    client.force_login(manager)
    with django_assert_max_num_queries(10):
        assert client.get("/supervision/set-aside/").status_code == 200


# What if -------------------------------------------------------------------------------------------------------------


def test_who_sets_up_the_map_tries_a_draft_out_and_sees_no_patient(client, pathway_administrator, pathway, manager):
    from tests.cases.test_what_if import a_shorter_draft

    case = a_case(pathway, at=timezone.now() - timedelta(days=8))
    draft = a_shorter_draft()
    published = open_page(client, pathway_administrator, f"/admin/pathways/pathwayversion/{draft.pk}/publish/")
    said = words(open_page(client, pathway_administrator, "/pathways/review/what-if/"))

    assert 'href="/pathways/review/what-if/"' not in published.content.decode() or "Mend what is wrong" not in said
    assert "The last 90 days, with version 2 (draft)" in said
    assert "1 escalation would be 3" in said
    assert "0 stays became late; it would be 1." in said
    assert "Grace Okafor" in said
    assert case.reference not in said
    assert str(case.patient) not in said


def test_what_would_change_nothing_is_said_in_plain_words(client, pathway_administrator, pathway, manager):
    a_case(pathway, at=timezone.now() - timedelta(days=12))
    publishing.revise(pathway, by=system_user())

    said = words(open_page(client, pathway_administrator, "/pathways/review/what-if/"))

    assert "3 escalations, as now. Busiest day: 1 on" in said
    assert "1 stay would become late, as now." in said
    assert "Somebody would be told of lateness as now." in said
    assert "would be 3" not in said
    assert "Answers are not reckoned" in said


def test_a_draft_that_adds_the_first_ladder_shows_its_busiest_day(client, pathway_administrator, manager):
    pathway = a_pathway("bare", ladder=[])
    a_case(pathway, at=timezone.now() - timedelta(days=12))
    stage = publishing.revise(pathway, by=system_user()).stages.get(code="triage")
    stage.ladder.create(code="breach", name="Breach", when="after", amount=0, unit="days", tells=["managers"])

    said = words(open_page(client, pathway_administrator, "/pathways/bare/what-if/"))

    assert "0 escalations would be 1. Busiest day: none now; it would be 1 on" in said


def test_where_nothing_can_be_tried_yet_the_page_says_so_and_calls_it_no_error(client, pathway_administrator, pathway):
    page = open_page(client, pathway_administrator, "/pathways/review/what-if/")
    assert "“Review” has no draft. Revise it" in words(page)
    assert "There is a problem" not in words(page)
    assert "<title>Error" not in page.content.decode()

    publishing.revise(pathway, by=system_user())
    assert "No case was under way then, so that there is nothing to try it on." in words(
        client.get("/pathways/review/what-if/")
    )


def test_what_cannot_be_tried_says_why(client, pathway_administrator, pathway):
    client.force_login(pathway_administrator)
    asked = words(client.get("/pathways/review/what-if/?days=90&version=1&calendar="))
    assert "There is a problem “Review” has no draft. Revise it" in asked
    bad = client.get("/pathways/review/what-if/?days=0&version=1&calendar=office")
    assert "days" in words(bad).lower()
    assert client.get("/pathways/nothing/what-if/").status_code == 404


def test_what_is_too_much_for_a_page_is_left_to_the_command_with_all_that_was_chosen(
    client, pathway_administrator, pathway, monkeypatch
):
    monkeypatch.setattr(what_if, "AT_MOST", 0)
    a_case(pathway)
    asked = "/pathways/review/what-if/?days=400&version=1&calendar=office"
    said = words(open_page(client, pathway_administrator, asked))
    assert "or run manage.py what_if review --version-number 1 --calendar office --days 400." in said


def test_others_cannot_try_anything(client, manager, pathway):
    answer = open_page(client, manager, "/pathways/review/what-if/")
    assert answer.status_code == 403
    assert "for pathway administrators and inspectors" in words(answer)
