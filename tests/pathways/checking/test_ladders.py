"""The rungs of the ladders: whom each tells, and whether that reaches anybody."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pathways.models import Duty, Membership
from pathways.publishing import problems
from tests.factories import TeamFactory, UserFactory, a_manager, a_member, a_move, a_stage
from tests.pathways.checking.saying import TELL_LATE, WORDING, change, error, found, stage, warning

pytestmark = pytest.mark.django_db


def rung(version, code="breach", **values):
    return change(stage(version, "triage").ladder.get(code=code), **values)


def test_a_rung_that_tells_nobody(sound):
    change(stage(sound, "triage").ladder.get(code="breach"), tells=[])
    assert found(sound) == error(
        "Nobody is told at the rung “Breach” of “Triage”. Choose who: the owner, the team or its managers."
    )


def test_a_rung_that_reaches_nobody(sound):
    a_manager("archive", email="")
    a_stage(sound, "filing", team="archive", ladder=TELL_LATE, patient_wording=WORDING)
    for source, target in (("triage", "filing"), ("filing", "done")):
        a_move(stage(sound, source), stage(sound, target))
    assert found(sound) == warning("Nobody whom the rung “Late” of “Filing” tells has an e-mail address. Add theirs.")


def test_a_rung_that_repeats_without_end(sound):
    rung = stage(sound, "triage").ladder.get(code="again")
    change(rung, repeat_amount=1, repeat_unit="hours", repeat_at_most=500)
    assert found(sound) == error("The rung “Again” of “Triage” repeats 500 times. Choose 100 at most.")


def test_a_named_team_that_is_not_named(sound):
    rung(sound, tells=["managers", "named_team"])
    assert found(sound) == error("The rung “Breach” of “Triage” tells a named team but names none. Choose the team.")
    rung(sound, named_team=TeamFactory(code="clinic"))
    assert problems(sound) == []


def test_a_team_that_is_named_but_not_told(sound):
    rung(sound, named_team=TeamFactory(code="clinic"))
    assert found(sound) == warning(
        "The rung “Breach” of “Triage” names the team “Clinic team” but does not tell it. Let it tell the named team, "
        "or take the team away."
    )


def test_a_named_team_without_people(sound):
    rung(sound, tells=["managers", "named_team"], named_team=TeamFactory(code="site"))
    assert found(sound) == warning("A rung tells the team “Site team”, but nobody is in it. Add its members.")
    a_member("site")  # it owns no case, and needs no manager
    assert problems(sound) == []


def test_a_lead_who_is_told_must_be_there(sound):
    rung(sound, tells=["managers", "lead"])
    assert found(sound) == warning(
        f"The rung “Breach” of “Triage” tells the pathway lead, but “{sound.pathway}” has none. Name one on the page "
        "of the pathway."
    )
    lead = UserFactory(first_name="Ada", last_name="Lead")
    change(sound.pathway, lead=lead)
    assert problems(sound) == []
    change(lead, is_active=False)
    assert found(sound) == warning(f"Ada Lead, the lead of “{sound.pathway}”, has left. Name another one.")


def test_somebody_must_be_on_duty_some_time(sound):
    rung(sound, tells=["on_duty", "managers"])
    says = warning(
        "The rung “Breach” of “Triage” tells whoever of “Booking team” is on duty, but nobody is, now or later. Plan "
        "the duties on the page of the team."
    )
    now, team = timezone.now(), TeamFactory(code="booking")
    Duty.objects.create(
        team=team, user=a_member(team), starts_at=now - timedelta(days=2), ends_at=now - timedelta(days=1)
    )
    assert found(sound) == says
    Duty.objects.create(team=team, user=a_member("site"), starts_at=now, ends_at=now + timedelta(days=1))
    assert found(sound) == says, "who has left the team"
    Duty.objects.create(
        team=team, user=a_member(team), starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2)
    )
    assert problems(sound) == []


def test_a_time_to_answer_in_working_time_without_calendar(sound):
    rung(sound, answer_amount=1, answer_unit="working_days")
    assert found(sound) == error("“Triage” counts in working time but has no calendar. Choose one.")


def test_nobody_at_all_can_be_told(sound):
    Membership.objects.filter(team__code="booking").delete()
    manager = a_manager("booking", email="")
    assert found(sound) == warning(
        "Nobody at all can be told that a case is late in “Triage”: nobody on its ladder has an e-mail address. Add "
        "that of a manager."
    )
    change(manager, email="manager@trust.example")
    assert problems(sound) == []


def test_a_rung_for_others_than_the_team_reaches_those(sound):
    Membership.objects.filter(team__code="booking").delete()
    a_manager("booking", email="")
    for step in stage(sound, "triage").ladder.all():
        change(step, tells=["named_team"], named_team=TeamFactory(code="clinic"))
    assert problems(sound) == []
    rung(sound, tells=["lead"], named_team=None)
    change(sound.pathway, lead=UserFactory(email=""))
    assert found(sound) == warning(
        "Nobody whom the rung “Breach” of “Triage” tells has an e-mail address. Add theirs."
    )
