"""Who is away and who stands in: said by themselves or by a manager, with whole sentences where it will not do."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.utils import timezone

from cases.showing import day
from cases.watch.recipients import Recipients
from pathways import absences
from pathways.limits import LONDON
from pathways.models import Absence, Duty, Membership, Team
from pathways.publishing import Refused
from tests.factories import TeamFactory, a_manager, a_member

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def priya():
    return a_member("booking", first_name="Priya", last_name="Shah")


@pytest.fixture
def alex():
    return a_member("booking", first_name="Alex", last_name="Doe")


def away(person, start, end, *, by=None, **values):
    return absences.add_absence(person, start, end, by=by or person, **values)


def midnight_in(days):
    return datetime.combine(timezone.localdate() + days * DAY, time(0), tzinfo=LONDON)


def test_a_person_says_when_they_are_away_and_their_deputy_is_told(priya, alex, now):
    absence = away(priya, now, now + DAY, deputy=alex)

    assert Recipients(at=now).stand_in(priya) == alex
    line = absence.history.get()
    assert (line.history_user, line.history_change_reason) == (priya, "Absence added")


def test_a_manager_of_the_team_says_it_for_them_and_others_do_not(priya, alex, now):
    assert away(priya, now, now + DAY, by=a_manager("booking"))
    for other in (alex, a_manager("clinic")):
        with pytest.raises(PermissionDenied, match="Only Priya Shah and the managers of their teams"):
            away(priya, now + 2 * DAY, now + 3 * DAY, by=other)


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (2, 1, "The last day of an absence cannot be before the first. Change one of them."),
        (2, 2, "The last day of an absence cannot be before the first. Change one of them."),
        (-3, -1, "This absence is over already. Choose a last day from today on."),
        (1, 800, "This date is two years or more away. Check the year."),
        (-3650, 5, "This date is two years or more away. Check the year."),
    ],
)
def test_an_absence_that_cannot_be(priya, now, first, last, sentence):
    with pytest.raises(Refused) as refused:
        away(priya, now + first * DAY, now + last * DAY)
    assert refused.value.reasons == [sentence]
    assert not Absence.objects.exists()


def test_nobody_is_away_twice_at_once(priya):
    start = midnight_in(30)
    away(priya, start, start + 5 * DAY)
    with pytest.raises(Refused) as refused:
        away(priya, start + 4 * DAY, start + 6 * DAY)
    assert refused.value.reasons == [
        f"Priya Shah is away then already, from {day(start)} to {day(start + 4 * DAY)}. Take that back first, or "
        "choose other days."
    ]
    assert away(priya, start + 5 * DAY, start + 6 * DAY), "the next begins when the first ends"


def test_a_deputy_is_an_active_colleague(priya, alex, now):
    stranger = a_member("clinic", first_name="Sam", last_name="Far")
    gone = a_member("booking", first_name="Old", last_name="Hand", is_active=False)
    for deputy, sentence in (
        (priya, "Choose somebody else as the deputy."),
        (gone, "Old Hand does not work here any more. Choose another deputy."),
        (stranger, "Sam Far is in no team of Priya Shah. Choose a colleague of one of their teams."),
    ):
        with pytest.raises(Refused) as refused:
            away(priya, now, now + DAY, deputy=deputy)
        assert refused.value.reasons == [sentence]
    assert absences.colleagues(priya) == [alex]


def test_what_is_allowed_and_worth_a_second_look_is_said(priya, alex, now):
    start, team = midnight_in(30), Team.objects.get(code="booking")
    away(alex, start, start + DAY, deputy=priya)
    Duty.objects.create(team=team, user=priya, starts_at=start, ends_at=start + DAY)
    absence = away(priya, start, start + DAY, deputy=alex)
    assert absences.warnings_about(absence) == [
        f"Alex Doe is away then too, on {day(start)}. Choose another deputy if you can.",
        "Priya Shah is on duty for Booking team in that time. Plan somebody else.",
        "Priya Shah is the deputy of Alex Doe, who is away then too. Choose another deputy for them.",
    ]
    absences.change_deputy(absence, None, by=priya)
    assert absences.warnings_about(Absence.objects.get(pk=absence.pk))[0] == (
        "Nobody stands in for Priya Shah: what is meant for them goes to the next rung of the ladder."
    )


def test_a_deputy_who_is_not_in_all_teams_is_worth_a_second_look(priya, alex, now):
    imaging = TeamFactory(code="imaging")
    Membership.objects.create(team=imaging, user=priya)
    absence = away(priya, now, now + DAY, deputy=alex)
    assert absences.warnings_about(absence) == [
        f"Alex Doe is not in {imaging}, so that nobody stands in for Priya Shah there."
    ]
    Membership.objects.create(team=imaging, user=alex)
    assert absences.warnings_about(absence) == []


def test_an_absence_to_come_is_taken_back_and_one_that_runs_is_ended(priya, now):
    coming, running = away(priya, now + DAY, now + 2 * DAY), away(priya, now - DAY, now + timedelta(hours=1))

    assert absences.end_absence(coming, by=priya) is None
    assert absences.end_absence(running, by=priya).ends_at <= timezone.now()

    assert Recipients().stand_in(priya) == priya
    assert Absence.history.filter(id=coming.pk, history_type="-", history_user=priya).exists()
    for absence, sentence in ((coming, "Somebody has taken this absence back"), (running, "is over already")):
        with pytest.raises(Refused, match=sentence):
            absences.end_absence(absence, by=priya)


def test_the_database_keeps_the_rule_too(priya, now):
    away(priya, now, now + DAY)
    with pytest.raises(IntegrityError, match="absences_of_one_person_do_not_overlap"):
        Absence.objects.create(user=priya, starts_at=now, ends_at=now + DAY)


def test_whoever_left_the_team_is_no_manager_of_its_people(priya, now):
    manager = a_manager("booking")
    Membership.objects.filter(user=manager).delete()
    assert not absences.may_set(priya, by=manager)


@pytest.mark.parametrize(
    ("ends_at", "words"),
    [
        (datetime(2026, 3, 7, 0, 0, tzinfo=UTC), "the end of 6 March 2026"),
        (datetime(2026, 7, 6, 23, 0, tzinfo=UTC), "the end of 6 July 2026"),  # midnight in London, in summer
        (datetime(2026, 3, 6, 13, 30, tzinfo=UTC), "6 March 2026, 1:30pm"),
    ],
)
def test_until_when_somebody_is_away_is_said_as_their_last_day(ends_at, words):
    assert absences.until(ends_at) == words
