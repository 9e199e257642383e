"""Thousands may fall due in one minute: nobody gets more urgent mails at once than they can read one by one."""

from datetime import timedelta

import pytest

from cases.models import Escalation, Notice, Task
from cases.watch import escalations, notices, outbox, sweep
from tests.factories import MONDAY, a_case, a_manager, a_member, a_pathway
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
DUE = MONDAY + 10 * DAY  # a Thursday at 9am
MANY = outbox.MOST_ALONE + 1
URGENT = ("breach", "after", "0 days", {"urgent": True, "answer_amount": 4, "answer_unit": "hours"})


@pytest.fixture
def manager():
    return a_manager("booking")


def cases(number, **ladder):
    pathway = a_pathway(ladder=[URGENT], **ladder)
    return [a_case(pathway) for _ in range(number)]


def kinds():
    return list(Notice.objects.order_by("pk").values_list("kind", flat=True))


def sent(server: MailServer, at):
    before = len(server.mails)
    with server.running():
        notices.send_due(at=at)
    return [mail["Subject"] for mail in server.mails[before:]]


def test_as_many_as_one_reads_come_each_in_a_mail_of_its_own(manager):
    a_case(a_pathway("calm"), at=MONDAY - DAY)
    sweep.run(DUE)
    late = cases(outbox.MOST_ALONE)
    sweep.run(DUE + SECOND)
    owed = Notice.objects.order_by("pk").values_list("kind", "case", "created_at", "sent_to", "error")
    assert owed[0] == ("digest", None, DUE, "", ""), "which is none of those that come alone"
    assert list(owed[1:]) == [("escalation", case.pk, DUE + SECOND, "", "") for case in late]


def test_more_of_them_come_in_one_digest_within_minutes(server, manager):
    cases(MANY)
    sweep.run(DUE + SECOND)
    assert kinds() == ["digest"]
    assert Notice.objects.get().lines.count() == MANY
    answer_by = set(Escalation.objects.values_list("answer_by", flat=True))
    assert answer_by == {DUE + SECOND + outbox.AT_ONCE + 4 * HOUR}, "counted from when it goes"
    assert sent(server, DUE + 2 * SECOND) == []
    assert sent(server, DUE + SECOND + outbox.AT_ONCE) == [f"{MANY} cases are late"]


def test_only_who_would_be_flooded_gets_the_digest(manager):
    owner = a_member("booking", email="owner@trust.example")
    pathway = a_pathway(ladder=[(*URGENT[:3], {"urgent": True, "tells": ["owner", "managers"]})])
    for _ in range(MANY - 1):
        a_case(pathway)
    case = a_case(pathway)
    case.owner = owner
    case.save()
    sweep.run(DUE + SECOND)
    assert sorted(Notice.objects.values_list("kind", "recipient")) == [
        ("digest", manager.pk),
        ("escalation", owner.pk),
    ]


def test_what_comes_in_several_batches_of_one_sweep_is_counted_together(manager, monkeypatch):
    monkeypatch.setattr(sweep, "BATCH_SIZE", 4)
    cases(3 * 4)
    sweep.run(DUE + SECOND)
    assert kinds() == ["escalation"] * 8 + ["digest"]
    in_digest = Escalation.objects.filter(lines__notice__kind="digest")
    assert {one.answer_by for one in in_digest} == {DUE + SECOND + outbox.AT_ONCE + 4 * HOUR}


def test_what_waits_for_a_mail_server_that_is_away_is_counted_and_what_has_gone_is_not(server, manager):
    for minutes in range(3):
        cases(6, code=f"minute-{minutes}")
        sweep.run(DUE + SECOND + minutes * timedelta(minutes=1))
        if minutes == 0:
            assert len(sent(server, DUE + SECOND)) == 6
    assert kinds() == ["escalation"] * 12 + ["digest"]


def test_how_many_wait_for_each_is_asked_once_however_many_it_is_for(django_assert_num_queries):
    people = [a_member("booking").pk for _ in range(3)]
    with django_assert_num_queries(1):
        outbox.flooded([outbox.Owed(number, number, people, at_once=True) for number in range(5)])
    with django_assert_num_queries(0):
        outbox.flooded([outbox.Owed(1, 1, people)])


def test_what_nobody_has_answered_in_time_is_no_storm_either(manager):
    cases(MANY)
    sweep.run(DUE + SECOND)
    answer_by = set(Escalation.objects.values_list("answer_by", flat=True))
    Notice.objects.update(sent_at=DUE + HOUR)
    sweep.run(answer_by.pop() + SECOND)
    assert Escalation.objects.filter(kind="escalation").count() == MANY
    assert kinds() == ["digest", "digest"]


def test_nor_is_a_promise_for_many_that_is_broken(manager):
    cases(MANY)
    sweep.run(DUE + SECOND)
    Notice.objects.update(sent_at=DUE + HOUR)
    told = Escalation.objects.filter(kind="stage")
    by_when = DUE + DAY
    escalations.acknowledge_many(told, by=manager, answer="I ring them all.", by_when=by_when, at=DUE + HOUR)
    assert Task.objects.count() == MANY
    sweep.run(by_when + SECOND)
    assert kinds() == ["digest", "digest"]
    assert Notice.objects.last().lines.count() == MANY


def test_what_hurries_does_not_wait_for_the_retry_of_a_digest_that_was_refused(server, manager):
    a_case(a_pathway("calm"), at=MONDAY - DAY)
    sweep.run(DUE)
    server.refuses.add(manager.email)
    for attempt in range(1, 9):
        tried = DUE + DAY + attempt * HOUR
        assert sent(server, tried) == []
    assert Notice.objects.get().retry_at == tried + HOUR

    a_case(a_pathway(ladder=[URGENT]), recorded_at=tried)  # a backlog: it joins the digest, which hurries
    now = tried + SECOND
    sweep.run(now)
    sweep.run(now + SECOND)
    assert Notice.objects.get().retry_at == now + outbox.AT_ONCE, "which is when those told must begin to answer"

    assert sent(server, now + outbox.AT_ONCE) == []
    assert Notice.objects.get().retry_at == now + outbox.AT_ONCE + HOUR, "refused again, it waits again"
    server.refuses.clear()
    assert len(sent(server, now + outbox.AT_ONCE + HOUR)) == 1
