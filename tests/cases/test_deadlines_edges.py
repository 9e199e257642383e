"""The time of a stay where two instants coincide, and where one lies outside opening hours."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.deadlines import Pause, Run, Stay, due, ledger, passed_and_next, reach, runs, upcoming
from tests.cases.test_deadlines import (
    AGAIN,
    BREACH,
    ENGLAND,
    HOURS,
    WARN,
    a_stay,
    at,
    holds_between,
    pauses,
    reached,
    rung,
    shortened,
)
from tests.factories import span


def test_every_instant_is_kept_in_utc_whatever_zone_it_comes_in():
    moment, later = at("2026-03-28T12:00"), at("2026-03-29T12:00")
    pause = Pause(moment, later)
    stay = Stay(moment, None, due_at=later, shortened_at=moment, due_by=later)
    kept = [pause.start, pause.end, stay.entered_at, stay.due_at, stay.shortened_at, stay.due_by]
    assert [instant.tzinfo for instant in kept] == [UTC] * 6
    assert pause.end - pause.start == timedelta(hours=23), "the clocks went forward in between"


def test_a_clock_that_is_shortened_runs_until_then_by_the_old_due_time_and_on_by_the_new_one():
    stay = shortened(a_stay("2026-03-02T10:00", "10 days"), "2026-03-04T12:00", "2026-03-05T18:00")
    moment = at("2026-03-04T12:00")
    assert list(runs(stay)) == [
        Run(stay.entered_at, moment, at("2026-03-12T10:00")),
        Run(moment, None, at("2026-03-05T18:00")),
    ]


def test_a_hold_after_it_was_shortened_moves_only_the_new_due_time():
    stay = shortened(a_stay("2026-03-02T10:00", "10 days"), "2026-03-04T12:00", "2026-03-06T18:00")
    moment, stopped, resumed = at("2026-03-04T12:00"), at("2026-03-05T10:00"), at("2026-03-05T13:00")
    assert list(runs(stay, [Pause(stopped, resumed)])) == [
        Run(stay.entered_at, moment, at("2026-03-12T10:00")),
        Run(moment, stopped, at("2026-03-06T18:00")),
        Run(resumed, None, at("2026-03-06T21:00")),
    ]


@pytest.mark.parametrize("hold", [("2026-03-07T08:00", "2026-03-07T09:00"), ("2026-03-06T18:00", "2026-03-06T20:00")])
def test_a_hold_in_which_nobody_works_does_not_move_a_due_time_outside_opening_hours(hold):
    stay = shortened(a_stay("2026-03-02T10:00", "20 working days"), "2026-03-04T12:00", "2026-03-07T12:00")
    assert due(stay, pauses(hold)) == at("2026-03-07T12:00"), "a Saturday, as the urgent detour said"


def test_a_rung_at_the_due_time_is_reached_then_also_outside_opening_hours():
    stay, saturday = a_stay("2026-03-02T10:00", "20 working days"), at("2026-03-07T12:00")
    assert reach(rung("late", 1, after="0 working hours"), stay, saturday) == saturday
    assert reach(rung("late", 1, after="1 working hour"), stay, saturday) == at("2026-03-09T10:00")


def test_repeats_in_working_days_skip_the_weekend():
    again = rung("again", 1, after="0 days", repeat="1 working day", repeat_at_most=3)
    stay = a_stay("2026-03-05T10:00", "1 working day", again)
    assert reached(ledger(stay, [], at("2026-03-20T10:00"))) == [
        ("again", 0, "06 10:00"),
        ("again", 1, "09 10:00"),
        ("again", 2, "10 10:00"),
        ("again", 3, "11 10:00"),
    ]


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("2026-03-07T13:30", ["breach"]),
        ("2026-03-07T14:00", ["breach"]),
        ("2026-03-07T14:01", ["breach", "later"]),
    ],
)
@pytest.mark.parametrize("short", [False, True])
def test_a_rung_that_falls_into_a_hold_is_passed_when_the_clock_runs_again(short, until, expected):
    later = rung("later", 2, after="20 hours")
    stay = a_stay("2026-03-06T10:00", "7 working hours", rung("breach", 1, after="0 hours"), later)
    stay = shortened(stay, "2026-03-06T12:00", "2026-03-06T16:30") if short else stay
    held = pauses(("2026-03-07T12:00", "2026-03-07T14:00"))
    assert [passed.rung.code for passed in ledger(stay, held, at(until))] == expected


def test_a_rung_reached_at_the_very_moment_of_shortening_counts_by_the_new_due_time():
    stay = shortened(a_stay("2026-03-02T10:00", "10 days", WARN, BREACH), "2026-03-10T10:00", "2026-03-11T10:00")
    warned, late = ledger(stay, [], at("2026-03-20T10:00"))
    assert (warned.reached_at, warned.due_at) == (at("2026-03-10T10:00"), at("2026-03-11T10:00"))
    assert late.reached_at == at("2026-03-11T10:00")


def test_what_falls_into_a_hold_is_reached_when_the_clock_runs_again():
    warn = rung("warn", 1, share=80)
    stay = a_stay("2026-03-02T10:00", "10 days", warn, BREACH)
    held = pauses(("2026-03-07T10:00", "2026-03-27T10:00"))  # 80 per cent of what it is due by then: 26 March
    assert reached(ledger(stay, held, at("2026-03-28T10:00"))) == [("warn", 0, "27 10:00")]
    assert ledger(stay, held, at("2026-03-27T10:00")) == []
    assert upcoming(stay, held).reached_at == at("2026-03-27T10:00")
    already = {("warn", 0)}  # whenever it was reached then: it is not raised twice
    assert passed_and_next(stay, held, already, at("2026-03-28T10:00")) == ([], upcoming(stay, held, already))


@given(
    st.lists(HOURS, max_size=6, unique=True),
    st.sampled_from(["10 days", "5 working days", "30 working hours"]),
    st.none() | HOURS,
    HOURS,
)
def test_nothing_is_reached_while_the_clock_is_stopped_nor_coming_before_it_runs(edges, limit, shortened_after, now):
    start, held = at("2026-03-02T10:00"), holds_between(edges)
    ladder = (rung("share", 1, share=80), rung("hours", 2, before="30 hours"), WARN, BREACH, AGAIN)
    stay = Stay(start, span(limit), ladder, ENGLAND)
    if shortened_after is not None:
        moment = start + timedelta(hours=shortened_after)
        stay = replace(stay, shortened_at=moment, due_by=moment + timedelta(hours=4))
    now = start + timedelta(hours=now, minutes=15)

    passed, coming = passed_and_next(stay, held, frozenset(), now)

    assert not [(one, pause) for one in passed for pause in held if pause.start <= one.reached_at < pause.end]
    assert coming is None or coming.reached_at >= now, "a sweep that has recorded what is passed has nothing left"
