"""Reasons that lie in the time a case has."""

from datetime import UTC, datetime

import pytest

from cases import lifecycle, to_do
from cases.models import Case, StageEntry
from tests.cases.reasons.asking import DAY, HOUR, TUESDAY, codes_of, mine, row_of
from tests.factories import MONDAY, a_case, a_pathway

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("now", "codes"),
    [
        (datetime(2026, 3, 11, 23, 59, 59, tzinfo=UTC), ["on-track"]),
        (datetime(2026, 3, 12, 0, 0, tzinfo=UTC), ["today"]),
        (datetime(2026, 3, 12, 9, 0, tzinfo=UTC), ["today"]),  # a limit may be used up
        (datetime(2026, 3, 12, 9, 0, 0, 1, tzinfo=UTC), ["breached"]),
    ],
)
def test_a_case_is_late_today_until_it_is_late(nurse, now, codes):
    assert codes_of(mine(a_case(), nurse), nurse, now) == codes


def test_today_ends_at_midnight_in_london_also_in_summer(nurse):
    # Due on 12 June at 00:30 in London, which is 23:30 on the 11th in UTC.
    case = mine(a_case(at=datetime(2026, 6, 1, 23, 30, tzinfo=UTC)), nurse)

    assert codes_of(case, nurse, datetime(2026, 6, 11, 22, 59, tzinfo=UTC)) == ["on-track"]
    assert codes_of(case, nurse, datetime(2026, 6, 11, 23, 0, tzinfo=UTC)) == ["today"]


def test_a_late_case_says_by_how_much_in_the_unit_of_its_limit(nurse):
    case = mine(a_case(a_pathway(limit="10 working days")), nurse)

    _, row = row_of(case, nurse, MONDAY + 16 * DAY)

    assert row.why == ["2 working days over its limit of 10."]


def test_over_a_weekend_a_limit_in_working_days_is_not_exceeded_further(nurse):
    case = mine(a_case(a_pathway(limit="4 working days"), at=MONDAY + 7 * HOUR), nurse)  # due on Friday at 4pm

    _, friday = row_of(case, nurse, MONDAY + 4 * DAY + 8 * HOUR)
    _, sunday = row_of(case, nurse, MONDAY + 6 * DAY)

    assert friday.why == sunday.why == ["1 working hour over its limit of 4 working days."]


def test_a_case_that_is_late_today_says_until_when(nurse):
    _, row = row_of(mine(a_case(), nurse), nurse, MONDAY + 10 * DAY - HOUR)

    assert row.why == ["Its limit of 10 days ends today 9am."]


@pytest.mark.parametrize(
    ("limit", "words"), [("10 days", "Due Thursday 9am."), (None, "No limit."), ("2 days", "Due tomorrow 9am.")]
)
def test_a_case_on_track_says_when_it_is_due(nurse, limit, words):
    now = MONDAY + 7 * DAY if limit == "10 days" else TUESDAY

    case = mine(a_case(a_pathway(limit=limit)), nurse)
    # Or without a limit nothing comes next.
    to_do.add_task(case, "Ring", owner=nurse, by=nurse, due_at=MONDAY + 30 * DAY, at=MONDAY)

    codes, row = row_of(case, nurse, now)

    assert (codes, row.why) == (["on-track"], [words])


def test_a_case_on_hold_is_on_track_and_says_until_when(nurse):
    case = mine(a_case(), nurse)
    lifecycle.hold_case(case, reason="Away", until=MONDAY + 20 * DAY, by=nurse, at=TUESDAY)

    codes, row = row_of(case, nurse, MONDAY + 15 * DAY)

    assert (codes, row.why) == (["on-track"], ["On hold until 22 March 9am."])
    assert row.next.text == "Open the case"


def test_an_urgent_case_is_first_of_all(nurse):
    case = mine(a_case(), nurse)
    Case.objects.filter(pk=case.pk).update(priority=Case.Priority.URGENT)

    codes, row = row_of(case, nurse, MONDAY + 12 * DAY)

    assert codes == ["urgent", "breached"]
    assert row.why == ["Urgent.", "2 days over its limit of 10."]


def test_a_stay_that_was_shortened_does_not_claim_the_limit_of_its_stage(nurse):
    case = mine(a_case(), nurse)
    due = TUESDAY + 4 * HOUR
    Case.objects.filter(pk=case.pk).update(due_at=due)
    StageEntry.objects.filter(case=case).update(shortened_at=TUESDAY, shortened_by=nurse, due_by=due)

    _, row = row_of(case, nurse, due + 2 * HOUR)

    assert row.why == ["2 hours late."]
