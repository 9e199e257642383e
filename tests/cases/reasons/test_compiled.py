"""The text that is made once says what Django would put together for each page."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from cases import lifecycle, reasons
from cases.models import Case
from cases.reasons import Asked, compiled
from pathways.groups import INSPECTOR
from pathways.models import Membership, Role
from tests.factories import TeamFactory, UserFactory, a_case, a_member, a_pathway

pytestmark = pytest.mark.django_db


@pytest.fixture
def pathway():
    return a_pathway()


def asks(pathway, who):
    """Somebody of the pathway's team, of several teams, of none, or an inspector."""
    team = a_case(pathway).team
    if who == "inspector":
        user = UserFactory()
        user.groups.add(Group.objects.get_or_create(name=INSPECTOR)[0])
        return user
    if who == "nobody":
        return UserFactory()
    user = a_member(team, Role.MANAGER if who == "manager" else Role.CASEWORKER)
    if who == "of several teams":
        for code in ("one-more", "another"):
            Membership.objects.create(team=TeamFactory(code=code), user=user, role=Role.CASEWORKER)
    return user


@pytest.mark.parametrize("who", ["caseworker", "manager", "of several teams", "nobody", "inspector"])
@pytest.mark.parametrize("build", [reasons.shown, reasons.most_pressing, lambda asked: reasons.tags(asked, True)])
def test_what_is_put_in_is_what_django_would_have_put_together(pathway, who, build):
    user, now = asks(pathway, who), timezone.now()
    late = a_case(pathway, at=now - timedelta(days=40))
    held = a_case(pathway, at=now - timedelta(days=100))
    lifecycle.hold_case(held, reason="Away", until=now + timedelta(days=5), by=a_member(held.team))
    a_case(pathway, at=now)
    asked = Asked(user, now)

    plain = Case.objects.annotate(**build(asked)).order_by("pk").values(*build(asked))
    once = Case.objects.annotate(**compiled.filled(build, asked)).order_by("pk").values(*build(asked))

    assert late.is_open
    assert list(once) == list(plain)


def test_the_text_is_made_once_and_holds_nothing_of_who_asked(pathway):
    first, second = asks(pathway, "caseworker"), asks(pathway, "caseworker")
    now = timezone.now()
    made = compiled.filled(reasons.shown, Asked(first, now))
    before = compiled._texts.cache_info().misses

    again = compiled.filled(reasons.shown, Asked(second, now - timedelta(days=3)))

    assert compiled._texts.cache_info().misses == before
    assert {name: text.sql for name, text in again.items()} == {name: text.sql for name, text in made.items()}
    assert first.pk not in again["task_due"].params
    assert second.pk in again["task_due"].params


def test_what_would_join_another_table_is_refused():
    with pytest.raises(TypeError, match=r"joins .*use a subquery"):
        compiled.filled(joins, Asked(UserFactory(), timezone.now()))


def joins(asked):
    from django.db.models import F

    return {"team_name": F("team__name")}


def test_a_subquery_is_no_join():
    found = compiled.filled(looks_up, Asked(UserFactory(), timezone.now()))

    assert "cases_case" in found["team_name"].sql


def looks_up(asked):
    from pathways.models import Team

    return {"team_name": Subquery(Team.objects.filter(pk=OuterRef("team")).values("name")[:1])}
