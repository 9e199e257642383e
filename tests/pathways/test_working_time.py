"""Working time against the published vectors, the conventions as tables, and what is refused."""

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import sleep
from zoneinfo import ZoneInfo

import holidays
import pytest

from pathways.working_time import Schedule, add_calendar_days
from tests.pathways.weeks import ALWAYS, LONDON, OFFICE, SPLIT, WEEK, hours, local, schedule, utc

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
CHRISTMAS = ["2026-12-25", "2026-12-28"]


# The published vectors


def published():
    path = DATA / "worktime_vectors.json"
    return json.loads(path.read_text()) if path.exists() else None


def published_schedule(given, bank_holidays):
    return Schedule.from_dict(given | {"holidays": bank_holidays if isinstance(given["holidays"], str) else []})


@pytest.fixture(scope="module")
def england_and_wales():
    with (DATA / "uk_bank_holidays.csv").open(newline="") as rows:
        return [row["date"] for row in csv.DictReader(rows) if row["division"] == "england-and-wales"]


VECTORS = published() or {"schedules": {}, "vectors": [], "working_days": {"vectors": []}}
without_data = pytest.mark.skipif(published() is None, reason="shared/data does not lie beside the checkout")


@without_data
@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["id"])
def test_a_published_vector_is_met(vector, england_and_wales):
    calendar = published_schedule(VECTORS["schedules"][vector["schedule"]], england_and_wales)
    start = utc(vector["start_utc"])

    if vector["kind"] == "due":
        assert calendar.add(start, timedelta(minutes=vector["minutes"])) == utc(vector["due_utc"])
    else:
        assert calendar.open_time(start, utc(vector["end_utc"])) == timedelta(seconds=vector["working_seconds"])


@without_data
@pytest.mark.parametrize(
    "vector",
    VECTORS["working_days"]["vectors"],
    ids=lambda vector: f"{vector['amount']}-{vector['unit']}-from-{vector['start_utc']}",
)
def test_a_published_vector_of_working_days_is_met(vector):
    calendar = published_schedule(VECTORS["working_days"]["schedule"], [])
    start, amount, due = utc(vector["start_utc"]), vector["amount"], utc(vector["due_utc"])

    if vector["unit"] == "days":
        assert calendar.add_working_days(start, amount) == due
    else:
        assert calendar.add(start, timedelta(**{vector["unit"]: amount})) == due


@without_data
def test_all_published_vectors_were_read():
    assert len(VECTORS["vectors"]) == 77
    assert {vector["kind"] for vector in VECTORS["vectors"]} == {"due", "within"}


# The conventions. 2026-05-01 is a Friday, 2026-05-04 (a bank holiday in England) is left open here.


@pytest.mark.parametrize(
    ("start", "amount", "due"),
    [
        pytest.param("2026-05-01 10:00", hours(2), "2026-05-01 12:00", id="within the day"),
        pytest.param("2026-05-01 07:00", hours(2), "2026-05-01 11:00", id="before opening"),
        pytest.param("2026-05-02 10:00", hours(2), "2026-05-04 11:00", id="on a closed day"),
        pytest.param("2026-05-01 18:00", hours(2), "2026-05-04 11:00", id="after closing"),
        pytest.param("2026-05-01 17:00", hours(2), "2026-05-04 11:00", id="at closing"),
        pytest.param("2026-05-01 15:00", hours(2), "2026-05-01 17:00", id="used up at closing is due at closing"),
        pytest.param(
            "2026-05-01 15:00",
            hours(2) + timedelta(microseconds=1),
            "2026-05-04 09:00:00.000001",
            id="a moment more is due after the next opening",
        ),
        pytest.param("2026-05-01 09:00", hours(40), "2026-05-07 17:00", id="a whole week"),
        pytest.param("2026-05-01 10:00", hours(0), "2026-05-01 10:00", id="no time from an open start"),
        pytest.param("2026-05-01 17:00", hours(0), "2026-05-01 17:00", id="no time from closing"),
        pytest.param("2026-05-01 17:01", hours(0), "2026-05-04 09:00", id="no time from a closed start"),
        pytest.param("2026-12-24 16:00", hours(2), "2026-12-29 10:00", id="over Christmas"),
    ],
)
def test_open_time_is_added_by_the_conventions(start, amount, due):
    assert schedule(OFFICE, CHRISTMAS).add(local(start), amount) == local(due)


@pytest.mark.parametrize(
    ("end", "amount", "start"),
    [
        pytest.param("2026-05-01 12:00", hours(2), "2026-05-01 10:00", id="within the day"),
        pytest.param("2026-05-04 10:00", hours(2), "2026-05-01 16:00", id="over the week-end"),
        pytest.param("2026-05-01 18:00", hours(2), "2026-05-01 15:00", id="after closing"),
        pytest.param("2026-05-03 10:00", hours(2), "2026-05-01 15:00", id="on a closed day"),
        pytest.param("2026-05-04 09:00", hours(2), "2026-05-01 15:00", id="at opening"),
        pytest.param("2026-05-01 17:00", hours(8), "2026-05-01 09:00", id="used up at opening falls at opening"),
        pytest.param("2026-05-04 09:00", hours(0), "2026-05-04 09:00", id="no time before opening"),
        pytest.param("2026-05-04 08:59", hours(0), "2026-05-01 17:00", id="no time before a closed end"),
    ],
)
def test_open_time_is_subtracted_by_the_mirrored_conventions(end, amount, start):
    assert schedule(OFFICE).subtract(local(end), amount) == local(start)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        pytest.param("2026-04-30 10:30", 1, "2026-05-01 10:30", id="the next day at the same time"),
        pytest.param("2026-05-01 10:30", 1, "2026-05-02 10:30", id="Saturday is a working day here"),
        pytest.param("2026-05-01 10:30", 2, "2026-05-04 10:30", id="Sunday is not"),
        pytest.param("2026-05-01 08:15", 1, "2026-05-02 09:00", id="clamped to a later opening"),
        pytest.param("2026-05-01 16:00", 1, "2026-05-02 13:00", id="clamped to an earlier closing"),
        pytest.param("2026-05-01 07:00", 1, "2026-05-02 09:00", id="before opening counts as the opening"),
        pytest.param("2026-05-01 07:00", 2, "2026-05-04 08:00", id="before opening, two days"),
        pytest.param("2026-05-01 19:00", 1, "2026-05-04 09:00", id="after closing counts as the next opening"),
        pytest.param("2026-05-01 18:00", 2, "2026-05-04 18:00", id="a closing time is not after closing"),
        pytest.param("2026-05-03 12:30", 1, "2026-05-05 08:00", id="a closed day counts as the next opening"),
        pytest.param("2026-05-01 12:30", 2, "2026-05-04 13:00", id="a lunch break counts as its end"),
        pytest.param("2026-05-01 12:00", 2, "2026-05-04 12:00", id="the beginning of a lunch break is still open"),
        pytest.param("2026-05-02 12:30", 1, "2026-05-04 13:00", id="due in a lunch break is due at its end"),
        pytest.param("2026-05-01 10:30", 0, "2026-05-01 10:30", id="no days from an open start"),
        pytest.param("2026-05-01 19:00", 0, "2026-05-02 09:00", id="no days from a closed start"),
        pytest.param("2026-12-24 10:30", 1, "2026-12-26 10:30", id="a holiday is not a working day"),
        pytest.param("2026-03-27 17:30", 2, "2026-03-30 17:30", id="the local time stays when the clocks change"),
    ],
)
def test_working_days_are_added_by_the_conventions(start, days, due):
    assert schedule(SPLIT, CHRISTMAS).add_working_days(local(start), days) == local(due)


@pytest.mark.parametrize(
    ("end", "days", "start"),
    [
        pytest.param("2026-05-04 10:30", 1, "2026-05-02 10:30", id="the day before at the same time"),
        pytest.param("2026-05-04 16:00", 1, "2026-05-02 13:00", id="clamped to an earlier closing"),
        pytest.param("2026-05-04 08:15", 1, "2026-05-02 09:00", id="clamped to a later opening"),
        pytest.param("2026-05-05 19:00", 1, "2026-05-04 18:00", id="after closing counts as the closing"),
        pytest.param("2026-05-05 07:00", 1, "2026-05-02 13:00", id="before opening counts as the closing before"),
        pytest.param("2026-05-03 10:00", 1, "2026-05-01 13:00", id="a closed day counts as the closing before"),
        pytest.param("2026-05-05 12:30", 1, "2026-05-04 12:00", id="a lunch break counts as its beginning"),
        pytest.param("2026-05-05 13:00", 1, "2026-05-04 13:00", id="the end of a lunch break is already open"),
        pytest.param("2026-05-05 08:00", 1, "2026-05-04 08:00", id="an opening time is not before opening"),
        pytest.param("2026-05-02 12:30", 1, "2026-05-01 12:00", id="found in a lunch break is its beginning"),
        pytest.param("2026-05-03 10:00", 0, "2026-05-02 13:00", id="no days before a closed end"),
    ],
)
def test_working_days_are_subtracted_by_the_mirrored_conventions(end, days, start):
    assert schedule(SPLIT).subtract_working_days(local(end), days) == local(start)


def test_a_working_day_before_midnight_closing_is_midnight_closing():
    late = schedule({day: [["12:00", "24:00"]] for day in WEEK[:5]})

    assert late.subtract_working_days(local("2026-05-05 00:00"), 1) == local("2026-05-02 00:00")


@pytest.mark.parametrize(("nation", "due"), [("ENG", "2026-04-07"), ("WLS", "2026-04-07"), ("SCT", "2026-04-06")])
def test_one_working_day_after_maundy_thursday_depends_on_the_nation(nation, due):
    by_rule = schedule(OFFICE, holidays.country_holidays("GB", subdiv=nation))
    listed = schedule(OFFICE, set(holidays.country_holidays("GB", subdiv=nation, years=2026)))

    assert by_rule.add_working_days(local("2026-04-02 11:00"), 1) == local(f"{due} 11:00")
    assert listed.add_working_days(local("2026-04-02 11:00"), 1) == local(f"{due} 11:00")
    assert by_rule.add(local("2026-04-02 11:00"), hours(8)) == local(f"{due} 11:00")


@pytest.mark.parametrize(
    ("instant", "opening"),
    [
        ("2026-05-01 08:00", "2026-05-01 08:00"),
        ("2026-05-01 10:00", "2026-05-01 10:00"),
        ("2026-05-01 12:00", "2026-05-01 13:00"),
        ("2026-05-02 13:00", "2026-05-04 08:00"),
        ("2026-12-24 18:00", "2026-12-26 09:00"),
    ],
)
def test_the_next_opening_is_now_if_open_and_else_the_next_time_it_opens(instant, opening):
    assert schedule(SPLIT, CHRISTMAS).next_opening(local(instant)) == local(opening)


def test_the_spans_of_a_day_are_its_hours_as_instants_in_utc():
    calendar = schedule(SPLIT, CHRISTMAS)

    spans = calendar.spans(date(2026, 5, 1))

    assert spans == [
        (utc("2026-05-01T07:00Z"), utc("2026-05-01T11:00Z")),
        (utc("2026-05-01T12:00Z"), utc("2026-05-01T17:00Z")),
    ]
    assert {instant.tzinfo for span in spans for instant in span} == {UTC}
    assert calendar.spans(date(2026, 5, 3)) == calendar.spans(date(2026, 12, 25)) == []
    assert [calendar.is_working_day(date(2026, 12, day)) for day in (24, 25, 26, 27)] == [True, False, True, False]


def test_no_open_time_lies_between_an_instant_and_an_earlier_one():
    assert schedule(ALWAYS).open_time(local("2026-05-02 10:00"), local("2026-05-01 10:00")) == timedelta()
    assert schedule(ALWAYS).open_time(local("2026-05-02 10:00"), local("2026-05-02 10:00")) == timedelta()


def test_instants_may_come_in_any_zone_and_go_out_in_utc():
    start = local("2026-05-01 10:00").astimezone(ZoneInfo("America/New_York"))

    for due in (
        schedule(OFFICE).add(start, hours(2)),
        schedule(OFFICE).subtract(start, hours(2)),
        schedule(OFFICE).add_working_days(start, 0),
        schedule(OFFICE).next_opening(start),
        add_calendar_days(start, 0, LONDON),
        add_calendar_days(start, 1, LONDON),
    ):
        assert due.tzinfo is UTC


# Questions that make no sense, and answers that cannot be found

NAIVE = datetime(2026, 5, 1, 9)  # noqa: DTZ001
AWARE = local("2026-05-01 10:00")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda s: s.add(NAIVE, hours(1)), "with its time zone"),
        (lambda s: s.add(date(2026, 5, 1), hours(1)), "with its time zone"),
        (lambda s: s.subtract(NAIVE, hours(1)), "with its time zone"),
        (lambda s: s.open_time(AWARE, NAIVE), "with its time zone"),
        (lambda s: s.open_time(NAIVE, AWARE), "with its time zone"),
        (lambda s: s.next_opening(NAIVE), "with its time zone"),
        (lambda s: s.add_working_days(NAIVE, 1), "with its time zone"),
        (lambda s: s.subtract_working_days(NAIVE, 1), "with its time zone"),
        (lambda s: add_calendar_days(NAIVE, 1, LONDON), "with its time zone"),
        (lambda s: s.add(AWARE, hours(-1)), "zero or more"),
        (lambda s: s.add(AWARE, 60), "zero or more"),
        (lambda s: s.subtract(AWARE, hours(-1)), "zero or more"),
        (lambda s: s.add_working_days(AWARE, -1), "working days as a whole number"),
        (lambda s: s.add_working_days(AWARE, 1.5), "working days as a whole number"),
        (lambda s: s.add_working_days(AWARE, 10**20), "working days as a whole number"),
        (lambda s: s.subtract_working_days(AWARE, True), "working days as a whole number"),
        (lambda s: add_calendar_days(AWARE, 1.5, LONDON), "days as a whole number"),
        (lambda s: add_calendar_days(AWARE, 10**7, LONDON), "beyond the calendar"),
        (lambda s: add_calendar_days(AWARE, 1, "Mars/Base"), "not a known time zone"),
        (lambda s: s.add(datetime.max.replace(tzinfo=UTC), hours(1)), "between the years"),
        (lambda s: s.spans(AWARE), "local date"),
        (lambda s: s.is_working_day(date.max), "between the years"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_with_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(schedule(OFFICE))


class EveryDay:
    def __contains__(self, day):
        return True


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.add(AWARE, hours(0)),
        lambda s: s.subtract(AWARE, hours(1)),
        lambda s: s.add_working_days(AWARE, 0),
        lambda s: s.add_working_days(AWARE, 1),
        lambda s: s.subtract_working_days(AWARE, 1),
        lambda s: s.next_opening(AWARE),
    ],
)
def test_a_calendar_without_a_working_day_is_refused_instead_of_searched_for_ever(ask):
    with pytest.raises(ValueError, match="too little open time"):
        ask(schedule(OFFICE, EveryDay()))


def test_a_limit_longer_than_any_search_is_refused():
    with pytest.raises(ValueError, match="too little open time"):
        schedule(OFFICE).add(AWARE, timedelta.max)


def test_a_calendar_forgets_days_without_forgetting_its_hours():
    calendar = schedule(OFFICE)

    assert calendar.open_time(local("2000-01-01 00:00"), local("2040-01-01 00:00")) == hours(8 * 10435)
    assert calendar.open_time(local("2026-05-01 00:00"), local("2026-05-02 00:00")) == hours(8)


class OneAtATime:
    """Know no holidays, and remember whether two threads ever asked at once."""

    def __init__(self):
        self.asking = self.most = 0

    def __contains__(self, day):
        self.asking += 1
        self.most = max(self.most, self.asking)
        sleep(0.001)
        self.asking -= 1
        return False


def test_a_calendar_of_holidays_is_asked_by_one_thread_at_a_time():
    bank_holidays = OneAtATime()
    calendars = [schedule(OFFICE, bank_holidays) for _ in range(4)]

    with ThreadPoolExecutor(4) as threads:
        due = set(threads.map(lambda calendar: calendar.add(AWARE, hours(80)), calendars))

    assert due == {local("2026-05-15 10:00")}
    assert bank_holidays.most == 1
