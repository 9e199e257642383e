"""The worklist: order, filters, pages, and what a row says."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import lifecycle, recording
from cases.models import Case
from cases.web import worklist
from pathways.models import Pathway
from tests.cases.web.reading import words
from tests.factories import PatientFactory, a_case, a_pathway, the_move

DAY = timedelta(days=1)


@pytest.fixture
def aged(pathway):
    """Make a case that came into its stage some days ago."""

    def make(days, name="Test", **values):
        patient = PatientFactory(given_name="Test", family_name=name)
        return a_case(pathway, at=timezone.now() - days * DAY, patient=patient, **values)

    return make


def listed(page):
    return [row.case.patient.family_name for row in page.context["rows"]]


def test_the_most_late_comes_first_and_what_has_no_due_time_last(signed_in, aged, caseworker):
    aged(1, "Fresh")
    aged(14, "Latest")
    held = aged(30, "Held")
    aged(11, "Late")
    lifecycle.hold_case(held, reason="On holiday", until=timezone.now() + DAY, by=caseworker)

    assert listed(signed_in.get("/cases/")) == ["Latest", "Late", "Fresh", "Held"]


def test_a_row_says_where_how_long_how_late_and_who(signed_in, aged, caseworker):
    case = aged(12.5, "Abbott")
    lifecycle.assign_case(case, caseworker, by=caseworker)

    row = words(signed_in.get("/cases/"))

    assert f"{case.reference} ABBOTT, Test" in row
    assert "Triage Review" in row
    assert "Late 2 days over its limit of 10 here for 12 days" in row
    assert "Priya Shah Booking team" in row


def test_a_case_on_hold_says_until_when(signed_in, aged, caseworker):
    lifecycle.hold_case(aged(3), reason="On holiday", until=timezone.now() + 9 * DAY, by=caseworker)

    assert "On hold here for 3 days, limit 10 days, on hold until" in words(signed_in.get("/cases/"))


def test_a_case_of_a_log_is_shown_by_its_number_there(signed_in, pathway):
    a_case(pathway)
    Case.objects.update(patient=None, log_id="NA")

    assert "NA" in words(signed_in.get("/cases/"))


def test_closed_cases_are_not_listed_unless_asked_for(signed_in, aged, caseworker):
    lifecycle.close_case(aged(3, "Gone"), reason="Moved away", by=caseworker)
    aged(2, "Here")

    assert listed(signed_in.get("/cases/")) == ["Here"]
    assert listed(signed_in.get("/cases/?status=closed")) == ["Gone"]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ("pathway=review", ["Waiting", "Late", "Fresh"]),
        ("pathway=other", ["Other"]),
        ("stage=review/triage", ["Late", "Fresh"]),
        ("stage=review/review", ["Waiting"]),
        ("team=clinic", ["Waiting"]),
        ("team=booking", ["Late", "Fresh", "Other"]),
        ("team=@my-teams", ["Late", "Fresh", "Other"]),
        ("team=@me", ["Fresh"]),
        ("late=on", ["Waiting", "Late"]),
        ("late=on&team=booking", ["Late"]),
        ("status=on_hold", []),
        ("pathway=nonsense", ["Waiting", "Late", "Fresh", "Other"]),
        ("stage=nonsense", ["Waiting", "Late", "Fresh", "Other"]),
    ],
)
def test_the_list_is_narrowed_by_what_is_chosen(signed_in, aged, caseworker, chosen, found):
    aged(11, "Late")
    lifecycle.assign_case(aged(1, "Fresh"), caseworker, by=caseworker)
    a_case(a_pathway("other"), at=timezone.now(), patient=PatientFactory(family_name="Other"))
    waiting = aged(40, "Waiting")
    form, moved_at = waiting.version_map.forms["risk-assessment"], timezone.now() - 20 * DAY
    recording.complete_form(waiting, form, {"falls": "no"}, by=caseworker, at=moved_at)
    lifecycle.move_case(waiting, the_move(waiting, "review"), by=caseworker, at=moved_at)

    assert listed(signed_in.get(f"/cases/?{chosen}")) == found


def test_the_stages_to_choose_from_stand_under_their_pathway(signed_in, pathway):
    a_pathway("other")

    choices = dict(signed_in.get("/cases/").context["filter"].fields["stage"].choices)

    assert choices["Other"][0] == ("other/triage", "Triage")
    assert choices["Review"][0] == ("review/triage", "Triage")


def test_a_long_list_has_pages_that_keep_the_filter(signed_in, aged, monkeypatch):
    monkeypatch.setattr(worklist, "PAGE_SIZE", 2)
    for days in (15, 14, 13):
        aged(days, f"Late {days}")
    aged(1, "Fresh")

    first, second = signed_in.get("/cases/?late=on"), signed_in.get("/cases/?late=on&page=2")

    assert listed(first) == ["Late 15", "Late 14"]
    assert listed(second) == ["Late 13"]
    assert 'href="?late=on&amp;page=2"' in first.content.decode()
    assert listed(signed_in.get("/cases/?late=on&page=nonsense")) == ["Late 15", "Late 14"]


def test_a_list_that_is_too_long_says_so_and_ends(signed_in, aged, monkeypatch):
    monkeypatch.setattr(worklist, "COUNTED", 2)
    for days in (3, 2, 1):
        aged(days)

    page = signed_in.get("/cases/")

    assert "More than 2 cases: the first 2 are listed" in words(page)
    assert len(page.context["rows"]) == 2


def test_an_empty_list_says_what_to_do(signed_in, pathway):
    assert "Your teams have no case now." in words(signed_in.get("/cases/"))
    assert "Choose less above, or show all." in words(signed_in.get("/cases/?late=on"))


def test_the_list_costs_the_same_few_statements_whatever_it_holds(signed_in, aged, caseworker):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            signed_in.get("/cases/")
        return len(captured)

    aged(1)
    statements()  # the map of the pathway is read once per process
    with_one = statements()
    for days in range(2, 9):
        case = aged(days)
        lifecycle.assign_case(case, caseworker, by=caseworker)
    lifecycle.hold_case(case, reason="On holiday", until=timezone.now() + DAY, by=caseworker)

    assert statements() == with_one
    assert with_one <= 8


def test_a_pathway_without_published_version_is_not_offered(signed_in):
    Pathway.objects.create(code="draft", name="Drafted")

    assert "Drafted" not in signed_in.get("/cases/").content.decode()
