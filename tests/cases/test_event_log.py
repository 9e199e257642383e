"""The event log as a file: what stands in it, who gets what, that it is written down, and that it can come back."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from cases import event_log, lifecycle
from cases.event_log import Asked
from cases.models import Case, ListExport, StageEntry
from cases.spreadsheets import DANGEROUS, harmless, plain
from pathways.groups import INSPECTOR, PATHWAY_ADMINISTRATOR
from pathways.models import PathwayVersion, Stage
from tests.cases.history_import.logs import a_log, bring, journeys
from tests.cases.web.conftest import *  # noqa: F403 - its world
from tests.cases.web.reading import reasons, words
from tests.factories import (
    MONDAY,
    PatientFactory,
    a_case,
    a_draft,
    a_restricted_case,
    a_stage,
    in_group,
    publish,
    the_move,
)

DAY = timedelta(days=1)
HEADER = ["case_id", "activity", "timestamp", "left_at", "team"]


def taken(pathway, by, **asked):
    """The log as rows, the header first."""
    text = "".join(event_log.take_out(pathway, Asked(**asked), by=by)).removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(text, newline="")))


def post(client, pathway, **sent):
    answer = client.post(f"/pathways/{pathway.code}/event-log/", {"called": "log"} | sent)
    return answer, b"".join(answer).decode("utf-8-sig") if answer.streaming else ""


def test_each_stay_is_a_row_and_nothing_of_the_patient_is_in_it(pathway, manager, caseworker):
    patient = PatientFactory(family_name="Okafor", nhs_number="9991234594")
    case = a_case(pathway, at=MONDAY, patient=patient)
    lifecycle.move_case(case, the_move(case, "done"), by=caseworker, at=MONDAY + DAY)
    waiting = a_case(pathway, at=MONDAY + timedelta(microseconds=5))

    assert taken(pathway, manager) == [
        HEADER,
        [case.reference, "Triage", "2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z", "Booking team"],
        [case.reference, "Done", "2026-03-03T09:00:00Z", "2026-03-03T09:00:00Z", "Clinic team"],
        [waiting.reference, "Triage", "2026-03-02T09:00:00.000005Z", "", "Booking team"],
    ]


def test_facts_are_columns_of_their_own(pathway, manager):
    case = a_case(pathway)
    facts = {"lab": "Lab B", "team": "a fact of that name", "several": ["x", "y"], "unwanted": "z", "number": 7}
    StageEntry.objects.filter(case=case).update(facts=facts)

    assert event_log.facts_of(pathway, manager) == sorted(facts)
    header, row = taken(pathway, manager, facts=("lab", "team", "several", "number"))
    assert header[5:] == ["lab", "team (fact)", "several", "number"]
    assert row[5:] == ["Lab B", "a fact of that name", "x; y", "7"]


def test_a_restricted_case_is_left_out_for_who_may_not_see_it(pathway, manager, pathway_administrator):
    ordinary, restricted = a_case(pathway), a_restricted_case(pathway)
    StageEntry.objects.filter(case=restricted).update(facts={"secret": "x"})

    def cases(by):
        return {row[0] for row in taken(pathway, by)[1:]}

    assert cases(pathway_administrator) == {ordinary.reference}
    assert event_log.facts_of(pathway, pathway_administrator) == []
    assert cases(manager) == cases(in_group(INSPECTOR)) == {ordinary.reference, restricted.reference}
    assert event_log.facts_of(pathway, manager) == ["secret"]


def test_cases_of_the_days_that_are_asked_for_with_their_whole_journeys(pathway, manager, caseworker):
    early, late = a_case(pathway, at=MONDAY), a_case(pathway, at=MONDAY + 2 * DAY)
    lifecycle.move_case(early, the_move(early, "done"), by=caseworker, at=MONDAY + 5 * DAY)

    def cases(**asked):
        return [row[0] for row in taken(pathway, manager, **asked)[1:]]

    assert cases(until=MONDAY + DAY) == [early.reference, early.reference]
    assert cases(since=MONDAY + DAY) == [late.reference]


def test_a_stage_is_called_as_it_is_now_and_two_of_one_name_are_told_apart(pathway, manager):
    a_case(pathway)
    version = a_draft("review")
    a_stage(version, "triage", name="Sorting", is_first=True)
    publish(version)
    a_case(pathway)
    draft = a_draft("review")
    a_stage(draft, "triage", name="Not yet")
    assert [row[1] for row in taken(pathway, manager)[1:]] == ["Sorting", "Sorting"]

    other = a_draft("twins")
    a_stage(other, "first", name="Triage", is_first=True)
    a_stage(other, "second", name="Triage")
    a_case(publish(other))
    assert [row[1] for row in taken(other.pathway, manager)[1:]] == ["Triage (first)"]


def test_it_is_written_down_before_the_first_line_leaves(pathway, manager):
    for _ in range(3):
        a_case(pathway)
    lines = event_log.take_out(pathway, Asked(facts=("lab",), since=MONDAY), by=manager)

    kept = ListExport.objects.get()
    assert (kept.rows, kept.exported_by) == (3, manager)
    assert kept.query == "event log of review; opened from 2026-03-02; fact lab"
    assert len(list(lines)) == 1 + 3

    list(event_log.take_out(a_stage(a_draft("empty"), "x").version.pathway, Asked(), by=manager))
    assert ListExport.objects.first().rows == 0


@given(st.text())
def test_what_is_guarded_comes_back_as_it_was_and_is_no_formula(cell):
    assert plain(harmless(cell)) == cell
    assert not harmless(cell).startswith(DANGEROUS)


@pytest.mark.parametrize("cell", ["'=1", "''=1", "'", "'quoted'", "O'Neill"])
def test_apostrophes_stay_where_they_belong(cell):
    assert plain(harmless(cell)) == cell


ROWS = [
    ("A", "Referred", "2026-01-05T10:00:00Z", "=Lab"),
    ("A", "-Test", "2026-01-05T10:00:00Z", "'=x"),
    ("A", "Referred", "2026-01-05T10:00:00Z", ""),
    ("A", "Done", "2026-01-05T11:00:00.000001Z", "Lab, B\n2"),
    ("=B", "Referred", "2026-03-29T00:59:59Z", "+44"),
    ("=B", "Done", "2026-03-29T01:00:00Z", "ü"),
    ("=B", "Referred", "2026-10-25T01:30:00Z", ""),
    ("C", "Done", "2026-01-05T09:00:00Z", "x"),
]


def test_it_can_be_brought_in_again_and_says_the_same(db, tmp_path):
    administrator = in_group(PATHWAY_ADMINISTRATOR)
    header = ("case_id", "activity", "timestamp", "lab")
    bring(a_log(tmp_path, ROWS, header=header), facts="lab", final=["Done"])
    first = journeys()
    file = tmp_path / "again.csv"
    pathway = PathwayVersion.objects.get().pathway

    lines = list(event_log.take_out(pathway, Asked(facts=("lab",)), by=administrator))
    file.write_text("".join(lines), encoding="utf-8", newline="")
    report = bring(file, pathway="again", facts="lab", final=["Done"])

    assert report == {"cases": 3, "events": 8, "added": 8, "rejected": []}
    assert journeys("again") == first
    assert facts_of_stays("again") == facts_of_stays("log")
    copy = PathwayVersion.objects.get(pathway__code="again").pathway
    assert list(event_log.take_out(copy, Asked(facts=("lab",)), by=administrator)) == lines
    assert bring(file, facts="lab")["added"] == 0, "all of it is known where it came from"


def facts_of_stays(code):
    stays = StageEntry.objects.filter(case__version__pathway__code=code).order_by("case__log_id", "entered_at", "pk")
    return [(stay.case.log_id, stay.stage.name, stay.facts) for stay in stays.select_related("case", "stage")]


def test_the_page_asks_what_of_it_and_sends_it_as_a_file(client, pathway, manager, time_machine):
    time_machine.move_to(datetime(2026, 3, 16, 9, tzinfo=UTC), tick=False)
    case = a_case(pathway, at=timezone.now() - DAY)
    StageEntry.objects.filter(case=case).update(facts={"lab": "Lab B", "site": "North"})
    client.force_login(manager)

    page = client.get("/pathways/review/event-log/")
    assert "It is written down that you took it." in words(page)
    assert page.context["form"].initial["facts"] == ["lab", "site"]

    answer, text = post(client, pathway, facts=["site"])
    assert text.splitlines()[0] == "case_id,activity,timestamp,left_at,team,site"
    assert answer["Content-Disposition"] == 'attachment; filename="event-log-review-2026-03-16-0900.csv"'
    assert answer["Cache-Control"] == "no-store"


def test_days_are_whole_days_in_london(client, pathway, manager):
    in_time = a_case(pathway, at=datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC))
    a_case(pathway, at=datetime(2026, 6, 30, 23, tzinfo=UTC))
    client.force_login(manager)
    day = {"day": 30, "month": 6, "year": 2026}
    days = {f"{end}_{part}": value for end in ("opened_from", "opened_until") for part, value in day.items()}
    _, text = post(client, pathway, called="references", **days)
    assert [line.split(",")[0] for line in text.splitlines()[1:]] == [in_time.reference]


def test_a_log_id_is_shown_only_if_asked_for(client, tmp_path, db):
    bring(a_log(tmp_path, [("A", "Referred", "2026-01-05")]))
    client.force_login(in_group(PATHWAY_ADMINISTRATOR))
    pathway = Case.objects.get().version.pathway
    assert post(client, pathway)[1].splitlines()[1].startswith("A,")
    assert post(client, pathway, called="references")[1].splitlines()[1].startswith("MW-")


def test_what_cannot_be_asked_for_is_said(client, pathway, manager):
    client.force_login(manager)
    days = {"opened_from_day": 2, "opened_from_month": 3, "opened_from_year": 2026}
    days |= {"opened_until_day": 1, "opened_until_month": 3, "opened_until_year": 2026}
    answer, _ = post(client, pathway, **days)
    assert reasons(answer) == ["This day comes before the first one. Choose a later day."]
    assert not ListExport.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"),
    [("manager", 200), ("inspector", 200), ("pathway_administrator", 200), ("caseworker", 403), ("stranger", 403)],
)
def test_it_is_for_those_who_may_read_figures(client, pathway, request, who, status):
    client.force_login(request.getfixturevalue(who))
    assert client.get("/pathways/review/event-log/").status_code == status
    assert post(client, pathway)[0].status_code == status
    assert ListExport.objects.exists() == (status == 200)


def test_a_pathway_that_was_never_published_has_no_log(client, manager):
    a_stage(a_draft("draft"), "x")
    client.force_login(manager)
    assert client.get("/pathways/draft/event-log/").status_code == 404
    assert Stage.objects.filter(version__pathway__code="draft").exists()
