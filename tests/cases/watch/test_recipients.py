"""Who is told: absence and deputy, duty, named teams, the lead, and the climb where nobody can be reached."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases import lifecycle, results, to_do
from cases.models import Case, Escalation, NoticeLine
from cases.reasons import Asked, Reason, holding
from cases.watch import escalations, faults, sweep, watched
from cases.watch.recipients import Recipients
from pathways.models import Absence, Duty, EscalationStep, MailPreference, Membership, Pathway, Stage
from tests.factories import (
    MONDAY,
    OrganisationFactory,
    TeamFactory,
    UserFactory,
    a_case,
    a_detour_pathway,
    a_draft,
    a_manager,
    a_member,
    a_pathway,
    a_stage,
    fresh,
    publish,
    the_move,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
DUE = MONDAY + 10 * DAY


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture
def manager(team):
    return a_manager(team)


def told(team, *tells, at=MONDAY, owner=None, lead=None, **values):
    step = EscalationStep(tells=tells, **values)
    return Recipients([team.pk], at=at).of(step, team_id=team.pk, owner=owner, pathway_lead=lead)


def away(user, deputy=None, *, since=MONDAY - DAY, until=MONDAY + DAY):
    return Absence.objects.create(user=user, starts_at=since, ends_at=until, deputy=deputy)


def test_a_deputy_is_told_in_the_place_of_who_is_away_and_only_while_they_are(team, manager):
    deputy = UserFactory()
    away(manager, deputy)
    assert told(team, "managers") == [deputy]
    assert told(team, "managers", at=MONDAY + DAY) == [manager], "the end of an absence is no part of it"
    assert told(team, "owner", owner=manager) == [deputy]


@pytest.mark.parametrize("in_a_circle", [True, False])
def test_deputies_are_followed_as_far_as_the_radar_follows_them_and_never_in_a_circle(team, manager, in_a_circle):
    second, third, fourth = a_member(team), a_member(team), a_member(team)
    owner = a_member(team)
    case = lifecycle.assign_case(a_case(), owner, by=manager, at=MONDAY)
    away(owner, second)
    away(second, third)

    def is_on_the_radar():
        return Case.objects.filter(holding(Reason.OWNER_GONE, Asked(manager, MONDAY)), pk=case.pk).exists()

    assert (told(team, "owner", owner=owner), is_on_the_radar()) == ([third], False)
    away(third, owner if in_a_circle else fourth)
    assert (told(team, "owner", owner=owner), is_on_the_radar()) == ([manager], True)


def test_who_is_away_without_a_deputy_inactive_or_has_no_address_is_not_told(team, manager):
    other = a_manager(team)
    away(manager)
    assert told(team, "managers") == [other]
    away(other, UserFactory(email=""))
    assert told(team, "managers") == []


def test_each_is_told_once_whatever_they_are(team, manager):
    away(a_manager(team), manager)
    assert told(team, "team", "managers", "owner", "lead", owner=manager, lead=manager) == [manager]


def test_whoever_is_on_duty_then_is_told(team):
    early, late = a_member(team), a_member(team)
    Duty.objects.create(team=team, user=early, starts_at=MONDAY, ends_at=MONDAY + DAY / 2)
    Duty.objects.create(team=team, user=late, starts_at=MONDAY + DAY / 2, ends_at=MONDAY + DAY)
    everybody = Recipients([team.pk], at=MONDAY)
    step = EscalationStep(tells=["on_duty"])
    assert everybody.of(step, team_id=team.pk, at=MONDAY + DAY / 4) == [early]
    assert everybody.of(step, team_id=team.pk, at=MONDAY + DAY / 2) == [late]
    assert everybody.of(step, team_id=team.pk, at=MONDAY + DAY) == []


def test_a_named_team_and_the_lead_are_told(team, manager):
    other, lead = TeamFactory(code="imaging"), UserFactory()
    member = a_member(other)
    assert told(team, "named_team", named_team=other) == [member]
    assert told(team, "lead", lead=lead) == [lead]
    assert told(team, "lead") == []


def test_an_owner_who_has_left_the_team_is_not_told_but_its_managers_are(team, manager):
    owner = a_member(team)
    assert told(team, "owner", owner=owner) == [owner]
    owner.memberships.update(team=TeamFactory(code="site"))
    assert told(team, "owner", owner=owner) == [manager]


def test_a_case_and_a_task_of_who_has_left_the_team_are_told_to_its_managers(team, manager):
    owner = a_member(team)
    case = a_case(a_pathway(ladder=[("breach", "after", "0 days", {"tells": ["owner"]})]))
    lifecycle.assign_case(case, owner, by=manager)
    task = to_do.add_task(case, "Ring", owner=owner, due_at=timezone.now() + DAY, by=manager)
    owner.memberships.all().delete()
    things = [*watched.stays([fresh(case).open_entry]), *watched.tasks([task])]
    recipients = Recipients.about(things, MONDAY)
    assert [recipients.told(thing, thing.steps[0]) for thing in things] == [[manager], [manager]]


def test_who_promised_and_who_reads_a_result_is_told_wherever_they_are(team, manager):
    """Both may do it from outside of the team."""
    case, reader = a_case(), a_member(team)
    result = results.request_result(case, "Echo", reader, by=manager)
    sweep.run(DUE + timedelta(hours=1))
    breach = case.escalations.get(rung_code="breach")
    promise = escalations.acknowledge(breach, by=reader, answer="I ring", by_when=DUE + DAY, at=DUE + DAY / 2).promise
    reader.memberships.all().delete()
    things = [*watched.tasks([promise]), *watched.results([result])]
    recipients = Recipients.about(things, MONDAY)
    assert [recipients.told(thing, thing.steps[0]) for thing in things] == [[reader, manager], [reader]]


LADDER = [
    ("warn", "before", "1 day", {"tells": ["on_duty"]}),
    ("breach", "after", "0 days", {"tells": ["managers"]}),
    ("top", "after", "2 days", {"tells": ["lead"]}),
]


def who(case, code="warn"):
    return set(
        NoticeLine.objects.filter(escalation__case=case, escalation__rung_code=code).values_list(
            "recipient", flat=True
        )
    )


def test_where_nobody_can_be_told_those_of_the_next_rung_are(manager):
    case = a_case(a_pathway(ladder=LADDER))
    sweep.run(DUE - DAY / 2)
    assert who(case) == {manager.pk}


def test_at_last_the_lead_is_told_and_where_there_is_none_it_is_a_fault_of_the_setup(team):
    pathway = a_pathway(ladder=LADDER[1:2])
    silent = a_case(pathway)
    sweep.run(DUE + DAY)
    assert not Escalation.objects.get(case=silent).is_told
    assert (
        "1 escalation of Booking team in Triage could be told to nobody. Give the team a manager who can be reached."
        in faults.faults_of_setup()
    )

    lead = UserFactory()
    Pathway.objects.update(lead=lead)
    case = a_case(pathway)
    sweep.run(DUE + DAY)
    assert who(case, "breach") == {lead.pk}


def test_the_faults_of_the_setup_are_said_in_sentences(team):
    a_manager(team, email="", first_name="Grace", last_name="Okafor")
    away(a_manager(team, first_name="Ruth", last_name="Boateng"))
    a_case(a_pathway(ladder=LADDER))
    said = faults.faults_of_setup(MONDAY)
    assert said == [
        "Booking team: Grace Okafor has no e-mail address; Ruth Boateng is away without a deputy. "
        "No manager can be told. Name a deputy, add an address, or make somebody else a manager.",
        "Clinic team has no manager. Make somebody the manager of it.",
        "Nobody of Booking team is on duty now, but “Warn” of “Triage” (Review) tells whoever is. Plan its duties.",
        "Review has no lead, but “Top” of “Triage” tells the lead. Name one.",
    ]


def test_a_team_that_only_owes_tasks_or_has_no_limit_needs_a_manager_too_and_an_agency_without_accounts_none(
    team, manager
):
    a_manager("clinic")
    agency = TeamFactory(code="social-care", organisation=OrganisationFactory(code="council"))
    for code in ("imaging", "social-care"):
        tasks = [{"code": "scan", "title": "Scan", "team": TeamFactory(code=code)}]
        a_case(a_pathway(f"for-{code}", tasks=tasks))
    a_case(a_pathway("unlimited", team="site", limit=None))
    assert faults.faults_of_setup() == [
        "Imaging team has no manager. Make somebody the manager of it.",
        "Site team has no manager. Make somebody the manager of it.",
    ]
    a_member(agency)
    assert "Social care team has no manager. Make somebody the manager of it." in faults.faults_of_setup()


def test_where_everybody_can_be_told_nothing_is_at_fault(team, manager):
    a_manager("clinic")
    a_case(a_pathway())
    assert faults.faults_of_setup() == []


def test_a_team_of_which_every_manager_has_the_digest_switched_off_is_a_fault_until_one_gets_it(team):
    a_manager("clinic")
    grace = a_manager(team, first_name="Grace", last_name="Okafor")
    away(a_manager(team), deputy=grace)
    a_manager(team, email="")
    a_case(a_pathway())
    MailPreference.objects.create(user=grace, digest=False)
    assert faults.faults_of_setup(MONDAY) == [
        "Booking team: whoever can be told of its managers has the digest switched off (Grace Okafor), so that what "
        "is not urgent reaches none of them. One of them must switch it on, or somebody else be made a manager."
    ]
    a_manager(team)
    assert faults.faults_of_setup(MONDAY) == []


def test_where_a_restricted_detour_begins_a_deputy_of_another_team_is_nobody_to_tell(team, manager):
    ruth = a_manager("clinic", first_name="Ruth", last_name="Boateng")
    grace = a_manager("safeguarding", first_name="Grace", last_name="Okafor")
    safeguarding = a_detour_pathway("concern", team="safeguarding")
    a_case(a_pathway(detours=[(safeguarding, {"restricted": True, "tell_at_once": True})]))
    assert faults.faults_of_setup(MONDAY) == []

    for person in (grace, manager):  # of booking no restricted detour begins
        away(person, deputy=ruth)
    assert faults.faults_of_setup(MONDAY) == [
        "Safeguarding team: Grace Okafor is away, and Ruth Boateng in their place is not of the team. No manager can "
        "be told of a restricted detour that begins there. Name a deputy from the team, or make somebody else in it a "
        "manager."
    ]
    Membership.objects.create(team=TeamFactory(code="safeguarding"), user=ruth, role="caseworker")
    assert faults.faults_of_setup(MONDAY) == []


@pytest.mark.parametrize("limit", [{}, {"limit_amount": None, "limit_unit": ""}])
def test_a_final_stage_that_has_kept_a_ladder_is_no_fault(team, manager, limit):
    version = a_draft("short")
    a_stage(version, "triage", is_first=True)
    final = a_stage(version, "done", team="archive", kind="final", ladder=LADDER)
    Stage.objects.filter(pk=final.pk).update(**limit or {"position": 9})
    publish(version)
    assert faults.faults_of_setup(MONDAY) == []


def test_recipients_are_read_in_a_fixed_number_of_statements(team, manager, django_assert_num_queries):
    pathway = a_pathway(ladder=LADDER)
    Pathway.objects.update(lead=UserFactory())
    cases = [a_case(pathway) for _ in range(5)]
    things = watched.stays([case.open_entry for case in cases])
    with django_assert_num_queries(4):  # teams, leads, absences, duties
        recipients = Recipients.about(things, MONDAY)
        for thing in things:
            for step in thing.steps:
                assert recipients.told(thing, step)


def test_whoever_was_told_of_a_case_may_read_it_until_that_is_over(team, manager):
    """A deputy may be of no team of the case: the link in the e-mail must lead them somewhere all the same."""
    deputy = UserFactory()
    case = a_case()
    away(manager, deputy, since=DUE - DAY, until=DUE + DAY)
    assert not Case.objects.visible_to(deputy).exists()

    sweep.run(DUE + timedelta(hours=1))

    assert NoticeLine.objects.filter(recipient=deputy).exists()
    assert Case.objects.visible_to(deputy).get() == case
    lifecycle.move_case(case, the_move(case, "done"), by=manager, at=DUE + timedelta(hours=2))
    assert not Case.objects.visible_to(deputy).exists()
