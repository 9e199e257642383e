"""A log goes on after the pathway that was made from it was tidied: by the names that it always had."""

from datetime import UTC, datetime, timedelta

import pytest

from cases import migration
from cases.models import Case, StageEntry
from cases.watch import sweep, timers
from pathways import publishing, tidying
from pathways.models import Pathway, Team, system_user
from tests.cases.history_import.logs import a_log, bring, journeys
from tests.factories import OrganisationFactory, a_member, the_move

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LOG = [
    ("A", "Referred", NOON),
    ("A", "Test", NOON + HOUR),
    ("B", "Referred", NOON),
    ("B", "Test", NOON + HOUR),
    ("B", "Tests", NOON + 2 * HOUR),
    ("C", "Done", NOON - HOUR),
    ("C", "Test", NOON - 2 * HOUR),
]


def rows(*more):
    return [(case, stage, at.isoformat()) for case, stage, at in (*LOG, *more)]


@pytest.fixture(autouse=True)
def tidied(tmp_path):
    """The log was brought in; Referred became Received, Tests went into Test, and the cases were moved on."""
    OrganisationFactory()
    bring(a_log(tmp_path, rows()), final=["Done"])
    by = system_user()
    draft = publishing.revise(Pathway.objects.get(), by=by)
    tidying.tidy(draft, names={"referred": "Received"}, limits={}, by=by)
    tidying.merge(draft, "tests", "test", by=by)
    version = publishing.publish(draft, by=by)
    migration.migrate(version, by=by, mapping={"tests": "test"}, now=NOON + 9 * HOUR)
    return version


def stays(case):
    found = StageEntry.objects.filter(case__log_id=case).select_related("stage__version")
    return [(stay.stage.code, stay.stage.version.number, stay.entered_at, stay.left_at) for stay in found]


def test_the_same_log_again_adds_nothing_and_rejects_nothing(tmp_path):
    before = list(StageEntry.objects.order_by("pk").values())
    assert bring(a_log(tmp_path, rows())) == {"cases": 3, "events": 7, "added": 0, "rejected": []}
    assert list(StageEntry.objects.order_by("pk").values()) == before


def test_what_is_new_goes_into_the_renamed_and_the_merged_stage(tmp_path):
    more = [("D", "Referred", NOON), ("D", "Tests", NOON + HOUR), ("E", "Received", NOON), ("E", "Test", NOON + HOUR)]
    assert bring(a_log(tmp_path, rows(*more)))["added"] == 4
    assert stays("D") == stays("E") == [("referred", 2, NOON, NOON + HOUR), ("test", 2, NOON + HOUR, None)]


def test_stays_that_have_ended_keep_their_rows_and_the_stage_they_were_in(tmp_path):
    before = {entry.pk: entry.stage_id for entry in StageEntry.objects.filter(case__log_id="A")}
    sweep.run(NOON + 9 * HOUR)
    bring(a_log(tmp_path, rows(("A", "Tests", NOON + 3 * HOUR), ("A", "Done", NOON + 4 * HOUR))))

    assert stays("A") == [
        ("referred", 1, NOON, NOON + HOUR),
        ("test", 2, NOON + HOUR, NOON + 3 * HOUR),
        ("test", 2, NOON + 3 * HOUR, NOON + 4 * HOUR),
        ("done", 2, NOON + 4 * HOUR, NOON + 4 * HOUR),
    ]
    assert before.items() <= {entry.pk: entry.stage_id for entry in StageEntry.objects.all()}.items()
    assert timers.rebuild(check=True) == []


def test_a_case_that_was_mapped_goes_on_as_its_log_says(tmp_path):
    assert stays("B") == [
        ("referred", 1, NOON, NOON + HOUR),
        ("test", 1, NOON + HOUR, NOON + 2 * HOUR),
        ("tests", 1, NOON + 2 * HOUR, NOON + 9 * HOUR),
        ("test", 2, NOON + 9 * HOUR, None),
    ]
    assert bring(a_log(tmp_path, rows(("B", "Done", NOON + 5 * HOUR)))) == {
        "cases": 3,
        "events": 8,
        "added": 1,
        "rejected": [],
    }
    assert stays("B") == [
        ("referred", 1, NOON, NOON + HOUR),
        ("test", 1, NOON + HOUR, NOON + 2 * HOUR),
        ("tests", 1, NOON + 2 * HOUR, NOON + 5 * HOUR),
        ("done", 2, NOON + 5 * HOUR, NOON + 5 * HOUR),
    ]
    assert Case.objects.get(log_id="B").status == "closed"
    assert timers.rebuild(check=True) == []


def test_where_a_case_is_now_is_a_stage_of_its_version(tmp_path):
    bring(a_log(tmp_path, rows(("B", "Received", NOON - HOUR))))
    assert stays("B")[-1] == ("test", 2, NOON + 2 * HOUR, None)
    case = Case.objects.get(log_id="B")
    assert (case.version.number, case.stage, case.open_entry.stage.version) == (2, "test", case.version)


def test_a_case_that_somebody_worked_on_after_it_was_mapped_is_left_alone(tmp_path):
    from cases import lifecycle

    case = Case.objects.get(log_id="B")
    caseworker = a_member(Team.objects.get(code="imported-logs"))
    lifecycle.move_case(case, the_move(case, "done"), by=caseworker)
    report = bring(a_log(tmp_path, rows(("B", "Done", NOON + 5 * HOUR))))
    assert report["added"] == 0
    assert "The case was worked on in Midwatch since its log was imported." in report["rejected"][0]["reason"]


def test_what_the_stages_are_called_now_comes_before_what_they_were_called(tmp_path, tidied):
    by = system_user()
    draft = publishing.revise(tidied.pathway, by=by)
    tidying.tidy(draft, names={"referred": "Test", "test": "Referred"}, limits={}, by=by)
    publishing.publish(draft, by=by)
    bring(a_log(tmp_path, [("F", "Test", NOON.isoformat()), ("F", "Received", (NOON + HOUR).isoformat())]))
    assert [code for code, *_ in stays("F")] == ["referred", "referred"]


def test_a_name_that_no_version_had_is_rejected_and_so_is_that_of_a_draft(tmp_path, tidied):
    by = system_user()
    draft = publishing.revise(tidied.pathway, by=by)
    tidying.tidy(draft, names={"test": "Scan"}, limits={}, by=by)
    report = bring(a_log(tmp_path, rows(("A", "Scan", NOON + 3 * HOUR))))
    assert report["rejected"] == [{"row": 9, "reason": "This pathway has no stage “Scan”."}]


def test_a_case_that_stayed_on_its_version_goes_on_there(tmp_path):
    assert Case.objects.get(log_id="C").version.number == 1, "it was closed"
    bring(a_log(tmp_path, rows(("C", "Received", NOON), ("C", "Tests", NOON + HOUR))))
    assert stays("C")[-2:] == [("referred", 1, NOON, NOON + HOUR), ("tests", 1, NOON + HOUR, None)]
    assert set(journeys()) == {"A", "B", "C"}
