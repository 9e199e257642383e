"""Imports at one time with others, on real connections."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from cases import history_import, lifecycle
from cases.models import Case, LogEvent, StageEntry
from cases.refusals import Refused
from cases.watch import sweep, timers
from pathways.models import Pathway, Team
from tests.cases.history_import.logs import a_log, journeys, reckoned
from tests.factories import a_draft, a_member, a_move, a_stage, publish, the_move

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2025, 5, 1, 9, tzinfo=UTC)
EVENTS = [(f"C{case}", name, AT + timedelta(hours=case + n)) for case in range(40) for n, name in enumerate("ABC")]
ROWS = [(case, name, at.isoformat()) for case, name, at in EVENTS]


def bring(path, code="log"):
    with history_import.imported(path, code, finals=["C"]) as report:
        return report.added


def at_once(*acts):
    """Do all ``acts`` at the same moment, each in a thread with its own connection; return what each returned."""
    start = threading.Barrier(len(acts))

    def one(act):
        try:
            start.wait()
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_two_imports_of_one_file_bring_the_same_as_one_after_the_other(tmp_path):
    path = a_log(tmp_path, ROWS)
    added = at_once(lambda: bring(path), lambda: bring(path))
    assert sorted(added) == [0, len(ROWS)]
    assert journeys() == reckoned(EVENTS, finals="C")
    assert (Pathway.objects.count(), Team.objects.count(), LogEvent.objects.count()) == (1, 1, len(ROWS))


def test_a_shorter_and_a_longer_file_at_once_bring_the_longer(tmp_path):
    bring(a_log(tmp_path, [("seed", name, AT.isoformat()) for name in "ABC"]))
    short, long = a_log(tmp_path, ROWS[:70], name="short.csv"), a_log(tmp_path, ROWS, name="long.csv")
    added = at_once(lambda: bring(short), lambda: bring(long))
    assert sum(added) == len(ROWS)
    found = journeys()
    del found["seed"]
    assert found == reckoned(EVENTS, finals="C")


def test_moves_and_sweeps_go_on_during_an_import(tmp_path):
    version = a_draft("log")
    stages = {
        name: a_stage(version, name.lower(), name=name, limit="1 hour", ladder=[("breach", "after", "0 hours")])
        for name in "AB"
    }
    stages["A"].is_first = True
    stages["A"].save()
    stages["C"] = a_stage(version, "c", name="C", kind="final", limit=None)
    a_move(stages["A"], stages["B"])
    publish(version)
    bring(a_log(tmp_path, [row for row in ROWS if row[1] == "A"]))
    caseworker = a_member("booking")
    path = a_log(tmp_path, ROWS)

    def move_some():
        for case in Case.objects.order_by("-pk")[:20]:
            with suppress(Refused, StopIteration):  # its log has moved it on, or closed it, before
                lifecycle.move_case(case, the_move(case, "b"), by=caseworker)

    at_once(move_some, lambda: bring(path), lambda: [sweep.run() for _ in range(5)])

    by_hand = set(StageEntry.objects.filter(how="moved").values_list("case__log_id", flat=True))
    expected = reckoned(EVENTS, finals="C")
    for log_id, journey in journeys().items():
        if log_id in by_hand:
            assert [stay.stage for stay in journey] == ["A", "B"]
        else:
            assert journey == expected[log_id]
    assert timers.rebuild(check=True) == []
