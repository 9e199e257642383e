"""While the watch sleeps everyone who is signed in reads so, on every page, at next to no cost."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from cases.models import SweepRun
from cases.watch import watchman
from pathways import groups
from portal import last_look
from tests.factories import a_case, a_manager, a_member, in_group

SLEEPS = "Nobody is told of what is late just now"


@pytest.fixture
def look(monkeypatch):
    """What this process knows of the watch: nothing yet."""
    mine = last_look.LastLook()
    monkeypatch.setattr(last_look, "LOOK", mine)
    return mine


@pytest.fixture
def asleep(db, look):
    at = timezone.now() - timedelta(minutes=47)
    return SweepRun.objects.create(as_of=at, finished_at=at)


def page(client, user, address="/cases/"):
    client.force_login(user)
    return client.get(address).content.decode()


def test_everyone_who_is_signed_in_reads_that_the_watch_sleeps_and_what_to_do(client, asleep):
    told = page(client, a_member("booking"))

    assert SLEEPS in told
    assert "Midwatch last looked 47 minutes ago" in told
    assert "tell your service desk" in told
    assert "/supervision/watch/" not in told, "this caseworker may not open it"


def test_who_may_see_more_is_led_there(client, asleep):
    assert 'href="/supervision/watch/"' in page(client, a_manager("booking"))


def test_it_is_not_printed_on_the_paper_for_the_patient(client, asleep):
    told = page(client, a_manager("booking"), f"{a_case().get_absolute_url()}patient/")
    assert SLEEPS in told
    assert 'class="nhsuk-warning-callout mw-asleep mw-no-print"' in told


def test_the_admin_says_so_too(client, asleep):
    told = page(client, in_group(groups.PATHWAY_ADMINISTRATOR, is_staff=True), "/admin/")
    assert f"{SLEEPS}: Midwatch last looked 47 minutes ago" in told


def test_a_visitor_who_is_not_signed_in_reads_nothing_of_it(client, asleep):
    assert SLEEPS not in client.get("/sign-in/").content.decode()


def test_nothing_is_said_while_the_watch_is_awake(client, db, look):
    SweepRun.objects.create(as_of=timezone.now(), finished_at=timezone.now())
    assert SLEEPS not in page(client, a_member("booking"))


def test_a_watch_that_never_began_is_said_to(client, db, look):
    assert "Midwatch has not begun to look." in page(client, a_member("booking"))


def test_the_look_costs_one_statement_and_none_while_it_is_fresh(asleep, look, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert look.is_late()
    with django_assert_num_queries(0):
        assert look.is_late()
        assert look.is_late()


def test_of_several_requests_at_once_one_asks(asleep, look, django_assert_num_queries):
    with look.asking, django_assert_num_queries(0):
        assert not look.is_late(), "nothing is known yet, and nothing bad is said"


def test_a_fresh_look_still_notices_that_time_passes(db, look):
    now = timezone.now()
    SweepRun.objects.create(as_of=now, finished_at=now)
    look.look()
    assert not look.is_late(now)
    assert look.is_late(now + timedelta(minutes=6))


def test_a_database_that_does_not_answer_harms_no_page_and_what_was_known_stays(asleep, look, monkeypatch):
    look.look()

    def gone():
        raise DatabaseError("gone")

    monkeypatch.setattr(watchman, "last_sweep", gone)
    look.until = 0
    assert look.is_late()
    monkeypatch.setattr(last_look, "LOOK", last_look.LastLook())
    assert not last_look.LOOK.is_late()
