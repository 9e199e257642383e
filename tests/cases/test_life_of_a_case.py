"""A case lived at random: whatever is done to it in whatever order, the record stays whole."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cases import deadlines, lifecycle, results
from cases.models import Case, Hold, StageEntry
from cases.refusals import Refused
from cases.watch import escalations, sweep, timers, watched
from pathways.models import Pathway, Team, system_user
from tests.factories import LADDER, MONDAY, a_case, a_manager, a_pathway, fresh

LADDER_WITH_REPEATS = [*LADDER, ("share", "share", 50), ("daily", "after", "2 days", "1 day", 3)]


class LifeOfACase(RuleBasedStateMachine):
    """Everything that people and the sweep can do, as time goes on by hours or weeks."""

    @initialize()
    def begin(self):
        self.now = MONDAY
        pathway = Pathway.objects.filter(code="life").first() or a_pathway("life", ladder=LADDER_WITH_REPEATS)
        self.manager = a_manager("booking")
        self.manager.memberships.create(team=Team.objects.get(code="clinic"), role="manager")
        self.case = a_case(pathway)
        self.changes = Counter(case=1)

    @property
    def is_open(self):
        return fresh(self.case).is_open

    @property
    def is_held(self):
        return fresh(self.case).is_held

    @rule(hours=st.integers(0, 300), minutes=st.integers(0, 59))
    def time_goes_on(self, hours, minutes):
        self.now += timedelta(hours=hours, minutes=minutes)

    @precondition(lambda self: self.is_open)
    @rule(which=st.integers(0, 3))
    def move(self, which):
        moves = fresh(self.case).possible_moves
        held, move = self.is_held, moves[which % len(moves)]
        if move.target.is_final and self.refuses_to_end(
            lambda: lifecycle.move_case(self.case, move, by=self.manager, at=self.now)
        ):
            return
        lifecycle.move_case(self.case, move, by=self.manager, at=self.now)
        self.changes.update({"case": 1, "entry": 1, "hold": int(held)})

    @precondition(lambda self: self.is_open and not self.is_held)
    @rule(hours=st.integers(1, 300))
    def hold(self, hours):
        until = self.now + timedelta(hours=hours)
        lifecycle.hold_case(self.case, reason="Abroad", until=until, by=self.manager, at=self.now)
        self.changes.update({"case": 1, "hold": 1})

    @precondition(lambda self: self.is_held)
    @rule()
    def resume(self):
        lifecycle.resume_case(self.case, by=self.manager, at=self.now)
        self.changes.update({"case": 1, "hold": 1})

    @precondition(lambda self: self.is_open)
    @rule()
    def close(self):
        held = self.is_held

        def close():
            lifecycle.close_case(self.case, by=self.manager, reason="Moved away", at=self.now)

        if self.refuses_to_end(close):
            return
        close()
        self.changes.update({"case": 1, "entry": 1, "hold": int(held)})

    def refuses_to_end(self, act):
        """While a result lies unread no act ends the case."""
        if not self.case.results.filter(arrived_at__isnull=False, read_at=None).exists():
            return False
        with pytest.raises(Refused, match="has arrived and was not read"):
            act()
        return True

    @precondition(lambda self: self.is_open)
    @rule(days=st.integers(1, 30))
    def ask_for_a_result(self, days):
        results.request_result(self.case, "Echo", self.manager, read_within_days=days, by=self.manager, at=self.now)

    @precondition(lambda self: self.case.results.filter(arrived_at=None).exists())
    @rule()
    def a_result_arrives(self):
        """Also when the case is closed."""
        results.record_arrival(self.case.results.filter(arrived_at=None)[0], "Normal", by=self.manager, at=self.now)

    @precondition(lambda self: self.case.results.filter(arrived_at__isnull=False, read_at=None).exists())
    @rule()
    def read_a_result(self):
        unread = self.case.results.filter(arrived_at__isnull=False, read_at=None)[0]
        results.read_result(unread, by=self.manager, at=self.now)

    @precondition(lambda self: not self.is_open)
    @rule()
    def reopen(self):
        lifecycle.reopen_case(self.case, by=self.manager, reason="Came back", at=self.now)
        self.changes.update({"case": 1})

    @precondition(lambda self: self.is_open)
    @rule(own=st.booleans())
    def assign(self, own):
        lifecycle.assign_case(self.case, self.manager if own else None, by=self.manager)
        self.changes.update({"case": 1})

    @rule()
    def sweep(self):
        ends = Hold.objects.filter(case=self.case, ended_at=None, until__lt=self.now).exists()
        sweep.run(self.now)
        assert recorded(self.case.open_entry) == passed(self.case.open_entry, self.now)
        self.changes.update({"case": int(ends), "hold": int(ends)})

    @precondition(lambda self: self.case.escalations.filter(resolved_at=None, acknowledged_at=None).exists())
    @rule()
    def acknowledge(self):
        escalation = self.case.escalations.filter(resolved_at=None, acknowledged_at=None).first()
        escalations.acknowledge(escalation, by=self.manager, answer="Will ring the clinic", at=self.now)

    @invariant()
    def an_open_case_has_one_open_entry_and_a_closed_one_none(self):
        if hasattr(self, "case"):
            case = fresh(self.case)
            assert StageEntry.objects.filter(case=case, left_at=None).count() == int(case.is_open)
            assert not case.is_open or case.stage == case.open_entry.stage.code
            assert not case.is_open or case.team_id == case.open_entry.team_id

    @invariant()
    def timers_are_what_they_would_be_if_they_were_rebuilt(self):
        if hasattr(self, "case"):
            assert timers.rebuild(check=True) == []

    @invariant()
    def every_stay_that_ended_has_exactly_the_escalations_of_its_ledger(self):
        for entry in self.case.entries.exclude(left_at=None) if hasattr(self, "case") else ():
            assert recorded(entry) == passed(entry, entry.left_at)

    @invariant()
    def every_result_that_was_read_has_exactly_the_escalations_of_its_ladder(self):
        for result in self.case.results.filter(read_at__isnull=False) if hasattr(self, "case") else ():
            (seen,) = watched.results([result])
            assert not seen.passed(result.read_at)
            assert not self.case.escalations.filter(
                kind="result", thing_id=result.pk, reached_at__gt=result.read_at
            ).exists()

    @invariant()
    def every_change_left_one_history_row_with_user_and_reason(self):
        if not hasattr(self, "case"):
            return
        rows = {
            "case": Case.history.filter(id=self.case.pk),
            "hold": Hold.history.filter(case_id=self.case.pk),
            "entry": StageEntry.history.filter(case_id=self.case.pk),
        }
        for kind, history in rows.items():
            assert history.count() == self.changes[kind], kind
            assert not history.filter(history_user=None).exists()
            assert not history.filter(history_change_reason=None).exists()
            assert {row.history_user_id for row in history} <= {self.manager.pk, system_user().pk}


def recorded(entry):
    if entry is None:
        return set()
    found = entry.case.escalations.filter(kind="stage", thing_id=entry.pk)
    return set(found.values_list("rung_code", "occurrence", "reached_at"))


def passed(entry, until):
    if entry is None:
        return set()
    seen = watched.stay(entry)
    return {(p.rung.code, p.occurrence, p.reached_at) for p in deadlines.ledger(seen.stay, seen.pauses, until)}


@pytest.mark.django_db
def test_whatever_is_done_in_whatever_order_the_record_stays_whole():
    live(examples=5, steps=20)


def live(*, examples, steps):
    """Live that many cases, each of so many steps."""
    quick = settings(max_examples=examples, stateful_step_count=steps)
    run_state_machine_as_test(LifeOfACase, settings=quick)
