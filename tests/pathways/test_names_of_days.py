"""What a calendar calls its closed days."""

from datetime import date, datetime

import pytest

from tests.pathways.weeks import OFFICE, schedule

GOOD_FRIDAY, THURSDAY = date(2026, 4, 3), date(2026, 4, 2)


@pytest.mark.parametrize(
    ("holidays", "day", "name"),
    [
        ({GOOD_FRIDAY: "Good Friday"}, GOOD_FRIDAY, "Good Friday"),
        ({GOOD_FRIDAY: "Good Friday"}, THURSDAY, ""),
        ({GOOD_FRIDAY: None}, GOOD_FRIDAY, ""),
        ([GOOD_FRIDAY], GOOD_FRIDAY, ""),  # a list has no names
    ],
)
def test_a_closed_day_has_the_name_that_its_holidays_give_it(holidays, day, name):
    assert schedule(OFFICE, holidays).name_of(day) == name


def test_only_a_date_has_a_name():
    with pytest.raises(ValueError, match="local date without a time"):
        schedule(OFFICE).name_of(datetime(2026, 4, 3, 9))  # noqa: DTZ001 - that is what is wrong
