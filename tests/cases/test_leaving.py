"""Somebody leaves: nothing that depends on them is left with nobody."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases import leaving, lifecycle, results, to_do
from cases.models import Case, Notice, Result, Task
from cases.refusals import Refused
from cases.watch import escalations, sweep
from cases.watch.recipients import Recipients
from pathways import duties
from pathways.models import Absence, Duty, Membership, Role, system_user
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

HOUR = timedelta(hours=1)


@pytest.fixture
def pathway():
    return a_pathway()


@pytest.fixture
def priya():
    return a_member("booking", first_name="Priya", last_name="Shah")


@pytest.fixture
def alex():
    return a_member("booking", first_name="Alex", last_name="Doe")


@pytest.fixture
def administrator():
    """Sets up the installation, and is in no team."""
    return UserFactory(is_staff=True, first_name="Ada", last_name="Min")


@pytest.fixture
def laden(pathway, priya):
    """Everything that can depend on a person, once."""
    case = lifecycle.assign_case(a_case(pathway), priya, by=priya)
    to_do.add_task(case, "Ring the ward", owner=priya, by=priya)
    results.request_result(case, "Echo", priya, by=priya)
    pathway.lead = priya
    pathway.save()
    now = timezone.now()
    Duty.objects.create(
        team=TeamFactory(code="booking"),
        user=priya,
        starts_at=now + timedelta(days=1),
        ends_at=now + timedelta(days=2),
    )
    nurse = a_member("booking", first_name="Noor", last_name="Ali")
    Absence.objects.create(user=nurse, deputy=priya, starts_at=now, ends_at=now + timedelta(days=2))
    Membership.objects.create(team=TeamFactory(code="site"), user=priya, role=Role.MANAGER)
    return case


def test_an_account_on_which_something_depends_is_not_closed_without_a_successor(laden, priya, administrator):
    with pytest.raises(Refused) as refused:
        leaving.leave(priya, by=administrator)

    assert refused.value.reasons == [
        "Priya Shah still has: 1 team without another manager, 1 open case, 1 open task, 1 result to read, 1 duty "
        "ahead, 1 pathway to lead, 1 absence to stand in for. Name who takes over first."
    ]
    assert fresh(priya).is_active


def test_an_administrator_reads_nothing_that_somebody_typed_about_a_patient(laden, priya):
    tasks = [{"code": "ring", "title": "Ring the patient", "limit_amount": 2, "limit_unit": "days"}]
    mapped = a_case(a_pathway("mapped", tasks=tasks))
    to_do.give_task(Task.objects.get(case=mapped), priya, by=priya)
    Case.objects.filter(pk=laden.pk).update(restricted=True)

    assert {tie.what for tie in leaving.ties(priya) if "MW-" in tie.what} == {
        str(laden),
        f"A task of {laden}",
        f"Task “Ring the patient” of {mapped}",
        f"A result of {laden}",
    }


def test_everything_goes_to_who_takes_over_and_the_account_is_closed(laden, pathway, priya, alex, administrator):
    outcomes = leaving.leave(priya, alex, by=administrator)

    assert [outcome.sentence for outcome in outcomes] == ["Alex Doe has it now."] * 7
    assert not fresh(priya).is_active
    assert fresh(laden).owner == alex
    assert Task.objects.get().owner == alex
    assert Result.objects.get().reader == alex
    assert Duty.objects.get().user == alex
    assert fresh(pathway).lead == alex
    assert Absence.objects.get().deputy == alex
    assert alex.memberships.get(team__code="site").role == Role.MANAGER
    assert leaving.ties(priya) == []
    line = laden.history.first()
    assert (line.history_user, line.history_change_reason) == (
        system_user(),
        "Priya Shah leaves; handed over by Ada Min",
    )


def test_a_manager_of_the_team_hands_over_in_their_own_name(laden, priya, alex):
    manager = a_manager("booking")
    leaving.leave(priya, alex, by=manager)
    assert laden.history.first().history_user == manager


def test_what_is_refused_stays_and_so_does_the_account(pathway, priya, administrator):
    case = lifecycle.assign_case(a_case(pathway), priya, by=priya)
    pathway.lead = priya
    pathway.save()
    far = a_member("clinic", first_name="Sam", last_name="Far")

    outcomes = leaving.leave(priya, far, by=administrator)

    assert [(one.done, one.sentence) for one in outcomes] == [
        (False, "Sam Far is not in Booking team. Choose a person of that team."),
        (True, "Sam Far has it now."),
    ]
    assert fresh(priya).is_active
    assert (fresh(case).owner, fresh(pathway).lead) == (priya, far)

    leaving.leave(priya, a_member("booking"), by=administrator)
    assert not fresh(priya).is_active


@pytest.mark.parametrize("make", [a_case, a_restricted_case])
def test_who_reads_a_result_of_a_case_that_is_with_an_agency_without_people_can_leave(
    make, pathway, priya, alex, administrator
):
    case = make(pathway)
    result = results.request_result(case, "Echo", priya, by=priya)
    lifecycle.move_case(case, the_move(case, "review"), by=priya)
    assert not Membership.objects.filter(team__code="clinic").exists()

    far = a_member("elsewhere", first_name="Sam", last_name="Far")
    assert [one.sentence for one in leaving.leave(priya, far, by=administrator)] == [
        "Sam Far is in no team that has or has had this case. Choose a person of one of those teams."
    ]
    leaving.leave(priya, alex, by=administrator)

    assert fresh(result).reader == alex
    assert not fresh(priya).is_active
    assert Case.objects.visible_to(alex).get() == case


def test_the_lead_who_promised_something_for_an_agency_without_people_leaves_and_the_next_lead_is_told(
    pathway, alex, administrator
):
    lead = UserFactory(first_name="Lena", last_name="Lead")
    pathway.lead = lead
    pathway.save()
    case = a_case(pathway)
    lifecycle.move_case(case, the_move(case, "review"), by=alex, at=MONDAY)
    late = fresh(case).due_at
    sweep.run(late + HOUR)
    told = case.escalations.get(rung_code="breach")
    escalations.acknowledge(told, by=lead, answer="I ring them", by_when=late + 3 * HOUR, at=late + 2 * HOUR)

    outcomes = leaving.leave(lead, alex, by=administrator)

    assert not fresh(lead).is_active
    assert "Nobody in Clinic team has an account, so that nobody in particular owes it now." in outcomes[0].sentence
    sweep.run(late + 4 * HOUR)
    assert Notice.objects.get(recipient=alex).lines.get().escalation.rung_code == "promise-broken"


def test_the_last_manager_leaves_their_team_with_its_cases_to_somebody_from_outside(pathway, administrator):
    manager = a_manager("booking")
    case = lifecycle.assign_case(a_case(pathway), manager, by=manager)
    far = a_member("clinic")

    leaving.leave(manager, far, by=administrator)

    assert fresh(case).owner == far
    assert far.memberships.get(team__code="booking").role == Role.MANAGER
    assert not fresh(manager).is_active


def test_one_of_two_managers_leaves_freely_and_the_second_does_not(administrator):
    first, second = a_manager("booking"), a_manager("booking")
    assert leaving.leave(first, by=administrator) == []
    assert not fresh(first).is_active
    assert [tie.what for tie in leaving.ties(second)] == ["Booking team, as its manager"]


def test_the_nights_on_duty_go_to_who_takes_over_the_one_that_has_begun_from_now_on(priya, administrator):
    team, now, night = TeamFactory(code="booking"), timezone.now(), timedelta(hours=12)
    manager = a_manager("booking")
    begun = duties.add_duty(team, priya, now - night / 2, now + night / 2, by=manager)
    coming = duties.add_duty(team, priya, now + 2 * night, now + 3 * night, by=manager)
    Duty.objects.create(team=team, user=priya, starts_at=now - 3 * night, ends_at=now - 2 * night)
    far = a_member("clinic", first_name="Sam", last_name="Far")

    outcomes = leaving.leave(priya, far, by=administrator)
    assert [one.sentence for one in outcomes] == ["Sam Far is not in Booking team. Choose a person of that team."] * 2
    assert outcomes[0].what.startswith("A duty for Booking team, from ")
    assert fresh(priya).is_active

    alex = a_member("booking")
    leaving.leave(priya, alex, by=administrator)

    assert not fresh(priya).is_active
    for at in (timezone.now(), now + 2 * night):
        assert Recipients([team.pk], at=at).on_duty(team.pk) == [alex]
    assert fresh(begun).user == priya
    assert fresh(coming).history.first().history_change_reason.endswith("leaves; handed over by Ada Min")


def test_who_is_on_duty_then_already_takes_over_no_second_duty(priya, alex, administrator):
    team, now, manager = TeamFactory(code="booking"), timezone.now(), a_manager("booking")
    hours = timedelta(hours=1)
    duties.add_duty(team, priya, now + hours, now + 5 * hours, by=manager)
    duties.add_duty(team, alex, now + 4 * hours, now + 8 * hours, by=manager)

    outcomes = leaving.leave(priya, alex, by=manager)

    assert outcomes[0].sentence.startswith("Alex Doe is on duty for Booking team then already, from ")
    assert outcomes[0].sentence.endswith("or ask a manager of that team to take one of the two duties back.")
    assert fresh(priya).is_active


def test_what_is_over_holds_nobody(pathway, priya, administrator):
    case = lifecycle.assign_case(a_case(pathway), priya, by=priya)
    task = to_do.add_task(case, "Ring the ward", owner=priya, by=priya)
    to_do.complete_task(task, by=priya)
    lifecycle.close_case(case, reason="Moved away", by=priya)
    past = timezone.now() - timedelta(days=2)
    Absence.objects.create(user=a_member("booking"), deputy=priya, starts_at=past, ends_at=past + timedelta(days=1))
    leaving.leave(priya, by=administrator)
    assert not fresh(priya).is_active
    assert Case.objects.get().owner in (None, priya)


@pytest.mark.parametrize("who", ["themselves", "somebody gone"])
def test_who_takes_over_goes_on_working_here(priya, administrator, who):
    successor = priya if who == "themselves" else a_member("booking", is_active=False)
    with pytest.raises(Refused, match="Choose somebody who goes on"):
        leaving.leave(priya, successor, by=administrator)


def test_nobody_closes_their_own_account(priya):
    with pytest.raises(Refused, match="You cannot close your own account"):
        leaving.leave(priya, by=priya)
