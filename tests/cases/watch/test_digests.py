"""One digest for each person and day, against a real mail server: nobody is flooded, and nothing is left out."""

from datetime import time, timedelta

import pytest

from cases import lifecycle
from cases.models import Escalation, Notice, NoticeLine
from cases.watch import escalations, notices, outbox, set_aside, sweep
from pathways.models import MailPreference
from tests.factories import MONDAY, a_case, a_manager, a_member, a_pathway, the_move
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
DUE = MONDAY + 10 * DAY  # a Thursday at 9am
NEXT_8 = DUE + 23 * HOUR
URGENT = [("breach", "after", "0 days", {"urgent": True})]
WITHIN = {"answer_amount": 4, "answer_unit": "hours"}


@pytest.fixture
def manager():
    return a_manager("booking")


def texts(mail):
    return [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]


def sent(server: MailServer, at):
    """The mails that go when the sender looks at ``at``."""
    before = len(server.mails)
    with server.running():
        notices.send_due(at=at)
    return server.mails[before:]


def test_what_is_not_urgent_waits_for_the_digest_and_that_for_its_hour(server, manager):
    pathway = a_pathway()
    for _ in range(3):
        a_case(pathway)
    for hours in (1, 5, 22):
        sweep.run(DUE + hours * HOUR)
    notice = Notice.objects.get()
    assert (notice.kind, notice.recipient, notice.send_at) == ("digest", manager, NEXT_8)
    assert sent(server, NEXT_8 - SECOND) == []
    (mail,) = sent(server, NEXT_8)
    assert mail["Subject"] == "3 cases are late"
    assert sent(server, NEXT_8 + DAY) == []


def test_an_urgent_rung_has_a_mail_of_its_own_at_once_whatever_was_chosen(server, manager):
    MailPreference.objects.create(user=manager, digest=False, quiet_from=time(0), quiet_until=time(23, 59))
    a_case(a_pathway(ladder=URGENT))
    sweep.run(DUE + SECOND)
    assert len(sent(server, DUE + SECOND)) == 1
    assert Notice.objects.get().kind == "escalation"


def test_each_person_has_their_own_hour(server, manager):
    other = a_manager("booking")
    MailPreference.objects.create(user=other, digest_at=time(16))
    a_case()
    sweep.run(DUE + SECOND)
    assert [mail["To"] for mail in sent(server, DUE + 7 * HOUR)] == [other.email]
    assert [mail["To"] for mail in sent(server, NEXT_8)] == [manager.email]


def test_a_digest_that_is_off_is_recorded_and_not_sent(server, manager):
    MailPreference.objects.create(user=manager, digest=False)
    a_case()
    sweep.run(DUE + SECOND)
    assert sent(server, NEXT_8) == []
    notice = Notice.objects.get()
    assert (notice.sent_to, notice.error) == ("", "Not sent: their digest is switched off.")
    assert notice.sent_at is not None
    assert notice.lines.count() == 1
    assert not notices.refused_addresses().exists()


def test_it_is_grouped_by_pathway_and_stage_and_the_worst_come_first(server, manager):
    knee, hip = a_pathway("knee"), a_pathway("hip")
    newer, oldest = a_case(hip, at=MONDAY + 3 * DAY), a_case(hip)
    middle, soon = a_case(knee, at=MONDAY + DAY), a_case(knee, at=MONDAY + 4 * DAY)
    sweep.run(DUE + 3 * DAY + SECOND)
    (mail,) = sent(server, DUE + 3 * DAY + 23 * HOUR)
    assert mail["Subject"] == "3 cases are late, 1 soon"
    for text in texts(mail):
        shown = ["Hip: Triage", str(oldest), str(newer), "Knee: Triage", str(middle), str(soon)]
        places = [text.index(words) for words in shown]
        assert places == sorted(places)
        for case in (oldest, newer, middle, soon):
            assert f"http://127.0.0.1:8000/cases/{case}/" in text


def test_nothing_stands_twice_in_it_and_nothing_that_is_over_or_answered(server, manager):
    pathway = a_pathway()
    late, gone, answered = (a_case(pathway) for _ in range(3))
    for at in (DUE - DAY, DUE + SECOND):  # two rungs of each, in one digest
        sweep.run(at)
    assert NoticeLine.objects.filter(notice=Notice.objects.latest("pk"), escalation__case=late).count() >= 1
    lifecycle.move_case(gone, the_move(gone, "review"), by=manager, at=DUE + HOUR)
    escalations.acknowledge(answered.escalations.first(), by=manager, answer="I ring them.", at=DUE + HOUR)
    (mail,) = sent(server, NEXT_8)
    assert mail["Subject"] == "1 case is late"
    plain = texts(mail)[0]
    assert plain.count(str(late)) == 2, "its reference and its link"
    assert str(gone) not in plain
    assert str(answered) not in plain


def test_an_empty_digest_says_that_all_have_moved_on(server, manager):
    case = a_case()
    sweep.run(DUE + SECOND)
    lifecycle.move_case(case, the_move(case, "review"), by=manager, at=DUE + HOUR)
    (mail,) = sent(server, NEXT_8)
    assert mail["Subject"] == "All cases have moved on"


def test_the_ends_of_holds_are_told_in_the_digest(server, manager):
    owner = a_member("booking")
    case = a_case()
    lifecycle.assign_case(case, owner, by=owner)
    lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 4 * DAY, by=owner, at=MONDAY + DAY)
    sweep.run(MONDAY + 4 * DAY + SECOND)
    assert sent(server, MONDAY + 4 * DAY + HOUR) == []
    (mail,) = sent(server, MONDAY + 7 * DAY)
    assert (mail["To"], mail["Subject"]) == (owner.email, "1 hold ended")
    assert str(case) in texts(mail)[0]
    assert set(Notice.objects.values_list("sent_to", flat=True)) == {owner.email}
    assert sent(server, MONDAY + 14 * DAY) == []


def test_everybody_is_told_of_the_ends_of_their_own_holds_and_of_each_once(server):
    early, late = a_member("booking"), a_member("booking")
    MailPreference.objects.create(user=early, digest_at=time(7))
    cases = [a_case(a_pathway(ladder=[])) for _ in range(3)]
    for case, owner, days in zip(cases, (early, late, early), (2, 2, 3), strict=True):
        lifecycle.assign_case(case, owner, by=owner)
        lifecycle.hold_case(case, reason="Holiday", until=MONDAY + days * DAY, by=owner, at=MONDAY + DAY)
    sweep.run(MONDAY + 2 * DAY + SECOND)
    told = {}
    for at in (MONDAY + 3 * DAY - 2 * HOUR, MONDAY + 3 * DAY - HOUR, MONDAY + 4 * DAY - 2 * HOUR):
        sweep.run(at)
        (mail,) = sent(server, at)
        told[at, mail["To"]] = [case for case in cases if str(case) in texts(mail)[0]]
    assert list(told.values()) == [[case] for case in cases]
    assert [to for _, to in told] == [early.email, late.email, early.email]


def test_a_hold_that_ended_is_no_news_once_the_case_has_moved_on_or_is_held_again(server, manager):
    owner = a_member("booking")
    moved, held, told = [a_case(a_pathway(f"way-{n}")) for n in range(3)]
    for case in (moved, held, told):
        lifecycle.assign_case(case, owner, by=owner)
        lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 4 * DAY, by=owner, at=MONDAY + DAY)
    sweep.run(MONDAY + 4 * DAY + SECOND)
    lifecycle.move_case(moved, the_move(moved, "review"), by=owner, at=MONDAY + 4 * DAY + HOUR)
    lifecycle.hold_case(held, reason="Again", until=MONDAY + 9 * DAY, by=owner, at=MONDAY + 4 * DAY + HOUR)
    (mail,) = sent(server, MONDAY + 7 * DAY)
    assert mail["Subject"] == "1 hold ended"
    for text in texts(mail):
        assert str(told) in text
        assert "on hold until Friday 6 March 2026" in text or "on hold until 6 March 2026" in text
        assert str(moved) not in text
        assert str(held) not in text


def test_a_case_that_was_put_on_hold_since_is_said_to_be_on_hold_and_not_late(server, manager):
    ladder = [("warn", "before", "2 days"), ("breach", "after", "0 days")]
    pathway = a_pathway(ladder=ladder)
    held, resumed, waiting = [a_case(pathway) for _ in range(3)]
    owner = a_member("booking")
    for case in (held, resumed):
        lifecycle.hold_case(case, reason="Holiday", until=DUE + 20 * DAY, by=owner, at=DUE - 3 * DAY)
    lifecycle.resume_case(resumed, by=owner, at=DUE - DAY)
    sweep.run(DUE + SECOND)
    for case in (held, waiting):
        assert case.escalations.filter(rung_code="breach").exists() == (case == waiting)
    lifecycle.hold_case(waiting, reason="Holiday", until=DUE + 20 * DAY, by=owner, at=DUE + HOUR)
    more_late = a_case(pathway, at=MONDAY + HOUR)
    sweep.run(DUE + 2 * HOUR)
    (mail,) = sent(server, NEXT_8)
    assert mail["Subject"] == "1 case is late, 1 soon, 1 on hold"
    for text in texts(mail):
        assert "on hold, the clock is stopped" in text
        order = [text.index(str(case)) for case in (more_late, resumed, waiting)]
        assert order == sorted(order), "by when they are due now, not when they were escalated"


def test_a_ladder_switched_on_over_a_backlog_sends_one_digest(server, manager, monkeypatch):
    monkeypatch.setattr(sweep, "BATCH_SIZE", 3)
    pathway = a_pathway()
    for _ in range(8):
        a_case(pathway, recorded_at=DUE + 5 * DAY)
    sweep.run(DUE + 5 * DAY + SECOND)
    sweep.run(DUE + 5 * DAY + 60 * SECOND)
    notice = Notice.objects.get()
    assert (notice.kind, notice.lines.count()) == ("digest", 8)
    assert len(sent(server, DUE + 8 * DAY)) == 1


def test_a_backlog_of_urgent_rungs_is_one_digest_that_goes_at_once_and_is_never_off(server, manager, monkeypatch):
    monkeypatch.setattr(sweep, "BATCH_SIZE", 3)
    MailPreference.objects.create(user=manager, digest=False)
    pathway = a_pathway(ladder=URGENT)
    for _ in range(8):
        a_case(pathway, recorded_at=DUE + 5 * DAY)
    at = DUE + 5 * DAY + SECOND
    sweep.run(at)
    notice = Notice.objects.get()
    assert (notice.kind, notice.lines.count(), notice.send_at) == ("digest", 8, at + outbox.AT_ONCE)
    (mail,) = sent(server, at + outbox.AT_ONCE)
    assert mail["Subject"] == "8 cases are late"


def test_an_hour_without_a_mail_server_delays_the_digest_and_nothing_more(server, manager):
    a_case()
    sweep.run(DUE + SECOND)
    assert notices.send_due(at=NEXT_8) == 0, "it is down"
    later = a_case()
    sweep.run(NEXT_8 + HOUR)
    (mail,) = sent(server, NEXT_8 + HOUR)
    assert mail["Message-ID"] == Notice.objects.get(sent_at__isnull=False).message_id
    assert later.escalations.count() == 0 or str(later) in texts(mail)[0]


def test_a_new_rung_after_the_digest_went_makes_a_new_one(server, manager):
    case = a_case()
    sweep.run(DUE + SECOND)
    assert len(sent(server, NEXT_8)) == 1
    sweep.run(DUE + DAY + SECOND)
    (mail,) = sent(server, DUE + 4 * DAY)
    assert str(case) in texts(mail)[0]
    assert Notice.objects.filter(kind="digest").count() == 2


def test_a_very_long_digest_is_cut_and_says_how_many_more_there_are(server, manager, monkeypatch):
    monkeypatch.setattr("cases.watch.digest.MOST_LINES", 2)
    pathway = a_pathway()
    for _ in range(5):
        a_case(pathway)
    sweep.run(DUE + SECOND)
    (mail,) = sent(server, NEXT_8)
    assert mail["Subject"] == "5 cases are late"
    assert "And 3 more: http://127.0.0.1:8000/cases/?late=late" in texts(mail)[0]


FRIDAY_8 = NEXT_8  # by which the digest should have gone


@pytest.mark.parametrize(
    ("quiet", "now", "goes"),
    [
        ({}, FRIDAY_8 + DAY, FRIDAY_8 + 3 * DAY),  # Saturday
        ({"quiet_from": time(22), "quiet_until": time(7)}, FRIDAY_8 + 15 * HOUR, FRIDAY_8 + 3 * DAY),
        (
            {"quiet_from": time(22), "quiet_until": time(7), "working_days_only": False},
            FRIDAY_8 + 15 * HOUR,
            FRIDAY_8 + 23 * HOUR,  # when the quiet hours end
        ),
    ],
)
def test_a_digest_that_is_late_respects_days_and_hours_all_the_same(server, manager, quiet, now, goes):
    MailPreference.objects.create(user=manager, **quiet)
    a_case()
    sweep.run(DUE + SECOND)
    assert notices.send_due(at=FRIDAY_8) == 0, "the mail server is down"
    assert sent(server, now) == []
    assert Notice.objects.get().send_at == goes
    assert len(sent(server, goes)) == 1


def test_a_digest_that_was_refused_and_put_off_goes_at_whatever_hour_when_somebody_asks_for_it(server, manager):
    server.refuses.add(manager.email)
    a_case()
    sweep.run(DUE + SECOND)
    saturday = FRIDAY_8 + DAY
    for at in (FRIDAY_8, saturday):
        assert sent(server, at) == []
    assert Notice.objects.get().send_at == FRIDAY_8 + 3 * DAY

    set_aside.try_notice_again(Notice.objects.get().pk, by=manager)
    assert sent(server, saturday) == []
    assert saturday < Notice.objects.get().retry_at < saturday + HOUR, "tried, and refused again"
    server.refuses.clear()
    assert sent(server, saturday + HOUR) == [], "what was not asked for waits for its hour as ever"
    set_aside.try_notice_again(Notice.objects.get().pk, by=manager)
    assert len(sent(server, saturday + HOUR)) == 1


def test_a_late_digest_of_something_urgent_waits_for_no_hour(server, manager):
    MailPreference.objects.create(user=manager, quiet_from=time(22), quiet_until=time(7))
    a_case(a_pathway(ladder=URGENT), recorded_at=DUE + DAY)
    sweep.run(DUE + DAY + SECOND)
    assert len(sent(server, FRIDAY_8 + 15 * HOUR)) == 1


@pytest.mark.parametrize(
    ("before", "after", "goes"), [(8, 16, NEXT_8 + 8 * HOUR), (16, 8, NEXT_8), (16, 7, NEXT_8 + 3 * DAY - HOUR)]
)
def test_a_digest_that_waits_comes_at_the_hour_that_is_chosen_meanwhile(server, manager, before, after, goes):
    chosen = MailPreference.objects.create(user=manager, digest_at=time(before))
    case = a_case()
    lifecycle.assign_case(case, manager, by=manager)
    lifecycle.hold_case(case, reason="Holiday", until=DUE, by=manager, at=MONDAY + DAY)
    a_case()
    sweep.run(DUE + 8 * HOUR)
    MailPreference.objects.filter(pk=chosen.pk).update(digest_at=time(after))

    notices.come_as_chosen(manager, NEXT_8 - HOUR / 2)

    assert set(Notice.objects.values_list("kind", "send_at")) == {("digest", goes), ("hold_ended", goes)}
    assert sent(server, goes - SECOND) == []
    assert len(sent(server, goes)) == 1


def test_a_digest_that_hurries_does_so_whatever_is_chosen_meanwhile(manager):
    a_case(a_pathway(ladder=URGENT), recorded_at=DUE + DAY)
    sweep.run(DUE + DAY + SECOND)
    before = Notice.objects.get().send_at
    MailPreference.objects.create(user=manager, digest_at=time(16))
    notices.come_as_chosen(manager, DUE + DAY + 2 * SECOND)
    assert Notice.objects.get().send_at == before


def test_a_digest_is_not_put_off_past_the_time_by_which_it_must_be_answered(server, manager):
    chosen = MailPreference.objects.create(user=manager, quiet_from=time(22), quiet_until=time(9))
    a_case(a_pathway(ladder=[("breach", "after", "0 days", WITHIN)]))
    sweep.run(DUE + SECOND)
    digest, told = Notice.objects.get(), Escalation.objects.get()
    assert (digest.send_at, told.answer_by) == (NEXT_8 + HOUR, NEXT_8 + 5 * HOUR)
    MailPreference.objects.filter(pk=chosen.pk).update(digest_at=time(16))
    notices.come_as_chosen(manager, NEXT_8)
    assert Notice.objects.get().send_at == NEXT_8 + HOUR
    MailPreference.objects.filter(pk=chosen.pk).update(quiet_from=time(8), quiet_until=time(20))
    assert len(sent(server, NEXT_8 + HOUR)) == 1


@pytest.mark.parametrize("ladder", [URGENT, [("breach", "after", "0 days", WITHIN)]])
@pytest.mark.parametrize("is_answered", [True, False])
def test_what_is_answered_or_over_keeps_no_digest_from_being_put_off(manager, ladder, is_answered):
    chosen = MailPreference.objects.create(user=manager, quiet_from=time(22), quiet_until=time(9))
    case = a_case(a_pathway(ladder=ladder), recorded_at=DUE + SECOND)
    sweep.run(DUE + 2 * SECOND)
    before = Notice.objects.get().send_at
    if is_answered:
        escalations.acknowledge(case.escalations.get(), by=manager, answer="I ring.", at=DUE + 3 * SECOND)
    else:
        lifecycle.move_case(case, the_move(case, "review"), by=manager, at=DUE + 3 * SECOND)
    MailPreference.objects.filter(pk=chosen.pk).update(digest_at=time(16))
    now = before - HOUR / 60
    notices.come_as_chosen(manager, now)
    assert Notice.objects.get().send_at == before.replace(hour=16, minute=0, second=0)


def test_a_digest_is_put_off_to_before_the_time_by_which_it_must_be_answered_and_after_that_time(server, manager):
    chosen = MailPreference.objects.create(user=manager, digest_at=time(9))
    a_case(a_pathway(ladder=[("breach", "after", "0 days", WITHIN)]))
    sweep.run(DUE + SECOND)
    answer_by = Escalation.objects.get().answer_by
    MailPreference.objects.filter(pk=chosen.pk).update(digest_at=time(12))
    notices.come_as_chosen(manager, NEXT_8)
    assert (Notice.objects.get().send_at, answer_by) == (NEXT_8 + 4 * HOUR, NEXT_8 + 5 * HOUR)

    MailPreference.objects.filter(pk=chosen.pk).update(quiet_from=time(13), quiet_until=time(7))
    assert sent(server, answer_by + SECOND) == [], "the mail server was away, and those of the next level are told now"


def test_whoever_has_it_switched_off_sets_no_time_by_which_the_others_must_answer(manager):
    MailPreference.objects.create(user=a_manager("booking"), digest=False, digest_at=time(10))
    MailPreference.objects.create(user=manager, digest_at=time(16))
    a_case(a_pathway(ladder=[("breach", "after", "0 days", WITHIN)]))
    sweep.run(DUE + SECOND)
    assert Escalation.objects.get().answer_by == DUE + 7 * HOUR + 4 * HOUR
