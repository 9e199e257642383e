"""The outbox, against a real mail server that is there, refuses, is down, and comes back."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from cases import lifecycle
from cases.models import Notice
from cases.watch import notices, sweep
from tests.factories import MONDAY, PatientFactory, a_case, a_manager, a_member, a_pathway, fresh, the_move
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
DUE = MONDAY + 10 * DAY


@pytest.fixture
def server(settings):
    """A mail server that the portal is set to use, and that is not running yet."""
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
    return server


@pytest.fixture
def manager():
    return a_manager("booking", first_name="Grace", last_name="Okafor")


@pytest.fixture
def case(manager):
    patient = PatientFactory(given_name="Wilhelmina", family_name="Featherstonehaugh")
    return a_case(patient=patient)


def texts(mail):
    return [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]


def test_the_escalation_reaches_the_manager_and_says_what_to_do(server, case, manager):
    sweep.run(DUE + SECOND)
    with time_machine.travel(DUE + 2 * DAY, tick=False), server.running():
        assert notices.send_due() == 1

    (mail,) = server.mails
    assert mail["To"] == manager.email
    assert mail["Subject"] == f"Late: {case}, Triage, 2 days over its limit of 10 days"
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, html = texts(mail)
    for text in (plain, html):
        assert "This case has been in" in text
        assert f"http://127.0.0.1:8000/cases/{case}/" in text
    assert "Owner: nobody in Booking team" in plain
    assert "If nothing changes by 13 March 2026, 9am, Midwatch will tell Grace Okafor." in plain


def test_no_mail_says_who_the_patient_is(server, case, manager):
    a_case(case.version.pathway, patient=case.patient, recorded_at=DUE + 20 * DAY)
    owner = a_member("booking")
    held = a_case(case.version.pathway, patient=case.patient)
    lifecycle.hold_case(held, reason="Featherstonehaugh is abroad", until=MONDAY + DAY, by=owner, at=MONDAY)
    sweep.run(DUE + 20 * DAY)
    with server.running():
        notices.send_due()

    assert {notice.kind for notice in Notice.objects.all()} == {"escalation", "digest", "hold_ended"}
    for mail in server.mails:
        said = mail.as_string().lower()
        for secret in ("featherstonehaugh", "wilhelmina", case.patient.nhs_number, "1963"):
            assert secret not in said


def test_a_notice_is_sent_once_and_recorded(server, case, manager):
    sweep.run(DUE + SECOND)
    with server.running():
        assert [notices.send_due(), notices.send_due()] == [1, 0]
    notice = Notice.objects.get()
    assert (notice.sent_to, notice.attempts) == (manager.email, 1)
    assert notice.sent_at is not None
    assert server.mails[0]["Message-ID"] == notice.message_id


def test_a_mail_server_that_is_down_loses_nothing(server, case):
    sweep.run(DUE + SECOND)
    assert notices.send_due() == 0
    assert Notice.objects.get().sent_at is None
    with server.running():
        assert notices.send_due() == 1


def test_an_address_that_is_refused_is_tried_later_and_stops_nobody_else(server, case, manager):
    other = a_manager("booking")
    server.refuses.add(manager.email)
    sweep.run(DUE + SECOND)
    with server.running():
        assert notices.send_due() == 1
        refused = Notice.objects.get(recipient=manager)
        assert "No such person here" in refused.error
        assert refused.retry_at > timezone.now()
        assert notices.send_due() == 0, "not at once again"

        server.refuses.clear()
        with time_machine.travel(refused.retry_at + SECOND):
            assert notices.send_due() == 1
    assert [mail["To"] for mail in server.mails] == [other.email, manager.email]
    assert fresh(refused).error == ""


def test_each_retry_waits_longer_up_to_an_hour(server, case, manager):
    server.refuses.add(manager.email)
    sweep.run(DUE + SECOND)
    waits = []
    with server.running():
        for _ in range(8):
            now = (Notice.objects.get().retry_at or timezone.now()) + SECOND
            with time_machine.travel(now, tick=False):
                notices.send_due()
                waits.append((Notice.objects.get().retry_at - now) // timedelta(minutes=1))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_repeat_after_a_crash_carries_the_same_message_id(server, case):
    sweep.run(DUE + SECOND)
    with server.running():
        notices.send_due()
        Notice.objects.update(sent_at=None)  # killed after the server took it and before it was marked
        notices.send_due()
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_a_case_that_moved_on_before_the_mail_went_says_so(server, case):
    sweep.run(DUE + SECOND)
    lifecycle.move_case(case, the_move(case, "review"), by=a_member("booking"))
    with server.running():
        notices.send_due()
    assert server.mails[0]["Subject"] == f"No longer waiting: {case}, Triage"


def test_the_digest_lists_the_latest_first_and_leaves_out_what_moved_on(server, manager):
    pathway = a_pathway()
    newer, older, gone = (a_case(pathway, at=MONDAY + days * DAY, recorded_at=DUE + 20 * DAY) for days in (3, 0, 1))
    for at in (DUE - DAY, DUE + DAY, DUE + 20 * DAY):
        sweep.run(at)
    lifecycle.move_case(gone, the_move(gone, "review"), by=manager)
    with time_machine.travel(DUE + 20 * DAY), server.running():
        assert notices.send_due() == 1
    (mail,) = server.mails
    assert mail["Subject"] == "2 cases are late"
    assert texts(mail)[0].count(str(older)) == 2, "one line a case: its reference and its link"
    plain = texts(mail)[0]
    assert plain.index(str(older)) < plain.index(str(newer))
    assert str(gone) not in plain


def test_a_new_backlog_after_the_digest_went_makes_a_new_digest(server, manager):
    pathway = a_pathway()
    a_case(pathway, recorded_at=DUE + DAY)
    sweep.run(DUE + SECOND)
    with server.running():
        notices.send_due()
    a_case(pathway, recorded_at=DUE + DAY)
    sweep.run(DUE + 2 * SECOND)
    with server.running():
        assert notices.send_due() == 1
    assert Notice.objects.filter(kind="digest").count() == 2
