"""The radar in the background: counts for each team in the log; what is wrong with the set-up, kept for the pages."""

import logging
from datetime import timedelta

import pytest

from cases import lifecycle, radar, tasks
from cases.watch import differing
from pathways.models import Team, system_user
from tests.factories import MONDAY, a_case, a_closed_case_with_an_unread_result, a_member, a_pathway

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_each_team_with_open_cases_is_said_with_its_counts_and_no_patient():
    nurse, pathway = a_member("booking"), a_pathway(limit=None)
    for owner in (nurse, None):
        lifecycle.assign_case(a_case(pathway), owner, by=system_user(), at=MONDAY)
    lifecycle.assign_case(a_case(a_pathway("scan", team="imaging")), a_member("imaging"), by=system_user(), at=MONDAY)

    assert radar.look(MONDAY + DAY) == [
        "Booking team (booking): 1 nobody's, 2 without a next step.",
        "Imaging team (imaging): nothing on the radar.",
    ]


def test_two_teams_of_one_name_are_counted_apart():
    for code, number in (("booking", 1), ("imaging", 2)):
        pathway = a_pathway(f"of-{code}", team=code)
        for _ in range(number):
            a_case(pathway)
    a_closed_case_with_an_unread_result(pathway, a_member("imaging"), MONDAY - 9 * DAY)
    Team.objects.update(name="Reception")

    assert radar.look(MONDAY) == [
        "Reception (booking): 1 nobody's.",
        "Reception (imaging): 2 nobody's, 1 result unread for too long.",
    ]


def test_closed_cases_count_too_if_something_of_them_is_still_to_be_done():
    nurse = a_member("booking")
    a_closed_case_with_an_unread_result(a_pathway("scan", team="imaging"), a_member("imaging"), MONDAY - 9 * DAY)
    a_closed_case_with_an_unread_result(a_pathway(), nurse, MONDAY - 9 * DAY)
    lifecycle.assign_case(a_case(), nurse, by=system_user(), at=MONDAY)

    assert radar.look(MONDAY) == [
        "Booking team (booking): 1 result unread for too long.",
        "Imaging team (imaging): 1 result unread for too long.",
    ]


def test_the_night_logs_it(caplog):
    a_case()
    with caplog.at_level(logging.INFO):
        tasks.look_at_the_radar()
    assert "Radar, Booking team (booking): 1 nobody's" in caplog.text


def test_the_nightly_check_keeps_what_differs_until_it_finds_nothing():
    case = a_case()
    case.timers.all().delete()
    tasks.check_timers()
    assert differing.references() == [case.reference]
    assert differing.set_right(case, by=a_member("booking")) != []
    tasks.check_timers()
    assert differing.references() == []


def test_what_is_wrong_with_the_set_up_is_kept_for_the_pages():
    a_case()
    tasks.look_at_the_setup()
    assert "Booking team has no manager. Make somebody the manager of it." in radar.kept_faults().sentences


def test_without_the_cache_nothing_is_kept(settings):
    tasks.look_at_the_setup()
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    assert radar.kept_faults() is None
