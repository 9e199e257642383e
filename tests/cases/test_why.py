"""The sum behind a due time: that it is the due time, for any calendar, limit and holds; and how its lines read."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cases import deadlines, why
from cases.deadlines import Pause, Stay
from cases.why import Cause, account
from pathways.limits import Span, Unit
from pathways.working_time import Schedule
from tests.factories import span

LONDON = ZoneInfo("Europe/London")
DAY = timedelta(days=1)
NOTHING = timedelta()
OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
ENGLAND = Schedule("Europe/London", OFFICE, holidays.UnitedKingdom(subdiv="ENG", years=range(2025, 2031)))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def a_stay(entered, limit, schedule=ENGLAND, **values):
    values = {name: at(value) for name, value in values.items()}
    return Stay(at(entered), span(limit) if limit else None, (), schedule, **values)


def holds(*spans):
    return [Pause(at(start), at(end) if end else None) for start, end in spans]


def lines(step):
    return [(f"{line.first:%d %b}", f"{line.last:%d %b}", line.counts, line.why) for line in step.lines]


# Laws ----------------------------------------------------------------------------------------------------------------

# Around a bank holiday, both clock changes and a year's end. Whole minutes, some of which the clocks skip or repeat.
STARTS = st.one_of(
    *(
        st.datetimes(*(datetime.fromisoformat(day) for day in days)).map(
            lambda wall: wall.replace(second=0, microsecond=0, tzinfo=LONDON).astimezone(UTC)
        )
        for days in (
            ("2026-03-20", "2026-04-10"),
            ("2026-10-15", "2026-11-01"),
            ("2026-12-15", "2027-01-05"),
        )
    )
)
SPANS = st.sampled_from(
    [
        *([["09:00", "17:00"]], [["08:00", "12:00"], ["13:00", "18:30"]], [["00:00", "24:00"]]),
        *([["18:00", "24:00"]], [["00:00", "06:00"], ["22:00", "24:00"]], []),
    ]
)
WEEKS = st.fixed_dictionaries(dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), SPANS))
SCHEDULES = st.builds(
    lambda hours, nation, closed: Schedule(
        "Europe/London",
        {"wed": [["09:00", "17:00"]]} | {day: spans for day, spans in hours.items() if spans},
        holidays.UnitedKingdom(subdiv=nation, years=range(2025, 2031)) if nation else closed,
    ),
    WEEKS,
    st.sampled_from(["", "ENG", "SCT"]),
    st.frozensets(st.dates(date(2026, 3, 20), date(2027, 1, 10)), max_size=10),
)
LIMITS = st.one_of(
    st.builds(Span, st.integers(1, 40), st.sampled_from([Unit.DAYS, Unit.WORKING_DAYS])),
    st.builds(Span, st.integers(1, 300), st.sampled_from([Unit.HOURS, Unit.WORKING_HOURS])),
    st.builds(Span, st.integers(1, 20_000), st.sampled_from([Unit.MINUTES, Unit.WORKING_MINUTES])),
)


@st.composite
def journeys(draw):
    """A stay with its holds, of which the last may go on, and perhaps shortened at some time."""
    start, schedule = draw(STARTS), draw(SCHEDULES)
    minutes = sorted(draw(st.lists(st.integers(0, 40 * 1440), max_size=7, unique=True)))
    edges = [start + timedelta(minutes=minute) for minute in minutes]
    pauses = [Pause(edges[i], edges[i + 1] if i + 1 < len(edges) else None) for i in range(0, len(edges), 2)]
    shortened = {}
    if draw(st.booleans()):
        shortened["shortened_at"] = start + timedelta(minutes=draw(st.integers(0, 40 * 1440)))
        shortened["due_by"] = shortened["shortened_at"] + timedelta(minutes=draw(st.integers(1, 5 * 1440)))
    limit = draw(st.one_of(LIMITS, st.none())) if shortened else draw(LIMITS)
    return Stay(start, limit, (), schedule, **shortened), pauses


@given(journeys())
def test_the_last_step_ends_at_the_due_time(journey):
    stay, pauses = journey

    steps = account(stay, pauses)

    assert (steps[-1].after if steps else None) == deadlines.due(stay, pauses)


@given(journeys())
def test_each_step_begins_where_the_one_before_it_ended(journey):
    stay, pauses = journey

    steps = account(stay, pauses)

    if stay.limit:
        assert (steps[0].before, steps[0].after) == (stay.entered_at, deadlines.first_due(stay))
    for one, other in pairwise(steps):
        assert other.before == (one.before if other.why_not == "held" else one.after)


@given(journeys())
def test_the_lines_of_each_step_add_up_to_its_amount_and_leave_no_day_out(journey):
    stay, pauses = journey

    for step in account(stay, pauses):
        if not step.lines:
            continue
        zero = 0 if isinstance(step.amount, int) else NOTHING
        assert sum((line.counts for line in step.lines), zero) == step.amount
        assert step.lines[0].first == why.local_day(step.before)
        assert all(one.last + DAY == other.first for one, other in pairwise(step.lines))
        last, due_on = step.lines[-1].last, why.local_day(step.after)
        ends_at_midnight = step.after == datetime.combine(due_on, datetime.min.time(), LONDON)
        assert last == due_on or (ends_at_midnight and last + DAY == due_on)


@given(journeys())
def test_what_a_line_counts_is_what_the_calendar_says_of_its_days(journey):
    """An independent reckoning: each line measured by itself."""
    stay, pauses = journey

    for step in account(stay, pauses):
        for line in step.lines:
            first, end = (datetime.combine(day, datetime.min.time(), LONDON) for day in (line.first, line.last + DAY))
            start, end = max(step.before, first.astimezone(UTC)), min(step.after, end.astimezone(UTC))
            days = [line.first + n * DAY for n in range(line.days)]
            if isinstance(line.counts, int):
                open_days = days if stay.limit.unit == Unit.DAYS else filter(stay.schedule.is_working_day, days)
                assert line.counts == (0 if line.why else len(list(open_days)))
            elif stay.limit and stay.limit.is_working:
                assert line.counts == stay.schedule.open_time(start, end)
            else:
                assert line.counts == end - start
            assert bool(line.why) == (not line.counts)


@given(STARTS, st.integers(1, 200))
@example(at("2026-03-28T12:00").astimezone(UTC), 24)
def test_hours_are_counted_as_they_pass_also_when_the_clocks_change(start, hours):
    [step] = account(Stay(start, Span(hours, Unit.HOURS)))

    assert sum((line.counts for line in step.lines), NOTHING) == timedelta(hours=hours)


# Lines as they read --------------------------------------------------------------------------------------------------


def test_working_days_skip_the_weekend_and_name_the_bank_holidays():
    [step] = account(a_stay("2026-04-01T10:00", "5 working days"))

    assert lines(step) == [
        ("01 Apr", "01 Apr", 0, "counted from here (day 0)"),
        ("02 Apr", "02 Apr", 1, ""),
        ("03 Apr", "03 Apr", 0, "Good Friday"),
        ("04 Apr", "05 Apr", 0, "weekend"),
        ("06 Apr", "06 Apr", 0, "Easter Monday"),
        ("07 Apr", "10 Apr", 4, ""),
    ]
    assert step.after == at("2026-04-10T10:00")


def test_a_stay_that_begins_after_closing_time_is_counted_from_the_next_opening():
    [step] = account(a_stay("2026-03-06T18:00", "1 working day"))

    assert lines(step)[:3] == [
        ("06 Mar", "06 Mar", 0, "it began after closing time"),
        ("07 Mar", "08 Mar", 0, "weekend"),
        ("09 Mar", "09 Mar", 0, "counted from here (day 0)"),
    ]


def test_working_hours_say_between_which_times_they_count():
    [step] = account(a_stay("2026-03-06T15:00", "12 working hours"))

    assert lines(step) == [
        ("06 Mar", "06 Mar", timedelta(hours=2), ""),
        ("07 Mar", "08 Mar", NOTHING, "weekend"),
        ("09 Mar", "09 Mar", timedelta(hours=8), ""),
        ("10 Mar", "10 Mar", timedelta(hours=2), ""),
    ]
    assert step.lines[0].hours == ((at("2026-03-06T15:00"), at("2026-03-06T17:00")),)


def test_full_days_that_follow_each_other_are_one_line():
    [step] = account(a_stay("2026-03-02T09:00", "40 working hours"))

    assert lines(step) == [("02 Mar", "06 Mar", timedelta(hours=40), "")]


def test_the_day_on_which_the_clocks_change_is_a_line_of_its_own():
    [step] = account(a_stay("2026-03-27T00:00", "96 hours"))

    assert [(line.days, line.counts, line.clocks) for line in step.lines] == [
        (2, timedelta(hours=48), ""),
        (1, timedelta(hours=23), "forward"),
        (1, timedelta(hours=24), ""),
        (1, timedelta(hours=1), ""),
    ]


def test_a_closure_without_a_name_is_closed_all_the_same():
    closed = Schedule("Europe/London", OFFICE, ["2026-03-03"])

    [step] = account(a_stay("2026-03-02T10:00", "1 working day", schedule=closed))

    assert lines(step)[1] == ("03 Mar", "03 Mar", 0, "closed")


@pytest.mark.parametrize(
    ("held", "why_not", "amount"),
    [
        (("2026-03-03T10:00", "2026-03-03T12:00"), "", timedelta(hours=2)),
        (("2026-03-03T18:00", "2026-03-04T08:00"), "closed", NOTHING),
        (("2026-03-20T10:00", "2026-03-23T10:00"), "late", NOTHING),
    ],
)
def test_a_hold_says_how_much_it_moved_the_date_or_why_it_did_not(held, why_not, amount):
    step = account(a_stay("2026-03-02T10:00", "5 working days"), holds(held))[1]

    assert (step.cause, step.why_not, step.amount) == (Cause.HOLD, why_not, amount)
    assert step.after == (at("2026-03-09T12:00") if amount else at("2026-03-09T10:00"))


def test_while_a_hold_goes_on_there_is_no_date():
    steps = account(a_stay("2026-03-02T10:00", "5 days"), holds(("2026-03-03T10:00", None)))

    assert steps[-1].after is None


def test_an_urgent_detour_is_a_step_that_brings_the_date_forward():
    urgent = a_stay("2026-03-02T10:00", "5 days", shortened_at="2026-03-03T10:00", due_by="2026-03-03T14:00")

    assert [(step.cause, step.after) for step in account(urgent)] == [
        (Cause.LIMIT, at("2026-03-07T10:00")),
        (Cause.SHORTENED, at("2026-03-03T14:00")),
    ]


def test_an_urgent_detour_limits_a_stage_that_has_no_limit():
    urgent = a_stay("2026-03-02T10:00", None, shortened_at="2026-03-03T10:00", due_by="2026-03-03T14:00")

    [step] = account(urgent)

    assert (step.cause, step.before, step.after) == (Cause.SHORTENED, None, at("2026-03-03T14:00"))


def test_a_stage_without_a_limit_has_nothing_to_add_up():
    assert account(a_stay("2026-03-02T10:00", None)) == []
