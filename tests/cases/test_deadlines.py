"""The time of a stay, against tables. Every instant is Europe/London; 2026: clocks forward 29 March, back 25
October.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.deadlines import Pause, Rung, Stay, due, ledger, passed_and_next, runs, upcoming
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


def shortened(stay, moment, due_by):
    return replace(stay, shortened_at=at(moment), due_by=at(due_by))


@pytest.mark.parametrize(
    ("limit", "moment", "due_by", "holds", "expected"),
    [
        ("10 days", "2026-03-04T10:00", "2026-03-04T14:00", [], "2026-03-04T14:00"),
        ("10 days", "2026-03-02T10:00", "2026-03-02T14:00", [], "2026-03-02T14:00"),  # as soon as it began
        ("10 days", "2026-03-12T09:00", "2026-03-12T13:00", [], "2026-03-12T10:00"),  # never later than it was
        ("10 days", "2026-03-12T10:01", "2026-03-12T14:01", [], "2026-03-12T10:00"),  # a breach is never undone
        (None, "2026-03-04T10:00", "2026-03-04T14:00", [], "2026-03-04T14:00"),  # a stage without a limit
        ("10 working days", "2026-03-07T10:00", "2026-03-07T14:00", [], "2026-03-07T14:00"),  # on a Saturday
        # A hold before that moment moves what it was due before; one after it moves what it is due now.
        (
            "10 days",
            "2026-03-06T10:00",
            "2026-03-20T10:00",
            [("2026-03-03T10:00", "2026-03-05T10:00")],
            "2026-03-14T10:00",
        ),
        (
            "10 days",
            "2026-03-04T10:00",
            "2026-03-04T14:00",
            [("2026-03-04T12:00", "2026-03-04T13:00")],
            "2026-03-04T15:00",
        ),
        (
            "10 days",
            "2026-03-04T10:00",
            "2026-03-04T14:00",
            [("2026-03-04T10:00", "2026-03-04T13:00")],
            "2026-03-04T17:00",
        ),
        (
            "10 days",
            "2026-03-04T10:00",
            "2026-03-04T14:00",
            [("2026-03-04T14:00", "2026-03-05T10:00")],
            "2026-03-04T14:00",
        ),
        # One that it falls into is split there: only what was held afterwards moves it.
        (
            "10 days",
            "2026-03-04T10:00",
            "2026-03-04T14:00",
            [("2026-03-03T10:00", "2026-03-05T10:00")],
            "2026-03-05T14:00",
        ),
        (
            "10 days",
            "2026-03-04T10:00",
            "2026-03-04T14:00",
            [("2026-03-03T10:00", "2026-03-04T10:00")],
            "2026-03-04T14:00",
        ),
        (
            "2 days",
            "2026-03-05T10:00",
            "2026-03-05T14:00",
            [("2026-03-04T10:00", "2026-03-06T10:00")],
            "2026-03-04T10:00",
        ),
        (None, "2026-03-04T10:00", "2026-03-04T14:00", [("2026-03-03T10:00", "2026-03-05T10:00")], "2026-03-05T14:00"),
        (
            "2 working days",
            "2026-03-07T10:00",
            "2026-03-07T14:00",
            [("2026-03-03T10:00", "2026-03-10T11:00")],
            "2026-03-10T11:00",
        ),
        ("10 days", "2026-03-04T10:00", "2026-03-04T14:00", [("2026-03-03T10:00", None)], None),  # held now
    ],
)
def test_a_shortened_stay_is_due_at_the_latest_then(limit, moment, due_by, holds, expected):
    stay = shortened(a_stay("2026-03-02T10:00", limit), moment, due_by)
    assert due(stay, pauses(*holds)) == (at(expected) if expected else None)


@pytest.mark.parametrize(
    ("moment", "due_by", "holds", "expected"),
    [
        # The warning would have been two days before: it is reached when the stay is shortened, never earlier.
        ("2026-03-04T12:00", "2026-03-05T12:00", [], [("warn", 0, "04 12:00"), ("breach", 0, "05 12:00")]),
        # What was passed by then stays as it was.
        ("2026-03-11T12:00", "2026-03-11T13:00", [], [("warn", 0, "10 10:00"), ("breach", 0, "11 13:00")]),
        ("2026-03-13T12:00", "2026-03-13T13:00", [], [("warn", 0, "10 10:00"), ("breach", 0, "12 10:00")]),
        # Held in the same act: nothing is passed until the clock runs on.
        ("2026-03-04T12:00", "2026-03-05T12:00", [("2026-03-04T12:00", None)], []),
        (
            "2026-03-04T12:00",
            "2026-03-05T12:00",
            [("2026-03-04T12:00", "2026-03-05T12:00")],
            [("warn", 0, "05 12:00"), ("breach", 0, "06 12:00")],
        ),
    ],
)
def test_the_rungs_of_a_shortened_stay(moment, due_by, holds, expected):
    stay = shortened(a_stay("2026-03-02T10:00", "10 days", WARN, BREACH), moment, due_by)
    assert reached(ledger(stay, pauses(*holds), at("2026-03-30T10:00"))) == expected


def test_before_it_was_shortened_nothing_of_it_is_seen():
    stay = a_stay("2026-03-02T10:00", "10 days", WARN, BREACH)
    short = shortened(stay, "2026-03-11T12:00", "2026-03-11T13:00")
    moment = at("2026-03-11T12:00")
    assert ledger(short, [], moment) == ledger(stay, [], moment)
    assert upcoming(short, [], {("warn", 0)}).reached_at == at("2026-03-11T13:00")


def test_the_repeats_of_a_rung_that_lies_before_that_moment_are_reached_at_it():
    early = rung("early", 1, before="3 days", repeat="1 day", repeat_at_most=2)
    stay = shortened(a_stay("2026-03-02T10:00", "10 days", early), "2026-03-04T12:00", "2026-03-05T18:00")
    assert reached(ledger(stay, [], at("2026-03-30T10:00"))) == [
        ("early", 0, "04 12:00"),
        ("early", 1, "04 12:00"),
        ("early", 2, "04 18:00"),
    ]


def test_the_runs_of_the_clock_say_when_a_stay_was_due_meanwhile():
    stay = shortened(a_stay("2026-03-02T10:00", "10 days"), "2026-03-04T10:00", "2026-03-04T14:00")
    held = pauses(("2026-03-03T10:00", "2026-03-03T11:00"))
    told = [
        [x and x.astimezone(LONDON).strftime("%d %H:%M") for x in (r.begin, r.end, r.due_at)] for r in runs(stay, held)
    ]
    assert told == [
        ["02 10:00", "03 10:00", "12 10:00"],
        ["03 11:00", "04 10:00", "12 11:00"],
        ["04 10:00", None, "04 14:00"],
    ]


HOURS = st.integers(0, 2000)
LIMITS = st.sampled_from(["10 days", "5 working days", "30 working hours", "7 working hours", None])


def holds_between(edges):
    edges = [at("2026-03-02T10:00") + timedelta(hours=h, minutes=30) for h in sorted(edges)]
    return [Pause(edges[i], edges[i + 1]) for i in range(0, len(edges) - 1, 2)]


@given(st.lists(HOURS, max_size=6, unique=True), HOURS, st.integers(0, 300), HOURS, LIMITS, st.booleans())
def test_a_shortened_stay_is_never_due_later_nor_spared_a_rung(edges, moment, more, later, limit, on_the_half):
    start, held = at("2026-03-02T10:00"), holds_between(edges)
    plain = Stay(start, span(limit) if limit else None, (WARN, BREACH, AGAIN), ENGLAND)
    moment = start + timedelta(hours=moment, minutes=30 if on_the_half else 0)
    short = replace(plain, shortened_at=moment, due_by=moment + timedelta(hours=more))
    until = start + timedelta(hours=later)

    assert due(plain, held) is None or due(short, held) <= due(plain, held)
    ways = [ledger(stay, held, until) for stay in (plain, short)]
    as_it_was, reached_at = ({(p.rung.code, p.occurrence): p.reached_at for p in way} for way in ways)
    assert all(reached_at[rung] <= instant for rung, instant in as_it_was.items())
    # Before it was shortened all is as it was, instant for instant.
    assert ledger(short, held, min(until, moment)) == ledger(plain, held, min(until, moment))
    assert all(instant >= moment or as_it_was[rung] == instant for rung, instant in reached_at.items())


@given(st.lists(HOURS, max_size=6, unique=True), HOURS, HOURS, LIMITS.filter(bool))
def test_a_stay_given_as_much_time_as_it_had_is_as_it_was(edges, moment, until, limit):
    start, held = at("2026-03-02T10:00"), holds_between(edges)
    plain = Stay(start, span(limit), (WARN, BREACH, AGAIN), ENGLAND)
    short = replace(plain, shortened_at=start + timedelta(hours=moment), due_by=start + timedelta(days=4000))
    until = start + timedelta(hours=until)
    assert due(short, held) == due(plain, held)
    assert ledger(short, held, until) == ledger(plain, held, until)


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


@given(
    st.lists(HOURS, max_size=2, unique=True),
    st.integers(-100, 2000),
    st.none() | HOURS,
    LIMITS,
    st.sets(st.sampled_from([("warn", 0), ("breach", 0), ("again", 0), ("again", 1), ("again", 2)])),
)
def test_a_sweep_finds_at_once_what_the_ledger_and_the_look_ahead_find_one_after_the_other(
    edges, now, shortened_after, limit, recorded
):
    start, held = at("2026-03-02T10:00"), holds_between(edges)
    stay = Stay(start, span(limit) if limit else None, (WARN, BREACH, AGAIN), ENGLAND)
    if shortened_after is not None:
        moment = start + timedelta(hours=shortened_after)
        stay = replace(stay, shortened_at=moment, due_by=moment + timedelta(hours=4))
    now = start + timedelta(hours=now)

    passed, coming = passed_and_next(stay, held, frozenset(recorded), now)

    assert passed == [one for one in ledger(stay, held, now) if one.key not in recorded]
    assert coming == upcoming(stay, held, recorded | {one.key for one in passed})


def test_of_a_stay_agreed_to_be_due_before_it_began_nothing_is_passed_until_it_has_begun():
    stay = Stay(at("2026-03-02T10:00"), None, (BREACH,), due_at=at("2026-03-01T10:00"))
    for now in (stay.entered_at - timedelta(hours=1), stay.entered_at):
        assert passed_and_next(stay, (), frozenset(), now) == ([], upcoming(stay, ()))
    passed, coming = passed_and_next(stay, (), frozenset(), stay.entered_at + timedelta(seconds=1))
    assert (passed, coming) == ([upcoming(stay, ())], None)
