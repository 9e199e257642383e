"""Reading stays: which count, how their time is counted, and what was known of them at an instant."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import detours, lifecycle
from cases.durations import reading
from cases.durations.chosen import Chosen
from cases.durations.columns import NEVER, number_of
from cases.durations.days import begin_of, end_of
from cases.durations.stays import is_wait
from cases.showing import LONDON
from pathways.models import OpeningHours, system_user
from tests.cases.durations.hospital import DAY, HOUR, NOON, stages, stays
from tests.factories import (
    MONDAY,
    TeamFactory,
    a_case,
    a_detour_pathway,
    a_draft,
    a_manager,
    a_pathway,
    a_stage,
    fresh,
    publish,
    the_move,
)

pytestmark = pytest.mark.django_db

NOW = NOON + 30 * DAY


def chosen(stage, *, days=30, as_of=NOW, **values):
    last = as_of.astimezone(LONDON).date()
    return Chosen(stage.version.pathway, last - timedelta(days=days - 1), last, as_of, **values)


def keys(asked, code):
    """Those that are read one by one, which are those that are read all at once."""
    found = reading.stays_in(asked, code)
    table = reading.columns_of(asked, reading.places(asked), asked.since).get(code)
    times = sorted(
        (number_of(stay.entered_at), NEVER if stay.left_at is None else number_of(stay.left_at)) for stay in found
    )
    assert sorted(zip(table.entered.tolist(), table.left.tolist(), strict=True)) == times
    return {stay.key for stay in found}


def pks(entries):
    return {entry.pk for entry in entries}


@pytest.fixture
def stage():
    return stages(short="2 days")["short"]


# Which count --------------------------------------------------------------------------------------------------------


def test_those_that_left_in_the_period_and_those_that_wait_at_its_end(stage):
    first = begin_of(date(2026, 6, 2))
    left = stays(stage, (NOON - 9 * DAY, first), (NOON, NOON + DAY), (NOON, NOW), (NOW, NOW))
    waiting = stays(stage, (NOON - 99 * DAY, None), (NOW, None))
    stays(stage, (NOON - DAY, first - timedelta(microseconds=1)), (NOW + HOUR, None))
    assert keys(chosen(stage), "short") == pks([*left, *waiting])
    found = reading.stays_in(chosen(stage), "short")
    assert {stay.key for stay in found if is_wait(stay, NOW)} == pks(waiting)


@pytest.mark.parametrize(("left_at", "counts"), [("28T23:59", False), ("29T00:00", True), ("29T00:30", True)])
def test_a_period_begins_at_midnight_in_london_also_when_the_clocks_change(stage, left_at, counts):
    """On 29 March 2026 the clocks go forward at 1am."""
    as_of = datetime(2026, 3, 29, 12, tzinfo=LONDON)
    left = datetime.fromisoformat(f"2026-03-{left_at}").replace(tzinfo=LONDON)
    (entry,) = stays(stage, (left - DAY, left))
    assert keys(chosen(stage, days=1, as_of=as_of), "short") == ({entry.pk} if counts else set())


def test_of_a_day_that_is_over_all_of_it_counts_and_nothing_after_it(stage):
    midnight = begin_of(date(2026, 6, 11))
    before, at, after, goes_on = stays(
        stage, (NOON, midnight - HOUR), (NOON, midnight), (NOON, midnight + HOUR), (midnight, None)
    )
    asked = Chosen(stage.version.pathway, date(2026, 6, 10), date(2026, 6, 10), midnight)
    assert asked.as_of == end_of(date(2026, 6, 10))
    assert keys(asked, "short") == pks([before, at, after])
    waits = {stay.key for stay in reading.stays_in(asked, "short") if is_wait(stay, asked.as_of)}
    assert waits == pks([at, after])
    assert goes_on.pk not in waits


def test_a_period_ends_on_the_day_as_of_which_it_is_asked(stage):
    with pytest.raises(ValueError, match="The period ends on 2026-06-30, and not on the day of 2026-07-01"):
        Chosen(stage.version.pathway, date(2026, 6, 1), date(2026, 6, 30), NOW)


def test_only_the_team_the_version_and_the_facts_asked_for(stage):
    clinic = TeamFactory(code="clinic")
    by_team = stays(stage, (NOON, NOW), (NOON, None), team=clinic)
    by_fact = stays(stage, (NOON, NOW), (NOON, None), facts={"lab": "North", "site": "A"})
    other = stays(stage, (NOON, NOW), facts={"lab": "South"})
    assert keys(chosen(stage, team=clinic), "short") == pks(by_team)
    assert keys(chosen(stage, facts={"lab": "North"}), "short") == pks(by_fact)
    assert keys(chosen(stage, facts={"lab": "North", "site": "B"}), "short") == set()
    assert keys(chosen(stage), "short") == pks([*by_team, *by_fact, *other])


def test_a_stage_is_one_in_all_versions_and_each_version_can_be_asked_for(stage):
    old = stays(stage, (NOON, NOW))
    version = a_draft("elective")
    again = a_stage(version, "short", is_first=True)
    new = stays(again, (NOON, NOW))
    assert keys(chosen(stage), "short") == pks(old)  # nobody sees a draft
    publish(version)
    assert keys(chosen(again), "short") == pks([*old, *new])
    assert keys(chosen(again, version=version), "short") == pks(new)
    assert keys(chosen(again, version=stage.version), "short") == pks(old)
    assert reading.places(chosen(again))["short"].stage == again


def test_a_stage_that_is_not_there_has_no_stays(stage):
    assert reading.stays_in(chosen(stage), "nowhere") == []


@pytest.fixture
def by():
    return a_manager("booking")


def move(case, target, by, at):
    return lifecycle.move_case(fresh(case), the_move(case, target), by=by, at=at)


def asked_of(case, as_of, **values):
    return chosen(case.entries.first().stage, as_of=as_of, days=200, **values)


def test_a_stage_that_is_entered_again_has_a_stay_each_time():
    case = a_case()
    for day, target in enumerate(("review", "triage", "review", "triage"), start=1):
        lifecycle.move_case(fresh(case), the_move(case, target), by=system_user(), at=MONDAY + day * DAY)
    found = reading.stays_in(asked_of(case, MONDAY + 5 * DAY), "triage")
    assert sorted((stay.entered_at - MONDAY).days for stay in found) == [0, 2, 4]


def test_a_case_that_closed_is_counted_once_and_its_final_stage_never(by):
    case = a_case()
    move(case, "done", by, MONDAY + DAY)
    asked = asked_of(case, MONDAY + 9 * DAY)
    assert len(reading.stays_in(asked, "triage")) == 1
    assert reading.stays_in(asked, "done") == []
    lifecycle.reopen_case(fresh(case), reason="Came back", by=system_user(), at=MONDAY + 3 * DAY)
    assert sorted(stay.left_at is None for stay in reading.stays_in(asked, "triage")) == [False, True]


# When they are and were due -----------------------------------------------------------------------------------------


def due(case, as_of, code="triage"):
    """When the only stay of the stage was due, as was known at ``as_of``; the same from the columns."""
    asked = asked_of(case, as_of)
    (stay,) = reading.stays_in(asked, code)
    table = reading.columns_of(asked, reading.places(asked), asked.since)[code]
    assert table.due.tolist() == [NEVER if stay.due_at is None else number_of(stay.due_at)]
    return stay.due_at


def test_one_that_waits_is_due_when_its_case_is_and_one_that_left_when_it_was(by):
    case = a_case()
    assert due(case, MONDAY + DAY) == fresh(case).due_at == MONDAY + 10 * DAY
    move(case, "review", by, MONDAY + 20 * DAY)
    assert due(case, MONDAY + 21 * DAY) == MONDAY + 10 * DAY


def test_a_hold_counts_from_when_it_was_known(by):
    case = a_case()
    lifecycle.hold_case(case, reason="Abroad", until=MONDAY + 90 * DAY, by=by, at=MONDAY + 3 * DAY)
    assert due(case, MONDAY + 2 * DAY) == MONDAY + 10 * DAY
    assert due(case, MONDAY + 4 * DAY) is None
    lifecycle.resume_case(fresh(case), by=by, at=MONDAY + 7 * DAY)
    move(case, "review", by, MONDAY + 20 * DAY)
    assert due(case, MONDAY + 2 * DAY) == MONDAY + 10 * DAY
    assert due(case, MONDAY + 4 * DAY) is None
    assert due(case, MONDAY + 8 * DAY) == due(case, MONDAY + 30 * DAY) == MONDAY + 14 * DAY


def test_a_stay_that_was_given_less_time_had_all_of_it_before(by):
    urgent = {"raises_priority": True, "shorten_amount": 4, "shorten_unit": "hours"}
    case = a_case(a_pathway(detours=[(a_detour_pathway("urgent"), urgent)]))
    detours.take(case, case.version_map.detour_rules["urgent"], by=by, note="Worse", at=MONDAY + 2 * DAY)
    move(case, "review", by, MONDAY + 3 * DAY)
    assert due(case, MONDAY + DAY) == MONDAY + 10 * DAY
    assert due(case, MONDAY + 2 * DAY + HOUR) == due(case, MONDAY + 9 * DAY) == MONDAY + 2 * DAY + 4 * HOUR


# How time is counted ------------------------------------------------------------------------------------------------


def lengths(asked, code):
    """In hours, one by one and all at once."""
    place = reading.places(asked)[code]
    length = reading.length_of(asked, place.stage)
    found = sorted(length(stay, asked.as_of) / 3600 for stay in reading.stays_in(asked, code))
    table = reading.columns_of(asked, {code: place}, asked.since)[code]
    assert sorted(table.seconds(asked.as_of) / 3600) == pytest.approx(found)
    return found


def test_time_is_counted_as_was_chosen(by):
    case = a_case(a_pathway(limit="5 working days"))  # Monday 9am; open from 9 to 5
    lifecycle.hold_case(case, reason="Abroad", until=MONDAY + 90 * DAY, by=by, at=MONDAY + DAY)
    lifecycle.resume_case(fresh(case), by=by, at=MONDAY + 2 * DAY)
    move(case, "review", by, MONDAY + 4 * DAY)
    as_of = MONDAY + 5 * DAY
    assert lengths(asked_of(case, as_of), "triage") == [96]
    assert lengths(asked_of(case, as_of, without_holds=True), "triage") == [72]
    assert lengths(asked_of(case, as_of, open_time=True), "triage") == [32]
    assert lengths(asked_of(case, as_of, open_time=True, without_holds=True), "triage") == [24]
    assert lengths(asked_of(case, as_of, open_time=True), "review") == [8]


def test_a_hold_that_goes_on_is_left_out_up_to_now(by):
    case = a_case()
    lifecycle.hold_case(case, reason="Abroad", until=MONDAY + 90 * DAY, by=by, at=MONDAY + DAY)
    assert lengths(asked_of(case, MONDAY + 3 * DAY, without_holds=True), "triage") == [24]


def test_without_a_calendar_or_with_one_that_is_never_open_all_time_counts(stage):
    stays(stage, (NOON, NOON + DAY))
    assert lengths(chosen(stage, open_time=True), "short") == [24]
    case = a_case(a_pathway(limit="5 working days"))
    OpeningHours.objects.all().delete()
    case.entries.get().stage.calendar.touch()
    asked = asked_of(case, MONDAY + DAY, open_time=True)
    assert lengths(asked, "triage") == [24]
    assert reading.limit_seconds(case.entries.get().stage, asked) is None


@pytest.mark.parametrize(
    ("limit", "open_time", "hours"),
    [
        ("90 minutes", False, 1.5),
        ("36 hours", False, 36),
        ("10 days", False, 240),
        ("5 working days", False, 168),  # a week, whenever that begins
        ("8 working hours", True, 8),
        ("5 working days", True, 40),
        (None, False, None),
    ],
)
def test_a_limit_is_as_long_as_it_usually_is(limit, open_time, hours):
    stage = a_pathway(limit=limit).active_version.stages.get(code="triage")
    found = reading.limit_seconds(stage, chosen(stage, open_time=open_time))
    assert found == (None if hours is None else hours * 3600)


# What it costs ------------------------------------------------------------------------------------------------------


def test_many_stays_are_read_in_as_many_statements_as_one(stage):
    asked = chosen(stage, without_holds=True)

    def statements(read):
        with CaptureQueriesContext(connection) as captured:
            read()
        return len(captured)

    def read_all():
        return reading.columns_of(asked, reading.places(asked), asked.since)

    stays(stage, (NOON, NOW), (NOON, None))
    few = statements(lambda: reading.stays_in(asked, "short")), statements(read_all)
    stays(stage, *[(NOON, NOW), (NOON, None)] * 20)
    assert (statements(lambda: reading.stays_in(asked, "short")), statements(read_all)) == few
