"""The time of a stay, against tables. Every instant is Europe/London; 2026: clocks forward 29 March, back 25
October.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.deadlines import Pause, Rung, Stay, due, ledger, upcoming
from pathways.working_time import Schedule
from tests.factories import span

LONDON = ZoneInfo("Europe/London")
OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
ENGLAND = Schedule("Europe/London", OFFICE, holidays.UnitedKingdom(subdiv="ENG", years=range(2025, 2028)))
SCOTLAND = Schedule("Europe/London", OFFICE, holidays.UnitedKingdom(subdiv="SCT", years=range(2025, 2028)))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def a_stay(entered, limit, *ladder, schedule=ENGLAND):
    return Stay(at(entered), span(limit) if limit else None, ladder, schedule)


def rung(code, level, **when):
    return Rung(code, level, **{name: span(v) if isinstance(v, str) else v for name, v in when.items()})


WARN, BREACH, AGAIN = (
    rung("warn", 1, before="2 days"),
    rung("breach", 2, after="0 days"),
    rung("again", 3, after="1 day", repeat="1 day", repeat_at_most=2),
)


def pauses(*spans):
    return [Pause(at(start), at(end) if end else None) for start, end in spans]


def reached(passed):
    return [(p.rung.code, p.occurrence, p.reached_at.astimezone(LONDON).strftime("%d %H:%M")) for p in passed]


@pytest.mark.parametrize(
    ("entered", "limit", "expected"),
    [
        ("2026-03-02T10:00", "30 minutes", "2026-03-02T10:30"),
        ("2026-03-28T12:00", "24 hours", "2026-03-29T13:00"),  # the clocks go forward: 24 hours are 24 hours
        ("2026-03-28T12:00", "1 day", "2026-03-29T12:00"),  # a calendar day keeps the wall-clock time
        ("2026-10-24T12:00", "1 day", "2026-10-25T12:00"),
        ("2026-10-24T12:00", "24 hours", "2026-10-25T11:00"),
        ("2026-03-27T16:00", "2 working hours", "2026-03-30T10:00"),
        ("2026-10-23T16:00", "2 working hours", "2026-10-26T10:00"),
        ("2026-03-02T10:00", "7 working hours", "2026-03-02T17:00"),  # used up exactly at closing time
        ("2026-03-27T10:00", "1 working day", "2026-03-30T10:00"),
        ("2026-04-02T10:00", "1 working day", "2026-04-07T10:00"),  # Thursday before Easter
        ("2026-03-07T10:00", "1 working day", "2026-03-10T09:00"),  # a Saturday counts as Monday's opening
        ("2026-03-02T10:00", None, None),
    ],
)
def test_due_is_entry_plus_limit(entered, limit, expected):
    assert due(a_stay(entered, limit)) == (at(expected) if expected else None)


def test_thursday_before_easter_and_one_working_day_is_monday_in_scotland():
    assert due(a_stay("2026-04-02T10:00", "1 working day", schedule=SCOTLAND)) == at("2026-04-06T10:00")


@pytest.mark.parametrize(
    ("limit", "holds", "expected"),
    [
        ("10 days", [("2026-03-04T10:00", "2026-03-06T10:00")], "2026-03-14T10:00"),
        (
            "10 days",
            [("2026-03-04T10:00", "2026-03-06T10:00"), ("2026-03-13T09:00", "2026-03-13T12:00")],
            "2026-03-14T13:00",
        ),
        (
            "10 days",
            [("2026-03-12T10:00", "2026-03-20T10:00")],
            "2026-03-12T10:00",
        ),  # held at the due time: too late to move it
        ("10 days", [("2026-03-12T09:59", "2026-03-20T10:00")], "2026-03-20T10:01"),
        ("10 days", [("2026-03-04T10:00", None)], None),  # held now: no due time
        ("2 working days", [("2026-03-03T09:00", "2026-03-03T17:00")], "2026-03-05T10:00"),
        ("2 working days", [("2026-03-03T18:00", "2026-03-04T08:00")], "2026-03-04T10:00"),  # no open time was held
        (
            "2 working days",
            [("2026-03-03T09:00", "2026-03-09T09:00")],
            "2026-03-10T10:00",
        ),  # the weekend does not count
        ("7 working hours", [("2026-03-02T12:00", "2026-03-02T12:00")], "2026-03-02T17:00"),  # a hold of no time
    ],
)
def test_a_hold_moves_the_due_time_by_the_open_time_held(limit, holds, expected):
    assert due(a_stay("2026-03-02T10:00", limit), pauses(*holds)) == (at(expected) if expected else None)


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("2026-03-10T10:00", []),  # to the minute: not yet
        ("2026-03-10T10:00:00.000001", ["warn 0"]),
        ("2026-03-12T10:00", ["warn 0"]),
        ("2026-03-12T10:01", ["warn 0", "breach 0"]),
        ("2026-03-13T10:01", ["warn 0", "breach 0", "again 0"]),
        ("2026-04-13T10:01", ["warn 0", "breach 0", "again 0", "again 1", "again 2"]),
    ],
)
def test_a_rung_is_passed_from_the_first_instant_after_it_is_reached(until, expected):
    passed = ledger(a_stay("2026-03-02T10:00", "10 days", WARN, BREACH, AGAIN), [], at(until))
    assert [f"{p.rung.code} {p.occurrence}" for p in passed] == expected


def test_the_ledger_says_when_each_rung_was_reached():
    passed = ledger(a_stay("2026-03-02T10:00", "10 days", WARN, BREACH, AGAIN), [], at("2026-03-20T10:00"))
    assert reached(passed) == [
        ("warn", 0, "10 10:00"),
        ("breach", 0, "12 10:00"),
        ("again", 0, "13 10:00"),
        ("again", 1, "14 10:00"),
        ("again", 2, "15 10:00"),
    ]
    assert {p.due_at for p in passed} == {at("2026-03-12T10:00")}


@pytest.mark.parametrize(
    ("ladder", "limit", "expected"),
    [
        (rung("early", 1, before="20 days"), "10 days", "2026-03-02T10:00"),  # longer than the limit: at entry
        (rung("half", 1, share=50), "10 days", "2026-03-07T10:00"),
        (rung("half", 1, share=50), "8 working hours", "2026-03-02T14:00"),
        (rung("full", 1, share=100), "8 working hours", "2026-03-03T10:00"),
        (rung("before", 1, before="2 working hours"), "8 working hours", "2026-03-02T16:00"),
        (rung("before", 1, before="1 working day"), "1 day", "2026-03-02T10:00"),
        (rung("after", 1, after="1 working hour"), "7 working hours", "2026-03-03T10:00"),
        (rung("at", 1, after="0 working days"), "7 working hours", "2026-03-02T17:00"),  # not the next opening
    ],
)
def test_where_a_rung_falls(ladder, limit, expected):
    assert upcoming(a_stay("2026-03-02T10:00", limit, ladder), []).reached_at == at(expected)


def test_what_was_passed_before_a_hold_stays_and_what_was_not_moves_with_the_due_time():
    stay = a_stay("2026-03-02T10:00", "10 days", WARN, BREACH)
    held = pauses(("2026-03-11T10:00", "2026-03-16T10:00"))
    assert reached(ledger(stay, held, at("2026-03-30T10:00"))) == [("warn", 0, "10 10:00"), ("breach", 0, "17 10:00")]


def test_while_a_case_is_held_nothing_is_passed_and_nothing_is_coming():
    stay = a_stay("2026-03-02T10:00", "10 days", WARN, BREACH)
    held = pauses(("2026-03-11T10:00", None))
    assert reached(ledger(stay, held, at("2026-12-01T10:00"))) == [("warn", 0, "10 10:00")]
    assert upcoming(stay, held) is None


def test_a_breach_is_never_undone_by_a_hold():
    stay = a_stay("2026-03-02T10:00", "10 days", BREACH)
    held = pauses(("2026-03-12T10:01", "2026-03-30T10:00"))
    assert due(stay, held) == at("2026-03-12T10:00")
    assert reached(ledger(stay, held, at("2026-04-01T10:00"))) == [("breach", 0, "12 10:00")]


def test_the_next_rung_is_the_first_that_is_not_recorded():
    stay = a_stay("2026-03-02T10:00", "10 days", WARN, BREACH)
    assert upcoming(stay, []).rung.code == "warn"
    assert upcoming(stay, [], {("warn", 0)}).rung.code == "breach"
    assert upcoming(stay, [], {("warn", 0), ("breach", 0)}) is None


HOURS = st.integers(0, 2000)


@given(
    st.lists(HOURS, max_size=6, unique=True),
    HOURS,
    HOURS,
    st.sampled_from(["10 days", "5 working days", "30 working hours"]),
)
def test_what_is_passed_is_never_taken_back_and_the_order_of_looking_does_not_matter(edges, first, second, limit):
    start = at("2026-03-02T10:00")
    edges = [start + timedelta(hours=h, minutes=30) for h in sorted(edges)]
    held = [Pause(edges[i], edges[i + 1]) for i in range(0, len(edges) - 1, 2)]
    stay = Stay(start, span(limit), (WARN, BREACH, AGAIN), ENGLAND)
    early, late = sorted([start + timedelta(hours=first), start + timedelta(hours=second)])

    # As the sweep sees it at the earlier instant: holds that began later are not known, one that goes on has no end.
    known = [Pause(p.start, p.end if p.end < early else None) for p in held if p.start < early]
    then, now = ledger(stay, known, early), ledger(stay, held, late)

    assert set(map(str, then)) <= set(map(str, now))
