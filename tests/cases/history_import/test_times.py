"""The times of a log, as logs write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.history_import.times import read_time


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2025-05-04T00:04:00Z", "2025-05-04T00:04:00"),
        ("2025-05-04 00:04:00z", "2025-05-04T00:04:00"),
        ("2025-05-04t00:04Z", "2025-05-04T00:04:00"),
        ("2025-05-04T00:04:00+01:00", "2025-05-03T23:04:00"),
        ("2025-05-04 00:04:00+00", "2025-05-04T00:04:00"),
        ("2025-05-04 00:04:00 -0530", "2025-05-04T05:34:00"),
        ("2025-05-04 00:04:00", "2025-05-03T23:04:00"),  # no offset: London, in summer
        ("2025-01-04 00:04", "2025-01-04T00:04:00"),
        ("2025-05-04", "2025-05-03T23:00:00"),
        ("  2025-01-04  ", "2025-01-04T00:00:00"),
        ("2025-05-04T00:04:00.5Z", "2025-05-04T00:04:00.500000"),
        ("2025-05-04T00:04:00,123456Z", "2025-05-04T00:04:00.123456"),
        ("2025-05-04T00:04:00.1234567Z", "2025-05-04T00:04:00.123456"),
        ("2025-10-26 01:30", "2025-10-26T00:30:00"),  # comes twice: the first, in summer time
        ("2025-10-26T01:30:00+00:00", "2025-10-26T01:30:00"),
        ("2025-03-30 00:59:59.999", "2025-03-30T00:59:59.999000"),
        ("2025-03-30 02:00", "2025-03-30T01:00:00"),
    ],
)
def test_a_time_is_read_as_the_instant_that_was_meant(written, instant):
    assert read_time(written) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "The time is missing."),
        ("   ", "The time is missing."),
        ("yesterday", "“yesterday” is not a time. Write it like 2025-05-04T14:00:00Z."),
        ("04/05/2025 10:00", "“04/05/2025 10:00” is not a time. Write it like 2025-05-04T14:00:00Z."),
        ("2025-02-29", "“2025-02-29” is not a time. Write it like 2025-05-04T14:00:00Z."),
        ("2025-05-04T25:00:00Z", "“2025-05-04T25:00:00Z” is not a time. Write it like 2025-05-04T14:00:00Z."),
        (
            "2025-05-04T10:00:00+25:00",
            "“2025-05-04T10:00:00+25:00” is not a time. Write it like 2025-05-04T14:00:00Z.",
        ),
        ("20250504", "“20250504” is not a time. Write it like 2025-05-04T14:00:00Z."),
        ("२०२५-05-04", "“२०२५-05-04” is not a time. Write it like 2025-05-04T14:00:00Z."),
        ("2025-03-30 01:30", "There is no 2025-03-30 01:30 in London: the clocks went forward in that hour."),
        ("1900-01-01", "The year 1900 cannot be right: a time lies between 1950 and 2099."),
        ("9999-12-31T23:59:59Z", "The year 9999 cannot be right: a time lies between 1950 and 2099."),
        ("0001-01-01T00:00:00+01:00", "The year 1 cannot be right: a time lies between 1950 and 2099."),
    ],
)
def test_what_is_no_time_is_said_in_a_sentence(written, reason):
    with pytest.raises(ValueError, match=r"\.$") as refused:
        read_time(written)
    assert str(refused.value) == reason


offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.integers(-631_000_000, 4_100_000_000), st.integers(0, 999_999), offsets)
def test_an_instant_written_with_its_offset_is_read_as_itself(seconds, microseconds, offset):
    instant = datetime.fromtimestamp(seconds, offset) + timedelta(microseconds=microseconds)
    assert read_time(instant.isoformat()) == instant


@given(st.text())
def test_any_text_is_a_time_or_refused_with_a_sentence(text):
    try:
        assert read_time(text).tzinfo is UTC
    except ValueError as error:
        assert str(error).endswith(".")  # noqa: PT017  one or the other
