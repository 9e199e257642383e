"""Saved lists on the pages: save, open, share, change, delete; each reader sees their own cases."""

import pytest
from django.utils import timezone

from cases import saved_views
from cases.models import SavedView
from pathways.models import Team
from tests.cases.web.reading import reasons, words
from tests.cases.web.test_worklist import aged, listed  # noqa: F401 - a fixture
from tests.factories import PatientFactory, a_case, a_member


@pytest.fixture
def team(pathway):
    return Team.objects.get(code="booking")


def test_the_present_choices_are_saved_under_a_name_with_an_address_of_its_own(signed_in, aged):  # noqa: F811
    aged(14, "Late")
    aged(1, "Fresh")

    saved = signed_in.post("/cases/views/save/?late=late&stage=&after=none~1&search=abc", {"name": "Late ones"})

    view = SavedView.objects.get()
    assert saved.url == f"/cases/views/{view.pk}/"
    assert view.query == "late=late"
    page = signed_in.get(saved.url)
    assert listed(page) == ["Late"]
    assert "Late ones" in words(page)
    assert "The list is saved as “Late ones”." in words(page)
    assert f'<a href="{saved.url}" aria-current="page">Late ones</a>' in page.content.decode()


def test_a_name_that_is_taken_is_refused_on_the_page(signed_in, caseworker, pathway):
    saved_views.save_view("Late", "", by=caseworker)

    page = signed_in.post("/cases/views/save/?late=late", {"name": "Late"})

    assert reasons(page) == ["You have a list of this name already. Choose another name."]
    assert "Give the list a name" not in words(page)
    assert reasons(signed_in.post("/cases/views/save/", {})) == ["Fill in “What is the list called?”."]


def test_a_new_list_is_offered_to_ones_own_teams_alone(signed_in, team):
    assert Team.objects.exclude(pk=team.pk).exists()

    choices = signed_in.get("/cases/views/save/").context["form"].fields["team"].choices

    assert [name for _, name in choices] == ["Only me", f"Everybody in {team}"]


def test_a_shared_list_shows_each_reader_the_cases_they_may_see(client, pathway, caseworker, team):
    saved_views.save_view("Mine", "owner=@me", by=caseworker, team=team)
    everything = saved_views.save_view("All", "", by=caseworker, team=team)
    a_case(pathway, at=timezone.now(), patient=PatientFactory(family_name="Theirs"))
    colleague, outsider = a_member(team), a_member("imaging")

    client.force_login(colleague)
    assert listed(client.get(f"/cases/views/{everything.pk}/")) == ["Theirs"]
    assert "Mine" in words(client.get("/cases/"))

    team.memberships.filter(user=colleague).update(team=Team.objects.get(code="imaging"))
    client.force_login(outsider)
    assert client.get(f"/cases/views/{everything.pk}/").status_code == 404
    assert "Mine" not in words(client.get("/cases/"))


def test_a_list_that_is_not_shared_is_nobody_elses(client, caseworker, manager, pathway):
    view = saved_views.save_view("Mine", "", by=caseworker)
    client.force_login(manager)

    for address in ("", "change/", "delete/"):
        assert client.get(f"/cases/views/{view.pk}/{address}").status_code == 404


def test_who_may_only_read_a_shared_list_is_told_whose_it_is(client, caseworker, team):
    view = saved_views.save_view("Late", "late=late", by=caseworker, team=team)
    client.force_login(a_member(team))

    page = client.get(f"/cases/views/{view.pk}/change/")
    assert page.status_code == 403
    assert "This list is Priya Shah's. Save one of your own instead." in page.content.decode().replace("&#x27;", "'")
    assert client.post(f"/cases/views/{view.pk}/delete/").status_code == 403


def test_a_list_is_renamed_shared_and_deleted(signed_in, caseworker, team):
    view = saved_views.save_view("Late", "late=late", by=caseworker)

    form = signed_in.get(f"/cases/views/{view.pk}/change/").context["form"]
    assert [str(label) for _, label in form.fields["team"].choices] == ["Only me", "Everybody in Booking team"]
    changed = signed_in.post(f"/cases/views/{view.pk}/change/", {"name": "All late", "team": team.pk}, follow=True)
    assert "The list is saved as “All late”. Everybody in Booking team sees it." in words(changed)

    assert "Nobody in Booking team can open it any more." in words(signed_in.get(f"/cases/views/{view.pk}/delete/"))
    gone = signed_in.post(f"/cases/views/{view.pk}/delete/", follow=True)
    assert "The list “All late” is deleted." in words(gone)
    assert "No list is saved." in words(gone)


def test_all_lists_stand_on_one_page_with_who_sees_them(client, caseworker, team):
    saved_views.save_view("Late", "late=late", by=caseworker, team=team)
    colleague = a_member(team)
    saved_views.save_view("Mine", "owner=@me", by=colleague)
    client.force_login(colleague)

    text = words(client.get("/cases/views/"))

    assert "List Late Saved by Priya Shah Who sees it Everybody in Booking team Change it \N{EN DASH}" in text
    assert "List Mine Saved by You Who sees it Only you Change it Rename or share Mine · Delete Mine" in text


def test_a_saved_list_of_an_older_map_says_what_is_gone(signed_in, caseworker, aged):  # noqa: F811
    aged(3, "Here")
    view = saved_views.save_view("Old", "stage=review/gone", by=caseworker)

    page = signed_in.get(f"/cases/views/{view.pk}/")

    assert listed(page) == ["Here"]
    assert "asks for something that is not there (any more): Stage." in words(page)


def test_its_pages_keep_its_address(signed_in, caseworker, aged, monkeypatch):  # noqa: F811
    from cases.web import listing

    monkeypatch.setattr(listing, "PAGE_SIZE", 1)
    aged(14, "First")
    aged(13, "Second")
    aged(1, "Fresh")
    view = saved_views.save_view("Late", "late=late", by=caseworker)

    first = signed_in.get(f"/cases/views/{view.pk}/")
    following = f"/cases/views/{view.pk}/?after={first.context['page'].next}"

    assert f'href="{following}"' in first.content.decode()
    assert listed(signed_in.get(following)) == ["Second"]
