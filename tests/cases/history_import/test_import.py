"""A log becomes a pathway and its cases: each stay, the record of it, and what is watched."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from cases.models import Case, Escalation, StageEntry, Timer
from cases.watch import timers
from pathways.models import Organisation, Pathway, Stage, Team, Transition, system_user
from tests.cases.history_import.logs import HEADER, Stay, a_log, bring, journeys
from tests.factories import OrganisationFactory, a_draft, a_move, a_stage, publish

pytestmark = pytest.mark.django_db

DAYS = [datetime(2025, 5, 1, 9, tzinfo=UTC) + timedelta(days=n) for n in range(10)]
LOG = [
    ("B", "Referred", DAYS[1].isoformat()),
    ("A", "Referred", DAYS[0].isoformat()),
    ("A", "Seen", DAYS[2].isoformat()),
    ("B", "Discharged", DAYS[5].isoformat()),
    ("A", "Seen", DAYS[4].isoformat()),
]


def a_watched_pathway(code="log"):
    """Referred (booking team, 2 days) → Seen (clinic, 3 days) → Discharged (clinic, final)."""
    version = a_draft(code)
    referred = a_stage(version, "referred", is_first=True, limit="2 days", ladder=[("breach", "after", "0 days")])
    seen = a_stage(version, "seen", team="clinic", limit="3 days", ladder=[("breach", "after", "0 days")])
    discharged = a_stage(version, "discharged", team="clinic", limit=None, kind="final")
    a_move(referred, seen)
    a_move(seen, discharged)
    return publish(version)


def everything():
    """Every row of every table, and the next reference."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM cases_reference")
        return cursor.fetchone(), [list(model.objects.order_by("pk").values()) for model in apps.get_models()]


def test_each_event_begins_a_stay_that_ends_with_the_next_one(tmp_path):
    report = bring(a_log(tmp_path, LOG), final=["Discharged"])

    assert report == {"cases": 2, "events": 5, "added": 5, "rejected": []}
    assert journeys() == {
        "A": [
            Stay("Referred", DAYS[0], DAYS[2], False),
            Stay("Seen", DAYS[2], DAYS[4], False),
            Stay("Seen", DAYS[4], None, False),
        ],
        "B": [Stay("Referred", DAYS[1], DAYS[5], False), Stay("Discharged", DAYS[5], DAYS[5], True)],
    }


def test_cases_are_open_in_their_last_stage_or_closed_by_a_final_one(tmp_path):
    bring(a_log(tmp_path, LOG), final=["Discharged"])
    a, b = Case.objects.order_by("log_id")
    assert (a.status, a.stage, a.opened_at, a.closed_at, a.patient) == ("open", "seen", DAYS[0], None, None)
    assert (b.status, b.stage, b.opened_at, b.closed_at) == ("closed", "discharged", DAYS[1], DAYS[5])
    assert a.team.code == b.team.code == "imported-logs"
    assert int(b.reference[-6:]) == int(a.reference[-6:]) + 1  # in the order in which they began


def test_a_final_stage_that_is_followed_by_another_event_is_an_ordinary_spell(tmp_path):
    rows = [("A", "Discharged", "2025-05-01"), ("A", "Referred", "2025-05-02"), ("A", "Discharged", "2025-05-02")]
    bring(a_log(tmp_path, rows), final=["Discharged"])
    assert [(s.stage, s.left_at - s.entered_at, s.ends_journey) for s in journeys()["A"]] == [
        ("Discharged", timedelta(days=1), False),
        ("Referred", timedelta(0), False),
        ("Discharged", timedelta(0), True),
    ]
    assert not Transition.objects.filter(source__name="Discharged").exists()


def test_events_of_one_instant_keep_the_order_of_the_file(tmp_path):
    rows = [("A", name, "2025-05-01") for name in "CABAC"]
    bring(a_log(tmp_path, rows))
    assert [stay.stage for stay in journeys()["A"]] == list("CABAC")
    assert Case.objects.get().stage == "c"


def test_the_pathway_is_made_in_the_order_of_mean_positions_with_the_moves_observed(tmp_path):
    rows = [
        *(
            ("A", name, f"2025-05-0{day}")
            for day, name in enumerate(["Referred", "Seen", "Test: é", "Seen", "Done"], 1)
        ),
        *(("B", name, f"2025-05-0{day}") for day, name in enumerate(["Referred", "Test: é", "Done"], 1)),
        ("C", "!", "2025-05-01"),
    ]
    bring(a_log(tmp_path, rows), name="A new clinic", final=["Done"])

    pathway = Pathway.objects.get()
    version = pathway.active_version
    assert (pathway.code, pathway.name, version.number) == ("log", "A new clinic", 1)
    assert [(s.name, s.code, s.kind, s.is_first) for s in version.stages.all()] == [
        ("Referred", "referred", "working", True),
        ("!", "stage", "working", False),
        ("Test: é", "test-e", "working", False),
        ("Seen", "seen", "working", False),
        ("Done", "done", "final", False),
    ]
    assert {(t.source.name, t.target.name, t.name) for t in Transition.objects.all()} == {
        ("Referred", "Seen", "Move to Seen"),
        ("Referred", "Test: é", "Move to Test: é"),
        ("Seen", "Test: é", "Move to Test: é"),
        ("Seen", "Done", "Move to Done"),
        ("Test: é", "Seen", "Move to Seen"),
        ("Test: é", "Done", "Move to Done"),
    }
    assert {(s.team.name, s.limit, s.patient_wording) for s in version.stages.all()} == {("Imported logs", None, "")}
    own = Organisation.objects.get()
    assert (own.code, own.name, own.is_own) == ("this-trust", "This trust", True)


def test_codes_and_names_of_moves_are_made_unique(tmp_path):
    long = "x" * 195
    names = ["Seen", "seen!", "SEEN", "登録", "登記", f"{long}1", f"{long}2", f"{long}3"]
    bring(a_log(tmp_path, [("A", name, f"2025-05-0{day}") for day, name in enumerate(names, 1)]))
    assert list(Stage.objects.values_list("name", flat=True)) == names
    assert list(Stage.objects.values_list("code", flat=True)) == [
        *("seen", "seen-2", "seen-3", "stage", "stage-2"),
        *("x" * 100, "x" * 98 + "-2", "x" * 98 + "-3"),
    ]


def test_the_team_of_imported_logs_is_made_once_in_the_own_organisation(tmp_path):
    own = OrganisationFactory()
    OrganisationFactory(code="agency", name="Agency")
    for code in ("one", "two"):
        bring(a_log(tmp_path, LOG), pathway=code)
    assert Team.objects.get(code="imported-logs").organisation == own
    assert Organisation.objects.count() == 2


def test_every_row_says_who_made_it_and_out_of_what(tmp_path):
    bring(a_log(tmp_path, LOG), final=["Discharged"])
    by, reason = system_user().pk, "Imported from log.csv"
    for case in Case.objects.all():
        (record,) = case.history.all()
        assert (record.history_type, record.history_user_id, record.history_change_reason) == ("+", by, reason)
        assert (record.status, record.stage, record.log_id) == (case.status, case.stage, case.log_id)
        for entry in case.entries.all():
            assert (entry.how, entry.entered_by_id, entry.history.count()) == ("imported", by, 0)
            assert entry.left_by_id == (by if entry.left_at else None)
    made = [*Pathway.objects.all(), *Stage.objects.all(), *Transition.objects.all(), *Team.objects.all()]
    assert {(row.history.last().history_user_id, row.history.last().history_change_reason) for row in made} == {
        (by, reason)
    }


def test_stays_know_the_move_that_led_to_them_unless_it_led_nowhere_else(tmp_path):
    bring(a_log(tmp_path, LOG))
    vias = [(e.via.name if e.via else None) for e in StageEntry.objects.filter(case__log_id="A")]
    assert vias == [None, "Move to Seen", None]


def test_facts_are_those_of_the_event_that_began_the_stay(tmp_path):
    rows = [("A", "Referred", "2025-05-01", "Ward, 7", ""), ("A", "Seen", "2025-05-02", "", "x")]
    path = a_log(tmp_path, rows, header=(*HEADER, "site, or ward", "lab"))
    bring(path, facts='lab,"site, or ward"')
    assert [entry.facts for entry in StageEntry.objects.all()] == [{"site, or ward": "Ward, 7"}, {"lab": "x"}]


def test_where_the_pathway_exists_events_go_to_its_stages_by_exact_name(tmp_path):
    pathway = a_watched_pathway()
    rows = [*LOG, ("A", "seen", "2025-05-09"), ("C", "Lost", "2025-05-09")]
    report = bring(a_log(tmp_path, rows))

    assert report == {
        "cases": 2,
        "events": 5,
        "added": 5,
        "rejected": [
            {"row": 7, "reason": "This pathway has no stage “seen”."},
            {"row": 8, "reason": "This pathway has no stage “Lost”."},
        ],
    }
    assert Case.objects.count() == 2
    assert pathway.versions.count() == 1
    assert [(e.stage.code, e.team.code) for e in StageEntry.objects.filter(case__log_id="B")] == [
        ("referred", "booking"),
        ("discharged", "clinic"),
    ]


def test_open_cases_are_watched_and_finished_stays_raise_nothing(tmp_path):
    a_watched_pathway()
    bring(a_log(tmp_path, LOG))
    entry = StageEntry.objects.get(left_at=None)
    timer = Timer.objects.get()
    assert (timer.case.log_id, timer.thing_id, timer.fires_at) == ("A", entry.pk, DAYS[7])
    assert Case.objects.get(log_id="A").due_at == DAYS[7]
    assert timers.rebuild(check=True) == []
    assert not Escalation.objects.exists()


def test_a_dry_run_writes_nothing_and_reports_the_same(tmp_path):
    short = a_log(tmp_path, [*LOG, ("", "Seen", "2025-05-01")])
    longer = a_log(tmp_path, [*LOG, ("A", "Discharged", "2025-06-01"), ("A", "Lost", "2025-06-01")], name="longer.csv")
    for path in (short, longer):
        before = everything()
        dry = bring(path, final=["Discharged"], dry_run=True)
        assert everything() == before
        assert bring(path, final=["Discharged"]) == dry
    assert dry == {
        "cases": 2,
        "events": 6,
        "added": 1,
        "rejected": [{"row": 8, "reason": "This pathway has no stage “Lost”."}],
    }


def test_bad_rows_are_reported_and_the_good_ones_go_in(tmp_path):
    path = a_log(tmp_path, [("A", "Seen", "soon"), ("NA", "Seen", "2025-05-01"), ("", "Seen", "2025-05-01")])
    report = bring(path)
    assert [bad["row"] for bad in report["rejected"]] == [2, 4]
    assert list(journeys()) == ["NA"]


def test_without_a_good_row_no_pathway_is_made(tmp_path):
    said = StringIO()
    assert bring(a_log(tmp_path, [("A", "Seen", "soon")]), said=said)["events"] == 0
    assert said.getvalue() == "No row could be used, so no pathway was made.\n"
    assert not Pathway.objects.exists()


def test_the_words_say_the_same_as_the_json(tmp_path):
    answer = StringIO()
    path = a_log(tmp_path, [*LOG, ("A", "Seen", "soon")])
    call_command("import_history", str(path), pathway="log", dry_run=True, stdout=answer)
    assert answer.getvalue().splitlines() == [
        "5 events of 2 cases, 5 of them new. Rejected rows: 1.",
        "Row 7: “soon” is not a time. Write it like 2025-05-04T14:00:00Z.",
        "Nothing was written: this was a dry run.",
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"pathway": "no code"}, "“no code” cannot be a pathway's code. Use at most 100 letters, digits and hyphens."),
        (
            {"pathway": "x" * 101},
            f"“{'x' * 101}” cannot be a pathway's code. Use at most 100 letters, digits and hyphens.",
        ),
        ({"name": "x" * 201}, "The pathway's name is too long: 200 characters at most."),
        ({"final": ["seen"]}, "No row of the log is in the final stage “seen”. Write it as the log does."),
        (
            {"final": ["Referred", "Seen", "Discharged"]},
            "All stages of the log are named as final. Cases must start in one that is not.",
        ),
        ({"facts": "site"}, "The file has no column “site”. Its columns are: case_id, activity, timestamp."),
    ],
)
def test_what_cannot_be_asked_is_refused_whole(tmp_path, options, sentence):
    with pytest.raises(CommandError) as refused:
        bring(a_log(tmp_path, LOG), **options)
    assert str(refused.value) == sentence
    assert not Pathway.objects.exists()
    assert not Team.objects.exists()


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match=r"log\.csv cannot be read: No such file or directory\.$"):
        bring(tmp_path / "log.csv")
    with pytest.raises(CommandError, match=r"cannot be read: Is a directory\.$"):
        bring(tmp_path)


def test_a_file_that_turns_out_to_be_no_log_leaves_nothing_behind(tmp_path):
    path = a_log(tmp_path, LOG * 1000)
    path.write_bytes(path.read_bytes() + b"\xff\xfe")
    with pytest.raises(CommandError, match=r"row 5002 holds bytes that are no text"):
        bring(path)
    assert not Pathway.objects.exists()


def test_a_log_with_more_stages_than_a_pathway_can_have_is_refused(tmp_path):
    path = a_log(tmp_path, [("A", f"Free text {n}", "2025-05-01") for n in range(1001)])
    with pytest.raises(CommandError, match=r"more than 1000 stages\. Choose another column with --stage\.$"):
        bring(path)


def test_a_pathway_that_is_not_published_is_refused(tmp_path):
    a_draft("log", name="My clinic")
    with pytest.raises(CommandError, match=r"^My clinic has no active version\. Ask your pathway administrator"):
        bring(a_log(tmp_path, LOG))


def test_name_and_final_stages_of_a_pathway_that_exists_stay_and_that_is_said(tmp_path):
    a_watched_pathway()
    said = StringIO()
    bring(a_log(tmp_path, LOG), said=said, name="Other", final=["Discharged", "Seen"])
    assert said.getvalue().splitlines() == [
        "The pathway log exists and keeps its name, “Log”.",
        "The pathway log exists and keeps its final stages. “Seen” is none of them.",
    ]
    assert Case.objects.get(log_id="A").is_open


def test_the_json_is_one_object_however_many_rows_are_rejected(tmp_path):
    answer = StringIO()
    path = a_log(tmp_path, [("A", "Seen", "soon")] * 2500)
    call_command("import_history", str(path), pathway="log", json=True, stdout=answer, stderr=StringIO())
    rejected = json.loads(answer.getvalue())["rejected"]
    assert [bad["row"] for bad in rejected] == list(range(2, 2502))
