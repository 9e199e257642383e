"""The rollups: what is drained is what the stays say, whatever comes in between; what differs is found and mended."""

import logging
import random
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from cases import lifecycle, tasks
from cases.durations import buckets, rollups
from cases.models import DurationCell, SpellChange, StageEntry
from cases.showing import LONDON
from pathways.models import system_user
from tests.cases.durations.hospital import DAY, HOUR, NOON, stages, stays
from tests.factories import MONDAY, a_case, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

Grain = DurationCell.Grain


def cells():
    rows = DurationCell.objects.values_list(
        "stage", "grain", "on", "n", "seconds", "squares", "late", "excess", "buckets", "counts"
    )
    return {(stage, grain, on): values for stage, grain, on, *values in rows}


def reckoned():
    """The cells by a plain reckoning from the stays."""
    found = defaultdict(list)
    for stay in StageEntry.objects.filter(left_at__isnull=False, ends_journey=False):
        day = stay.left_at.astimezone(LONDON).date()
        seconds = Decimal((stay.left_at - stay.entered_at) // timedelta(microseconds=1)) / 1_000_000
        late = stay.due_at and (stay.left_at - stay.due_at) // timedelta(microseconds=1)
        late = max(Decimal(late or 0) / 1_000_000, 0)
        for grain, on in (
            (Grain.DAY, day),
            (Grain.WEEK, day - timedelta(days=day.weekday())),
            (Grain.MONTH, day.replace(day=1)),
        ):
            found[stay.stage_id, grain.value, on].append((seconds, late))
    return {key: _cell(spells) for key, spells in found.items()}


def _cell(spells):
    counts = sorted(Counter(buckets.bucket(float(seconds)) for seconds, _ in spells).items())
    return [
        len(spells),
        sum(seconds for seconds, _ in spells),
        sum(seconds * seconds for seconds, _ in spells),
        sum(late > 0 for _, late in spells),
        sum(late for _, late in spells),
        [bucket for bucket, _ in counts],
        [count for _, count in counts],
    ]


def some_stays(number=20, seed=1):
    """Stays of seconds to weeks in two stages that left over five months, some of them late, and a few that wait."""
    chance = random.Random(seed)
    made = stages(short="1 day", long="10 days")
    for stage, limit in ((made["short"], DAY), (made["long"], 10 * DAY)):
        times = []
        for _ in range(number):
            left = NOON + chance.uniform(0, 150) * DAY
            times.append((left - limit * chance.lognormvariate(-0.3, 1.5), left))
        stays(stage, *times, due_after=limit)
        stays(stage, (NOON, None), (NOON + DAY, None), due_after=limit)
    return made


def test_what_is_drained_is_what_the_stays_say():
    some_stays()
    assert rollups.drain() == 40
    assert cells() == reckoned()
    assert not SpellChange.objects.exists()


def test_drained_a_little_at_a_time_it_is_the_same(monkeypatch):
    monkeypatch.setattr(rollups, "BATCH_SIZE", 7)
    some_stays()
    assert rollups.drain() == 40
    assert cells() == reckoned()


def test_drained_again_nothing_changes():
    some_stays()
    rollups.drain()
    before = cells()
    assert rollups.drain() == 0
    assert cells() == before


def test_what_comes_later_is_added():
    made = some_stays()
    rollups.drain()
    stays(made["short"], *((NOON + n * HOUR, NOON + 3 * DAY) for n in range(9)), due_after=DAY)
    rollups.drain()
    assert cells() == reckoned()


def test_a_stay_that_goes_is_taken_out_and_the_last_takes_its_cells_along():
    made = stages(short="1 day", long="10 days")
    for stage in made.values():
        stays(stage, (NOON, NOON + HOUR), (NOON, NOON + 40 * DAY), due_after=DAY, how="imported")
    rollups.drain()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL midwatch.remake_from_log = 'on'")  # as an import does
    StageEntry.objects.filter(stage=made["short"], left_at=NOON + HOUR).delete()
    StageEntry.objects.filter(stage=made["long"]).delete()
    rollups.drain()
    assert cells() == reckoned()
    assert {stage for stage, _, _ in cells()} == {made["short"].pk}


def test_a_drain_that_is_killed_loses_nothing():
    some_stays()
    with transaction.atomic():
        rollups.drain()
        transaction.set_rollback(True)
    assert SpellChange.objects.count() == 40
    rollups.drain()
    assert cells() == reckoned()


@pytest.mark.parametrize(
    ("left_at", "day"),
    [
        ("2026-03-29T00:30+00:00", date(2026, 3, 29)),  # half an hour before the clocks go forward
        ("2026-03-29T23:30+00:00", date(2026, 3, 30)),  # summer time: it is half past midnight
        ("2026-10-24T23:30+00:00", date(2026, 10, 25)),  # half past midnight, of the night in which they go back
        ("2026-10-25T00:30+00:00", date(2026, 10, 25)),
        ("2026-10-25T23:30+00:00", date(2026, 10, 25)),  # 23:30 again, in winter time
        ("2026-10-26T00:00+00:00", date(2026, 10, 26)),
    ],
)
def test_a_stay_belongs_to_the_day_on_which_it_left_in_london(left_at, day):
    left = datetime.fromisoformat(left_at)
    stays(stages(short="1 day")["short"], (left - DAY, left))
    rollups.drain()
    (cell,) = DurationCell.objects.filter(grain=Grain.DAY)
    assert (cell.on, cell.seconds) == (day, 86400)  # 24 hours, whatever the clocks showed
    assert DurationCell.objects.get(grain=Grain.WEEK).on == day - timedelta(days=day.weekday())
    assert DurationCell.objects.get(grain=Grain.MONTH).on == day.replace(day=1)


def test_stays_of_no_time_are_counted():
    stays(stages(short="1 day")["short"], (NOON, NOON), (NOON, NOON))
    rollups.drain()
    assert cells() == reckoned()
    (cell,) = DurationCell.objects.filter(grain=Grain.DAY)
    assert (cell.n, cell.seconds, cell.squares, cell.buckets, cell.counts) == (2, 0, 0, [0], [2])


def test_a_limit_may_be_used_up():
    stage = stages(short="1 day")["short"]
    stays(stage, (NOON, NOON + DAY), (NOON, NOON + DAY + timedelta(microseconds=1)), due_after=DAY)
    rollups.drain()
    (cell,) = DurationCell.objects.filter(grain=Grain.DAY)
    assert (cell.late, cell.excess) == (1, Decimal("0.000001"))


# Found and mended --------------------------------------------------------------------------------------------------


def test_right_cells_are_found_right_however_much_is_queued():
    some_stays()
    assert rollups.check(rollups.stages_of()) == []
    rollups.drain()
    assert rollups.check(rollups.stages_of()) == []
    stays(stages("other", first=None)["first"], (NOON, NOON + DAY))
    assert rollups.check(rollups.stages_of()) == []


@pytest.mark.parametrize(
    "falsified",
    [
        {"n": 99},
        {"seconds": Decimal("1.5")},
        {"squares": 1},
        {"late": 7},
        {"excess": Decimal("0.1")},
        {"buckets": [3], "counts": [60]},
    ],
)
def test_a_falsified_cell_is_found_and_made_anew(falsified):
    made = some_stays()
    rollups.drain()
    for grain in Grain:
        cell = DurationCell.objects.filter(stage=made["long"], grain=grain).order_by("on").first()
        DurationCell.objects.filter(pk=cell.pk).update(**falsified)
        (sentence,) = rollups.check(rollups.stages_of())
        assert sentence.startswith("Elective, version 1, Long: one cell differs from the stays, ")
        assert f"counts {falsified.get('n', cell.n)} and must count {cell.n}." in sentence
        assert cells() == reckoned()
    assert rollups.check(rollups.stages_of()) == []


def test_a_cell_that_is_missing_and_one_too_many_are_found():
    made = some_stays()
    rollups.drain()
    DurationCell.objects.filter(stage=made["long"], grain=Grain.DAY).delete()
    days = len([key for key in reckoned() if key[:2] == (made["long"].pk, Grain.DAY)])
    empty = {"n": 1, "seconds": 1, "squares": 1, "late": 0, "excess": 0, "buckets": [0], "counts": [1]}
    DurationCell.objects.create(stage=made["short"], grain=Grain.DAY, on=date(2020, 1, 1), **empty)
    short, long = rollups.check(rollups.stages_of(), repair=False)
    assert short.endswith(
        "Short: one cell differs from the stays, first that of 1 January 2020, which counts 1 and must count 0."
    )
    assert f"Long: {days} cells differ from the stays" in long
    assert len(rollups.check(rollups.stages_of())) == 2
    assert cells() == reckoned()


def test_cells_are_made_anew_and_what_is_queued_is_counted_once():
    made = some_stays()
    rollups.rebuild([made["short"].pk])
    assert cells() == {}  # all of it is queued still
    rollups.drain()
    DurationCell.objects.all().delete()
    stays(made["short"], (NOON, NOON + DAY))
    rollups.rebuild(rollups.stages_of())
    assert rollups.check(rollups.stages_of()) == []
    rollups.drain()
    assert cells() == reckoned()


def command(**options):
    said = StringIO()
    call_command("rebuild_durations", stdout=said, **options)
    return said.getvalue().strip()


def test_the_command_makes_cells_anew():
    some_stays()
    assert command() == "Rebuilt. 0 stays learned when they were due."
    assert cells() == reckoned()
    assert command(check=True) == "All rollups are right."


def test_the_command_finds_what_differs_and_mends_only_the_pathway_asked_for():
    some_stays()
    stays(stages("other", first=None)["first"], (NOON, NOON + DAY))
    rollups.drain()
    DurationCell.objects.all().update(n=1000)
    with pytest.raises(CommandError, match="Run rebuild_durations"):
        command(check=True)
    command(pathway="elective")
    assert command(check=True, pathway="elective") == "All rollups are right."
    with pytest.raises(CommandError):
        command(check=True, pathway="other")
    with pytest.raises(CommandError, match="There is no pathway “nothing”"):
        command(pathway="nothing")


def test_the_night_learns_due_times_and_says_what_it_made_anew(caplog):
    case = a_case()
    lifecycle.move_case(case, the_move(case, "review"), by=system_user(), at=MONDAY + 20 * DAY)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # without its triggers
        cursor.execute("UPDATE cases_stageentry SET due_at = NULL")
        cursor.execute("SET LOCAL session_replication_role = origin")
    SpellChange.objects.update(due_at=None)
    tasks.check_durations()
    rollups.drain()
    assert DurationCell.objects.get(grain=Grain.DAY).excess == 10 * 86400
    DurationCell.objects.filter(grain=Grain.DAY).update(late=9)
    with caplog.at_level(logging.ERROR):
        tasks.check_durations()
    assert caplog.messages == [
        "Made anew: Review, version 1, Triage: one cell differs from the stays, first that of 22 March 2026, "
        "which counts 1 and must count 1."
    ]
    assert DurationCell.objects.get(grain=Grain.DAY).late == 1


# At once -----------------------------------------------------------------------------------------------------------


def at_once(*acts):
    """Do all of them in threads that begin together; return what they raised."""
    start, raised = Barrier(len(acts)), []

    def do(act):
        try:
            start.wait()
            act()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [Thread(target=do, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.django_db(transaction=True)
def test_moves_drains_and_rebuilds_at_once_lose_nothing_and_count_nothing_twice(monkeypatch):
    monkeypatch.setattr(rollups, "BATCH_SIZE", 3)
    pathway = a_pathway()
    cases, by = [a_case(pathway) for _ in range(24)], system_user()

    def move(own):
        for turn, target in enumerate(("review", "triage", "review", "done"), start=1):
            for case in own:
                lifecycle.move_case(fresh(case), the_move(case, target), by=by, at=MONDAY + turn * DAY)

    def drain():
        for _ in range(30):
            rollups.drain()

    def look():
        for turn in range(6):
            assert rollups.check(rollups.stages_of(), repair=False) == []
            if turn % 2:
                rollups.rebuild(rollups.stages_of())

    assert at_once(lambda: move(cases[:12]), lambda: move(cases[12:]), drain, drain, look) == []
    rollups.drain()
    assert cells() == reckoned()
    assert sum(cell[0] for (_, grain, _), cell in cells().items() if grain == Grain.DAY) == 96
