"""Where nobody of a rung can be told, those of the next are; and of a restricted case only who may know of it."""

from datetime import timedelta

import pytest

from cases import lifecycle
from cases.models import Case, Notice, NoticeLine
from cases.watch import later, outbox, sweep, watched
from cases.watch.recipients import AT_LAST, Recipients, in_turn
from pathways.models import Absence, Duty, EscalationStep, Membership, Pathway, Role
from tests.factories import (
    MONDAY,
    TeamFactory,
    UserFactory,
    a_case,
    a_manager,
    a_member,
    a_pathway,
    a_restricted_case,
    fresh,
    the_move,
)

pytestmark = pytest.mark.django_db

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
DUE = MONDAY + 10 * DAY


def told(case):
    return {(line.escalation.rung_code, line.recipient) for line in NoticeLine.objects.filter(escalation__case=case)}


# The next rung


@pytest.fixture
def ladder():
    """Four rungs, each told to a team of its own."""
    teams = [TeamFactory(code=code) for code in ("first", "second", "third", "fourth")]
    rungs = [
        (f"rung-{number}", "after", f"{number} days", {"tells": ["named_team"], "named_team": team})
        for number, team in enumerate(teams)
    ]
    return rungs, teams


def test_those_of_the_next_higher_rung_that_reaches_anybody_are_told_and_none_lower_or_above_it(ladder):
    rungs, (first, _second, third, fourth) = ladder
    case = a_case(a_pathway(ladder=rungs))
    a_manager("booking")
    a_member(first)
    wanted, _above = a_member(third), a_member(fourth)
    (stay,) = watched.stays([case.open_entry])
    recipients = Recipients.about([stay], MONDAY)
    assert recipients.told(stay, stay.steps[1]) == [wanted]
    assert recipients.told(stay, stay.steps[2]) == [wanted]


def test_a_rung_that_is_not_on_the_ladder_has_none_above_it(ladder):
    rungs, _teams = ladder
    (stay,) = watched.stays([a_case(a_pathway(ladder=rungs)).open_entry])
    other = EscalationStep(code="of-another-version")
    assert in_turn(other, stay.steps) == (other, *AT_LAST)
    assert in_turn(stay.steps[2], stay.steps) == (*stay.steps[2:], *AT_LAST)


def test_at_last_the_managers_and_then_the_lead(ladder):
    rungs, _teams = ladder
    case, lead = a_case(a_pathway(ladder=rungs)), UserFactory()
    Pathway.objects.update(lead=lead)
    (stay,) = watched.stays([case.open_entry])
    assert Recipients.about([stay], MONDAY).told(stay, stay.steps[3]) == [lead]
    manager = a_manager("booking")
    assert Recipients.about([stay], MONDAY).told(stay, stay.steps[3]) == [manager]


def test_who_is_on_duty_but_cannot_sign_in_any_more_is_not_told_nor_who_was_on_duty_before():
    team = TeamFactory()
    for user, since, until in (
        (UserFactory(is_active=False), MONDAY, MONDAY + DAY),
        (a_member(team), MONDAY - DAY, MONDAY),
    ):
        Duty.objects.create(team=team, user=user, starts_at=since, ends_at=until)
    assert Recipients([team.pk], at=MONDAY).on_duty(team.pk) == []


def test_who_is_on_duty_but_has_left_the_team_is_not_told_and_those_of_the_next_rung_are():
    nurse, manager = on_duty("booking"), a_manager("booking")
    ladder = [("warn", "after", "0 days", {"tells": ["on_duty"]}), ("breach", "after", "5 days")]
    (stay,) = watched.stays([a_case(a_pathway(ladder=ladder)).open_entry])
    assert Recipients.about([stay], MONDAY).told(stay, stay.steps[0]) == [nurse]

    Membership.objects.filter(user=nurse).update(team=TeamFactory(code="site"))

    assert Recipients.about([stay], MONDAY).told(stay, stay.steps[0]) == [manager]


def on_duty(code):
    """Somebody of the team who is on duty on Monday."""
    user = a_member(code)
    Duty.objects.create(team=TeamFactory(code=code), user=user, starts_at=MONDAY, ends_at=MONDAY + DAY)
    return user


def test_a_team_that_was_not_named_is_asked_for_its_duty_when_it_is_needed():
    elsewhere, wanted = on_duty("imaging"), on_duty("site")
    recipients = Recipients(at=MONDAY)
    assert recipients.on_duty(TeamFactory(code="site").pk) == [wanted]
    assert recipients.on_duty(TeamFactory(code="imaging").pk) == [elsewhere]


def test_teams_named_teams_and_duties_of_many_things_are_read_once(django_assert_num_queries):
    stays = []
    for code in ("booking", "site"):
        on_duty(code)
        ladder = [
            (f"rung-{name}", "after", "0 days", {"tells": ["named_team", "on_duty"], "named_team": a_team(name)})
            for name in (f"{code}-a", f"{code}-b")
        ]
        stays += watched.stays([a_case(a_pathway(f"of-{code}", team=code, ladder=ladder)).open_entry])
    with django_assert_num_queries(4):  # teams, leads, absences, duties
        recipients = Recipients.about(stays, MONDAY)
        told = [str(person) for stay in stays for step in stay.steps for person in recipients.told(stay, step)]
    assert len(told) == 2 * 2 * 2


def a_team(code):
    a_member(code)
    return TeamFactory(code=code)


# Restricted


@pytest.fixture
def outsider():
    return UserFactory(first_name="Olga", last_name="Outside")


@pytest.fixture
def restricted():
    return a_restricted_case(a_pathway("safeguarding", ladder=[("breach", "after", "0 days", {"urgent": True})]))


def test_a_deputy_of_no_team_of_a_restricted_case_is_not_told_of_it(restricted, outsider):
    manager, other = a_manager("booking"), a_manager("booking")
    Absence.objects.create(user=manager, starts_at=DUE - DAY, ends_at=DUE + DAY, deputy=outsider)
    open_case = a_case(a_pathway(ladder=[("breach", "after", "0 days")]))
    sweep.run(DUE + SECOND)
    assert told(restricted) == {("breach", other)}
    assert told(open_case) == {("breach", outsider), ("breach", other)}


def test_in_the_place_of_a_missing_owner_no_deputy_from_outside_is_told_either(outsider):
    ladder = [("breach", "after", "0 days", {"tells": ["owner"]})]
    case, manager = a_restricted_case(a_pathway("safeguarding", ladder=ladder)), a_manager("booking")
    Absence.objects.create(user=manager, starts_at=DUE - DAY, ends_at=DUE + DAY, deputy=outsider)
    sweep.run(DUE + SECOND)
    assert told(case) == set()


def test_a_lead_of_no_team_of_a_restricted_case_is_not_told_and_that_is_a_fault_until_somebody_can_be(
    restricted, outsider
):
    Pathway.objects.update(lead=outsider)
    sweep.run(DUE + SECOND)
    assert told(restricted) == set()
    assert not restricted.escalations.get().is_told
    assert later.tell(DUE + DAY) == 0
    manager = a_manager("booking")
    assert later.tell(DUE + DAY) == 1
    assert told(restricted) == {("breach", manager)}


def test_a_team_that_has_had_it_may_know_of_it(outsider):
    ladder = [("breach", "after", "0 days", {"tells": ["lead"]})]
    case = a_restricted_case(a_pathway("safeguarding", ladder=ladder))
    Pathway.objects.update(lead=outsider)
    clinician = a_member("clinic")
    lifecycle.move_case(case, the_move(case, "review"), by=a_member("booking"), at=MONDAY)
    lifecycle.move_case(fresh(case), the_move(case, "triage"), by=clinician, at=MONDAY)
    Membership.objects.create(team=TeamFactory(code="clinic"), user=outsider, role=Role.CASEWORKER)
    sweep.run(DUE + SECOND)
    assert told(case) == {("breach", outsider)}


def test_of_two_restricted_cases_each_is_told_to_its_own(outsider):
    ladder = [("breach", "after", "0 days", {"tells": ["lead"]})]
    pathway = a_pathway("safeguarding", ladder=ladder)
    known, unknown = a_restricted_case(pathway), a_restricted_case(pathway)
    Pathway.objects.update(lead=outsider)
    manager, clinician = a_manager("booking"), a_member("clinic")
    for step in ("review", "triage"):
        by = a_member("booking") if step == "review" else clinician
        lifecycle.move_case(fresh(known), the_move(known, step), by=by, at=MONDAY)
    Membership.objects.create(team=TeamFactory(code="clinic"), user=outsider, role=Role.CASEWORKER)
    sweep.run(DUE + SECOND)
    assert (told(known), told(unknown)) == ({("breach", outsider)}, {("breach", manager)})


def test_the_end_of_a_hold_of_a_restricted_case_is_told_to_nobody_outside(restricted, outsider):
    by = a_member("booking")
    Pathway.objects.update(lead=outsider)
    lifecycle.hold_case(restricted, reason="Holiday", until=MONDAY + 4 * DAY, by=by, at=MONDAY + DAY)
    sweep.run(MONDAY + 5 * DAY)
    assert not Notice.objects.exists()
    assert outbox.owe_hold_ended(Case.objects.get(), Case.objects.get().holds.get(), MONDAY + 5 * DAY) == []


def test_who_may_know_of_restricted_cases_is_read_in_one_statement_for_all(django_assert_num_queries):
    pathway = a_pathway("safeguarding", ladder=[("breach", "after", "0 days")])
    a_manager("booking")
    stays = watched.stays([a_restricted_case(pathway).open_entry for _ in range(4)])
    with django_assert_num_queries(4):  # who knows, teams, leads, absences
        recipients = Recipients.about(stays, DUE)
        assert all(recipients.told(stay, stay.steps[0]) for stay in stays)
