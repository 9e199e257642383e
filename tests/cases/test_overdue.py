"""By how much a limit is exceeded, in its own units."""

from datetime import UTC, datetime

import pytest

from cases import overdue
from pathways.working_time import Schedule

OFFICE = Schedule.from_dict(
    {
        "tz": "Europe/London",
        "hours": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
        "holidays": ["2026-04-03", "2026-04-06"],  # Good Friday, Easter Monday
    }
)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("due_at", "now", "words"),
    [
        ("2026-03-06T14:00", "2026-03-06T14:00:30", "less than a working minute"),
        ("2026-03-06T14:00", "2026-03-06T14:20", "20 working minutes"),
        ("2026-03-06T14:00", "2026-03-06T16:59", "2 working hours"),
        # On Friday at closing time: nothing more of the team's time has passed until Monday morning.
        ("2026-03-06T17:00", "2026-03-08T12:00", "less than a working minute"),
        ("2026-03-06T17:00", "2026-03-09T09:30", "30 working minutes"),
        # A working day is the same time on the next day that is one, not eight hours.
        ("2026-03-06T14:00", "2026-03-09T13:59", "7 working hours"),
        ("2026-03-06T14:00", "2026-03-09T14:00", "1 working day"),
        ("2026-03-06T14:00", "2026-03-10T14:00", "2 working days"),
        ("2026-03-06T14:00", "2026-03-15T23:00", "5 working days"),
        # Over Easter, and over the night on which the clocks go forward.
        ("2026-04-02T15:00", "2026-04-07T14:59", "7 working hours"),
        ("2026-04-02T15:00", "2026-04-07T15:00", "1 working day"),
        ("2026-03-27T16:00", "2026-03-30T15:00", "1 working day"),
        # A due time outside of opening hours, as an urgent detour may set it, counts from the next opening.
        ("2026-03-07T12:00", "2026-03-10T08:00", "8 working hours"),
        ("2026-03-07T12:00", "2026-03-10T09:00", "1 working day"),
    ],
)
def test_working_time_over_counts_only_the_time_in_which_the_team_was_open(due_at, now, words):
    assert overdue.over(at(due_at), at(now), schedule=OFFICE) == words


@pytest.mark.parametrize(
    ("due_at", "now", "words"),
    [
        ("2026-03-06T14:00", "2026-03-06T14:00:59", "less than a minute"),
        ("2026-03-06T14:00", "2026-03-06T14:59", "59 minutes"),
        ("2026-03-06T14:00", "2026-03-07T13:59", "23 hours"),
        ("2026-03-06T14:00", "2026-03-09T13:00", "2 days"),
    ],
)
def test_calendar_time_over_is_the_time_that_passed(due_at, now, words):
    assert overdue.over(at(due_at), at(now)) == words


@pytest.mark.parametrize(
    ("words", "limit", "sentence"),
    [
        ("2 working days", "10 working days", "2 working days over its limit of 10"),
        ("1 working day", "10 working days", "1 working day over its limit of 10"),
        ("5 working hours", "10 working days", "5 working hours over its limit of 10 working days"),
        ("2 days", "10 working days", "2 days over its limit of 10 working days"),
        ("2 days", "1 day", "2 days over its limit of 1 day"),
        ("3 hours", "4 hours", "3 hours over its limit of 4"),
        ("2 days", "", "2 days late"),
    ],
)
def test_the_unit_of_the_limit_is_said_once(words, limit, sentence):
    assert overdue.of_limit(words, limit) == sentence


def test_the_count_of_whole_working_days_is_the_inverse_of_adding_them():
    start = at("2026-02-27T11:30")
    for days in range(60):
        end = OFFICE.add_working_days(start, days)
        assert overdue.whole_working_days(start, end, OFFICE) == days
