"""Any log, in any order, brought in any pieces, gives the journeys that a plain reckoning of its events gives."""

import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.models import Case
from cases.watch import sweep, timers
from tests.cases.history_import.logs import a_log, bring, journeys, reckoned
from tests.factories import a_draft, a_move, a_stage, publish

pytestmark = pytest.mark.django_db

NOON = datetime(2025, 5, 1, 12, tzinfo=UTC)
FINALS = ["Done", "Died"]
ordinary = settings(max_examples=30)

# Few cases, stages and instants, so that events meet.
events = st.tuples(
    st.sampled_from(["NA", "1", "01"]),
    st.sampled_from(["Triage", "Bed", *FINALS]),
    st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours)),
)
logs = st.lists(events, max_size=12)


@pytest.fixture
def pathway():
    version = a_draft("log")
    stages = {
        name: a_stage(
            version,
            name.lower(),
            name=name,
            kind="final" if name in FINALS else "waiting",
            is_first=name == "Triage",
            limit=None if name in FINALS else "1 hour",
            ladder=[("breach", "after", "0 hours")],
        )
        for name in ("Triage", "Bed", *FINALS)
    }
    a_move(stages["Triage"], stages["Bed"])
    a_move(stages["Bed"], stages["Done"])
    return publish(version)


class Known:
    """All events brought so far, each with its place among those of its instant.

    An event is (case, stage, instant, how many-th). In a case that gets new ones, the events of the newest file are
    placed after all that it does not have.
    """

    def __init__(self):
        self.places = {}

    def bring(self, log):
        """Take in ``log``; return how many of its events were new."""
        counted, brought = Counter(), []
        for event in log:
            counted[event] += 1
            brought.append((*event, counted[event]))
        new = [event for event in brought if event not in self.places]
        growing, base = {event[0] for event in new}, max(self.places.values(), default=0)
        for row, event in enumerate(brought, start=1):
            if event[0] in growing:
                self.places[event] = base + row
        return len(new)

    @property
    def journeys(self):
        return reckoned([event[:3] for event in sorted(self.places, key=self.places.get)], FINALS)


def imported(log, **options):
    with tempfile.TemporaryDirectory() as place:
        return bring(a_log(Path(place), [(case, stage, at.isoformat()) for case, stage, at in log]), **options)


@given(logs.filter(lambda log: {stage for _, stage, _ in log} - set(FINALS)))
@ordinary
def test_a_log_in_any_order_becomes_its_journeys(log):
    with transaction.atomic():
        finals = {stage for _, stage, _ in log} & set(FINALS)
        assert imported(log, final=list(finals))["added"] == len(log)
        assert journeys() == reckoned(log, FINALS)
        transaction.set_rollback(True)


@given(st.lists(logs, min_size=1, max_size=4), st.booleans())
@ordinary
def test_a_log_in_any_pieces_becomes_the_journeys_of_all_its_events(pathway, pieces, swept):
    with transaction.atomic():
        known = Known()
        for piece in pieces:
            assert imported(piece)["added"] == known.bring(piece)
            # A stay that was escalated keeps its row, also where it turns out to have taken no time.
            assert in_any_order_of_an_instant(journeys(), swept) == in_any_order_of_an_instant(known.journeys, swept)
            assert_that_cases_agree_with_their_journeys()
            if swept:
                sweep.run(NOON + timedelta(hours=9))
                assert sweep.run(NOON + timedelta(hours=9)).escalations == 0
        before = journeys()
        for piece in pieces:
            assert imported(piece)["added"] == 0
        assert journeys() == before
        transaction.set_rollback(True)


def in_any_order_of_an_instant(found, forgiving):
    """The journeys, with the stays of one instant that took no time sorted by their names if ``forgiving``."""
    if not forgiving:
        return found
    return {
        case: sorted(journey, key=lambda s: (s.entered_at, s.left_at != s.entered_at, s.ends_journey, s.stage))
        for case, journey in found.items()
    }


def assert_that_cases_agree_with_their_journeys():
    assert timers.rebuild(check=True) == []
    for case in Case.objects.all():
        entries = list(case.entries.all())
        last = entries[-1]
        assert case.opened_at == entries[0].entered_at
        assert (case.stage, case.team_id) == (last.stage.code, last.team_id)
        assert (case.status, case.closed_at) == (("closed", last.left_at) if last.ends_journey else ("open", None))
        assert [e.pk for e in entries if e.left_at is None] == ([] if last.ends_journey else [last.pk])
        assert case.history.first().status == case.status
        unresolved = case.escalations.filter(resolved_at=None).values_list("thing_id", flat=True)
        assert set(unresolved) <= {last.pk}
        assert {escalation.thing_id for escalation in case.escalations.all()} <= {entry.pk for entry in entries}
