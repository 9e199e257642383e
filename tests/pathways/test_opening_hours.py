"""Reading a schedule: what is accepted, and the sentence for what is not."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pathways.working_time import Schedule
from tests.pathways.weeks import OFFICE, schedule


def test_touching_spans_become_one_and_order_does_not_matter():
    given = {"tz": "Europe/London", "hours": {"mon": [["13:00", "24:00"], ["09:00", "12:00"], ["12:00", "13:00"]]}}

    assert Schedule.from_dict(given) == schedule({"mon": [["09:00", "24:00"]]})
    assert hash(Schedule.from_dict(given)) == hash(schedule({"mon": [["09:00", "24:00"]]}))


def test_a_schedule_cannot_be_changed():
    with pytest.raises(AttributeError):
        schedule(OFFICE).tz = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tz": "Europe/Londinium"}, "not a known time zone"),
        ({"tz": "Europe"}, "not a known time zone"),
        ({"tz": "../etc/passwd"}, "not a known time zone"),
        ({"tz": 1}, "not a known time zone"),
        ({"tz": None}, "not a known time zone"),
        ({"hours": {}}, "never opens"),
        ({"hours": {"mon": []}}, "never opens"),
        ({"hours": []}, "opening hours as an object"),
        ({"hours": {"monday": [["09:00", "17:00"]]}}, "not monday"),
        ({"hours": {"mon": "09:00-17:00"}}, "hours of mon as a list"),
        ({"hours": {"mon": ["09:00", "17:00"]}}, "each span of mon"),
        ({"hours": {"mon": [["09:00"]]}}, "each span of mon"),
        ({"hours": {"mon": [["9:00", "17:00"]]}}, "not '9:00'"),
        ({"hours": {"mon": [["09:00", "25:00"]]}}, "not '25:00'"),
        ({"hours": {"mon": [["09:00", "24:01"]]}}, "not '24:01'"),
        ({"hours": {"mon": [["09:00", "17:00\n"]]}}, "in quotes"),
        ({"hours": {"mon": [["09:00", 1020]]}}, "in quotes, not 1020"),
        ({"hours": {"mon": [["17:00", "09:00"]]}}, "17:00 is not before 09:00"),
        ({"hours": {"mon": [["09:00", "09:00"]]}}, "09:00 is not before 09:00"),
        ({"hours": {"mon": [["24:00", "24:00"]]}}, "24:00 is not before 24:00"),
        ({"hours": {"mon": [["09:00", "13:00"], ["12:59", "17:00"]]}}, "overlap"),
        ({"holidays": "2026-12-25"}, "holidays as a list"),
        ({"holidays": None}, "holidays as a list"),
        ({"holidays": ["25.12.2026"]}, "not '25.12.2026'"),
        ({"holidays": [20261225]}, "not 20261225"),
        ({"holidays": [datetime(2026, 12, 25, tzinfo=UTC)]}, "each holiday as a date"),
        ({"holiday": []}, "remove holiday"),
    ],
)
def test_a_bad_schedule_is_refused_with_a_sentence(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        Schedule.from_dict({"tz": "Europe/London", "hours": OFFICE, "holidays": []} | change)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "as an object"),
        ({"tz": "UTC"}, "no hours"),
        ({"hours": OFFICE}, "no tz"),
    ],
)
def test_an_incomplete_schedule_is_refused_with_a_sentence(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        Schedule.from_dict(given)
