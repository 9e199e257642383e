"""When a stay was due is kept when it ends, and found out afterwards where nobody was there to say it."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from cases import detours, lifecycle
from cases.durations import due_times
from cases.models import StageEntry
from pathways.models import OpeningHours
from tests.factories import (
    MONDAY,
    a_case,
    a_detour_pathway,
    a_manager,
    a_member,
    a_pathway,
    fresh,
    the_move,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def by():
    return a_manager("booking")


def move(case, target, by, at):
    return lifecycle.move_case(fresh(case), the_move(case, target), by=by, at=at)


def ended():
    return StageEntry.objects.filter(left_at__isnull=False).order_by("entered_at", "pk")


def forget_due_times():
    """Let the stays be as an older Midwatch left them."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # without its triggers
        cursor.execute("UPDATE cases_stageentry SET due_at = NULL")
        cursor.execute("SET LOCAL session_replication_role = origin")


def some_stays(by):
    """In time, late, held and late, shortened, in working time, without a limit: as many as there are rules."""
    urgent = {"raises_priority": True, "shorten_amount": 4, "shorten_unit": "hours"}
    pathway = a_pathway(detours=[(a_detour_pathway("urgent"), urgent)])
    in_time, late, held, hurried = (a_case(pathway) for _ in range(4))
    move(in_time, "review", by, MONDAY + DAY)
    move(late, "review", by, MONDAY + 20 * DAY)
    lifecycle.hold_case(held, reason="Abroad", until=MONDAY + 90 * DAY, by=by, at=MONDAY + DAY)
    lifecycle.resume_case(fresh(held), by=by, at=MONDAY + 4 * DAY)
    lifecycle.hold_case(fresh(held), reason="Ill", until=MONDAY + 90 * DAY, by=by, at=MONDAY + 12 * DAY)
    move(held, "review", by, MONDAY + 20 * DAY)
    rule = hurried.version_map.detour_rules["urgent"]
    detours.take(hurried, rule, by=by, note="Worse", at=MONDAY + 2 * DAY)
    move(hurried, "review", by, MONDAY + 3 * DAY)
    move(in_time, "done", a_member("clinic"), MONDAY + 3 * DAY)
    move(a_case(a_pathway("free", limit=None)), "done", by, MONDAY + DAY)


def test_a_stay_keeps_when_it_was_due(by):
    case = a_case()
    due_at = case.due_at
    move(case, "review", by, MONDAY + 20 * DAY)
    assert ended().get().due_at == due_at == MONDAY + 10 * DAY


def test_a_hold_that_ends_with_the_stay_moves_its_due_time(by):
    case = a_case()
    lifecycle.hold_case(case, reason="Abroad", until=MONDAY + 90 * DAY, by=by, at=MONDAY + 4 * DAY)
    move(case, "review", by, MONDAY + 7 * DAY)
    assert ended().get().due_at == MONDAY + 13 * DAY


def test_a_stay_without_a_limit_has_none(by):
    move(a_case(a_pathway(limit=None)), "review", by, MONDAY + DAY)
    assert ended().get().due_at is None


def test_those_forgotten_are_found_out_as_they_were(by):
    some_stays(by)
    known = list(ended().values_list("pk", "due_at"))
    assert len({due_at for _, due_at in known if due_at}) == 4
    forget_due_times()
    assert due_times.fill() == 5
    assert list(ended().values_list("pk", "due_at")) == known
    assert due_times.fill() == 0


def test_only_those_asked_for_are_filled(by):
    some_stays(by)
    forget_due_times()
    first = ended().first()
    assert due_times.fill(StageEntry.objects.filter(pk=first.pk)) == 1
    assert ended().filter(due_at__isnull=False).get() == first


def test_more_than_a_batch_is_filled(by, monkeypatch):
    some_stays(by)
    forget_due_times()
    monkeypatch.setattr(due_times, "BATCH_SIZE", 2)
    assert due_times.fill() == 5


def test_a_limit_that_nobody_can_count_leaves_the_others_as_they_are(by):
    some_stays(by)
    forget_due_times()
    OpeningHours.objects.all().delete()
    for calendar in {entry.stage.calendar for entry in StageEntry.objects.select_related("stage__calendar")} - {None}:
        calendar.touch()
    assert due_times.fill() == 4
    assert not ended().filter(stage__code="review", due_at__isnull=False).exists()


def test_a_due_time_is_not_filled_in_a_stay_that_has_one(by):
    move(a_case(), "review", by, MONDAY + DAY)
    entry = ended().get()
    with transaction.atomic():
        due_times._fill([entry], {entry.stage_id: None})
    assert ended().get().due_at == MONDAY + 10 * DAY
