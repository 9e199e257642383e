"""What reached nobody is told after all: the set-up is mended, or who was to be told has left before the mail went."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from cases import detours, lifecycle, tasks, to_do
from cases.models import Escalation, Notice, NoticeLine, Timer
from cases.watch import escalations, faults, later, notices, outbox, set_aside, sweep, timers, watchman
from pathways.models import Absence, Duty, Membership, Pathway, Role, system_user
from tests.cases.test_races import at_once
from tests.factories import (
    MONDAY,
    TeamFactory,
    UserFactory,
    a_case,
    a_detour_pathway,
    a_manager,
    a_member,
    a_pathway,
    fresh,
    never_open,
    office_hours,
    the_move,
)

pytestmark = pytest.mark.django_db

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
DUE = MONDAY + 10 * DAY  # a Thursday at 9am
NEXT_8 = DUE + 23 * HOUR
WITHIN = {"answer_amount": 4, "answer_unit": "hours"}


def told(case):
    """Who is told of which rung of the case, in which kind of notice."""
    lines = NoticeLine.objects.filter(escalation__case=case).order_by("escalation__level", "recipient")
    return [(line.escalation.rung_code, line.notice.kind, line.recipient) for line in lines]


@pytest.fixture
def silent():
    """A case of a team without anybody, of which two rungs were told to nobody."""
    ladder = [
        ("warn", "before", "2 days", {"urgent": True}),
        ("breach", "after", "0 days", {"urgent": True, **WITHIN}),
    ]
    case = a_case(a_pathway(ladder=ladder))
    sweep.run(DUE - DAY)
    sweep.run(DUE + SECOND)
    assert case.escalations.count() == watchman.untold().count() == 2
    return case


# The set-up is mended


def test_while_there_is_nobody_nothing_is_told(silent):
    assert later.tell(DUE + HOUR) == 0
    assert told(silent) == []
    assert watchman.untold().count() == 2


def test_once_the_team_has_a_manager_they_are_told_and_must_answer_and_the_fault_is_gone(silent):
    manager = a_manager("booking")
    a_manager("clinic")
    assert later.tell(DUE + HOUR) == 2
    assert told(silent) == [("warn", "digest", manager), ("breach", "digest", manager)]
    assert Notice.objects.get().send_at == DUE + HOUR + outbox.AT_ONCE, "it is urgent, and waits for no hour"
    breach = silent.escalations.get(rung_code="breach")
    told_at = DUE + HOUR + outbox.AT_ONCE
    assert (breach.is_told, breach.answer_by) == (True, told_at + 4 * HOUR), "counted from when the digest goes"
    assert silent.escalations.get(rung_code="warn").answer_by is None
    (row,) = breach.history.all()
    assert (row.history_user, row.history_change_reason) == (
        system_user(),
        "Told later: there is somebody to tell now",
    )
    assert Timer.objects.get(kind="escalation").fires_at == breach.answer_by
    assert timers.rebuild(check=True) == []
    assert faults.faults_of_setup() == []
    assert later.tell(DUE + 2 * HOUR) == 0
    sweep.run(breach.answer_by + SECOND)
    assert silent.escalations.get(kind="escalation").thing_id == breach.pk, "not answered it climbs like every other"


def test_the_worker_looks_every_ten_minutes(silent, settings):
    manager = a_manager("booking")
    tasks.tell_later()
    assert {person for *_, person in told(silent)} == {manager}
    assert settings.CELERY_BEAT_SCHEDULE["tell later"]["task"] == tasks.tell_later.name


def test_what_is_not_urgent_waits_for_the_digest_and_is_to_be_answered_after_it():
    case = a_case(a_pathway(ladder=[("breach", "after", "0 days", WITHIN)]))
    sweep.run(DUE + SECOND)
    manager = a_manager("booking")
    later.tell(DUE + HOUR)
    assert Notice.objects.get().send_at == NEXT_8
    assert told(case) == [("breach", "digest", manager)]
    assert case.escalations.get().answer_by == NEXT_8 + 4 * HOUR


def test_of_those_that_wait_each_is_looked_at_whatever_becomes_of_the_others(monkeypatch):
    monkeypatch.setattr(later, "BATCH_SIZE", 2)
    lonely, mended = (
        a_pathway(team, team=team, ladder=[("breach", "after", "0 days")]) for team in ("lonely", "mended")
    )
    cases = [a_case(lonely if number < 3 else mended) for number in range(6)]
    sweep.run(DUE + SECOND)
    a_manager("mended")
    assert later.tell(DUE + HOUR) == 3
    assert [bool(told(case)) for case in cases] == [False] * 3 + [True] * 3


def test_what_somebody_has_heard_of_since_by_a_higher_rung_is_no_fault_and_not_told_later():
    case = a_case(a_pathway(ladder=[("warn", "before", "2 days"), ("breach", "after", "0 days")]))
    sweep.run(DUE - DAY)
    assert watchman.untold().count() == 1
    manager = a_manager("booking")
    sweep.run(DUE + SECOND)
    assert told(case) == [("breach", "digest", manager)]
    assert not watchman.untold().exists()
    assert later.tell(DUE + HOUR) == 0


def test_a_bad_row_keeps_nobody_from_being_told_of_the_others(caplog):
    bad, good = (
        a_case(a_pathway(code, limit="5 working days", calendar=office_hours(code))) for code in ("bad", "good")
    )
    sweep.run(DUE)
    never_open(bad)
    manager = a_manager("booking")
    assert later.tell(DUE + HOUR) >= 1
    assert {person for *_, person in told(good)} == {manager}
    assert told(bad) == []
    assert [line.getMessage() for line in caplog.records if line.levelname == "ERROR"] == [
        f"Nobody could be told of case {bad.pk}."
    ]


@pytest.mark.django_db(transaction=True)
def test_a_case_that_somebody_works_on_is_left_for_the_next_time():
    case = a_case(a_pathway(ladder=[("breach", "after", "0 days")]))
    sweep.run(DUE + SECOND)
    a_manager("booking")
    with transaction.atomic():
        timers.lock(case)
        assert at_once(lambda: later.tell(DUE + HOUR)) == [0]
    assert later.tell(DUE + HOUR) == 1


def test_a_rung_that_is_on_the_ladder_no_more_is_told_to_the_managers():
    case = a_case(a_pathway(ladder=[("breach", "after", "0 days", {"tells": ["team"]})]))
    rung = {"rung_code": "of-another-version", "rung_name": "Breach", "level": 3, "stage_name": "Triage"}
    about = {"kind": "stage", "thing_id": case.open_entry.pk, "due_at": DUE, "reached_at": DUE}
    Escalation.objects.create(case=case, **rung, **about)
    manager, _nurse = a_manager("booking"), a_member("booking")
    later.tell(DUE + HOUR)
    assert told(case) == [("of-another-version", "digest", manager)]


def test_what_is_over_or_answered_meanwhile_is_told_to_nobody(silent):
    other = a_case(silent.version.pathway)
    sweep.run(DUE + 2 * SECOND)
    manager = a_manager("booking")
    for one in other.escalations.all():
        if fresh(one).acknowledged_at is None:
            escalations.acknowledge(one, by=manager, answer="I ring", at=DUE + HOUR)
    lifecycle.move_case(silent, the_move(silent, "done"), by=manager, at=DUE + HOUR)
    assert later.tell(DUE + 2 * HOUR) == 0


def test_the_database_lets_it_be_written_once_and_never_taken_back(silent):
    a_manager("booking")
    with pytest.raises(DatabaseError), transaction.atomic():
        Escalation.objects.update(answer_by=DUE + DAY)
    later.tell(DUE + HOUR)
    for change in ({"is_told": False}, {"answer_by": DUE + DAY}, {"answer_by": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Escalation.objects.filter(rung_code="breach").update(**change)


# Who was to be told has left


@pytest.fixture
def leaver():
    return a_manager("booking", first_name="Ann", last_name="Gone")


def leaves(person):
    type(person).objects.filter(pk=person.pk).update(is_active=False)


def sent(server, at):
    with server.running():
        notices.send_due(at=at)
    return [mail["To"] for mail in server.mails]


def test_the_digest_of_who_has_left_goes_to_who_took_over(leaver, server):
    case = a_case()
    sweep.run(DUE + SECOND)
    successor = a_manager("booking")
    leaves(leaver)

    at = NEXT_8 + SECOND
    assert sent(server, at) == []
    assert sent(server, at + outbox.AT_ONCE) == [successor.email], "not a day later"
    closed = Notice.objects.get(recipient=leaver)
    assert (closed.sent_to, closed.error) == ("", "Not sent: they have left. Whom it concerns now is told instead.")
    assert closed.sent_at is not None
    assert not set_aside.notices_for(UserFactory(is_superuser=True)).exists()
    assert told(case)[-1] == ("breach", "digest", successor)
    assert sent(server, NEXT_8 + 3 * DAY) == [successor.email]


def test_what_others_are_told_of_a_leavers_digest_stays_owed_where_there_is_nobody_for_the_rest(leaver, server):
    told_of, for_nobody = a_case(), a_case(a_pathway("scan", team="elsewhere"))
    Membership.objects.create(user=leaver, team=for_nobody.team, role="manager")
    sweep.run(DUE + SECOND)
    successor = a_manager("booking")
    leaves(leaver)
    at = NEXT_8 + SECOND
    sent(server, at)
    assert sent(server, at + outbox.AT_ONCE) == [successor.email]
    assert told(told_of)[-1] == ("breach", "digest", successor)
    assert "cannot sign in any more" in Notice.objects.get(recipient=leaver).error, "and that one still waits"


def test_an_urgent_mail_to_who_has_left_goes_at_once_to_who_took_over(leaver, server):
    a_case(a_pathway(ladder=[("breach", "after", "0 days", {"urgent": True})]))
    sweep.run(DUE + SECOND)
    successor = a_manager("booking")
    leaves(leaver)
    assert sent(server, DUE + HOUR) == [successor.email]


def test_a_backlog_that_was_to_go_at_once_goes_in_one_digest_to_who_took_over(leaver, server):
    pathway = a_pathway(ladder=[("breach", "after", "0 days", {"urgent": True})])
    for _ in range(3):
        a_case(pathway, recorded_at=DUE + DAY)
    sweep.run(DUE + DAY + SECOND)
    successor = a_manager("booking")
    leaves(leaver)
    at = DUE + DAY + HOUR
    assert sent(server, at) == []
    assert sent(server, at + outbox.AT_ONCE) == [successor.email]
    assert server.mails[0]["Subject"] == "3 cases are late"


def test_what_cannot_be_worked_out_for_who_has_left_stops_no_other_mail(leaver, server):
    case = a_case(a_pathway(limit="5 working days", ladder=[("breach", "after", "0 days", {"urgent": True})]))
    other = a_manager("clinic")
    a_case(a_pathway("scan", team="clinic", ladder=[("breach", "after", "0 days", {"urgent": True})]))
    sweep.run(DUE + SECOND)
    leaves(leaver)
    a_manager("booking")
    never_open(case)
    assert sent(server, DUE + HOUR) == [other.email]
    waiting = Notice.objects.get(recipient=leaver)
    assert waiting.error.startswith("ValueError: The schedule never opens")
    assert waiting.retry_at > DUE + HOUR


def test_who_was_told_of_it_themselves_is_not_told_twice(leaver, server):
    other = a_manager("booking")
    case = a_case(a_pathway(ladder=[("breach", "after", "0 days")]))
    sweep.run(DUE + SECOND)
    leaves(leaver)
    assert sent(server, NEXT_8) == [other.email]
    assert [person for *_, person in told(case)] == [leaver, other]
    assert sent(server, NEXT_8 + 3 * DAY) == [other.email]


def test_the_end_of_a_hold_is_told_to_who_has_the_case_now(leaver, server):
    case = a_case()
    lifecycle.assign_case(case, leaver, by=leaver)
    lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 4 * DAY, by=leaver, at=MONDAY + DAY)
    sweep.run(MONDAY + 4 * DAY + SECOND)
    successor = a_member("booking")
    lifecycle.assign_case(case, successor, by=successor)
    leaves(leaver)
    sent(server, MONDAY + 7 * DAY)
    assert sent(server, MONDAY + 8 * DAY) == [successor.email]
    assert server.mails[0]["Subject"] == "1 hold ended"


def test_who_was_told_of_the_end_of_a_hold_gets_no_second_digest(leaver, server):
    other = a_manager("booking")
    case = a_case(a_pathway(ladder=[]))
    lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 4 * DAY, by=other, at=MONDAY + DAY)
    sweep.run(MONDAY + 4 * DAY + SECOND)
    assert set(Notice.objects.values_list("send_at", "created_at")) == {
        (MONDAY + 7 * DAY - HOUR, MONDAY + 4 * DAY + SECOND)
    }
    leaves(leaver)
    assert sent(server, MONDAY + 7 * DAY) == [other.email]
    assert sent(server, MONDAY + 9 * DAY) == [other.email]
    assert not Notice.objects.filter(sent_at=None).exists(), "nor is what the leaver was to be told owed any more"


def test_where_a_team_has_nobody_the_pathways_lead_hears_that_a_hold_has_ended(server):
    lead, owner = UserFactory(), a_member("booking")
    case = a_case(a_pathway(ladder=[]))
    lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 4 * DAY, by=owner, at=MONDAY + DAY)
    owner.memberships.all().delete()
    Pathway.objects.update(lead=lead)
    sweep.run(MONDAY + 4 * DAY + SECOND)
    assert Notice.objects.get(kind="hold_ended").recipient == lead


def a_detour(**rule):
    """A case with a detour that another team takes over, and that is told of at once."""
    urgent = {"tell_at_once": True} | rule
    case = a_case(a_pathway(detours=[(a_detour_pathway("urgent", team="acute"), urgent)], ladder=[]))
    by = a_member("booking")
    return detours.take(case, case.version_map.detour_rules["urgent"], by=by, note="NEWS2 of 7.", at=MONDAY + DAY)


def test_a_detour_is_told_to_who_took_over_in_the_team_that_has_it(leaver, server):
    gone = a_manager("acute")
    a_detour()
    assert set(Notice.objects.values_list("created_at")) == {(MONDAY + DAY,)}
    leaves(gone)
    assert sent(server, MONDAY + 2 * DAY) == [leaver.email]
    assert Notice.objects.get(recipient=gone).sent_at is None, "in the team that has it there is nobody yet"
    successor = a_manager("acute")
    assert sent(server, MONDAY + 3 * DAY) == [leaver.email, successor.email]
    assert Notice.objects.get(recipient=gone).sent_at is not None


def test_a_detour_is_told_to_the_pathways_lead_where_nobody_took_over(leaver, server):
    gone, lead = a_manager("acute"), UserFactory()
    a_detour()
    leaves(gone)
    Pathway.objects.update(lead=lead)
    assert sent(server, MONDAY + 2 * DAY) == [leaver.email, lead.email]
    assert Notice.objects.get(recipient=gone).sent_at is not None


def test_a_restricted_detour_is_told_to_nobody_outside_of_its_team(server):
    deputy, manager, on_duty = UserFactory(), a_manager("acute"), a_member("acute")
    now = timezone.now()
    Absence.objects.create(user=manager, starts_at=now - DAY, ends_at=now + DAY, deputy=deputy)
    Duty.objects.create(team=TeamFactory(code="acute"), user=on_duty, starts_at=now - DAY, ends_at=now + DAY)
    a_detour(restricted=True)
    assert {notice.recipient for notice in Notice.objects.all()} == {on_duty}


def test_of_a_restricted_detour_none_is_told_for_the_team_from_whose_case_it_was_taken(leaver):
    manager = a_manager("acute")
    Membership.objects.create(team=TeamFactory(code="acute"), user=leaver, role="caseworker")
    a_detour(restricted=True)
    assert {notice.recipient for notice in Notice.objects.all()} == {manager}


def test_where_nobody_took_over_it_stays_until_somebody_does_and_is_shown(leaver, server):
    case = a_case()
    sweep.run(DUE + SECOND)
    leaves(leaver)
    assert sent(server, NEXT_8) == []
    waiting = Notice.objects.get()
    assert waiting.sent_at is None
    assert set_aside.in_plain_words(waiting.error) == (
        "Ann Gone cannot sign in any more. Look who takes over what was theirs."
    )
    lead = UserFactory()
    Pathway.objects.update(lead=lead)
    sent(server, waiting.retry_at + SECOND)
    assert told(case)[-1] == ("breach", "digest", lead)


def test_a_task_of_who_has_left_is_told_to_its_new_owner(leaver, server):
    case = a_case(a_pathway(ladder=[]))
    task = to_do.add_task(case, "Ring", by=leaver, owner=leaver, due_at=MONDAY + DAY, at=MONDAY)
    sweep.run(MONDAY + DAY + SECOND)
    nurse = a_member("booking")
    to_do.give_task(task, nurse, by=nurse)
    Membership.objects.create(team=TeamFactory(code="booking"), user=UserFactory(), role=Role.MANAGER)
    leaves(leaver)
    sent(server, MONDAY + 2 * DAY)
    assert told(case)[-1] == ("task-due", "digest", nurse)
