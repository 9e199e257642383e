"""Several at once on one case, and several sweeps: real threads, each with its own connection, on real row locks."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from cases import detours, handoffs, lifecycle, recording
from cases.meanwhile import LastRecorded, Seen
from cases.models import Case, Escalation, Notice, NoticeLine, StageEntry
from cases.refusals import Refused, StaleView
from cases.watch import sweep, timers
from tests.factories import MONDAY, a_case, a_detour_pathway, a_manager, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
DUE = MONDAY + 10 * DAY
ONE_RUNG = [("breach", "after", "0 days")]


def at_once(*acts):
    """Do all ``acts`` at the same moment, each in a thread; return what each returned, or the exception it raised."""
    start = threading.Barrier(len(acts))

    def one(act):
        try:
            start.wait()
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_a_calendar_that_changes_and_a_detour_that_ends_do_not_wait_for_each_other_in_a_circle():
    parent = a_case(a_pathway(detours=[(a_detour_pathway(), {})]))
    by = a_member("booking")
    child = detours.take(parent, parent.version_map.detour_rules["dna"], by=by, note="Rang", at=MONDAY)
    has_child = threading.Event()

    def end_the_detour():
        with transaction.atomic():
            Case.objects.lock(child.pk)
            has_child.set()
            time.sleep(0.5)  # by now the other has what it can get
            Case.objects.lock(parent.pk)

    def change_many():
        has_child.wait()
        with transaction.atomic():
            Case.objects.lock_all([parent.pk, child.pk])

    assert at_once(end_the_detour, change_many) == [None, None]


def test_of_four_who_move_one_case_exactly_one_wins_and_the_others_get_a_sentence():
    pathway = a_pathway()
    people = [a_member("booking") for _ in range(4)]
    for _ in range(10):
        case = a_case(pathway)
        seen, moves = case.open_entry.pk, fresh(case).possible_moves

        outcomes = at_once(
            *(
                lambda by=by, case=case, move=moves[n % 2], seen=seen: lifecycle.move_case(
                    case, move, by=by, seen_entry=seen
                )
                for n, by in enumerate(people)
            )
        )

        lost = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert len(lost) == 3
        assert all(isinstance(error, Refused) and error.reasons[0].endswith(".") for error in lost), lost
        assert case.entries.filter(left_at=None).count() == int(fresh(case).is_open)
        assert case.entries.count() == 2


def test_two_who_do_the_same_without_having_seen_the_case_do_it_once():
    case, by = a_case(), a_member("booking")
    until = timezone.now() + 90 * DAY
    outcomes = at_once(*[lambda: lifecycle.hold_case(case, reason="Abroad", until=until, by=by)] * 3)
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 2
    assert case.holds.count() == 1


def test_six_sweeps_over_500_late_cases_raise_500_escalations_and_owe_one_digest_that_names_each_once(monkeypatch):
    a_manager("booking")
    pathway = a_pathway(ladder=ONE_RUNG)
    for _ in range(500):
        a_case(pathway)
    monkeypatch.setattr(sweep, "BATCH_SIZE", 20)  # so that all six find work

    runs = at_once(*[lambda: sweep.run(DUE + DAY)] * 6)

    assert not [run for run in runs if isinstance(run, Exception)]
    assert sum(run.escalations for run in runs) == 500
    assert Escalation.objects.count() == NoticeLine.objects.count() == 500
    assert Notice.objects.count() == 1
    assert timers.rebuild(check=True) == []


def test_sweeps_that_owe_one_digest_to_each_of_many_do_not_wait_in_a_circle(monkeypatch):
    for _ in range(5):
        a_manager("booking")
    pathway = a_pathway(ladder=ONE_RUNG)
    for _ in range(60):
        a_case(pathway, recorded_at=DUE + DAY)
    monkeypatch.setattr(sweep, "BATCH_SIZE", 5)

    runs = at_once(*[lambda: sweep.run(DUE + DAY)] * 4)

    assert not [run for run in runs if isinstance(run, Exception)]
    assert not any(run.set_aside for run in runs)
    assert Notice.objects.count() == 5
    assert NoticeLine.objects.count() == 300


def test_moves_and_sweeps_on_the_same_cases_never_stop_each_other(monkeypatch):
    by = a_manager("booking")
    by.memberships.create(team=a_member("clinic").memberships.get().team, role="manager")
    pathway = a_pathway()
    cases = [a_case(pathway) for _ in range(30)]
    monkeypatch.setattr(sweep, "BATCH_SIZE", 3)

    def move_all():
        for case in cases:
            move = next(m for m in fresh(case).possible_moves if not m.target.is_final)
            lifecycle.move_case(case, move, by=by, at=DUE + DAY)

    def hold_and_resume_all():
        for case in reversed(cases):
            lifecycle.hold_case(case, reason="Abroad", until=DUE + 300 * DAY, by=by, at=DUE + DAY)
            with suppress(Refused):  # a move that came in between has ended the hold
                lifecycle.resume_case(case, by=by, at=DUE + DAY)

    def sweep_on():
        for _ in range(12):
            assert not sweep.run(DUE + DAY).set_aside

    outcomes = at_once(move_all, sweep_on, sweep_on, hold_and_resume_all)

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    assert timers.rebuild(check=True) == []
    for entry in StageEntry.objects.exclude(left_at=None):
        told = entry.case.escalations.filter(thing_id=entry.pk)
        assert {e.rung_code for e in told} == {"warn", "breach"}, "each stay that ended has what it passed"


def test_rebuilding_timers_while_cases_move_finds_nothing_wrong():
    by = a_manager("booking")
    pathway = a_pathway()
    cases = [a_case(pathway) for _ in range(15)]

    def hold_all():
        for case in cases:
            lifecycle.hold_case(case, reason="Abroad", until=timezone.now() + 90 * DAY, by=by)
            lifecycle.resume_case(case, by=by)

    found, done = at_once(lambda: [s for _ in range(8) for s in timers.rebuild(check=True)], hold_all)
    assert (found, done) == ([], None)


def of_both_teams():
    """Somebody who may act on the case wherever it is."""
    person = a_member("booking")
    person.memberships.create(team=a_member("clinic").memberships.get().team)
    return person


def test_two_answers_to_one_offer_at_once_one_wins_and_the_other_is_told():
    pathway = a_pathway(handoff="2 days")
    sender, first, second = a_member("booking"), a_member("clinic"), a_member("clinic")
    for _ in range(6):
        case = a_case(pathway)
        offer = handoffs.offer(case, the_move(case, "review"), by=sender, note="Needs a lift")

        outcomes = at_once(
            lambda offer=offer: handoffs.accept(offer, by=first),
            lambda offer=offer: handoffs.decline(offer, by=second, why="No bed"),
            lambda offer=offer: handoffs.withdraw(offer, by=sender, why="Not needed"),
        )

        lost = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert len(lost) == 2
        assert all(isinstance(error, Refused) and "has been answered already" in error.reasons[0] for error in lost)
        assert fresh(case).stage == ("review" if fresh(offer).status == "accepted" else "triage")
        assert timers.rebuild(check=True) == []


def test_a_return_and_a_move_at_once_one_wins():
    pathway = a_pathway(handoff="2 days")
    sender, receiver = a_member("booking"), of_both_teams()
    for _ in range(6):
        case = a_case(pathway)
        offer = handoffs.offer(case, the_move(case, "review"), by=sender, note="Needs a lift")
        handoffs.accept(offer, by=receiver)
        to_done = the_move(case, "done")

        outcomes = at_once(
            lambda offer=offer: handoffs.give_back(offer, by=receiver, why="The stairs are not safe"),
            lambda case=case, move=to_done: lifecycle.move_case(case, move, by=receiver),
        )

        lost = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert len(lost) == 1
        assert isinstance(lost[0], Refused)
        assert case.entries.count() == 3
        assert (fresh(case).stage, fresh(offer).status) in {("triage", "returned"), ("done", "accepted")}


def test_a_move_whose_page_was_overtaken_is_never_made_however_close_it_was():
    pathway, mover, writer = a_pathway(), a_member("booking"), of_both_teams()
    for _ in range(8):
        case = a_case(pathway)
        until = Case.objects.annotate(until=LastRecorded(F("pk"))).get(pk=case.pk).until
        seen, move = Seen(case.open_entry.pk, until, mover), the_move(case, "review")

        moved, wrote = at_once(
            lambda case=case, move=move, seen=seen: lifecycle.move_case(case, move, by=mover, seen_entry=seen),
            lambda case=case: recording.write_note(case, "The family declines.", by=writer),
        )

        assert not isinstance(wrote, Exception), "a note is never refused"
        came_first = isinstance(moved, StaleView)
        assert came_first or fresh(case).stage == "review"
        if came_first:
            assert f"{writer} wrote a note at " in moved.reasons[0]
            assert fresh(case).stage == "triage"
