"""My day, in worlds drawn by lot: each case stands once, in the right group, and the counts are those of the rows."""

import random
from collections import Counter
from datetime import timedelta

import pytest

from cases import handoffs, lifecycle, my_day, results, to_do
from cases.models import Case
from cases.reasons import Reason
from pathways.models import Membership, Team, system_user
from tests.factories import MONDAY, PatientFactory, a_case, a_member, a_pathway, the_move

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NOW = MONDAY + 9 * DAY + timedelta(hours=3)  # Wednesday 11 March, midday in London; the limit is 10 days


class World:
    """Some cases of two teams, of which one is mine; what each asks of me is worked out beside, without SQL."""

    def __init__(self, seed):
        self.lot = random.Random(seed)
        self.me, self.colleague = a_member("booking"), a_member("booking")
        self.pathway = a_pathway(handoff="2 days")
        self.patient = PatientFactory()
        self.expected = {}
        for _ in range(14):
            self.add_case()

    def add_case(self):
        lot, due_in = self.lot, self.lot.choice([-3, -1, 0, 1, 5])
        case = a_case(self.pathway, at=NOW - 10 * DAY + due_in * DAY + timedelta(hours=1), patient=self.patient)
        found = {"breached"} if due_in < 0 else {"today"} if due_in == 0 else set()
        owner = lot.choice([self.me, self.me, self.colleague, None])
        lifecycle.assign_case(case, owner, by=system_user(), at=case.opened_at)
        seen = owner in (self.me, None)
        if owner is None:
            found.add("nobodys")
        if lot.random() < 0.2:
            Case.objects.filter(pk=case.pk).update(priority=1)
            found.add("urgent")
        if lot.random() < 0.3:
            whose, days = lot.choice([self.me, self.colleague, None]), lot.choice([-1, 0, 3])
            self.add_task(case, whose, days)
            is_mine = whose in (self.me, None)
            if is_mine and days <= 0:
                found.add("task")
            seen = seen or whose == self.me or (is_mine and days <= 0)
        if lot.random() < 0.3:
            reader, has_arrived = lot.choice([self.me, self.colleague]), lot.random() < 0.6
            self.add_result(case, reader, has_arrived)
            if reader == self.me and has_arrived:
                found.add("result")
                seen = True
        if lot.random() < 0.2:
            handoffs.offer(case, the_move(case, "review"), by=self.me, note="Please", at=NOW - timedelta(hours=1))
        if seen:
            self.expected[case.pk] = min(found or {"on-track"}, key=Reason.values.index)

    def add_task(self, case, whose, days):
        due_at = NOW + days * DAY + timedelta(hours=2)
        to_do.add_task(case, "Ring", owner=whose, by=system_user(), due_at=due_at, at=MONDAY - 30 * DAY)

    def add_result(self, case, reader, has_arrived):
        result = results.request_result(case, "Echo", reader, by=system_user(), at=NOW - DAY)
        if has_arrived:
            results.record_arrival(result, "Normal", by=system_user(), at=NOW - DAY)


@pytest.mark.parametrize("seed", range(6))
def test_each_case_stands_once_in_the_group_of_its_most_pressing_reason(seed):
    world = World(seed)

    day = my_day.my_day(world.me, NOW)

    shown = {row.case.pk: group.reason for group in day.groups for row in group.rows}
    assert shown == world.expected
    assert {group.reason: group.count for group in day.groups} == Counter(world.expected.values())
    assert [group.reason for group in day.groups] == [code for code in Reason if code in shown.values()]


@pytest.mark.parametrize("seed", range(3))
def test_every_row_says_why_it_stands_in_its_group(seed):
    world = World(seed)

    for group in my_day.my_day(world.me, NOW).groups:
        for row in group.rows:
            assert row.case.reasons[0] == group.reason
            assert len(row.why) >= len(row.case.reasons)
            assert row.next.text
            assert row.next.url.startswith(f"/cases/{row.case}/")


def test_an_offer_to_my_team_is_on_my_day_although_the_case_is_not_ours():
    clinician, case = a_member("clinic"), a_case(a_pathway(handoff="2 days"))
    handoffs.offer(case, the_move(case, "review"), by=system_user(), note="Please", at=MONDAY)

    assert my_day.my_day(clinician, MONDAY + DAY).count(Reason.HANDED) == 1


def test_a_restricted_case_that_was_offered_to_us_is_not_shown():
    clinician, case = a_member("clinic"), a_case(a_pathway(handoff="2 days"))
    handoffs.offer(case, the_move(case, "review"), by=system_user(), note="Please", at=MONDAY)
    Case.objects.filter(pk=case.pk).update(restricted=True)

    assert my_day.my_day(clinician, MONDAY + DAY).groups == []


def test_a_case_that_i_own_in_a_team_that_i_have_left_is_not_shown():
    nurse, case = a_member("booking"), a_case()
    lifecycle.assign_case(case, nurse, by=system_user(), at=MONDAY)
    Membership.objects.filter(user=nurse).update(team=Team.objects.get(code="clinic"))

    assert my_day.my_day(nurse, MONDAY + DAY).groups == []


def test_a_long_group_is_cut_and_its_count_is_not(monkeypatch):
    monkeypatch.setattr(my_day, "SHOWN", 2)
    nurse, pathway, patient = a_member("booking"), a_pathway(), PatientFactory()
    cases = [a_case(pathway, at=MONDAY + n * timedelta(hours=1), patient=patient) for n in range(5)]

    group = my_day.my_day(nurse, MONDAY + DAY).groups[0]

    assert (group.count, group.rest) == (5, 3)
    assert [row.case for row in group.rows] == cases[:2]


def test_whoever_has_more_cases_than_are_counted_is_told_so(monkeypatch):
    nurse, pathway, patient = a_member("booking"), a_pathway(), PatientFactory()
    for n in range(3):
        a_case(pathway, at=MONDAY + n * DAY, patient=patient)

    for counted, is_cut in ((3, False), (2, True)):
        monkeypatch.setattr(my_day, "COUNTED", counted)
        day = my_day.my_day(nurse, MONDAY + 11 * DAY)
        assert (day.is_cut, day.count(Reason.BREACHED)) == (is_cut, 1)


def test_two_statements_read_my_day_whatever_there_is(django_assert_num_queries):
    world = World(1)
    my_day.my_day(world.me, NOW)

    with django_assert_num_queries(2):
        my_day.my_day(world.me, NOW)
