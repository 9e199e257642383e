"""The limits that past stays propose."""

from datetime import UTC, datetime, timedelta

import pytest

from cases.proposed_limits import AT_LEAST, Proposal, proposed_limits
from pathways import publishing, tidying
from pathways.models import Pathway, system_user
from tests.cases.history_import.logs import a_log, bring

NOON = datetime(2025, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def proposals(tmp_path, rows, **options):
    bring(a_log(tmp_path, [(case, stage, at.isoformat()) for case, stage, at in rows]), **options)
    version = publishing.revise(Pathway.objects.get(), by=system_user())
    return version, proposed_limits(version)


@pytest.mark.django_db
def test_it_is_what_85_in_100_of_the_stays_that_have_ended_kept_to(tmp_path):
    rows = [row for n in range(21) for row in ((f"C{n}", "Test", NOON), (f"C{n}", "Done", NOON + n * HOUR))]
    rows += [("waits", "Test", NOON)]
    _, found = proposals(tmp_path, rows, final=["Done"])

    assert found == {"test": Proposal(stays=21, kept_to=17 * HOUR)}, "Done closed the cases, and is no stay"
    assert str(found["test"].limit) == "17 hours"


@pytest.mark.django_db
def test_a_stage_that_others_went_into_counts_their_stays_too(tmp_path):
    rows = [
        row
        for n in range(10)
        for row in (
            (f"C{n}", "Test", NOON),
            (f"C{n}", "Tests", NOON + HOUR),
            (f"C{n}", "Done", NOON + 4 * HOUR),
        )
    ]
    version, found = proposals(tmp_path, rows, final=["Done"])
    assert {code: (one.stays, one.limit) for code, one in found.items()} == {"test": (10, None), "tests": (10, None)}

    tidying.merge(version, "test", "tests", by=system_user())
    assert proposed_limits(version) == {"tests": Proposal(stays=20, kept_to=3 * HOUR)}


@pytest.mark.parametrize(
    ("kept_to", "limit"),
    [
        (timedelta(0), None),
        (timedelta(microseconds=1), "15 minutes"),
        (timedelta(minutes=45), "45 minutes"),
        (timedelta(minutes=45, seconds=1), "1 hour"),
        (HOUR, "1 hour"),
        (HOUR + timedelta(seconds=1), "2 hours"),
        (48 * HOUR, "48 hours"),
        (48 * HOUR + timedelta(seconds=1), "3 days"),
        (72 * HOUR, "3 days"),
        (timedelta(days=30, seconds=1), "31 days"),
    ],
)
def test_it_is_rounded_up_to_whole_hours_from_two_days_on_to_whole_days_and_below_an_hour_to_quarters(kept_to, limit):
    found = Proposal(AT_LEAST, kept_to).limit
    assert (str(found) if found else None) == limit


def test_below_twenty_stays_none_is_proposed():
    assert Proposal(AT_LEAST - 1, HOUR).limit is None
    assert Proposal(0).limit is None
