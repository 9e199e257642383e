"""Who will be told at a later instant, as e-mails and explanations say it in advance."""

from datetime import timedelta

import pytest

from cases.watch.recipients import Recipients
from pathways.models import Absence, EscalationStep, Membership
from tests.factories import MONDAY, TeamFactory, UserFactory, a_manager, a_member

pytestmark = pytest.mark.django_db

DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)
BEGINS, ENDS = MONDAY + DAY, MONDAY + 2 * DAY


@pytest.fixture
def team():
    return TeamFactory()


@pytest.mark.parametrize(
    ("at", "is_away"),
    [(MONDAY, False), (BEGINS - MOMENT, False), (BEGINS, True), (ENDS - MOMENT, True), (ENDS, False)],
)
@pytest.mark.parametrize("tells", ["owner", "managers"])
def test_an_absence_that_is_still_to_come_counts_from_its_beginning_to_before_its_end(team, tells, at, is_away):
    manager, deputy = a_manager(team), UserFactory()
    Absence.objects.create(user=manager, starts_at=BEGINS, ends_at=ENDS, deputy=deputy)
    now = Recipients([team.pk], at=MONDAY)
    told = now.of(EscalationStep(tells=[tells]), team_id=team.pk, owner=manager, at=at)
    assert told == [deputy if is_away else manager]
    assert now.stand_in(manager, at) == (deputy if is_away else manager)
    assert (now.absence(manager.pk, at) is not None) == is_away


def test_in_the_place_of_an_owner_who_is_away_then_the_managers_deputy_of_then_is_told(team):
    owner, manager, deputy = a_member(team), a_manager(team), UserFactory()
    Absence.objects.create(user=owner, starts_at=BEGINS, ends_at=ENDS)
    Absence.objects.create(user=manager, starts_at=BEGINS, ends_at=ENDS, deputy=deputy)
    step, now = EscalationStep(tells=["owner"]), Recipients([team.pk], at=MONDAY)
    assert now.of(step, team_id=team.pk, owner=owner) == [owner]
    assert now.of(step, team_id=team.pk, owner=owner, at=BEGINS) == [deputy]
    assert now.of(step, team_id=team.pk, owner=owner, at=ENDS) == [owner]


def test_a_team_that_is_asked_for_later_is_read_then_and_the_others_stay_known(team, django_assert_num_queries):
    first, second = a_manager(team), a_manager("acute")
    gone = a_manager(team)
    gone.is_active = False
    gone.save()
    everybody, acute = Recipients([team.pk]), Membership.objects.get(user=second).team_id
    assert [member.user for member in everybody.managers(acute)] == [second]
    with django_assert_num_queries(0):
        assert [member.user for member in everybody.managers(team.pk)] == [first]
        assert [member.user for member in everybody.managers(acute)] == [second]
