"""The queue of the rollups: whatever writes a stay, what is queued adds up to the spells there are."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction

from cases import lifecycle, migration
from cases.models import SpellChange, StageEntry
from pathways import publishing
from pathways.models import system_user
from tests.cases.history_import.logs import a_log, bring
from tests.factories import MONDAY, a_case, a_draft, a_manager, a_move, a_pathway, a_stage, fresh, publish, the_move

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
FIELDS = ("stage", "entered_at", "left_at", "due_at")


@pytest.fixture
def by():
    return a_manager("booking")


def queued():
    found = Counter()
    for *spell, sign in SpellChange.objects.values_list(*FIELDS, "sign"):
        found[tuple(spell)] += sign
    return {spell: number for spell, number in found.items() if number}


def spells():
    ended = StageEntry.objects.filter(left_at__isnull=False, ends_journey=False)
    return dict(Counter(ended.values_list(*FIELDS)))


def move(case, target, by, at):
    return lifecycle.move_case(fresh(case), the_move(case, target), by=by, at=at)


def test_a_stay_that_goes_on_is_not_queued():
    a_case()
    assert not SpellChange.objects.exists()


def test_a_move_queues_the_stay_that_ended(by):
    case = a_case()
    move(case, "review", by, MONDAY + DAY)
    (spell,) = queued()
    assert spell[1:] == (MONDAY, MONDAY + DAY, MONDAY + 10 * DAY)
    assert queued() == spells()


def test_the_final_stage_is_no_spell(by):
    move(a_case(), "done", by, MONDAY + DAY)
    assert SpellChange.objects.count() == 1
    assert queued() == spells()


def test_a_case_that_is_closed_and_reopened_queues_each_stay_once(by):
    case = a_case()
    lifecycle.close_case(case, reason="Moved away", by=by, at=MONDAY + DAY)
    lifecycle.reopen_case(fresh(case), reason="Came back", by=by, at=MONDAY + 3 * DAY)
    assert len(queued()) == 1
    move(case, "review", by, MONDAY + 5 * DAY)
    assert len(queued()) == 2
    assert queued() == spells()


def test_nothing_else_about_a_stay_is_queued(by):
    case = a_case()
    hold = {"reason": "Abroad", "until": MONDAY + 9 * DAY}
    lifecycle.hold_case(case, **hold, by=by, at=MONDAY + DAY)
    lifecycle.resume_case(fresh(case), by=by, at=MONDAY + 3 * DAY)
    lifecycle.assign_case(fresh(case), by, by=by)
    assert not SpellChange.objects.exists()


def test_a_move_that_is_taken_back_queues_nothing(by):
    case = a_case()
    with transaction.atomic():
        move(case, "review", by, MONDAY + DAY)
        transaction.set_rollback(True)
    assert not SpellChange.objects.exists()


def test_an_open_stay_that_goes_to_a_new_version_is_counted_there_once_it_ends(by):
    pathway = a_pathway()
    case, early = a_case(pathway), a_case(pathway)
    move(early, "review", by, MONDAY + DAY)
    version = publishing.publish(publishing.revise(pathway, by=system_user()), by=system_user())
    migration.migrate(version, by=system_user())
    assert queued() == spells()
    move(case, "review", by, MONDAY + 2 * DAY)
    assert queued() == spells()
    assert {stage for stage, *_ in queued()} == {early.entries.first().stage_id, fresh(case).entries.first().stage_id}
    assert version.pk in StageEntry.objects.filter(left_at__isnull=False).values_list("stage__version", flat=True)


def test_a_stage_that_is_mapped_to_another_ends_its_stay():
    pathway = a_pathway()
    a_case(pathway)
    version = a_draft("review")
    first = a_stage(version, "first-look", is_first=True)
    a_move(first, a_stage(version, "done", limit=None, kind="final"))
    publish(version)
    migration.migrate(version, by=system_user(), mapping={"triage": "first-look"})
    assert len(queued()) == 1
    assert queued() == spells()


# Imports -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def log():
    """Referred (2 days) → Seen (3 days) → Discharged (final)."""
    version = a_draft("log")
    stages = [
        a_stage(version, "referred", is_first=True, limit="2 days"),
        a_stage(version, "seen", limit="3 days"),
        a_stage(version, "discharged", limit=None, kind="final"),
    ]
    for source, target in pairwise(stages):
        a_move(source, target)
    return publish(version)


def events(*rows):
    return [(case, activity, (MONDAY + timedelta(hours=hours)).isoformat()) for case, activity, hours in rows]


FIRST = [
    ("A", "Referred", 0),
    ("A", "Seen", 80),
    ("A", "Discharged", 100),
    ("B", "Referred", 24),
    ("C", "Referred", 30),
]
# Of A a stay comes between and so changes one, of B the open one ends, of C one of no time is remade.
LATER = [("A", "Referred", 20), ("B", "Seen", 24), ("B", "Discharged", 90), ("C", "Seen", 30), ("C", "Referred", 30)]


def test_an_import_queues_its_spells(tmp_path, log):
    bring(a_log(tmp_path, events(*FIRST)))
    assert len(queued()) == 2
    assert queued() == spells()


def test_an_import_that_remakes_stays_queues_what_came_and_what_went(tmp_path, log):
    bring(a_log(tmp_path, events(*FIRST)))
    bring(a_log(tmp_path, events(*FIRST, *LATER), name="later.csv"))
    assert SpellChange.objects.filter(sign=-1).exists()
    assert queued() == spells()


def test_a_closed_journey_that_turns_out_to_go_on_is_open_again_and_no_spell(tmp_path, log):
    bring(a_log(tmp_path, events(("A", "Referred", 0), ("A", "Seen", 80))))
    assert StageEntry.objects.get(left_at__isnull=False).due_at == MONDAY + 2 * DAY
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET LOCAL midwatch.remake_from_log = 'on'")
        cursor.execute("DELETE FROM cases_stageentry WHERE left_at IS NULL")
        cursor.execute("UPDATE cases_stageentry SET left_at = NULL, left_by_id = NULL, due_at = NULL")
    assert queued() == spells() == {}


# What a stay keeps -------------------------------------------------------------------------------------------------


def change(**values):
    with transaction.atomic():
        StageEntry.objects.update(**values)


def test_an_open_stay_has_no_due_time_of_its_own():
    a_case()
    with pytest.raises(IntegrityError, match="entry_due_at_once_it_has_ended"):
        change(due_at=MONDAY)


def test_a_due_time_that_was_recorded_is_never_changed(by):
    move(a_case(), "done", by, MONDAY + DAY)
    with pytest.raises(IntegrityError, match="part of the record"):
        change(due_at=MONDAY + 5 * DAY)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL midwatch.fill_due_times = 'on'")
    with pytest.raises(IntegrityError, match="part of the record"):
        change(due_at=MONDAY + 5 * DAY)
