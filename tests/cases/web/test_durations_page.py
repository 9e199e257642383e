"""Stage durations as a page."""

from datetime import date, timedelta

import pytest
import time_machine

from cases import lifecycle
from cases.web.durations import end_of
from tests.cases.web.reading import reasons, words
from tests.factories import MONDAY, a_case, the_move

DAY = timedelta(days=1)


@pytest.fixture
def page(client, pathway, manager, caseworker):
    """Ask for the page of the pathway on which one case took 4 days and another waits, a week after both began."""
    gone = a_case(pathway, at=MONDAY)
    a_case(pathway, at=MONDAY)
    lifecycle.move_case(gone, the_move(gone, "done"), by=caseworker, at=MONDAY + 4 * DAY)
    client.force_login(manager)

    def get(query=""):
        with time_machine.travel(MONDAY + 7 * DAY, tick=False):
            return client.get(f"/durations/review/{query}")

    client.force_login(manager)
    return get


def test_each_stage_says_how_long_stays_took_and_who_still_waits(page):
    said = words(page())

    assert "As of 9 March 2026, 9am" in said
    assert "Triage 1 4 days 4 days 4 days 4 days \N{EN DASH} 1 7 days 7 days 7 days" in said
    assert "by linear interpolation" in said


def test_the_figures_are_those_of_the_end_of_the_day_that_is_chosen(page):
    said = words(page("?as_of_day=4&as_of_month=3&as_of_year=2026"))

    assert "As of 5 March 2026, midnight" in said
    assert "Triage 0" in said
    assert "2 2 days 15 hours" in said


@pytest.mark.parametrize(
    "query", ["?as_of_day=9&as_of_month=3&as_of_year=2026", "?as_of_day=31&as_of_month=12&as_of_year=9999"]
)
def test_today_and_later_days_mean_now(page, query):
    assert "As of 9 March 2026, 9am" in words(page(query))


def test_a_date_that_cannot_be_read_is_said_and_the_figures_are_those_of_now(page):
    answer = page("?as_of_day=31&as_of_month=2&as_of_year=2026")

    assert reasons(answer) == ["This date does not exist. Check the day and the month."]
    assert "As of 9 March 2026, 9am" in words(answer)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_a_day_ends_at_midnight_also_when_the_clocks_change(day, hours):
    began = end_of(day - DAY)

    assert (end_of(day).astimezone(began.tzinfo) - began) == DAY
    assert (end_of(day).timestamp() - began.timestamp()) / 3600 == hours


def test_pathways_are_listed_with_a_link_each(client, pathway, manager):
    client.force_login(manager)

    assert '<a href="/durations/review/">Review</a>' in client.get("/durations/").content.decode()
    assert client.get("/durations/nonsense/").status_code == 404
