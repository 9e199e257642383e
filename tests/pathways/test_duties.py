"""Who is on duty, and when nobody is."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cases.watch.recipients import Recipients
from pathways import absences, duties
from pathways.models import Duty, Team
from pathways.publishing import Refused
from tests.factories import a_draft, a_manager, a_member, a_stage, publish

HOUR = timedelta(hours=1)


@pytest.fixture
def manager(db):
    return a_manager("booking", first_name="Grace", last_name="Okafor")


@pytest.fixture
def team(manager):
    return Team.objects.get(code="booking")


def test_a_manager_puts_somebody_on_duty_and_takes_it_back(manager, team):
    now, nurse = timezone.now(), a_member(team)
    duty = duties.add_duty(team, nurse, now - HOUR, now + HOUR, by=manager)
    assert Recipients([team.pk], at=now).on_duty(team.pk) == [nurse]
    assert duty.history.get().history_user == manager

    assert duties.remove_duty(duty, by=manager).ends_at <= timezone.now()
    assert Recipients([team.pk]).on_duty(team.pk) == []
    with pytest.raises(Refused, match="This duty is over already"):
        duties.remove_duty(duty, by=manager)

    coming = duties.add_duty(team, nurse, now + HOUR, now + 2 * HOUR, by=manager)
    assert duties.remove_duty(coming, by=manager) is None
    assert Duty.history.filter(id=coming.pk, history_type="-").get().history_user == manager


def test_a_duty_that_cannot_be(manager, team):
    now, nurse = timezone.now(), a_member(team, first_name="Priya", last_name="Shah")
    stranger = a_member("clinic", first_name="Sam", last_name="Far")
    duties.add_duty(team, nurse, now, now + 3 * HOUR, by=manager)
    for person, first, last, sentence in (
        (nurse, 5, 5, "A duty must end after it starts."),
        (nurse, -5, -4, "This duty is over already."),
        (nurse, 5, 24 * 800, "This date is two years or more away. Check the year."),
        (nurse, 2, 4, "Priya Shah is on duty then already, from"),
        (stranger, 5, 6, "Sam Far is not in Booking team."),
    ):
        with pytest.raises(Refused, match=sentence):
            duties.add_duty(team, person, now + first * HOUR, now + last * HOUR, by=manager)
    with pytest.raises(PermissionDenied, match="planned by its managers"):
        duties.add_duty(team, nurse, now + 5 * HOUR, now + 6 * HOUR, by=nurse)
    assert Duty.objects.count() == 1


def test_whoever_is_on_duty_and_away_leaves_a_gap(manager, team):
    now, nurse = timezone.now(), a_member(team)
    duty = duties.add_duty(team, nurse, now, now + 4 * HOUR, by=manager)
    assert duties.gaps(team, now, now + 6 * HOUR) == [(now + 4 * HOUR, now + 6 * HOUR)]

    absences.add_absence(nurse, now + HOUR, now + 2 * HOUR, by=manager)

    assert duties.gaps(team, now, now + 6 * HOUR) == [
        (now + HOUR, now + 2 * HOUR),
        (now + 4 * HOUR, now + 6 * HOUR),
    ]
    assert duties.warnings_about(duty)[0].startswith(f"{nurse} is away then, from ")
    nurse.is_active = False
    nurse.save()
    assert duties.gaps(team, now, now + 6 * HOUR) == [(now, now + 6 * HOUR)]


def test_whoever_has_left_the_team_leaves_a_gap(manager, team):
    now, nurse = timezone.now(), a_member(team)
    a_member("clinic").memberships.update(user=nurse)
    duties.add_duty(team, nurse, now, now + 6 * HOUR, by=manager)
    assert duties.gaps(team, now, now + 6 * HOUR) == []

    nurse.memberships.filter(team=team).delete()

    assert duties.gaps(team, now, now + 6 * HOUR) == [(now, now + 6 * HOUR)]


def test_gaps_matter_where_a_ladder_in_use_tells_whoever_is_on_duty(team):
    version = a_draft()
    a_stage(version, "triage", is_first=True, ladder=[("late", "after", "0 days", {"tells": ["on_duty"]})])
    assert not duties.is_asked(team), "a draft is not in use"
    publish(version)
    assert duties.is_asked(team)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).map(sorted).map(tuple), max_size=8))
def test_what_is_left_uncovered_is_every_hour_that_no_span_covers(spans):
    left = duties.uncovered(spans, 5, 25)
    for hour in range(5, 25):
        is_covered = any(first <= hour < last for first, last in spans)
        assert any(first <= hour < last for first, last in left) != is_covered
    assert all(first < last for first, last in left)
