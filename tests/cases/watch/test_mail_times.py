"""When the digest goes: the hour that was chosen, working days, quiet hours, and the nights the clocks change."""

from datetime import UTC, datetime, time

import pytest

from cases.watch.mail_times import DEFAULT, is_quiet, late, next_digest
from pathways.limits import LONDON
from pathways.models import MailPreference


def at(day, hour, minute=0, month=3):
    return datetime(2026, month, day, hour, minute, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("now", "goes"),
    [
        (at(2, 7, 59), at(2, 8)),
        (at(2, 8), at(2, 8)),
        (at(2, 8, 1), at(3, 8)),
        (at(6, 17), at(9, 8)),  # Friday evening
        (at(2, 17, month=4), at(7, 8, month=4)),  # the evening before Good Friday
        (at(27, 9), at(30, 8)),  # over the night the clocks go forward: 8 by the clock on the wall
    ],
)
def test_who_chose_nothing_gets_it_at_8_on_working_days(now, goes):
    assert next_digest(DEFAULT, now) == goes
    assert next_digest(DEFAULT, now).tzinfo == UTC


def test_the_hour_is_each_persons_own_and_may_be_on_any_day():
    chosen = MailPreference(digest_at=time(16, 30), working_days_only=False)
    assert next_digest(chosen, at(6, 17)) == at(7, 16, 30)


@pytest.mark.parametrize(
    ("digest_at", "quiet", "goes"),
    [
        (time(8), (time(7), time(9)), at(2, 9)),
        (time(9), (time(7), time(9)), at(2, 9)),  # the quiet hours end then
        (time(8), (time(20), time(8, 30)), at(2, 8, 30)),  # over midnight
        (time(21), (time(20), time(7)), at(2, 7)),
        (time(12), (time(20), time(7)), at(2, 12)),
    ],
)
def test_a_digest_in_quiet_hours_goes_at_their_end(digest_at, quiet, goes):
    chosen = MailPreference(digest_at=digest_at, quiet_from=quiet[0], quiet_until=quiet[1])
    assert next_digest(chosen, at(2, 1)) == goes


@pytest.mark.parametrize(
    ("now", "goes"),
    [("00:10", "00:30"), ("00:40", "00:40"), ("01:00", "01:30"), ("01:10", "01:30"), ("01:30", "01:30")],
)
def test_quiet_hours_that_end_in_the_hour_that_comes_twice_are_kept_both_times(now, goes):
    chosen = MailPreference(quiet_from=time(22), quiet_until=time(1, 30), working_days_only=False)
    now, goes = (datetime.fromisoformat(f"2026-10-25T{at}Z") for at in (now, goes))
    assert late(chosen, now) == goes
    assert late(chosen, now).tzinfo == UTC


@pytest.mark.parametrize(
    ("quiet", "times"),
    [
        ((time(12), time(14)), {"11:59": False, "12:00": True, "13:59": True, "14:00": False, "23:00": False}),
        ((time(22), time(7)), {"21:59": False, "22:00": True, "00:00": True, "06:59": True, "07:00": False}),
        ((None, None), {"00:00": False, "12:00": False}),
    ],
)
def test_quiet_hours_begin_with_their_first_moment_and_end_before_their_last(quiet, times):
    chosen = MailPreference(quiet_from=quiet[0], quiet_until=quiet[1])
    assert {at: is_quiet(chosen, time.fromisoformat(at)) for at in times} == times
