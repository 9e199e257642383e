"""Lists that are kept: whose they are, who sees and changes them."""

import pytest
from django.core.exceptions import PermissionDenied

from cases import saved_views
from cases.models import SavedView
from cases.refusals import Refused
from tests.factories import TeamFactory, a_manager, a_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def priya():
    return a_member("booking", first_name="Priya", last_name="Shah")


def test_a_list_is_saved_with_who_saved_it_in_its_history(priya):
    view = saved_views.save_view(" Late ", "late=late", by=priya)

    assert (view.name, view.query, view.owner, view.shared_with) == ("Late", "late=late", priya, None)
    assert view.history.get().history_user == priya


@pytest.mark.parametrize("name", ["", "  "])
def test_a_list_needs_a_name(priya, name):
    with pytest.raises(Refused, match="Give the list a name"):
        saved_views.save_view(name, "", by=priya)


def test_one_person_has_one_list_of_a_name_and_another_may_have_it_too(priya):
    saved_views.save_view("Late", "", by=priya)
    with pytest.raises(Refused, match="You have a list of this name already"):
        saved_views.save_view("Late", "late=late", by=priya)

    saved_views.save_view("Late", "", by=a_member("booking"))
    assert SavedView.objects.count() == 2


def test_a_list_is_shared_only_with_a_team_one_is_in(priya):
    with pytest.raises(Refused, match="You are not in Imaging team"):
        saved_views.save_view("Late", "", by=priya, team=TeamFactory(code="imaging"))


def test_choices_that_are_too_long_are_refused_in_words(priya):
    with pytest.raises(Refused, match="Choose less"):
        saved_views.save_view("Late", "x" * 2001, by=priya)


def test_a_manager_of_the_team_changes_and_deletes_what_is_shared_with_it_and_nobody_else_does(priya):
    team = TeamFactory(code="booking")
    view = saved_views.save_view("Late", "", by=priya, team=team)

    for other in (a_member(team), a_manager("imaging")):
        with pytest.raises(PermissionDenied, match="This list is Priya Shah's"):
            saved_views.change_view(view, name="Mine", team=team, by=other)
        with pytest.raises(PermissionDenied, match="This list is Priya Shah's"):
            saved_views.delete_view(view, by=other)

    manager = a_manager(team)
    assert saved_views.change_view(view, name="All late", team=team, by=manager).owner == priya
    saved_views.delete_view(view, by=manager)
    assert not SavedView.objects.exists()
    assert SavedView.history.first().history_user == manager


def test_a_list_that_is_not_shared_is_its_owners_alone(priya):
    view = saved_views.save_view("Late", "", by=priya)
    with pytest.raises(PermissionDenied):
        saved_views.delete_view(view, by=a_manager("booking"))


def test_who_has_left_the_team_can_stop_sharing_with_it(priya):
    team = TeamFactory(code="booking")
    view = saved_views.save_view("Late", "", by=priya, team=team)
    priya.memberships.all().delete()
    del priya._midwatch_teams

    assert saved_views.change_view(view, name="Late", team=None, by=priya).shared_with is None
