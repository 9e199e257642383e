"""A day of an emergency department as it was published: who waits where, how long, and which of them are late."""

import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from statistics import median, quantiles

import pytest
import yaml
from django.core import mail
from django.core.management import call_command

from cases import durations
from cases.durations import summary
from cases.durations.stays import Stay, excess, seconds, spells
from cases.models import Case, Escalation, Notice, StageEntry
from cases.watch import timers
from pathways.models import Membership, Pathway, Role, Team
from tests.cases.history_import.logs import bring
from tests.factories import UserFactory

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LOG, EXPECTED = DATA / "ed_snapshot_eventlog.csv", DATA / "ed_snapshot_expected.json"
FINALS = ["Discharged", "Admitted to Hospital", "Left Without Being Seen"]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not LOG.exists(), reason="shared/data is not beside the checkout"),
]

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def expected():
    return json.loads(EXPECTED.read_text())


@pytest.fixture
def as_of(expected):
    return datetime.fromisoformat(expected["as_of"])


@pytest.fixture
def imported(tmp_path, expected):
    """The log, in a pathway whose stages have the names of its activities and the published thresholds."""
    activities = [*expected["stage_after_activity"], "Treatment Administered", "Diagnostic Test Ordered", *FINALS]
    document = {
        "pathway": {"code": "ed", "name": "Emergency department"},
        "starts_in": "registration",
        "teams": [{"code": "ed-team", "name": "Emergency department"}],
        "stages": [a_stage(name, expected) for name in activities],
    }
    file = tmp_path / "ed.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    call_command("load_pathway", str(file), stdout=StringIO(), stderr=StringIO())
    manager = UserFactory()
    Membership.objects.create(team=Team.objects.get(code="ed-team"), user=manager, role=Role.MANAGER)
    return bring(LOG, pathway="ed", facts="patient_id")


def a_stage(activity, expected):
    stage = {"code": activity.lower().replace(" ", "-"), "name": activity, "team": "ed-team"}
    if activity in FINALS:
        return stage | {"kind": "final"}
    if thresholds := expected["thresholds_minutes"].get(expected["stage_after_activity"].get(activity)):
        warning, critical = thresholds["warning_above"], thresholds["critical_above"]
        stage["limit"] = f"{warning} minutes"
        stage["ladder"] = [
            {"code": "warning", "name": "Warning", "when": "at the limit", "tells": ["managers"]},
            {
                "code": "critical",
                "name": "Critical",
                "when": f"{critical - warning} minutes after",
                "tells": ["managers"],
            },
        ]
    return stage


def sweep(at="2025-05-04T14:00:00Z"):
    answer = StringIO()
    call_command("sweep", at=at, json=True, stdout=answer)
    return json.loads(answer.getvalue())


def test_55_cases_wait_and_101_are_closed_each_where_and_how_long_as_published(imported, expected, as_of):
    assert imported == {"cases": 156, "events": 1402, "added": 1402, "rejected": []}
    assert Counter(Case.objects.values_list("status", flat=True)) == {"open": 55, "closed": 101}
    last = {entry.case.log_id: entry for entry in StageEntry.objects.select_related("case", "stage")}
    assert {
        log_id: ("closed" if entry.ends_journey else entry.stage.name, (as_of - entry.entered_at) / MINUTE)
        for log_id, entry in last.items()
    } == {
        case["case_id"]: ("closed" if case["stage"] == "closed" else case["last_activity"], case["minutes_in_stage"])
        for case in expected["cases"]
    }
    assert last["ED720859"].facts == {"patient_id": "P4978"}


def test_closed_cases_took_as_long_as_published(imported, expected, as_of):
    limit = timedelta(minutes=240)
    closed = [Stay(c.opened_at, c.closed_at, c.opened_at + limit) for c in Case.objects.filter(status="closed")]
    took = summary.spells(
        [seconds(stay, as_of) for stay in spells(closed, None, as_of)], [excess(stay, as_of) for stay in closed]
    )
    published = expected["closed_length_of_stay_minutes"]
    assert (took.n, took.n - took.beyond) == (published["n"], published["within_240"])
    assert took.mean / 60 == pytest.approx(published["mean"], rel=1e-9)
    assert took.sd / 60 == pytest.approx(published["sd_sample"], rel=1e-9)
    assert (took.median / 60, took.max / 60) == (published["median"], published["max"])


def test_those_who_wait_have_waited_as_long_as_published_and_as_many_are_late_in_each_stage(imported, expected, as_of):
    entries = StageEntry.objects.filter(left_at=None).select_related("case", "stage")
    stays = {entry.case.log_id: Stay(entry.entered_at, due_at=entry.case.due_at) for entry in entries}
    waiting = {case["case_id"]: case for case in expected["cases"] if case["stage"] != "closed"}
    assert {log_id: seconds(stay, as_of) / 60 for log_id, stay in stays.items()} == {
        log_id: case["published_waiting_minutes"] for log_id, case in waiting.items()
    }

    found = {}
    for stage in expected["counts"]:
        theirs = [stays[log_id] for log_id, case in waiting.items() if case["published_stage"] == stage]
        late = [excess(stay, as_of) for stay in theirs]
        figures = summary.waits([seconds(stay, as_of) for stay in theirs], late)
        limits = expected["thresholds_minutes"].get(stage) or {"warning_above": 0, "critical_above": 0}
        critical = sum(beyond > 60 * (limits["critical_above"] - limits["warning_above"]) for beyond in late)
        found[stage] = (figures.count, figures.beyond, critical)
    assert found == {
        stage: (
            sum(n for status, n in numbers.items() if status != "closed"),
            numbers.get("warning", 0) + numbers.get("critical", 0),
            numbers.get("critical", 0),
        )
        for stage, numbers in expected["counts"].items()
    }


def test_the_table_of_stages_counts_and_measures_those_who_wait_as_published(imported, expected, as_of):
    minutes = defaultdict(list)
    for case in expected["cases"]:
        if case["stage"] != "closed":
            minutes[case["last_activity"]].append(case["minutes_in_stage"])
    table = durations.table(Pathway.objects.get(code="ed"), as_of)
    published = ("count", "median", "p90", "oldest")
    waiting = {stage["name"]: stage["waiting"] for stage in table["stages"] if stage["waiting"]["count"]}
    assert {name: {figure: figures[figure] for figure in published} for name, figures in waiting.items()} == {
        name: {
            "count": len(waited),
            "median": pytest.approx(60 * median(waited), rel=1e-9),
            "p90": pytest.approx(
                60 * quantiles(waited, n=10, method="inclusive")[-1] if waited[1:] else 60 * waited[0]
            ),
            "oldest": 60 * max(waited),
        }
        for name, waited in minutes.items()
    }


def test_the_sweep_finds_the_8_warnings_and_the_2_critical_cases_that_were_published(imported, expected, as_of):
    assert sweep()["escalations"] == 12

    rungs = {}
    for log_id, code in Escalation.objects.values_list("case__log_id", "rung_code"):
        rungs.setdefault(log_id, set()).add(code)
    late = {case["case_id"]: case["status"] for case in expected["cases"] if case["status"] in ("warning", "critical")}
    assert Counter(late.values()) == {"warning": 8, "critical": 2}
    assert rungs == {
        log_id: {"warning"} if status == "warning" else {"warning", "critical"} for log_id, status in late.items()
    }
    assert timers.rebuild(check=True) == []


def test_the_case_that_is_at_its_limit_to_the_minute_is_within_it(imported, expected, as_of):
    at_the_limit = Case.objects.get(due_at=as_of)
    published = {case["case_id"]: case["status"] for case in expected["cases"]}
    assert published[at_the_limit.log_id] == "ok"
    sweep()
    assert not at_the_limit.escalations.exists()


def test_a_second_sweep_adds_nothing_and_one_digest_tells_of_all(imported):
    sweep()
    assert sweep()["escalations"] == 0
    assert Escalation.objects.count() == 12
    digest = Notice.objects.get()
    assert (digest.kind, digest.lines.count(), len(mail.outbox)) == ("digest", 10, 0)  # of each case its highest rung
    # It was a Sunday, and the Monday after it a bank holiday.
    assert [sweep(at)["sent"] for at in ("2025-05-06T06:59:00Z", "2025-05-06T07:00:00Z")] == [0, 1]
    assert len(mail.outbox) == 1


def test_a_second_import_adds_nothing(imported):
    before = list(StageEntry.objects.values())
    assert bring(LOG, pathway="ed", facts="patient_id") == imported | {"added": 0}
    assert list(StageEntry.objects.values()) == before
