"""A log that comes again, longer: what is new is added, what is known stays, what people worked on is left alone."""

from datetime import UTC, datetime, timedelta

import pytest

from cases import lifecycle, recording
from cases.models import Case, Escalation, Hold, LogEvent, StageEntry, Timer
from cases.watch import escalations, sweep, timers
from pathways import publishing
from pathways.models import PathwayVersion, system_user
from tests.cases.history_import.logs import Stay, a_log, bring, journeys, reckoned
from tests.factories import a_draft, a_manager, a_member, a_move, a_stage, fresh, publish, the_move

pytestmark = pytest.mark.django_db

DAYS = [datetime(2025, 5, 1, 9, tzinfo=UTC) + timedelta(days=n) for n in range(30)]
BREACH = [("breach", "after", "0 days")]
LOG = [
    ("A", "Referred", DAYS[0].isoformat()),
    ("B", "Referred", DAYS[1].isoformat()),
    ("A", "Seen", DAYS[2].isoformat()),
]
WORKED_ON = "The case was worked on in Midwatch since its log was imported. Record there what happened: {}."


@pytest.fixture(autouse=True)
def pathway():
    """Referred (booking, 2 days) → Seen (clinic, 3 days) → Discharged (clinic, final); back from Seen to Referred."""
    version = a_draft("log")
    referred = a_stage(version, "referred", is_first=True, limit="2 days", ladder=BREACH)
    seen = a_stage(version, "seen", team="clinic", limit="3 days", ladder=BREACH)
    discharged = a_stage(version, "discharged", team="clinic", limit=None, kind="final")
    for source, target in ((referred, seen), (seen, referred), (seen, discharged)):
        a_move(source, target)
    return publish(version)


@pytest.fixture
def first(tmp_path, pathway):
    """The log as it was imported the first time."""
    return bring(a_log(tmp_path, LOG))


def longer(tmp_path, *rows, name="longer.csv"):
    return a_log(tmp_path, [*LOG, *rows], name=name)


def the_case(log_id="A"):
    return Case.objects.get(log_id=log_id)


def everything():
    models = (Case, Case.history.model, StageEntry, StageEntry.history.model, LogEvent, Timer, Escalation)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_the_same_file_again_adds_nothing(tmp_path, first):
    before = everything()
    assert bring(a_log(tmp_path, LOG)) == {"cases": 2, "events": 3, "added": 0, "rejected": []}
    assert everything() == before


def test_the_same_events_in_another_order_add_nothing(tmp_path):
    rows = [("A", name, DAYS[0].isoformat()) for name in ("Referred", "Seen", "Seen", "Referred")]
    bring(a_log(tmp_path, rows))
    before = everything()
    assert bring(a_log(tmp_path, rows[::-1]))["added"] == 0
    assert everything() == before


def test_an_event_is_counted_among_its_like(tmp_path, first):
    twice = ("B", "Referred", DAYS[1].isoformat())
    assert bring(longer(tmp_path, twice))["added"] == 1
    assert bring(longer(tmp_path, twice))["added"] == 0
    assert journeys()["B"] == [
        Stay("Referred", DAYS[1], DAYS[1], False),
        Stay("Referred", DAYS[1], None, False),
    ]


def test_a_longer_file_ends_the_stay_that_was_open_and_keeps_its_row(tmp_path, first):
    before = {entry.pk for entry in StageEntry.objects.all()}
    other = list(the_case("B").entries.values())
    assert bring(longer(tmp_path, ("A", "Referred", DAYS[5].isoformat())))["added"] == 1

    assert journeys()["A"][1:] == [Stay("Seen", DAYS[2], DAYS[5], False), Stay("Referred", DAYS[5], None, False)]
    assert before < {entry.pk for entry in StageEntry.objects.all()}
    assert list(the_case("B").entries.values()) == other
    case = the_case()
    assert (case.stage, case.team.code, case.due_at) == ("referred", "booking", DAYS[7])
    assert timers.rebuild(check=True) == []


def test_what_changes_is_in_the_history_with_user_and_reason(tmp_path, first):
    bring(longer(tmp_path, ("A", "Discharged", DAYS[5].isoformat())))
    case = the_case()
    assert (case.status, case.closed_at, case.due_at) == ("closed", DAYS[5], None)
    assert not Timer.objects.filter(case=case).exists()
    ended = case.entries.get(stage__code="seen")
    for row, state in ((case, "closed"), (ended, DAYS[5])):
        record = row.history.first()
        assert record.history_type == "~"
        assert (record.history_user, record.history_change_reason) == (system_user(), "Imported from longer.csv")
        assert state == (record.status if row is case else record.left_at)
    assert the_case("B").history.count() == 1


def test_an_event_that_comes_to_light_late_goes_between(tmp_path, first):
    kept = {entry.pk for entry in StageEntry.objects.all()}
    bring(longer(tmp_path, ("A", "Discharged", DAYS[1].isoformat()), ("A", "Referred", DAYS[-1].isoformat())))
    assert [(stay.stage, stay.left_at) for stay in journeys()["A"]] == [
        ("Referred", DAYS[1]),
        ("Discharged", DAYS[2]),
        ("Seen", DAYS[-1]),
        ("Referred", None),
    ]
    assert kept < {entry.pk for entry in StageEntry.objects.all()}


def test_an_earlier_event_than_the_first_makes_the_case_begin_earlier(tmp_path, first):
    at = DAYS[0] - timedelta(days=9)
    bring(longer(tmp_path, ("A", "Seen", at.isoformat())))
    assert the_case().opened_at == at
    assert the_case().history.first().opened_at == at


def test_a_case_that_was_closed_by_its_log_goes_on_with_it(tmp_path, first):
    bring(longer(tmp_path, ("A", "Discharged", DAYS[5].isoformat())))
    bring(longer(tmp_path, ("A", "Discharged", DAYS[5].isoformat()), ("A", "Seen", DAYS[8].isoformat())))
    case = the_case()
    assert (case.status, case.stage, case.closed_at, case.due_at) == ("open", "seen", None, DAYS[11])
    assert journeys()["A"][2:] == [Stay("Discharged", DAYS[5], DAYS[8], False), Stay("Seen", DAYS[8], None, False)]
    assert timers.rebuild(check=True) == []


def test_within_one_instant_the_newest_file_gives_the_order(tmp_path, first):
    at = DAYS[2].isoformat()
    rows = [LOG[0], ("A", "Discharged", at), ("A", "Referred", at), LOG[2], LOG[1]]
    kept = the_case().open_entry.pk
    bring(a_log(tmp_path, rows))
    assert journeys() == reckoned([(case, name, datetime.fromisoformat(time)) for case, name, time in rows])
    assert the_case().open_entry.pk == kept  # the stay in which the case waits is the one that was watched

    # A stay that took no time comes between two that are there already.
    rows.insert(2, ("A", "Seen", at))
    bring(a_log(tmp_path, rows))
    assert journeys() == reckoned([(case, name, datetime.fromisoformat(time)) for case, name, time in rows])
    assert the_case().open_entry.pk == kept


def test_the_open_stay_and_one_that_took_no_time_change_places(tmp_path, pathway):
    rows = [("A", name, DAYS[1].isoformat()) for name in ("Seen", "Referred")]
    bring(a_log(tmp_path, rows))
    bring(a_log(tmp_path, [*rows[::-1], ("A", "Referred", DAYS[0].isoformat())]))
    assert journeys()["A"] == [
        Stay("Referred", DAYS[0], DAYS[1], False),
        Stay("Referred", DAYS[1], DAYS[1], False),
        Stay("Seen", DAYS[1], None, False),
    ]
    assert the_case().stage == "seen"
    assert timers.rebuild(check=True) == []


def test_a_stay_that_was_escalated_and_took_no_time_keeps_its_row(tmp_path, first):
    sweep.run(DAYS[20])
    raised = Escalation.objects.get(case=the_case())
    at = DAYS[2].isoformat()
    bring(a_log(tmp_path, [("A", "Discharged", at), LOG[2], ("A", "Referred", at)]))
    assert StageEntry.objects.get(pk=raised.thing_id).left_at == DAYS[2]
    assert sorted(stay.stage for stay in journeys()["A"][1:3]) == ["Discharged", "Seen"]
    assert journeys()["A"][3] == Stay("Referred", DAYS[2], None, False)


def test_escalations_of_a_stay_that_goes_on_stay_as_they_are(tmp_path, first):
    sweep.run(DAYS[20])
    before = list(Escalation.objects.filter(case=the_case()).values())
    bring(longer(tmp_path, ("A", "Discharged", DAYS[1].isoformat())))
    assert list(Escalation.objects.filter(case=the_case()).values()) == before
    assert sweep.run(DAYS[20]).escalations == 0
    assert timers.rebuild(check=True) == []


def test_escalations_of_a_stay_that_has_ended_are_resolved(tmp_path, first):
    sweep.run(DAYS[20])
    raised = Escalation.objects.get(case=the_case())
    bring(longer(tmp_path, ("A", "Discharged", DAYS[4].isoformat())))
    resolved = fresh(raised)
    assert resolved.resolved_by == system_user()
    assert resolved.resolved_at is not None
    assert resolved.history.get().history_change_reason == "Imported from longer.csv"
    assert Escalation.objects.get(case=the_case("B")).resolved_at is None
    assert StageEntry.objects.filter(pk=raised.thing_id, left_at=DAYS[4]).exists()


def moved():
    case = the_case()
    lifecycle.move_case(case, the_move(case, "discharged"), by=a_member("clinic"))


def held():
    until = datetime.now(tz=UTC) + timedelta(days=90)
    lifecycle.hold_case(the_case(), reason="Abroad", until=until, by=a_member("clinic"))


def held_once():
    held()
    lifecycle.resume_case(the_case(), by=a_member("clinic"))


def closed():
    lifecycle.close_case(the_case(), reason="Moved away", by=a_member("clinic"))


def reopened():
    closed()
    lifecycle.reopen_case(the_case(), reason="Came back", by=a_manager("clinic"))


@pytest.mark.parametrize("act", [moved, held, held_once, closed, reopened])
def test_a_case_that_was_worked_on_by_hand_is_left_as_it_is(tmp_path, first, act):
    act()
    before, holds = everything(), list(Hold.objects.values())
    report = bring(longer(tmp_path, ("A", "Seen", DAYS[5].isoformat()), ("A", "Lost", DAYS[5].isoformat())))
    assert report == {
        "cases": 2,
        "events": 3,
        "added": 0,
        "rejected": [
            {"row": 5, "reason": WORKED_ON.format(the_case().reference)},
            {"row": 6, "reason": "This pathway has no stage “Lost”."},
        ],
    }
    assert (everything(), list(Hold.objects.values())) == (before, holds)


def test_notes_owners_and_answers_do_not_stop_a_case_from_following_its_log(tmp_path, first):
    clinician = a_manager("clinic")
    lifecycle.assign_case(the_case(), clinician, by=clinician)
    recording.write_note(the_case(), "Rang the ward.", by=clinician)
    sweep.run(DAYS[20])
    escalations.acknowledge(Escalation.objects.get(case=the_case()), by=clinician, answer="Tomorrow")

    bring(longer(tmp_path, ("A", "Seen", DAYS[5].isoformat())))
    assert (the_case().owner, len(journeys()["A"])) == (clinician, 3)
    bring(longer(tmp_path, ("A", "Seen", DAYS[5].isoformat()), ("A", "Referred", DAYS[6].isoformat())))
    assert the_case().owner is None  # of the clinic, and now it is with the booking team


def test_a_case_stays_one_case_when_a_newer_version_is_published(tmp_path, first, pathway):
    draft = publishing.revise(pathway, by=system_user())
    draft.stages.filter(code="seen").update(name="Seen by a nurse")
    publishing.publish(draft, by=system_user())
    report = bring(
        longer(
            tmp_path,
            ("A", "Seen", DAYS[5].isoformat()),
            ("C", "Seen", DAYS[5].isoformat()),
            ("C", "Seen by a nurse", DAYS[6].isoformat()),
            ("A", "Seen by a nurse", DAYS[6].isoformat()),
            ("A", "Seen by a doctor", DAYS[7].isoformat()),
        )
    )
    assert [bad["row"] for bad in report["rejected"]] == [9]
    assert (report["cases"], report["added"]) == (3, 4)
    assert [stay.stage for stay in journeys()["C"]] == ["Seen by a nurse"] * 2, "a stage is known by all its names"
    assert [stay.stage for stay in journeys()["A"]] == ["Referred", "Seen", "Seen", "Seen"]
    numbers = dict(Case.objects.values_list("log_id", "version__number"))
    assert numbers == {"A": 1, "B": 1, "C": 2}
    assert PathwayVersion.objects.get(number=1).status == "retired"


def test_a_log_id_is_another_case_on_another_pathway(tmp_path, first):
    bring(a_log(tmp_path, LOG), pathway="other")
    assert Case.objects.filter(log_id="A").count() == 2


def test_a_file_with_only_the_news_goes_on_from_what_is_known(tmp_path, first):
    report = bring(a_log(tmp_path, [("A", "Discharged", DAYS[9].isoformat())]))
    assert report == {"cases": 1, "events": 1, "added": 1, "rejected": []}
    assert [stay.stage for stay in journeys()["A"]] == ["Referred", "Seen", "Discharged"]


def test_facts_stay_with_the_first_second_and_third_of_their_like(tmp_path, pathway):
    header = ("case_id", "activity", "timestamp", "site")
    rows = [("A", "Seen", DAYS[0].isoformat(), site) for site in ("North", "East", "South")]
    bring(a_log(tmp_path, rows[:2], header=header), facts="site")
    bring(a_log(tmp_path, rows, header=header), facts="site")
    assert [entry.facts["site"] for entry in the_case().entries.all()] == ["North", "East", "South"]


def test_facts_of_an_event_that_is_known_stay(tmp_path, pathway):
    header = ("case_id", "activity", "timestamp", "site")
    rows = [("A", "Referred", DAYS[0].isoformat(), "North")]
    bring(a_log(tmp_path, rows, header=header), facts="site")
    rows = [("A", "Referred", DAYS[0].isoformat(), "East"), ("A", "Seen", DAYS[1].isoformat(), "South")]
    bring(a_log(tmp_path, rows, header=header), facts="site")
    assert [entry.facts for entry in the_case().entries.all()] == [{"site": "North"}, {"site": "South"}]
