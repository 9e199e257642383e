"""What a move costs in statements. The savepoint of its transaction is not counted: it is no statement on the data.

A plain move costs 11, and one more for each requirement: the case and its timers locked, the stay with what hangs on
it, the mover's role, the calendars; the stay ended and its history, the next begun, the timer set, the case and its
history. What has more to be done costs more, and each of it is said here.
"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import handoffs, lifecycle, recording
from cases.meanwhile import Seen
from cases.watch import sweep
from pathways.models import Calendar
from tests.factories import MONDAY, a_case, a_manager, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
PLAIN = 11
FORM = ("form completed", {"form": "risk-assessment"}, "manager")
NOTE = ("note written", {})
LAB = {"code": "lab", "name": "Lab", "choices": ["North", "South"], "stages": ["review"]}
RING = {"code": "ring", "title": "Ring the patient", "limit_amount": 2, "limit_unit": "days"}


@pytest.fixture
def by():
    return a_manager("booking")


def statements(act):
    """How many statements ``act`` sends, transaction control left out."""
    with CaptureQueriesContext(connection) as captured:
        act()
    sent = [query["sql"] for query in captured.captured_queries]
    return len([sql for sql in sent if not sql.startswith(("SAVEPOINT", "RELEASE"))])


def cost(case, by, target="review", at=MONDAY + DAY, **values):
    """What the move costs once the process knows the map and the calendars."""
    case = fresh(case)
    move, known = the_move(case, target), case.version_map
    _ = known.forms, known.known, known.facts
    for calendar in Calendar.objects.all():
        calendar.schedule()
    seen = case.open_entry.pk
    return statements(lambda: lifecycle.move_case(case, move, by=by, at=at, seen_entry=seen, **values))


def test_a_plain_move(by):
    case = a_case()
    lifecycle.assign_case(case, by, by=by)
    assert cost(case, by) == PLAIN


def test_each_requirement_costs_one_more(by):
    case = a_case(a_pathway(requires=[FORM, NOTE]))
    recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=by, at=MONDAY)
    recording.write_note(case, "Rang.", by=by, at=MONDAY)
    assert cost(case, by) == PLAIN + 2


def test_a_page_that_says_what_it_showed_costs_no_more(by):
    case = a_case()
    until = case.history.latest().history_date
    lifecycle.move_case(other := a_case(case.version.pathway), the_move(other, "review"), by=by)  # of no concern here
    case, move = fresh(case), the_move(case, "review")
    for calendar in Calendar.objects.all():
        calendar.schedule()
    _ = case.version_map.facts
    seen = Seen(case.open_entry.pk, max(until, case.opened_at), by)
    assert statements(lambda: lifecycle.move_case(case, move, by=by, at=MONDAY + DAY, seen_entry=seen)) == PLAIN


def test_facts_cost_nothing_and_a_note_that_is_required_two(by):
    assert cost(a_case(a_pathway("facts", facts=[LAB])), by, facts={"lab": "North"}) == PLAIN
    assert cost(a_case(a_pathway("note", requires=[NOTE])), by, note="Rang.") == PLAIN + 1 + 2


def test_a_form_that_is_filled_in_on_the_way_costs_its_row_and_its_history(by):
    forms = {"risk-assessment": {"falls": "no"}}
    assert cost(a_case(a_pathway(requires=[FORM])), by, forms=forms) == PLAIN + 1 + 2


def test_an_override_costs_who_may_and_its_row(by):
    case = a_case(a_pathway(requires=[FORM]))
    requirement = the_move(case, "review").requirements.get().pk
    assert cost(case, by, overriding={requirement: "They ring at noon."}) == PLAIN + 1 + 2


def test_a_move_that_ends_a_hold_reads_and_ends_it(by):
    case = a_case()
    lifecycle.hold_case(case, reason="Abroad", until=MONDAY + 90 * DAY, by=by, at=MONDAY)
    assert cost(case, by) == PLAIN + 3


def test_a_move_out_of_a_stage_that_is_late_reads_and_resolves_what_was_raised(by):
    case = a_case()
    sweep.run(MONDAY + 20 * DAY)
    assert cost(case, by, at=MONDAY + 20 * DAY) == PLAIN + 3


def test_a_move_that_nobody_swept_records_what_it_missed(by):
    assert cost(a_case(), by, at=MONDAY + 20 * DAY) == PLAIN + 1


def test_a_task_costs_its_row_its_history_and_its_timer(by):
    case = a_case(a_pathway(tasks=[RING]))
    lifecycle.move_case(case, the_move(case, "review"), by=by)
    assert cost(case, a_member("clinic"), "triage", at=None) == PLAIN + 6


def test_a_move_to_the_end_clears_what_was_watched(by):
    assert cost(a_case(), by, "done") == PLAIN + 2


def test_an_offer_that_falls_away_costs_its_end(by):
    case = a_case(a_pathway(handoff="2 days"))
    handoffs.offer(case, the_move(case, "review"), by=by, note="Needs a lift", at=MONDAY)
    assert cost(case, by, "done") == PLAIN + 2 + 8
