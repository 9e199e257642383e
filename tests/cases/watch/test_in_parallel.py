"""Several sweeps at once: the same as one."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection

from cases.models import Case, Escalation, Notice, NoticeLine, Task, Timer
from cases.watch import notices, sweep, timers
from tests.factories import MONDAY, a_case, a_manager, a_pathway

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
