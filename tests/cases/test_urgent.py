"""Urgent detours: what is asked at once, how the case they were taken from is pressed, and who is told."""

from datetime import timedelta

import pytest
from celery import current_app
from django.db import DatabaseError, transaction
from django.utils import timezone

from cases import detours, lifecycle, migration, tasks
from cases.models import Case, Escalation, Notice, StageEntry
from cases.refusals import Refused
from cases.watch import notices, outbox, sweep, timers
from pathways import publishing
from pathways.models import Absence, Duty, Membership, Pathway, Team, system_user
from tests.cases.test_notices import server, texts  # noqa: F401 - a fixture
from tests.factories import (
    BREACH,
    MONDAY,
    PatientFactory,
    UserFactory,
    a_case,
    a_detour_pathway,
    a_draft,
    a_form,
    a_manager,
    a_member,
    a_move,
    a_pathway,
    a_stage,
    fresh,
    publish,
    the_move,
)

pytestmark = pytest.mark.django_db

HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
URGENT = {"raises_priority": True, "shorten_amount": 4, "shorten_unit": "hours", "tell_at_once": True}
DUE = MONDAY + 10 * DAY
NOW = MONDAY + DAY
ANSWERS = {"falls": "yes", "notes": "Score 7"}


@pytest.fixture
def caseworker():
    return a_member("booking")


def an_urgent_pathway(team="acute"):
    """rang (15 minutes) → over, with the form that is asked at once."""
    version = a_draft("urgent")
    a_form(version, "score", "NEWS2 score")
    rang = a_stage(version, "rang", is_first=True, team=team, limit="15 minutes", ladder=[BREACH])
    a_move(rang, a_stage(version, "over", team=team, limit=None, kind="final"))
    return publish(version)


def a_parent(**rule):
    return a_case(a_pathway(detours=[(an_urgent_pathway(), URGENT | rule)]))


def take(parent, by, **values):
    parent = fresh(parent)
    rule = next(iter(parent.version_map.detour_rules.values()))
    return detours.take(parent, rule, by=by, **{"note": "Score 7", "at": NOW, **values})


def history_of(case):
    return [row.history_change_reason for row in case.history.order_by("history_id")]


# The form


def test_the_form_of_the_detours_pathway_is_recorded_on_the_child_in_the_same_act(caseworker):
    child = take(a_parent(form="score"), caseworker, note="", answers=ANSWERS)
    record = child.form_records.get()
    assert (record.form_code, record.completed_by, record.completed_at) == ("score", caseworker, NOW)
    assert [row["answer"] for row in record.answers] == ["yes", "Score 7"]
    assert not child.notes.exists()


def test_an_answer_that_is_missing_refuses_the_whole_of_it(caseworker):
    parent = a_parent(form="score")
    with pytest.raises(Refused, match="Is there a risk of falls"):
        take(parent, caseworker, answers={"notes": "Score 7"})
    assert (parent.children.count(), fresh(parent).priority, Notice.objects.count()) == (0, 0, 0)
    assert fresh(parent).due_at == DUE


def test_a_note_may_stand_beside_the_answers(caseworker):
    child = take(a_parent(form="score"), caseworker, answers=ANSWERS, note=" She is pale ")
    assert child.notes.get().text == "She is pale"


def test_where_the_form_is_no_more_a_note_says_what_has_happened(caseworker):
    parent = a_parent(form="score")
    urgent = Case(version=parent.version).version_map.detour_rules["urgent"].pathway
    newer = publishing.revise(urgent, by=system_user())
    newer.forms.all().delete()
    publish(newer)
    with pytest.raises(Refused, match="Say what has happened"):
        take(parent, caseworker, note="", answers=ANSWERS)
    assert take(parent, caseworker).notes.get().text == "Score 7"


# The priority


def ended_by_move(child, by):
    lifecycle.move_case(child, the_move(child, "over"), by=by, at=NOW + HOUR)


def ended_by_closing(child, by):
    lifecycle.close_case(child, by=by, reason="Seen", at=NOW + HOUR)


@pytest.mark.parametrize("end", [ended_by_move, ended_by_closing])
def test_the_case_comes_first_until_the_detour_has_ended_in_whichever_way(caseworker, end):
    parent = a_parent()
    child = take(parent, caseworker)
    assert (fresh(parent).priority, child.priority) == (Case.Priority.URGENT, Case.Priority.URGENT)
    end(child, a_member("acute"))
    assert fresh(parent).priority == Case.Priority.ROUTINE
    assert history_of(parent)[-2:] == ["Begin urgent", "Begin urgent has ended"]
    changes = parent.history.order_by("history_id").values_list("priority", flat=True)
    assert list(changes)[-2:] == [Case.Priority.URGENT, Case.Priority.ROUTINE]


def test_it_comes_first_until_the_last_of_several_has_ended(caseworker):
    parent = a_parent()
    one, two = take(parent, caseworker), take(parent, caseworker, at=NOW + HOUR)
    ended_by_closing(one, a_member("acute"))
    assert fresh(parent).priority == Case.Priority.URGENT
    ended_by_closing(two, a_member("acute"))
    assert fresh(parent).priority == Case.Priority.ROUTINE


def test_it_comes_first_again_when_the_detour_is_reopened(caseworker):
    parent = a_parent()
    child = take(parent, caseworker)
    ended_by_closing(child, a_member("acute"))
    lifecycle.reopen_case(child, by=a_manager("acute"), reason="Worse again", at=NOW + 2 * HOUR)
    assert fresh(parent).priority == Case.Priority.URGENT
    ended_by_closing(child, a_member("acute"))
    assert fresh(parent).priority == Case.Priority.ROUTINE


def test_it_comes_first_wherever_it_goes_meanwhile(caseworker):
    parent = a_parent(blocks_closing=False)
    child = take(parent, caseworker)
    lifecycle.move_case(parent, the_move(parent, "review"), by=caseworker, at=NOW + HOUR)
    assert fresh(parent).priority == Case.Priority.URGENT
    assert fresh(parent).open_entry.due_by is None, "the next stay has the time of its stage"
    ended_by_closing(child, a_member("acute"))
    assert fresh(parent).priority == Case.Priority.ROUTINE


def test_a_restricted_detour_says_nothing_of_itself_on_the_record_of_its_case(caseworker):
    parent = a_parent(restricted=True, clock="held", hold_amount=1, hold_unit="days")
    child = take(parent, caseworker)
    ended_by_closing(child, a_member("acute"))
    said = [*history_of(parent), *(h.history_change_reason for h in parent.open_entry.history.all())]
    assert not any("urgent" in reason.lower() for reason in said), said


# The time


def test_the_stay_is_due_that_long_after_at_the_latest(caseworker):
    parent = a_parent()
    take(parent, caseworker)
    entry = fresh(parent).open_entry
    assert (entry.shortened_at, entry.shortened_by, entry.due_by) == (NOW, caseworker, NOW + 4 * HOUR)
    assert fresh(parent).due_at == NOW + 4 * HOUR
    assert timers.rebuild(check=True) == []
    assert entry.history.get().history_change_reason == "Begin urgent"


def test_the_rungs_follow_the_shorter_time_and_say_so(caseworker):
    parent = a_parent(tell_at_once=False)
    a_manager("booking")
    child = take(parent, caseworker)
    ended_by_closing(child, a_member("acute"))
    sweep.run(NOW + HOUR)
    warned = Escalation.objects.get(case=parent)
    assert (warned.rung_code, warned.reached_at, warned.due_at) == ("warn", NOW, NOW + 4 * HOUR)
    sweep.run(NOW + 4 * HOUR + SECOND)
    breach = Escalation.objects.get(case=parent, rung_code="breach")
    assert (breach.reached_at, breach.limit) == (NOW + 4 * HOUR, "4 hours since it became urgent")
    assert timers.rebuild(check=True) == []


def test_what_was_passed_before_is_settled_first(caseworker):
    parent = a_parent()
    take(parent, caseworker, at=DUE - DAY)
    (warned,) = Escalation.objects.filter(case=parent)
    assert (warned.rung_code, warned.reached_at, warned.due_at) == ("warn", DUE - 2 * DAY, DUE)
    assert fresh(parent).due_at == DUE - DAY + 4 * HOUR


@pytest.mark.parametrize("at", [DUE - HOUR, DUE - 4 * HOUR, DUE, DUE + DAY])
def test_a_stay_that_is_due_earlier_anyway_or_late_is_left_alone(caseworker, at):
    parent = a_parent()
    take(parent, caseworker, at=at)
    assert (fresh(parent).due_at, fresh(parent).open_entry.due_by) == (DUE, None)
    assert timers.rebuild(check=True) == []


def test_a_second_one_shortens_further_and_never_lengthens(caseworker):
    parent = a_parent()
    take(parent, caseworker)
    take(parent, caseworker, at=NOW + HOUR)
    assert fresh(parent).due_at == NOW + 4 * HOUR, "what it was given is kept"
    pathway = a_pathway(
        "other",
        detours=[
            (fresh(parent).children.first().version.pathway, URGENT | {"code": "a"}),
            (a_detour_pathway(), URGENT | {"shorten_amount": 1, "tell_at_once": False}),
        ],
    )
    case = a_case(pathway)
    for code, at in (("a", NOW), ("dna", NOW + HOUR)):
        detours.take(case, fresh(case).version_map.detour_rules[code], by=caseworker, note="Score 7", at=at)
    assert fresh(case).due_at == NOW + 2 * HOUR
    assert timers.rebuild(check=True) == []


def test_a_stage_without_a_limit_is_due_then(caseworker):
    parent = a_case(a_pathway(limit=None, detours=[(an_urgent_pathway(), URGENT)]))
    assert parent.due_at is None
    take(parent, caseworker)
    assert fresh(parent).due_at == NOW + 4 * HOUR
    assert timers.rebuild(check=True) == []


def test_a_case_on_hold_is_due_when_the_clock_runs_on(caseworker):
    parent = a_parent()
    lifecycle.hold_case(parent, reason="Abroad", until=MONDAY + 30 * DAY, by=caseworker, at=MONDAY + HOUR)
    take(parent, caseworker)
    assert (fresh(parent).status, fresh(parent).due_at) == ("on_hold", None)
    lifecycle.resume_case(parent, by=caseworker, at=NOW + 2 * HOUR)
    assert fresh(parent).due_at == NOW + 6 * HOUR, "the two hours that it was on hold since are added"
    assert timers.rebuild(check=True) == []


def test_it_may_be_held_and_shortened_in_one_act(caseworker):
    parent = a_parent(clock="held", hold_amount=1, hold_unit="days")
    child = take(parent, caseworker)
    assert (fresh(parent).status, fresh(parent).priority) == ("on_hold", Case.Priority.URGENT)
    assert timers.rebuild(check=True) == []
    ended_by_closing(child, a_member("acute"))
    assert (fresh(parent).status, fresh(parent).priority) == ("open", Case.Priority.ROUTINE)
    assert fresh(parent).due_at == NOW + 5 * HOUR
    assert timers.rebuild(check=True) == []


def test_the_database_lets_a_stay_that_has_ended_not_be_shortened(caseworker):
    parent = a_parent()
    entry = fresh(parent).open_entry
    lifecycle.move_case(parent, the_move(parent, "review"), by=caseworker, at=NOW)
    with pytest.raises(DatabaseError, match="part of the record"), transaction.atomic():
        StageEntry.objects.filter(pk=entry.pk).update(shortened_at=NOW, shortened_by=caseworker, due_by=NOW + HOUR)


def test_a_new_version_keeps_the_shorter_time(caseworker):
    parent = a_parent(tell_at_once=False)
    take(parent, caseworker)
    newer = publish(publishing.revise(parent.version.pathway, by=system_user())).active_version
    assert [stage.due_changes for stage in migration.impact(newer, now=NOW + HOUR).stages if stage.cases] == [0]
    migration.migrate(newer, by=system_user(), now=NOW + HOUR)
    assert (fresh(parent).version, fresh(parent).due_at) == (newer, NOW + 4 * HOUR)
    assert timers.rebuild(check=True) == []


# Who is told


def test_the_managers_of_both_teams_are_told_each_of_the_case_they_may_see(server, caseworker):  # noqa: F811
    ward, acute = a_manager("booking"), a_manager("acute")
    patient = PatientFactory(given_name="Wilhelmina", family_name="Featherstonehaugh")
    parent = a_case(a_pathway(detours=[(an_urgent_pathway(), URGENT)]), patient=patient)
    child = take(parent, caseworker)
    with server.running():
        assert notices.send_due(only_urgent=True) == 2

    mails = {mail["To"]: mail for mail in server.mails}
    assert mails[acute.email]["Subject"] == f"Urgent: {child}, Begin urgent, look at it now"
    assert mails[ward.email]["Subject"] == f"Urgent: {parent}, Begin urgent, look at it now"
    for text in texts(mails[acute.email]):
        assert "Begin urgent has begun for your team." in text
        assert child.get_absolute_url() in text
    for text in texts(mails[ward.email]):
        assert "Begin urgent has begun for a case of your team, and is with Acute team now." in text
        assert "Your case stays in" in text
        assert parent.get_absolute_url() in text
        assert str(child) not in text
    for mail in server.mails:
        said = mail.as_string().lower()
        assert not any(word in said for word in ("featherstonehaugh", "wilhelmina", patient.nhs_number, "score 7"))


def test_deputies_of_neither_team_and_the_lead_may_open_the_detour_they_are_told_of(server, caseworker):  # noqa: F811
    ward, deputy, lead = a_manager("booking"), UserFactory(), UserFactory()
    now = timezone.now()
    Absence.objects.create(user=ward, starts_at=now - DAY, ends_at=now + DAY, deputy=deputy)
    parent = a_parent()
    Pathway.objects.filter(code="urgent").update(lead=lead)
    child = take(parent, caseworker)
    with server.running():
        assert notices.send_due(only_urgent=True) == 2

    mails = {mail["To"]: mail for mail in server.mails}
    for person in (deputy, lead):
        assert mails[person.email]["Subject"] == f"Urgent: {child}, Begin urgent, look at it now"
        for text in texts(mails[person.email]):
            assert "Begin urgent has begun, and is with Acute team now. It is in" in text
            assert child.get_absolute_url() in text
        assert list(Case.objects.visible_to(person)) == [child]
    ended_by_closing(child, a_member("acute"))
    assert not Case.objects.visible_to(deputy).exists()


def test_who_manages_both_teams_is_told_once(caseworker):
    both, parent = a_manager("booking"), a_parent()
    Membership.objects.create(team=Team.objects.get(code="acute"), user=both, role="manager")
    take(parent, caseworker)
    assert Notice.objects.get().recipient == both


def test_whoever_is_on_duty_is_told_at_once_too(caseworker):
    manager, nurse, other = a_manager("acute"), a_member("acute"), a_member("acute")
    parent, now = a_parent(), timezone.now()
    acute = Team.objects.get(code="acute")
    for person, begins in ((nurse, now - HOUR), (other, now + HOUR)):
        Duty.objects.create(team=acute, user=person, starts_at=begins, ends_at=begins + 2 * HOUR)

    take(parent, caseworker)

    assert {notice.recipient for notice in Notice.objects.all()} == {manager, nurse}


def test_of_a_restricted_one_only_its_own_managers_are_told_and_not_what_it_is(server, caseworker):  # noqa: F811
    a_manager("booking")
    lead = a_manager("acute")
    child = take(a_parent(restricted=True), caseworker)
    with server.running():
        notices.send_due()
    (mail,) = server.mails
    assert (mail["To"], mail["Subject"]) == (lead.email, f"Urgent: {child}, A restricted matter, look at it now")
    assert "urgent_" not in mail.as_string()
    assert "Begin" not in mail.as_string()


def test_an_urgent_mail_waits_for_nothing_else_that_is_owed(server, caseworker):  # noqa: F811
    manager = a_manager("booking")
    a_case(a_pathway("slow"))
    sweep.run(DUE + SECOND)
    assert Notice.objects.get().kind == Notice.Kind.DIGEST
    take(a_parent(), caseworker, at=DUE + SECOND)
    with server.running():
        assert notices.send_due(only_urgent=True) == 1
        assert [mail["To"] for mail in server.mails] == [manager.email]
        assert notices.send_due(at=DUE + timedelta(days=4)) == 1


@pytest.mark.parametrize(("rule", "woken"), [({}, 1), ({"tell_at_once": False}, 0)])
def test_the_worker_is_woken_once_the_record_is_made(caseworker, django_capture_on_commit_callbacks, rule, woken):
    a_manager("acute")
    with django_capture_on_commit_callbacks() as acts:
        take(a_parent(**rule), caseworker)
    assert len(acts) == woken


def test_that_nobody_could_be_told_is_logged_once_the_record_is_made_without_the_patient(
    caseworker, django_capture_on_commit_callbacks, caplog
):
    manager = a_manager("acute")
    away = {"starts_at": timezone.now() - DAY, "ends_at": timezone.now() + DAY}
    Absence.objects.create(user=manager, deputy=a_manager("booking"), **away)  # who may not know of it
    parent = a_parent(restricted=True)
    with django_capture_on_commit_callbacks(execute=True):
        child = take(parent, caseworker)
        assert not caplog.records
    assert not Notice.objects.exists()
    (line,) = caplog.records
    said = f"Nobody could be told at once that detour {child.pk} has begun, of team {child.team_id}."
    assert (line.levelname, line.getMessage()) == ("ERROR", said)


def test_where_somebody_is_told_the_worker_is_woken_once_it_is_committed(
    caseworker, monkeypatch, django_capture_on_commit_callbacks
):
    a_manager("acute")
    parent, woken = a_parent(), []
    monkeypatch.setattr(current_app, "send_task", lambda name, *_, **options: woken.append(name))
    with django_capture_on_commit_callbacks(execute=True):
        detours.take(parent, parent.version_map.detour_rules["urgent"], by=caseworker, note="Pale", at=NOW)
        assert woken == []
    assert woken == [tasks.send_urgent.name]


def test_a_broker_that_is_down_keeps_nobody_waiting_and_undoes_nothing(caplog, monkeypatch):
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:9/0")
    outbox._wake_the_worker()
    assert "The worker could not be woken, the next sweep sends: OperationalError" in caplog.text
