"""The outbox, against a real mail server that is there, refuses, is down, and comes back."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cases import lifecycle, to_do
from cases.models import Notice, NoticeLine
from cases.watch import escalations, notices, set_aside, sweep
from tests.factories import MONDAY, PatientFactory, a_case, a_manager, a_member, a_pathway, fresh, the_move
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
DUE = MONDAY + 10 * DAY
URGENT = [
    ("breach", "after", "0 days", {"urgent": True, "answer_amount": 4, "answer_unit": "hours"}),
    ("again", "after", "1 day", {"urgent": True, "tells": ["team"]}),
]


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
    return a_case(a_pathway("urgent", ladder=URGENT), patient=patient)


def texts(mail):
    return [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]


def test_the_escalation_reaches_the_manager_and_says_what_to_do(server, case, manager):
    sweep.run(DUE + SECOND)
    with time_machine.travel(DUE + SECOND, tick=False), server.running():
        assert notices.send_due() == 1

    (mail,) = server.mails
    assert mail["To"] == manager.email
    over = "less than a minute over its limit of 10 days"
    assert mail["Subject"] == f"Late: {case}, Triage, {over}. Answer by today 1pm"
    assert mail["Auto-Submitted"] == "auto-generated"
    escalation = case.escalations.get()
    for text in texts(mail):
        assert "This case has been in" in text
        assert f"http://127.0.0.1:8000/cases/{case}/escalations/{escalation.pk}/" in text
        assert "12 March 2026, 1pm" in text
        assert "If nobody answers by 12 March 2026, 1pm, Midwatch will tell Grace Okafor." in text
    assert "Owner: nobody in Booking team" in texts(mail)[0]


def test_what_is_over_a_limit_in_working_days_is_counted_in_working_days(server, manager):
    case = a_case(a_pathway("urgent", ladder=URGENT, limit="5 working days"))
    late = MONDAY + 14 * DAY  # due a week before, at the same hour
    sweep.run(MONDAY + 7 * DAY + SECOND)
    with time_machine.travel(late, tick=False), server.running():
        notices.send_due()
    assert server.mails[0]["Subject"] == f"Late: {case}, Triage, 5 working days over its limit of 5"


def test_a_reply_goes_to_the_team_and_all_mails_about_a_case_are_one_thread(server, case):
    case.team.email = "booking@trust.example"
    case.team.save()
    sweep.run(DUE + SECOND)
    sweep.run(DUE + DAY + SECOND)
    with server.running():
        assert notices.send_due(at=DUE + DAY + SECOND) == 3, "breach, again, and that the breach was not answered"
    assert {mail["Reply-To"] for mail in server.mails} == {"booking@trust.example"}
    thread = {mail[header] for mail in server.mails for header in ("References", "In-Reply-To")}
    assert thread == {f"<case-{case}@midwatch>"}
    assert len({mail["Message-ID"] for mail in server.mails}) == 3


def test_no_mail_says_who_the_patient_is(server, case, manager):
    """Whatever anybody typed: their name may be in it."""
    name, owner = "Wilhelmina Featherstonehaugh", a_member("booking")
    pathway = a_pathway()
    typed = a_case(pathway, patient=case.patient)
    to_do.add_task(typed, f"Ring {name}", text=name, by=owner, due_at=DUE, at=MONDAY)
    lifecycle.assign_case(typed, owner, by=owner, note=name)
    held = a_case(pathway, patient=case.patient)
    lifecycle.hold_case(held, reason=f"{name} is abroad", until=MONDAY + DAY, by=owner, at=MONDAY)
    sweep.run(DUE + SECOND)
    breach = case.escalations.get()
    escalations.acknowledge(breach, by=manager, answer=f"I ring {name}", by_when=DUE + DAY, at=DUE + 2 * SECOND)
    sweep.run(DUE + 2 * DAY)
    with server.running():
        notices.send_due(at=DUE + 5 * DAY)

    assert not Notice.objects.filter(sent_at=None).exists()
    assert {notice.kind for notice in Notice.objects.all()} == {"escalation", "digest", "hold_ended"}
    assert any("Promise not kept" in mail["Subject"] for mail in server.mails)
    for mail in server.mails:
        # What is made of random numbers holds every number now and then.
        headers = [value for name, value in mail.items() if name not in ("Content-Type", "Message-ID")]
        said = " ".join([*headers, *texts(mail)]).lower()
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


def test_a_missing_address_is_said_and_listed(server, case, manager):
    sweep.run(DUE + SECOND)
    manager.email = ""
    manager.save()
    with server.running():
        assert notices.send_due() == 0
    (refused,) = notices.refused_addresses()
    assert refused.recipient == manager
    assert set_aside.in_plain_words(refused.error) == "Grace Okafor has no e-mail address. Add one in the admin."


def test_a_mail_server_that_is_down_loses_nothing_and_the_log_says_so(server, case, caplog):
    sweep.run(DUE + SECOND)
    assert notices.send_due() == 0
    assert "The mail server cannot be reached, notices wait: ConnectionRefusedError" in caplog.text
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
        assert "550" in refused.error
        assert "No such person here" in refused.error
        assert set_aside.in_plain_words(refused.error) == (
            "The mail server does not take e-mail for this address. Have it corrected in the admin, then try again."
        )
        assert list(notices.refused_addresses()) == [refused]
        assert refused.retry_at > timezone.now()
        assert notices.send_due() == 0, "not at once again"

        server.refuses.clear()
        with time_machine.travel(refused.retry_at + SECOND):
            assert notices.send_due() == 1
    assert [mail["To"] for mail in server.mails] == [other.email, manager.email]
    assert fresh(refused).error == ""
    assert not notices.refused_addresses().exists()


def test_a_mail_at_which_the_server_hangs_up_stops_nobody_else(server, case, manager):
    other = a_manager("booking")
    server.hangs_up.add(manager.email)
    sweep.run(DUE + SECOND)
    with server.running():
        assert notices.send_due() == 1, "the others go over a connection of their own"
        assert [mail["To"] for mail in server.mails] == [other.email]
        lost = Notice.objects.get(recipient=manager)
        assert lost.attempts == 1
        assert lost.retry_at > timezone.now()
        assert set_aside.in_plain_words(lost.error).startswith("The mail server broke off while it was given this")

        server.hangs_up.clear()
        with time_machine.travel(lost.retry_at + SECOND):
            assert notices.send_due() == 1
    assert fresh(lost).error == ""


def test_many_at_which_the_server_hangs_up_take_turns_and_keep_nobody_back(server, case, manager):
    lost = [manager, *(a_manager("booking") for _ in range(7))]
    server.hangs_up |= {person.email for person in lost}
    sweep.run(DUE + SECOND)
    for minute in range(9):
        if minute == 3:  # by now all have been lost once
            other = a_manager("booking")
            Notice.objects.create(kind="digest", recipient=other, send_at=DUE)
        with server.running():
            notices.send_due(at=DUE + minute * timedelta(minutes=1) + 2 * SECOND)
        if minute == 0:
            assert sum(Notice.objects.values_list("attempts", flat=True)) == notices.MOST_LOST, "then the run ends"
    assert [mail["To"] for mail in server.mails] == [other.email]
    assert min(Notice.objects.filter(sent_at=None).values_list("attempts", flat=True)) >= 2


def test_what_was_tried_longest_ago_goes_first_and_a_digest_takes_nothing_else_with_it(server, case, manager):
    digests = [
        Notice.objects.create(
            kind="digest", recipient=a_manager("other"), send_at=DUE, retry_at=DUE + minutes * MINUTE
        )
        for minutes in (2, 1)
    ]
    urgent = Notice.objects.create(
        kind="escalation", recipient=digests[0].recipient, case=case, retry_at=DUE + DAY, created_at=DUE
    )
    with server.running():
        assert notices.send_due(at=DUE + 3 * MINUTE) == 2
    assert [mail["To"] for mail in server.mails] == [one.recipient.email for one in reversed(digests)]
    assert fresh(urgent).sent_at is None


@pytest.mark.parametrize("step", ["handle_RCPT", "handle_DATA"])
def test_a_server_that_says_it_hangs_up_is_believed(server, case, manager, monkeypatch, step):
    async def busy(_server, _session, envelope, address="", _options=None):
        if step == "handle_RCPT":
            envelope.rcpt_tos.append(address)
        return "421 Going down"

    monkeypatch.setattr(server, step, busy, raising=False)
    sweep.run(DUE + SECOND)
    with server.running():
        for _ in range(9):
            now = (Notice.objects.get().retry_at or timezone.now()) + SECOND
            assert notices.send_due(at=now) == 0
    (waiting,) = notices.refused_addresses()
    assert waiting.retry_at - now == timedelta(minutes=15), "it may be no fault of its own"
    assert set_aside.in_plain_words(waiting.error).startswith("The mail server broke off"), (
        "not that it is the address"
    )


def test_a_run_that_takes_too_long_leaves_the_rest_to_the_next(server, case, manager, monkeypatch):
    a_manager("booking")
    sweep.run(DUE + SECOND)
    with server.running():
        monkeypatch.setattr(notices, "LONGEST_RUN", 0)
        assert notices.send_due() == 0
        monkeypatch.undo()
        assert notices.send_due() == 2


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


def test_one_that_was_answered_before_the_mail_went_says_so(server, case, manager):
    other = a_manager("booking")
    sweep.run(DUE + SECOND)
    escalations.acknowledge(case.escalations.get(), by=other, answer="I ring the clinic.", at=DUE + 2 * SECOND)
    with server.running():
        notices.send_due()
    assert {mail["Subject"] for mail in server.mails} == {f"Answered by {other}: {case}, Triage"}


def test_a_line_goes_to_nobody_but_the_recipient_of_its_notice(case, manager):
    sweep.run(DUE + SECOND)
    other = a_member("booking")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="line_goes_to_the_recipient_of_its_notice"), transaction.atomic():
        NoticeLine.objects.update(recipient=other)
