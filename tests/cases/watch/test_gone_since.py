"""Who goes away between the sweep and the digest: their deputy is told, at once rather than a day later."""

from datetime import time, timedelta

import pytest

from cases import lifecycle
from cases.models import Escalation, Notice, NoticeLine
from cases.watch import instead, notices, outbox, sweep
from pathways.models import Absence, MailPreference
from tests.factories import MONDAY, a_case, a_manager, a_member, a_pathway

pytestmark = pytest.mark.django_db

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
DUE = MONDAY + 10 * DAY  # a Thursday at 9am
NEXT_8 = DUE + 23 * HOUR


@pytest.fixture
def manager():
    return a_manager("booking", first_name="Grace", last_name="Okafor")


@pytest.fixture
def deputy():
    return a_member("booking")


def away(user, deputy=None):
    return Absence.objects.create(user=user, starts_at=DUE + HOUR, ends_at=DUE + 14 * DAY, deputy=deputy)


@pytest.fixture
def owed(manager):
    """A case of whose lateness its manager is to be told in the next digest."""
    case = a_case(a_pathway())
    sweep.run(DUE + SECOND)
    assert Notice.objects.get().recipient == manager
    return case


@pytest.fixture
def sent(server):
    """Let the sender look at a time, and return to whom mails have gone so far."""

    def look(at):
        with server.running():
            notices.send_due(at=at)
        return [mail["To"] for mail in server.mails]

    return look


def test_their_deputy_gets_it_within_minutes_of_when_it_was_to_go(sent, owed, manager, deputy):
    away(manager, deputy)
    at = NEXT_8 + SECOND
    assert sent(at) == []
    closed, owed_now = Notice.objects.order_by("pk")
    assert closed.error == "Not sent: they are away. Whom it concerns now is told instead."
    assert owed_now.send_at == at + outbox.AT_ONCE
    assert sent(at + outbox.AT_ONCE) == [deputy.email]


def test_also_where_the_one_who_is_away_wants_no_digests(sent, owed, manager, deputy):
    MailPreference.objects.create(user=manager, digest=False)
    away(manager, deputy)
    sent(NEXT_8)
    assert sent(NEXT_8 + outbox.AT_ONCE) == [deputy.email]


def test_the_deputys_quiet_hours_are_kept(sent, owed, manager, deputy):
    MailPreference.objects.create(user=deputy, quiet_from=time(7), quiet_until=time(10))
    away(manager, deputy)
    sent(NEXT_8)
    assert sent(NEXT_8 + outbox.AT_ONCE) == []
    assert sent(NEXT_8 + 2 * HOUR) == [deputy.email]


def test_but_not_past_the_time_by_which_it_must_be_answered(sent, manager, deputy):
    within = {"answer_amount": 1, "answer_unit": "hours"}
    a_case(a_pathway(ladder=[("breach", "after", "0 days", within)]))
    sweep.run(DUE + SECOND)
    MailPreference.objects.create(user=deputy, quiet_from=time(7), quiet_until=time(12))
    away(manager, deputy)
    sent(NEXT_8)
    assert sent(NEXT_8 + outbox.AT_ONCE) == [deputy.email]


def test_two_who_are_away_in_turn_never_leave_it_to_each_other_until_nobody_is_told(sent, owed, manager):
    other = a_manager("booking")
    a_case(owed.version_map.pathway)
    sweep.run(DUE + 2 * SECOND)  # both are to be told of this one
    MailPreference.objects.create(user=other, digest_at=time(9))
    Notice.objects.filter(recipient=other).update(send_at=NEXT_8 + HOUR)
    Absence.objects.create(user=manager, starts_at=DUE, ends_at=NEXT_8 + HOUR / 2, deputy=other)
    sent(NEXT_8)
    Absence.objects.create(user=other, starts_at=NEXT_8 + HOUR / 2, ends_at=NEXT_8 + DAY, deputy=manager)
    sent(NEXT_8 + HOUR)
    told = NoticeLine.objects.filter(outbox.told_by("notice"))
    wanted = Escalation.objects.filter(is_told=True).values_list("pk", flat=True)
    assert set(told.values_list("escalation", flat=True)) == set(wanted)


def test_the_end_of_a_hold_reaches_the_deputy_of_an_owner_who_is_away(sent, manager, deputy):
    owner = a_member("booking")
    case = lifecycle.assign_case(a_case(), owner, by=owner)
    lifecycle.hold_case(case, reason="Holiday", until=DUE - DAY, by=owner, at=MONDAY)
    sweep.run(DUE - DAY + SECOND)
    Absence.objects.create(user=owner, starts_at=DUE - DAY + HOUR, ends_at=DUE + DAY, deputy=deputy)
    at = DUE - HOUR + SECOND
    assert sent(at) == []
    assert sent(at + outbox.AT_ONCE) == [deputy.email], "with the other mails, and not a day later"


def test_whoever_was_told_of_some_of_it_is_told_of_the_rest_and_nothing_twice(sent, owed, manager):
    other = a_manager("booking")
    a_case(owed.version_map.pathway)
    sweep.run(DUE + 2 * SECOND)
    away(manager, other)
    sent(NEXT_8)
    assert set(sent(NEXT_8 + outbox.AT_ONCE)) == {other.email}
    told = list(NoticeLine.objects.filter(recipient=other).values_list("escalation", flat=True))
    assert len(told) == len(set(told)) == 2


def test_where_there_is_nobody_else_they_are_told_after_all(sent, owed, manager):
    away(manager)
    assert sent(NEXT_8) == [manager.email]


def test_an_absence_that_is_over_changes_nothing(sent, owed, manager, deputy):
    absence = away(manager, deputy)
    absence.ends_at = NEXT_8
    absence.save()
    assert sent(NEXT_8) == [manager.email]


@pytest.mark.parametrize(
    ("now", "why"),
    [(DUE, ""), (DUE + HOUR, "are away"), (DUE + 14 * DAY - SECOND, "are away"), (DUE + 14 * DAY, "")],
)
def test_somebody_is_away_from_the_first_moment_of_an_absence_until_its_end(manager, now, why):
    away(manager)
    assert instead.why(manager, now) == why
