"""The rows of a list: the next thing to do, and what they cost."""

import pytest

from cases import lifecycle, reasons, to_do
from cases.models import Case
from cases.reasons import REASONS, Reason
from pathways import groups
from tests.cases.reasons.asking import DAY, TUESDAY, a_filled_in_form, mine, page, row_of
from tests.factories import MONDAY, a_case, a_member, a_pathway, in_group, the_move

pytestmark = pytest.mark.django_db


def test_the_form_that_the_next_move_needs_is_offered_until_it_is_there(nurse):
    pathway = a_pathway(requires=[("form completed", {"form": "risk-assessment"})])
    case = mine(a_case(pathway), nurse)

    _, row = row_of(case, nurse)
    assert (row.next.text, row.next.url) == ("Fill in the Risk assessment", page("forms", case, "risk-assessment"))

    a_filled_in_form(case, nurse, MONDAY)
    assert row_of(case, nurse)[1].next.url == case.get_absolute_url()


def test_nobody_is_asked_to_fill_in_a_form_about_a_case_of_another_team(nurse):
    pathway = a_pathway(requires=[("form completed", {"form": "risk-assessment"})])
    inspector = in_group(groups.INSPECTOR)

    _, row = row_of(a_case(pathway), inspector)

    assert (row.why, row.next.text) == (["Due 12 March 9am."], "Open the case")


def test_a_late_case_in_a_stage_that_waits_is_chased():
    clinician, case = a_member("clinic"), a_case()
    case = lifecycle.move_case(case, the_move(case, "review"), by=a_member("booking"), at=MONDAY)
    case = mine(case, clinician)

    assert row_of(case, clinician)[1].next.text == "Open the case"
    _, late = row_of(case, clinician, MONDAY + 20 * DAY)
    assert (late.next.text, late.next.url) == ("Ask what holds it up", page("chase", case))


def test_what_is_owed_comes_before_what_the_case_could_do_next(nurse):
    case = a_case(a_pathway(handoff="2 days"))
    to_do.add_task(case, "Ring", by=nurse, due_at=TUESDAY, at=MONDAY)

    codes, row = row_of(case, nurse)

    assert codes == ["nobodys", "task"]
    assert row.next.text == "Take it"
    assert row_of(mine(case, nurse), nurse)[1].next.text == "Do the task"


def test_every_reason_stands_in_the_registry_in_the_order_of_its_code():
    assert [*REASONS, Reason.ON_TRACK] == list(Reason)


def test_one_query_reads_all_that_a_row_shows(nurse, detour, django_assert_num_queries):
    reasons.rows(Case.objects.with_reasons(nurse, TUESDAY), nurse, TUESDAY)  # reads the maps

    with django_assert_num_queries(1):
        reasons.rows(Case.objects.visible_to(nurse).with_reasons(nurse, TUESDAY), nurse, TUESDAY)


def test_calendars_are_read_once_for_all_rows(nurse, django_assert_num_queries):
    pathway, later = a_pathway(limit="2 working days"), MONDAY + 20 * DAY
    for _ in range(3):
        mine(a_case(pathway), nurse)
    reasons.rows(Case.objects.with_reasons(nurse, later), nurse, later)

    with django_assert_num_queries(2):
        rows = reasons.rows(Case.objects.with_reasons(nurse, later), nurse, later)

    assert {row.why[0] for row in rows} == {"12 working days over its limit of 2."}
