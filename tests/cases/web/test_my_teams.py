"""A manager's first page: every number on it is that of the cases it opens, in worlds drawn by lot; what it costs."""

import html
import random
import re
from datetime import timedelta

import pytest
import time_machine
from django.db.models import F

from cases import handoffs, lifecycle, radar, results, to_do
from cases.models import Case, Notice, Timer
from cases.reasons import RADAR
from cases.watch import differing, sweep, timers
from cases.watch import escalations as operations
from cases.web.my_teams import OLDEST
from pathways import groups, publishing
from pathways.models import Absence, Membership, Role, Team, system_user
from tests.cases.web.reading import words
from tests.factories import (
    MONDAY,
    PatientFactory,
    a_case,
    a_closed_case_with_an_unread_result,
    a_manager,
    a_member,
    a_pathway,
    a_restricted_case,
    fresh,
    in_group,
    publish,
    the_move,
)

pytestmark = pytest.mark.django_db

ADDRESS = "/supervision/"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = MONDAY + 9 * DAY + timedelta(hours=3)  # Wednesday 11 March, midday in London; the limit is 10 days
A_LINK = re.compile(r'<a (?:class="mw-chip[^"]*" )?href="([^"]+)">(\d+)(?:<span| [a-z])')


@pytest.fixture(autouse=True)
def _found_by_no_night():
    yield
    differing.forget()


class World:
    """Cases of two teams that somebody manages and of one where they only work, with all that can be wrong."""

    def __init__(self, seed, cases=16):
        self.lot = random.Random(seed)
        self.manager = a_manager("booking")
        Membership.objects.create(team=Team.objects.get(code="booking"), user=a_member("clinic"), role="manager")
        a_member("imaging")
        for code, role in (("clinic", Role.MANAGER), ("imaging", Role.CASEWORKER)):
            Membership.objects.create(team=Team.objects.get(code=code), user=self.manager, role=role)
        self.leaver, self.away = a_member("booking"), a_member("booking")
        Absence.objects.create(user=self.away, starts_at=NOW - DAY, ends_at=NOW + DAY)
        ladder = [("warn", "before", "2 days"), ("breach", "after", "0 days"), ("again", "after", "1 day")]
        self.pathways = [
            a_pathway(handoff="2 days", ladder=ladder),
            a_pathway("scan", team="imaging", handoff="2 days"),
            a_pathway("plan", limit=None),
            a_pathway("long", limit="200 days"),
        ]
        self.patient = PatientFactory()
        self.cases = [self.add_case() for _ in range(cases // 2)]
        reorder(self.pathways[0])
        self.cases += [self.add_case() for _ in range(cases - cases // 2)]
        self.closed = [
            a_closed_case_with_an_unread_result(self.pathways[n], self.manager, NOW - 9 * DAY) for n in (0, 0, 1)
        ]
        stay = self.closed[0].entries.get()
        Timer.objects.create(case=self.closed[0], kind="stage", thing_id=stay.pk, fires_at=NOW)
        differing.keep(timers.rebuild(check=True))
        a_restricted_case(a_pathway("closed-doors"), at=NOW - 12 * DAY)
        self.leaver.is_active = False
        self.leaver.save()
        sweep.run(NOW - HOUR)
        self.answer_some()
        sweep.run(NOW)

    def add_case(self):
        lot = self.lot
        pathway = lot.choice([self.pathways[0], *self.pathways])
        age = lot.choice([2, 5, 8, 9, 10, 11, 12, 13]) if pathway != self.pathways[3] else lot.choice([30, 100])
        case = a_case(pathway, at=NOW - age * DAY + HOUR, patient=self.patient)
        people = [self.manager, self.leaver, self.away, None]
        owner = lot.choice(people) if pathway != self.pathways[1] else self.manager
        case = lifecycle.assign_case(case, owner, by=system_user(), at=case.opened_at)
        if lot.random() < 0.3:
            whose = lot.choice([self.manager, None])
            to_do.add_task(case, "Ring", owner=whose, by=system_user(), due_at=NOW + DAY, at=case.opened_at)
        if lot.random() < 0.3:
            result = results.request_result(case, "Echo", self.manager, by=system_user(), at=case.opened_at)
            results.record_arrival(result, "Normal", by=system_user(), at=case.opened_at + HOUR)
        if lot.random() < 0.2 and pathway == self.pathways[0]:
            handoffs.offer(case, the_move(case, "review"), by=system_user(), note="Please", at=case.opened_at)
        elif lot.random() < 0.2:
            until = NOW + lot.choice([-1, 1]) * DAY
            if until > case.opened_at + DAY:
                lifecycle.hold_case(case, reason="x", until=until, by=system_user(), at=case.opened_at + HOUR)
        if lot.random() < 0.15:
            Timer.objects.filter(case=case, kind="hold").update(fires_at=None)
            Timer.objects.filter(case=case).update(fires_at=None)
        return case

    def answer_some(self):
        mine = [self.pathways[0].pk]
        for case in Case.objects.open().filter(version__pathway__in=mine):
            told = case.escalations.filter(kind="stage", acknowledged_at=None, resolved_at=None).order_by("-level")
            if told and self.lot.random() < 0.6:
                by_when = NOW + self.lot.choice([-1, 30]) * timedelta(minutes=30)
                operations.acknowledge(
                    told[0], by=self.manager, answer="I ring", by_when=by_when, at=NOW - HOUR + timedelta(minutes=5)
                )


def reorder(pathway):
    """Publish a newer version in which all stages stand one place later: the cases there are stay on theirs."""
    newer = publishing.revise(pathway, by=in_group(groups.PATHWAY_ADMINISTRATOR))
    newer.stages.update(position=F("position") + 1)
    publish(newer)


def at(client, address, now=NOW):
    with time_machine.travel(now, tick=False):
        return client.get(address)


def numbers(response) -> list[tuple[str, int]]:
    """The numbers of a page with the addresses that they open."""
    main = re.search(r"<main.*?</main>", response.content.decode(), re.DOTALL)[0]
    return [(html.unescape(url), int(number)) for url, number in A_LINK.findall(main)]


def listed(response) -> int:
    """How many there are in the list of cases or of escalations, by its rows."""
    assert response.status_code == 200
    return len(response.context["rows"])


@pytest.mark.parametrize("seed", range(2))
def test_every_number_opens_a_list_of_as_many(client, seed):
    world = World(seed)
    client.force_login(world.manager)
    response = at(client, ADDRESS)
    found = numbers(response)

    assert len(found) > 20
    for url, number in found:
        if url.startswith(("/cases/", "/escalations/")):
            opened = at(client, url)
            assert listed(opened) == number, url
            asked = opened.context["choice"]
            assert not getattr(asked, "not_understood", None), url


@pytest.mark.parametrize("seed", range(2))
def test_the_numbers_are_those_of_the_teams_one_manages(client, seed):
    world = World(seed)
    client.force_login(world.manager)
    context = at(client, ADDRESS).context
    mine = Case.objects.open().filter(team__code__in=("booking", "clinic"))

    sums = [sum(line.numbers[n].value for line in context["stages"]) for n in range(5)]

    def due_by(day):
        end = (NOW + day * DAY).replace(hour=0, minute=0) + DAY  # in March London keeps universal time
        return sum(case.due_at is not None and NOW <= case.due_at < end for case in mine)

    late = sum(case.due_at is not None and case.due_at < NOW for case in mine)
    assert sums == [mine.count(), late, due_by(1), due_by(3), due_by(7)]
    assert [number.value for _, _, number in context["chips"][:4]] == sums[1:]
    assert sum(line.numbers[0].value for line in context["carried"]) == mine.count()
    assert context["oldest"] == list(mine.order_by("opened_at", "pk")[:OLDEST])


def test_worlds_have_something_of_everything(client):
    """Or the tests above would agree on nothing but zeros."""
    seen = set()
    for seed in range(5):
        world = World(seed)
        client.force_login(world.manager)
        context = at(client, ADDRESS).context
        seen |= {
            code for code, line in zip(RADAR, context["radar"], strict=True) if any(n.value for n in line.numbers)
        }
        seen |= {
            label
            for line in context["answers"]
            for label, number in zip(context["answer_states"], line.numbers, strict=True)
            if number.value
        }
    assert {"nobodys", "owner-gone", "no-step", "not-accepted", "unread", "no-contact"} <= seen
    assert {"Not answered", "Promise not kept", "Promised"} <= seen


def test_a_stage_that_only_an_older_version_has_is_opened_too(client):
    manager, case = a_manager("booking"), a_case(a_pathway())
    version = case.version
    pathway = version.pathway
    newer = type(version).objects.create(pathway=pathway, number=version.number + 1)
    stage = version.stages.get(code="done")
    stage.pk, stage.version, stage.is_first = None, newer, True
    stage.save()
    publish(newer)
    client.force_login(manager)

    found = [url for url, _ in numbers(at(client, ADDRESS)) if "stage=review%2Ftriage" in url]

    assert found
    assert listed(at(client, found[0])) == 1


def test_what_is_wrong_with_the_set_up_and_refused_e_mails_are_shown(client):
    manager = a_manager("booking")
    a_case()
    Notice.objects.create(kind="digest", recipient=manager, attempts=1, error="SMTPRecipientsRefused: 550")
    Membership.objects.filter(user=manager).update(role="caseworker")
    radar.keep_faults(NOW)
    Membership.objects.filter(user=manager).update(role="manager")
    client.force_login(fresh(manager))

    said = words(at(client, ADDRESS))

    assert "Booking team has no manager. Make somebody the manager of it. " in said
    assert "Looked at today midday" in said or "Looked at today 12pm" in said
    assert "E-mails that were refused 1" in said


def test_a_manager_begins_here_and_my_day_stays_in_the_menu(client, manager):
    client.force_login(manager)
    assert client.get("/").url == ADDRESS
    page = client.get(ADDRESS).content.decode()
    for label in ("My teams", "My day", "Cases", "Escalations", "Handoffs"):
        assert f">{label}</a>" in page
    assert client.get("/my-day/").status_code == 200


def test_who_manages_nothing_is_turned_away_or_led_to_how_the_watch_stands(
    client, caseworker, inspector, pathway_administrator
):
    client.force_login(caseworker)
    assert client.get(ADDRESS).status_code == 403
    assert ">My teams<" not in client.get("/my-day/").content.decode()
    for who in (inspector, pathway_administrator):
        client.force_login(who)
        assert client.get(ADDRESS).url == "/supervision/watch/"


def test_the_page_leads_to_the_people_and_duties_of_each_team_and_says_how_many_are_away(client):
    world = World(2, 4)
    gone = a_member("booking", is_active=False)
    for begin, end in ((DAY, 2 * DAY), (-3 * DAY, -2 * DAY)):
        Absence.objects.create(user=world.leaver, starts_at=NOW + begin, ends_at=NOW + end)
    Absence.objects.create(user=gone, starts_at=NOW - DAY, ends_at=NOW + DAY)
    client.force_login(world.manager)

    page = at(client, ADDRESS)

    said = words(page)
    assert "Booking team : 1 away now" in said
    assert "Clinic team" in said
    assert "Imaging team : " not in said
    for code, status in (("booking", 200), ("clinic", 200)):
        assert f'href="/teams/{code}/"' in page.content.decode()
        assert client.get(f"/teams/{code}/").status_code == status
    assert 'href="/teams/imaging/"' not in page.content.decode(), "there they are no manager"


def test_a_manager_without_cases_reads_that_there_are_none(client, manager):
    client.force_login(manager)
    answer = client.get(ADDRESS)
    said = words(answer)
    assert 'href="/teams/booking/"' in answer.content.decode()
    assert "Your teams have no open case." in said
    assert "Nothing waits for an answer" in said


@pytest.mark.parametrize("cases", [2, 24])
def test_the_page_costs_eight_statements_at_most_whatever_there_is(client, cases, django_assert_max_num_queries):
    world = World(1, cases)
    client.force_login(world.manager)
    at(client, ADDRESS)

    with django_assert_max_num_queries(8):
        at(client, ADDRESS)
