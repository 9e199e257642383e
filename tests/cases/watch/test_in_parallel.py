"""Several sweeps at once: the same as one."""

from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection

from cases import lifecycle
from cases.models import Case, Escalation, Notice, NoticeLine, Task, Timer
from cases.watch import later, mail, notices, sweep, timers
from pathways.models import Membership, Team
from tests.factories import MONDAY, a_case, a_manager, a_pathway, fresh

pytestmark = pytest.mark.django_db(transaction=True)

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
DUE = MONDAY + timedelta(days=10)
ANSWER = {"answer_amount": 4, "answer_unit": "hours"}


def at_once(*work):
    errors = []

    def do(one):
        try:
            one()
        except Exception as error:  # a thread would swallow it
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=do, args=[one]) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def test_four_sweeps_and_two_senders_at_once_raise_tell_and_do_everything_once(server, monkeypatch):
    monkeypatch.setattr(sweep, "BATCH_SIZE", 4)
    managers = [a_manager("booking") for _ in range(3)]
    urgent = a_pathway("urgent", ladder=[("breach", "after", "0 days", {"urgent": True, **ANSWER})])
    others = a_pathway(ladder=[("breach", "after", "0 days", {"raises_priority": True, "task_title": "Ring"})])
    cases = [a_case(pathway) for _ in range(12) for pathway in (urgent, others)]

    with server.running():
        at_once(*[lambda: sweep.run(DUE + SECOND)] * 4, *[lambda: notices.send_due(at=DUE + SECOND)] * 2)
        sweep.run(DUE + 2 * SECOND)  # cases that one sweep was working on, another has left
        notices.send_due(at=DUE + 2 * SECOND)
        at_once(*[lambda: notices.send_due(at=DUE + 23 * HOUR)] * 2)

    assert Escalation.objects.count() == Escalation.objects.filter(is_told=True).count() == len(cases)
    assert NoticeLine.objects.count() == len(cases) * len(managers)
    assert Notice.objects.filter(kind="digest").count() == len(managers), "one digest a person"
    assert Task.objects.count() == Case.objects.filter(priority=1).count() == 12
    assert Timer.objects.filter(kind="escalation").count() == 12
    assert timers.rebuild(check=True) == []
    ids = [mail["Message-ID"] for mail in server.mails]
    assert sorted(ids) == sorted(Notice.objects.values_list("message_id", flat=True))


def test_a_sweep_waits_for_no_mail_server_and_leaves_what_joins_a_digest_being_sent_to_the_next(server, monkeypatch):
    slow, other = a_manager("booking"), a_manager("imaging")
    ladder = [("breach", "after", "0 days")]
    theirs, others = a_pathway(ladder=ladder), a_pathway("scan", team="imaging", ladder=ladder)
    a_case(theirs, at=MONDAY - timedelta(days=3))
    a_case(a_pathway("ward", team="ward", ladder=ladder), at=MONDAY - timedelta(days=3))
    sweep.run(DUE - timedelta(days=1))
    Membership.objects.create(team=Team.objects.get(code="ward"), user=slow, role="manager")
    late = [a_case(theirs), a_case(others)]
    held = a_case(a_pathway("held"))
    lifecycle.hold_case(held, reason="Holiday", until=DUE - HOUR, by=slow, at=DUE - timedelta(days=1))
    has_begun, may_end, message = Event(), Event(), mail.message

    def slowly(*about):
        has_begun.set()
        may_end.wait(30)
        return message(*about)

    monkeypatch.setattr(mail, "message", slowly)
    with server.running():
        sender = Thread(target=lambda: (notices.send_due(at=DUE), connection.close()))
        sender.start()
        assert has_begun.wait(30)
        connection.cursor().execute("SET lock_timeout = '10s'")  # should it wait after all, it says so
        run = sweep.run(DUE + SECOND)
        assert later.tell(DUE + SECOND) == 0, "nor does what could be told to nobody before"
        may_end.set()
        sender.join(30)

    assert (run.escalations, run.set_aside) == (1, 0)
    assert [case.escalations.count() for case in late] == [0, 1]
    assert len(server.mails) == 1
    assert fresh(held).is_held
    assert later.tell(DUE + 2 * SECOND) == 1
    assert sweep.run(DUE + 2 * SECOND).escalations == 1
    assert held.holds.get().ended_at == DUE - HOUR
    assert Notice.objects.get(kind="hold_ended").recipient == slow
    told = list(NoticeLine.objects.order_by("escalation_id").values_list("recipient", "notice__sent_to"))
    assert told == [(slow.pk, slow.email), (slow.pk, ""), (other.pk, ""), (slow.pk, "")]
    assert timers.rebuild(check=True) == []
