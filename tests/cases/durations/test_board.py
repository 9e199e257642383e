"""The stage board: from the stays and from the rollups it says the same, and as of a past day what it said then."""

import random
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import lifecycle
from cases.durations import board as boards
from cases.durations import rollups
from cases.durations.board import board
from cases.durations.chosen import Chosen
from cases.durations.days import begin_of, day_of, end_of
from cases.durations.stage_figures import of_stage
from cases.durations.summary import Spells, Waits
from cases.models import DurationCell, SpellChange
from pathways.models import system_user
from tests.cases.durations import worlds
from tests.cases.durations.hospital import DAY, HOUR, NOON, stages, stays
from tests.factories import TeamFactory, a_case, a_draft, a_move, a_pathway, a_stage, fresh, publish, the_move

pytestmark = pytest.mark.django_db

EXACT = 1e-9
PERCENTILES = ("q1", "median", "q3", "p85", "p90", "p95", "max")


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOON, tick=False):
        yield NOON


@pytest.fixture(params=["stays", "rollups"])
def path(request, monkeypatch):
    """Both ways: out of the stays, and out of the rollups however few stays there are."""
    use(request.param, monkeypatch)
    return request.param


def use(path, monkeypatch):
    monkeypatch.setattr(boards, "FEW", 0 if path == "rollups" else 10**9)


def chosen(stage, *, days=90, as_of=NOON, **values):
    last = day_of(as_of)
    return Chosen(stage.version.pathway, last - timedelta(days=days - 1), last, as_of, **values)


def by_code(found):
    return {figures.code: figures for figures in found.stages}


def some_stays(number=150, seed=2):
    """A year of stays in two stages, some late, and of those who wait; half of it drained, and one version later."""
    chance = random.Random(seed)
    made = stages(short="2 days", long="10 days", unlimited=None)
    for n, (stage, limit) in enumerate(
        ((made["short"], 2 * DAY), (made["long"], 10 * DAY), (made["unlimited"], None))
    ):
        length = limit or 3 * DAY
        left = [NOON - chance.uniform(0, 365) * DAY for _ in range(number)]
        times = [(end - length * chance.lognormvariate(-0.3, 0.9), end) for end in left]
        stays(stage, *times[: number // 2], due_after=limit)
        rollups.drain()
        stays(stage, *times[number // 2 :], due_after=limit)
        stays(stage, *((NOON - length * chance.random() * 1.3, None) for _ in range(30 + n)), due_after=limit)
    return made


# Which stages, in which order ---------------------------------------------------------------------------------------


def test_stages_that_nobody_was_in_come_last_in_the_order_of_the_map(path):
    made = stages(first="1 day", second="2 working days", third=None)
    stays(made["third"], (NOON - DAY, None))
    found = board(chosen(made["first"]))
    assert [figures.code for figures in found.stages] == ["third", "first", "second"]
    first = found.stages[1]
    assert (first.name, first.limit, first.limit_seconds, first.cases) == ("First", "1 day", 86400, 0)
    assert first.spells == Spells(beyond=0, excess=0.0, approximate=path == "rollups")
    assert first.waits == Waits(beyond=0, excess=0.0)
    assert (first.excess_seconds, first.longest_spells, first.oldest_waits) == (0, [], [])
    assert first.entering_now == (None, None, None)
    assert not first.filling_up
    assert [week[1:] for week in first.weeks] == [(0, None)] * 26
    assert [figures.limit for figures in found.stages] == ["", "1 day", "2 working days"]


def test_the_stage_in_which_most_time_was_lost_comes_first(path):
    made = stages(calm="10 days", some="1 day", most="1 day", waiting="1 day")
    stays(made["calm"], *[(NOON - 9 * DAY, NOON - DAY)] * 9, due_after=10 * DAY)
    stays(made["some"], (NOON - 3 * DAY, NOON), due_after=DAY)
    stays(made["most"], (NOON - 3 * DAY, NOON), (NOON - 2 * DAY, None), due_after=DAY)
    stays(made["waiting"], (NOON - 3.5 * DAY, None), due_after=DAY)
    found = board(chosen(made["calm"])).stages
    assert [(figures.code, figures.excess_seconds / 86400) for figures in found] == [
        ("most", 3),
        ("waiting", 2.5),
        ("some", 2),
        ("calm", 0),
    ]
    assert [(figures.spells.beyond, figures.waits.beyond) for figures in found] == [(1, 1), (0, 1), (1, 0), (0, 0)]


def test_of_stages_that_lose_no_time_that_in_which_most_wait_comes_first(path):
    made = stages(one="10 days", three="10 days", two="10 days")
    for number, code in enumerate(("one", "two", "three"), start=1):
        stays(made[code], *[(NOON - DAY, None)] * number, due_after=10 * DAY)
    assert [figures.code for figures in board(chosen(made["one"])).stages] == ["three", "two", "one"]


def test_a_stage_of_an_earlier_version_is_shown_while_somebody_was_there(path):
    made = stages(first="1 day", dropped="1 day")
    stays(made["dropped"], (NOON - 3 * DAY, NOON - DAY))
    version = a_draft("elective")
    first = a_stage(version, "first", is_first=True, limit="5 days", name="First look")
    stays(made["first"], (NOON - 2 * DAY, NOON - DAY))
    a_move(first, a_stage(version, "end", limit=None, kind="final"))
    assert [figures.name for figures in board(chosen(first)).stages] == ["First", "Dropped"]
    publish(version)
    stays(first, (NOON - 4 * DAY, NOON - DAY))
    found = by_code(board(chosen(first)))
    assert {code: (figures.name, figures.limit, figures.spells.n) for code, figures in found.items()} == {
        "first": ("First look", "5 days", 2),
        "dropped": ("Dropped", "1 day", 1),
    }
    assert {code: f.spells.n for code, f in by_code(board(chosen(first, version=version))).items()} == {"first": 1}
    assert set(by_code(board(chosen(first, days=1)))) == {"first"}


def test_a_pathway_that_was_never_published_has_no_stages(path):
    stage = a_stage(a_draft(), "first")
    assert board(chosen(stage)).stages == []


# What it says -------------------------------------------------------------------------------------------------------


def test_one_case(path):
    stage = stages(only="1 day")["only"]
    stays(stage, (NOON - 3 * DAY, NOON - DAY), due_after=DAY)
    (figures,) = board(chosen(stage)).stages
    assert (figures.spells.n, figures.spells.mean, figures.spells.sd, figures.spells.cv) == (1, 172800, None, None)
    assert (figures.spells.beyond, figures.spells.excess, figures.waits.count) == (1, 86400, 0)
    assert figures.longest_spells == pytest.approx([172800], rel=0.02)


def test_stays_of_no_time(path):
    stage = stages(only="1 day")["only"]
    stays(stage, *[(NOON - DAY, NOON - DAY)] * 3, (NOON, None))
    (figures,) = board(chosen(stage)).stages
    assert (figures.spells.n, figures.spells.mean, figures.spells.sd, figures.spells.cv) == (3, 0, 0, None)
    assert (figures.waits.count, figures.waits.oldest) == (1, 0)


def test_the_period_is_whole_days_of_london_also_when_the_clocks_change(path):
    """The clocks go forward on 29 March 2026, and with them the days."""
    stage = stages(only="1 day")["only"]
    edges = [begin_of(date(2026, 3, 29)), begin_of(date(2026, 3, 29)) + HOUR / 2, end_of(date(2026, 3, 30))]
    stays(stage, *((left - HOUR, left) for left in edges))
    stays(stage, *((left - HOUR, left) for left in (edges[0] - HOUR / 2, edges[2] + HOUR / 2)))
    with time_machine.travel(datetime(2026, 4, 2, tzinfo=NOON.tzinfo), tick=False):
        (figures,) = board(chosen(stage, days=2, as_of=end_of(date(2026, 3, 30)))).stages
    assert figures.spells.n == 3


def test_weeks_are_complete_and_begin_on_monday(path):
    stage = stages(only="1 day")["only"]  # it is Monday 1 June: the week before is the last complete one
    stays(stage, (NOON - 8 * DAY, NOON - 7 * DAY), (NOON - 4 * DAY, NOON - DAY), (NOON - DAY, NOON))
    (figures,) = board(chosen(stage)).stages
    assert [monday for monday, _, _ in figures.weeks] == [date(2025, 12, 1) + timedelta(weeks=n) for n in range(26)]
    assert figures.weeks[-1][1] == 2
    assert figures.weeks[-1][2] == pytest.approx(2 * 86400, rel=0.02)
    assert {week[1:] for week in figures.weeks[:-1]} == {(0, None)}
    (figures,) = board(chosen(stage, as_of=end_of(day_of(NOON - DAY)))).stages  # Sunday, and all of it is over
    assert figures.weeks[-1][:2] == (date(2026, 5, 25), 2)


def test_the_longest_and_the_oldest_are_shown(path):
    stage = stages(only="1 day")["only"]
    stays(stage, *((NOON - n * DAY, NOON) for n in range(1, 21)), *((NOON - n * HOUR, None) for n in range(1, 21)))
    (figures,) = board(chosen(stage)).stages
    assert figures.longest_spells == pytest.approx([n * 86400 for n in range(9, 21)], rel=0.021)
    assert figures.oldest_waits == [n * 3600 for n in range(9, 21)]


# Two ways to the same -----------------------------------------------------------------------------------------------


def both(asked, monkeypatch, **options):
    use("stays", monkeypatch)
    exact = board(asked, **options)
    use("rollups", monkeypatch)
    return exact, board(asked, **options)


def test_out_of_the_rollups_it_is_the_same_and_percentiles_are_within_2_percent(monkeypatch):
    made = some_stays()
    assert SpellChange.objects.exists()
    assert DurationCell.objects.exists()
    for days in (12, 30, 90, 365):
        exact, rolled = both(chosen(made["short"], days=days), monkeypatch)
        assert (exact.approximate, rolled.approximate) == (False, True)
        assert [figures.code for figures in exact.stages] == [figures.code for figures in rolled.stages]
        for one, other in zip(exact.stages, rolled.stages, strict=True):
            assert one.spells.n
            same_figures(one, other)


def same_figures(one, other):
    assert (one.spells.n, one.spells.beyond) == (other.spells.n, other.spells.beyond)
    for name in ("mean", "sd", "variance", "cv", "excess", "share_beyond"):
        assert getattr(other.spells, name) == pytest.approx(getattr(one.spells, name), rel=EXACT, nan_ok=False), name
    for name in PERCENTILES:
        assert getattr(other.spells, name) == pytest.approx(getattr(one.spells, name), rel=0.0201), name
    assert replace(other.waits, excess=None) == replace(one.waits, excess=None)
    assert other.waits.excess == pytest.approx(one.waits.excess, rel=EXACT)
    assert other.oldest_waits == one.oldest_waits
    assert other.longest_spells == pytest.approx(one.longest_spells, rel=0.0201)
    assert [week[:2] for week in other.weeks] == [week[:2] for week in one.weeks]
    medians = [[median for _, n, median in figures.weeks if n] for figures in (one, other)]
    assert medians[1] == pytest.approx(medians[0], rel=0.0201)
    if one.entering_now.upper is not None:  # of few stays the steps are large: by one of them it may differ
        assert one.entering_now.lower <= other.entering_now.value <= one.entering_now.upper
    assert bool(other.filling_up) == bool(one.filling_up)
    assert (other.limit, other.limit_seconds) == (one.limit, one.limit_seconds)


def test_few_stays_are_read_and_of_many_the_rollups_unless_exactness_is_asked_for(monkeypatch):
    made = some_stays(number=20)
    monkeypatch.setattr(boards, "FEW", 61)
    assert not board(chosen(made["short"], days=365)).approximate
    monkeypatch.setattr(boards, "FEW", 60)
    asked = chosen(made["short"], days=365)
    assert board(asked).approximate
    assert not board(asked, exact=True).approximate


def test_of_a_short_period_the_percentiles_are_exact_although_many_left_in_the_year(monkeypatch):
    made = some_stays(number=50)
    monkeypatch.setattr(boards, "FEW", 10**9)
    asked = chosen(made["short"], days=14)
    exact = board(asked)
    monkeypatch.setattr(boards, "FEW", 60)
    found = board(asked)
    assert not found.approximate
    assert [figures.spells for figures in found.stages] == [figures.spells for figures in exact.stages]
    assert [figures.longest_spells for figures in found.stages] == [f.longest_spells for f in exact.stages]


def test_teams_facts_and_other_clocks_are_not_rolled_up(monkeypatch):
    stage = stages(only="1 working day")["only"]
    clinic = TeamFactory(code="clinic")
    stays(stage, (NOON - 3 * DAY, NOON), (NOON - DAY, None), team=clinic)
    stays(stage, (NOON - 7 * DAY, NOON), (NOON - 9 * DAY, None), facts={"lab": "North"})
    use("rollups", monkeypatch)

    def lengths(**values):
        found = board(chosen(stage, **values))
        assert found.approximate == (not values)
        (figures,) = found.stages
        return figures.spells.n, figures.spells.max / 3600, figures.waits.count, figures.waits.oldest / 3600

    assert lengths(team=clinic) == (1, 72, 1, 24)
    assert lengths(facts={"lab": "North"}) == (1, 168, 1, 216)
    assert lengths(without_holds=True) == (2, 168, 2, 216)
    # Open from 9 to 5; it is 1pm in London on a Monday, and the Monday before was a bank holiday.
    assert lengths(open_time=True, team=clinic) == (1, 8, 1, 4)
    assert lengths(open_time=True, facts={"lab": "North"}) == (1, 36, 1, 36)
    assert lengths()[0] == 2


def test_the_page_of_a_stage_says_the_same_as_the_board(monkeypatch):
    made = some_stays()
    use("stays", monkeypatch)
    for days in (30, 90):
        asked = chosen(made["short"], days=days)
        for figures in board(asked).stages:
            page = of_stage(asked, made[figures.code])
            for name in ("spells", "waits"):
                assert asdict(getattr(page, name)) == pytest.approx(asdict(getattr(figures, name)), rel=EXACT)
            assert page.entering_now == pytest.approx(figures.entering_now)
            assert (page.limit_seconds, page.filling_up) == (figures.limit_seconds, figures.filling_up)


# Filling up ---------------------------------------------------------------------------------------------------------


def a_world(random, *, slower):
    """Stays as they would be in a stage in which they take ``slower`` times as long for 120 days; now is NOON."""
    stage = stages(only=None)["only"]
    began, takes = worlds.stage(random, per_day=3, takes=worlds.lognormal(28, 0.3), slower=slower, days=500)
    ends = [float(end) for end in began + takes]
    times = zip(began, ends, strict=True)
    stays(stage, *((NOON + float(at) * DAY, NOON + end * DAY if end <= 0 else None) for at, end in times))
    return stage


def test_a_stage_that_blocks_up_is_filling_and_says_how_long_who_enters_now_will_take(monkeypatch):
    truth = 56
    for found in both(chosen(a_world(np.random.default_rng(4), slower=2), days=365), monkeypatch):
        (figures,) = found.stages
        assert figures.filling_up
        assert figures.filling_words
        assert figures.entering_now.value / 86400 == pytest.approx(truth, rel=0.1)
        assert figures.spells.median / 86400 < 40  # those that have left hide it


def test_a_stage_that_goes_on_as_before_is_not_filling(monkeypatch):
    for found in both(chosen(a_world(np.random.default_rng(4), slower=1)), monkeypatch):
        (figures,) = found.stages
        assert not figures.filling_up
        assert figures.filling_words == ""
        assert figures.entering_now.value / 86400 == pytest.approx(28, rel=0.1)


def test_one_that_left_and_forty_that_wait_read_as_filling(path):
    stage = stages(only=None)["only"]
    stays(stage, (NOON - 41 * DAY, NOON - 40 * DAY), *((NOON - (20 + n / 4) * DAY, None) for n in range(40)))
    (figures,) = board(chosen(stage)).stages
    assert figures.filling_up


# As of a past day ---------------------------------------------------------------------------------------------------


def test_as_of_a_past_day_it_says_what_it_said_that_day(path):
    """Cases move, are held, close and are reopened on three days; each evening's board is what it is later."""
    by, pathway = system_user(), a_pathway()
    evenings, said = [], []
    cases = [a_case(pathway, at=NOON - 30 * DAY + n * DAY) for n in range(8)]

    def evening(day):
        at = end_of(day_of(NOON + day * DAY))
        with time_machine.travel(at, tick=False):
            evenings.append(at)
            said.append(board(chosen(cases[0].entries.first().stage, as_of=at)))

    def act(what, case, *arguments, at, **values):
        with time_machine.travel(at, tick=False):
            return getattr(lifecycle, what)(fresh(cases[case]), *arguments, by=by, at=at, **values)

    def move(case, target, at):
        act("move_case", case, the_move(cases[case], target), at=at)

    move(0, "review", NOON - 3 * DAY)
    act("hold_case", 1, reason="Abroad", until=NOON + 90 * DAY, at=NOON - 2 * DAY)
    act("hold_case", 2, reason="Ill", until=NOON + 90 * DAY, at=NOON - 28 * DAY + 2 * HOUR)
    evening(0)
    act("resume_case", 2, at=NOON + DAY)
    move(2, "review", NOON + DAY + HOUR)
    move(0, "triage", NOON + DAY + 2 * HOUR)
    act("close_case", 3, reason="Moved away", at=NOON + DAY)
    act("hold_case", 4, reason="Ill", until=NOON + 90 * DAY, at=NOON + DAY)
    rollups.drain()
    evening(1)
    act("reopen_case", 3, reason="Came back", at=NOON + 2 * DAY)
    act("resume_case", 1, at=NOON + 2 * DAY)
    move(1, "done", NOON + 2 * DAY)
    act("resume_case", 4, at=NOON + 2 * DAY)
    cases.append(a_case(pathway, at=NOON + 2 * DAY))
    evening(2)
    move(4, "review", NOON + 5 * DAY)

    with time_machine.travel(NOON + 9 * DAY, tick=False):
        for at, then in zip(evenings, said, strict=True):
            assert board(chosen(cases[0].entries.first().stage, as_of=at)) == then
    assert said[0] != said[1] != said[2]


# What it costs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "number"), [("rollups", 4), ("stays", 6)])
def test_it_is_a_fixed_number_of_statements(path, number, monkeypatch):
    made = some_stays(number=10)
    use(path, monkeypatch)
    with CaptureQueriesContext(connection) as captured:
        board(chosen(made["short"], days=365))
    assert len(captured) == number
