"""Results: requested, arrived, read by their reader, given to another, unread too long."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from cases import lifecycle, results
from cases.models import Escalation, Notice, Result, Timer
from cases.refusals import Refused
from cases.watch import mail, sweep, timers
from tests.cases.test_races import at_once
from tests.factories import MONDAY, a_case, a_manager, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def caseworker():
    return a_member("booking", first_name="Priya", last_name="Shah")


@pytest.fixture
def reader():
    return a_member("booking", first_name="Ada", last_name="Reed")


@pytest.fixture
def case():
    return a_case(a_pathway(ladder=[]))


@pytest.fixture
def awaited(case, caseworker, reader):
    return results.request_result(case, "Echo", reader, by=caseworker, at=MONDAY)


@pytest.fixture
def unread(awaited, caseworker):
    """Arrived on Monday at 9am, to be read by Wednesday at 9am."""
    return results.record_arrival(awaited, "Normal.", by=caseworker, at=MONDAY)


def timer_of(result):
    return Timer.objects.filter(kind="result", thing_id=result.pk).first()


def test_what_is_awaited_owes_nothing_until_it_arrives(case, awaited):
    assert (awaited.read_within_days, awaited.due_at, timer_of(awaited)) == (2, None, None)
    assert timers.rebuild(check=True) == []


def test_an_arrival_says_by_when_it_is_to_be_read_and_tells_nobody(case, caseworker, reader):
    result = results.request_result(case, "CT", reader, by=caseworker, read_within_days=5, at=MONDAY)

    results.record_arrival(result, "A shadow.", by=caseworker, at=MONDAY + DAY)

    assert fresh(result).due_at == MONDAY + 6 * DAY
    assert timer_of(result).fires_at == MONDAY + 6 * DAY
    assert not Notice.objects.exists()
    assert timers.rebuild(check=True) == []


def test_reading_ends_the_watch(unread, reader):
    results.read_result(unread, by=reader, at=MONDAY + DAY)

    assert fresh(unread).read_by == reader
    assert timer_of(unread) is None
    assert not Escalation.objects.exists()
    assert timers.rebuild(check=True) == []


def test_unread_when_due_tells_the_reader_and_a_day_later_the_managers(case, unread, reader):
    manager = a_manager("booking")
    sweep.run(MONDAY + 2 * DAY)
    assert not Notice.objects.exists(), "the time to read it may be used up"

    sweep.run(MONDAY + 2 * DAY + SECOND)
    sweep.run(MONDAY + 3 * DAY + SECOND)

    told = [(n.recipient, n.lines.get().escalation.rung_code) for n in Notice.objects.order_by("pk")]
    assert told == [(reader, "result-unread"), (manager, "result-still-unread")]
    assert timers.rebuild(check=True) == []
    results.read_result(unread, by=reader, at=MONDAY + 4 * DAY)
    assert not case.escalations.filter(resolved_at=None).exists()


def test_what_was_passed_while_nobody_swept_is_on_the_record_when_it_is_read(case, unread, reader):
    results.read_result(unread, by=reader, at=MONDAY + 4 * DAY)

    passed = case.escalations.filter(kind="result").order_by("reached_at")
    assert [(e.rung_code, e.is_told) for e in passed] == [("result-unread", False), ("result-still-unread", False)]
    assert not Notice.objects.exists()


def test_the_mail_names_neither_the_result_nor_the_finding_and_leads_to_it(unread, reader):
    sweep.run(MONDAY + 2 * DAY + SECOND)

    said = mail.message(Notice.objects.get(), MONDAY + 2 * DAY + SECOND)

    assert said.to == [reader.email]
    assert f"/cases/{unread.case}/results/{unread.pk}/read/" in said.body
    assert "a result to be read" in said.body
    for secret in ("Echo", "Normal"):
        assert secret not in said.body + said.subject


def test_a_reader_reads_it_also_after_the_case_went_to_another_team(case, awaited, caseworker, reader):
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker)

    results.record_arrival(awaited, "Normal.", by=reader)
    results.read_result(awaited, by=reader)

    assert fresh(awaited).read_by == reader
    with pytest.raises(PermissionDenied):
        results.record_arrival(awaited, "Normal.", by=caseworker)


def test_it_is_given_to_another_reader_with_a_reason_and_by_when_stays(unread, caseworker, reader):
    other = a_member("booking")
    for who, why, sentence in [
        (other, " ", "Say why another person reads this result."),
        (reader, "Left", "Ada Reed reads this result already. Choose another person."),
        (a_member("clinic"), "Left", "is in no team that has or has had this case. Choose a person of one of those"),
    ]:
        with pytest.raises(Refused, match=sentence):
            results.change_reader(unread, who, by=caseworker, why=why)
    with pytest.raises(PermissionDenied):
        results.change_reader(unread, other, by=a_member("clinic"), why="Left")

    results.change_reader(unread, other, by=caseworker, why="Ada has left")

    given = fresh(unread)
    assert (given.reader, given.due_at) == (other, unread.due_at)
    assert given.history.first().history_change_reason == "Ada has left"
    with pytest.raises(PermissionDenied, match="This result is read by"):
        results.read_result(unread, by=reader)
    results.read_result(unread, by=other)
    with pytest.raises(Refused, match="This result has been read already"):
        results.change_reader(unread, reader, by=caseworker, why="Back again")


def test_a_result_of_a_case_with_an_agency_without_people_is_given_on_in_the_team_that_asked_for_it(
    case, unread, caseworker, reader
):
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker)
    other, stranger = a_member("booking"), a_member("elsewhere")
    with pytest.raises(Refused, match="is in no team that has or has had this case"):
        results.change_reader(unread, stranger, by=caseworker, why="Ada leaves")
    for who in (stranger, a_member("booking", is_active=False)):
        with pytest.raises(PermissionDenied, match="It is with Clinic team now"):
            results.change_reader(unread, other, by=who, why="Ada leaves")

    results.change_reader(unread, other, by=caseworker, why="Ada leaves")

    assert fresh(unread).reader == other
    results.read_result(unread, by=other)


def test_whoever_has_the_case_now_may_take_a_result_and_then_it_is_theirs(case, unread, caseworker, reader):
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker)
    clinician = a_member("clinic")

    results.change_reader(unread, clinician, by=clinician, why="It is for us")

    assert fresh(unread).reader == clinician
    with pytest.raises(PermissionDenied):
        results.change_reader(unread, caseworker, by=caseworker, why="No, for us")


def test_the_managers_are_told_in_place_of_a_reader_who_has_left(unread, reader):
    manager = a_manager("booking")
    reader.is_active = False
    reader.save()

    sweep.run(MONDAY + 2 * DAY + SECOND)

    assert Notice.objects.get().recipient == manager


def test_a_case_is_not_closed_over_a_result_that_nobody_has_read(case, unread, caseworker, reader):
    sentence = "“Echo” has arrived and was not read. Ada Reed reads it, or another whom you choose."
    with pytest.raises(Refused) as refused:
        lifecycle.close_case(case, by=caseworker, reason="Moved away")
    assert refused.value.reasons == [sentence]
    with pytest.raises(Refused) as refused:
        lifecycle.move_case(case, the_move(case, "done"), by=caseworker)
    assert refused.value.reasons == [sentence]

    results.read_result(unread, by=reader)
    lifecycle.close_case(case, by=caseworker, reason="Moved away")
    assert not fresh(case).is_open


def test_what_arrives_after_the_case_was_closed_is_read_and_watched_all_the_same(case, awaited, caseworker, reader):
    lifecycle.close_case(case, by=caseworker, reason="Moved away")
    results.record_arrival(awaited, "A shadow.", by=caseworker, at=MONDAY)
    assert timers.rebuild(check=True) == []

    sweep.run(MONDAY + 2 * DAY + SECOND)

    assert Notice.objects.get().recipient == reader
    results.read_result(awaited, by=reader)
    assert timers.rebuild(check=True) == []


def test_what_cannot_be_is_refused_in_sentences(case, awaited, caseworker, reader):
    for days in (0, 31):
        with pytest.raises(Refused, match="Choose 1 to 30 days within which the result is to be read"):
            results.request_result(case, "Bloods", reader, by=caseworker, read_within_days=days)
    with pytest.raises(Refused, match="This result has not arrived yet"):
        results.read_result(awaited, by=reader)
    with pytest.raises(Refused, match="Say what the result is"):
        results.record_arrival(awaited, " ", by=caseworker)
    lifecycle.close_case(case, by=caseworker, reason="Moved away")
    with pytest.raises(Refused, match="This case is closed"):
        results.request_result(case, "Bloods", reader, by=caseworker)


def test_a_timer_that_is_lost_is_set_again(unread):
    timer_of(unread).delete()

    assert timers.rebuild() == [
        f"{unread.case}: nothing is watched, and result {unread.pk} result-unread at {unread.due_at.isoformat()} is "
        "owed."
    ]
    assert timer_of(unread).fires_at == unread.due_at


def test_what_is_needed_no_more_is_cancelled_with_a_reason_and_counts_no_more(case, awaited, caseworker, reader):
    with pytest.raises(Refused, match="Say why the result is cancelled"):
        results.cancel_result(awaited, by=caseworker, why=" ")
    with pytest.raises(PermissionDenied):
        results.cancel_result(awaited, by=a_member("clinic"), why="Asked for twice")

    results.cancel_result(awaited, by=caseworker, why="Asked for twice")

    found = fresh(awaited)
    assert (found.cancelled_by, found.cancelled_why) == (caseworker, "Asked for twice")
    assert not Result.objects.standing().exists()
    for again in (
        lambda: results.cancel_result(awaited, by=caseworker, why="Once more"),
        lambda: results.record_arrival(awaited, "Normal.", by=caseworker),
        lambda: results.change_reader(awaited, a_member("booking"), by=caseworker, why="Away"),
    ):
        with pytest.raises(Refused, match=r"Priya Shah cancelled this result on .*: Asked for twice"):
            again()
    lifecycle.close_case(case, by=caseworker, reason="Moved away")


def test_what_has_arrived_in_error_is_cancelled_and_nobody_is_reminded_to_read_it(case, unread, caseworker, reader):
    manager = a_manager("booking")
    sweep.run(MONDAY + 2 * DAY + SECOND)
    assert case.escalations.filter(resolved_at=None).exists()

    results.cancel_result(unread, by=reader, why="Of another patient", at=MONDAY + 3 * DAY)

    assert timer_of(unread) is None
    assert timers.rebuild(check=True) == []
    assert not case.escalations.filter(resolved_at=None).exists()
    sweep.run(MONDAY + 9 * DAY)
    assert not Notice.objects.filter(recipient=manager).exists()
    with pytest.raises(Refused, match="cancelled this result"):
        results.read_result(unread, by=reader)
    lifecycle.close_case(case, by=caseworker, reason="Moved away")


@pytest.mark.parametrize("is_read", [False, True])
def test_what_has_arrived_is_cancelled_by_who_recorded_it_its_reader_or_a_manager(unread, reader, is_read):
    if is_read:
        results.read_result(unread, by=reader, at=MONDAY + DAY)
    with pytest.raises(PermissionDenied, match="by who recorded it, by its reader, or by a manager of Booking team"):
        results.cancel_result(unread, by=a_member("booking"), why="Of another patient")
    for who in (unread.arrived_by, reader, a_manager("booking")):
        assert results.cancel_refusal(who, unread.case, unread) is None

    results.cancel_result(unread, by=a_manager("booking"), why="Of another patient")
    assert fresh(unread).cancelled_at


def test_cancelling_does_not_meet_what_a_move_requires(caseworker, reader):
    case = a_case(a_pathway("reads", requires=[("result read", {})]))
    result = results.request_result(case, "Echo", reader, by=caseworker)
    results.cancel_result(result, by=caseworker, why="Asked for twice")
    move = the_move(case, "review")
    assert case.refusals(move, timezone.now()) == ["Record the result that is awaited, and who reads it."]

    other = results.request_result(case, "CT", reader, by=caseworker)
    results.record_arrival(other, "Normal.", by=caseworker)
    results.read_result(other, by=reader)
    assert case.refusals(move, timezone.now()) == []
    results.cancel_result(other, by=reader, why="Of another patient")
    assert case.refusals(move, timezone.now()) == ["Record the result that is awaited, and who reads it."]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_record_one_arrival_one_wins(case, awaited, caseworker):
    outcomes = at_once(*[lambda: results.record_arrival(awaited, "Normal.", by=caseworker)] * 2)

    assert [outcome.reasons for outcome in outcomes if isinstance(outcome, Refused)] == [
        ["This result has arrived already."]
    ]
    assert Result.history.filter(id=awaited.pk, history_change_reason="Result arrived").count() == 1
    assert fresh(awaited).arrived_at <= timezone.now()
