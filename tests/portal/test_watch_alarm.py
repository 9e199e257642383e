"""The web process writes to those who can mend it while nobody sweeps: once an outage and hour, whoever is first."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import OperationalError, connections
from django.utils import timezone

from cases.models import SweepRun
from pathways import groups
from portal import last_look, watch_alarm
from portal.models import Alarm
from tests.factories import UserFactory, a_case, a_manager, in_group

HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def look(db, monkeypatch):
    mine = last_look.LastLook()
    monkeypatch.setattr(last_look, "LOOK", mine)
    monkeypatch.setattr(watch_alarm, "MEMORY", watch_alarm.Memory())
    return mine


@pytest.fixture
def administrators(db):
    in_group(groups.PATHWAY_ADMINISTRATOR, is_active=False)
    in_group(groups.PATHWAY_ADMINISTRATOR, email="")
    a_manager("booking")
    return {in_group(groups.PATHWAY_ADMINISTRATOR).email, UserFactory(is_superuser=True).email}


def swept(at, look):
    SweepRun.objects.create(as_of=at, finished_at=at)
    look.look()


def alarm(now, up_for=HOUR):
    return watch_alarm.alarm_if_asleep(now, up_since=now - up_for)


def test_administrators_are_written_to_once_an_hour_for_as_long_as_nobody_sweeps(look, administrators, now):
    swept(now, look)
    sent = [alarm(now + timedelta(minutes=minutes)) for minutes in (0, 14, 16, 30, 74, 76, 134, 136)]

    assert sent == [0, 0, 2, 0, 0, 2, 0, 2]
    assert {address for message in mail.outbox for address in message.to} == administrators
    assert all(len(message.to) == 1 for message in mail.outbox)
    assert [alarm.sent_to for alarm in Alarm.objects.all()] == [2, 2, 2]


def test_the_e_mail_says_since_when_and_what_to_do_and_names_no_patient(look, administrators, now):
    case = a_case()
    swept(now - 2 * HOUR, look)
    alarm(now)

    text = mail.outbox[0].body
    assert "It last looked for what is late 2 hours ago" in text
    assert "see whether a worker and beat are running" in text
    assert "/supervision/watch/" in text
    assert case.reference not in text
    assert str(case.patient) not in text


def test_another_outage_is_told_anew(look, administrators, now):
    swept(now - 2 * HOUR, look)
    assert alarm(now) == 2
    swept(now, look)
    assert alarm(now + 2 * HOUR) == 2


def test_a_watch_that_never_began_is_told_of_when_the_process_has_been_up_for_a_while(look, administrators, now):
    look.look()
    assert alarm(now, up_for=timedelta(minutes=14)) == 0
    assert alarm(now) == 2
    assert alarm(now) == 0
    assert "has never looked" in mail.outbox[0].body


def test_a_process_that_has_just_started_waits_for_the_workers_to_start_too(look, administrators, now):
    swept(now - 9 * HOUR, look)
    assert alarm(now, up_for=timedelta(minutes=1)) == 0


class Refusing(EmailBackend):
    """A mail server that takes nothing for some addresses."""

    addresses = set()

    def send_messages(self, messages):
        if self.addresses & set(messages[0].to):
            raise ConnectionRefusedError("no")
        return super().send_messages(messages)


def test_a_mail_server_that_is_down_is_tried_again_at_the_next_look(look, administrators, now, settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    monkeypatch.setattr(Refusing, "addresses", administrators)
    monkeypatch.setattr(watch_alarm, "get_connection", lambda: Refusing())
    swept(now - HOUR, look)
    with pytest.raises(ConnectionRefusedError):
        alarm(now)
    assert not Alarm.objects.exists()

    one = min(administrators)
    monkeypatch.setattr(Refusing, "addresses", {one})
    assert alarm(now) == 1, "one address that is refused does not keep the others from being told"
    assert alarm(now) == 0


def test_nobody_to_write_to_is_logged(look, now, caplog):
    swept(now - HOUR, look)
    assert alarm(now) == 0
    assert "there is no superuser or pathway administrator" in caplog.text


@pytest.fixture
def database_goes_down(monkeypatch):
    """From the moment it is called nothing can be read from the database, or written."""

    def gone(*_, **__):
        raise OperationalError("gone")

    def go_down():
        monkeypatch.setattr(Alarm.objects, "create", gone)
        monkeypatch.setattr(watch_alarm, "those_who_can_mend_it", gone)

    return go_down


def test_while_the_database_is_down_it_goes_to_those_who_were_known_once_an_hour(
    look, administrators, now, database_goes_down
):
    swept(now, look)
    watch_alarm.MEMORY.refresh()
    database_goes_down()
    watch_alarm.MEMORY.refresh()  # which leaves what was known

    sent = [alarm(now + timedelta(minutes=minutes)) for minutes in (14, 16, 17, 75, 77)]

    assert sent == [0, 2, 0, 0, 2]
    assert {address for message in mail.outbox for address in message.to} == administrators
    assert "The web server cannot use the database: mend that first." in mail.outbox[0].body
    assert "nobody looks" in mail.outbox[0].body


def test_who_was_just_written_to_is_not_written_to_again_because_the_database_went_down(
    look, administrators, now, database_goes_down
):
    swept(now - HOUR, look)
    watch_alarm.MEMORY.refresh()
    assert alarm(now) == 2
    assert "The dates on the pages are right" in mail.outbox[0].body
    database_goes_down()
    assert alarm(now + timedelta(minutes=50)) == 0
    assert alarm(now + HOUR) == 2


@pytest.mark.django_db(transaction=True)
def test_of_several_web_processes_one_writes(look, administrators, now, monkeypatch):
    swept(now - HOUR, look)
    sent, together = [], threading.Barrier(4)

    def a_web_process():
        together.wait()
        sent.append(alarm(now))
        connections.close_all()

    threads = [threading.Thread(target=a_web_process) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(sent) == [0, 0, 0, 2]


@pytest.mark.django_db(transaction=True)
def test_the_thread_goes_on_after_whatever_goes_wrong(look, administrators, now, monkeypatch, caplog):
    SweepRun.objects.create(as_of=now - HOUR, finished_at=now - HOUR)
    stop, failures = threading.Event(), iter([RuntimeError("the broker is gone")])
    monkeypatch.setattr(watch_alarm, "EVERY", 0.01)
    look_as_it_is = look.look

    def look_and_fail_once():
        if error := next(failures, None):
            raise error
        look_as_it_is()

    monkeypatch.setattr(look, "look", look_and_fail_once)
    sending = watch_alarm.send

    def send_and_stop(*arguments):
        stop.set()
        return sending(*arguments)

    monkeypatch.setattr(watch_alarm, "send", send_and_stop)
    thread = threading.Thread(target=watch_alarm.keep_looking, args=(stop, now - HOUR))
    thread.start()
    thread.join(30)

    assert not thread.is_alive()
    assert Alarm.objects.get().sent_to == 2
    assert "The watch alarm could not do its work" in caplog.text
