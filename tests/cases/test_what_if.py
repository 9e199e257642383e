"""What another map would have meant: pure counts, and the trial on real journeys."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from cases import deadlines, lifecycle, past_stays
from cases.deadlines import Pause, Rung
from cases.models import StageEntry
from cases.refusals import Refused
from cases.watch import sweep
from cases.what_if import IN_TIME, PastStay, StageRules, compare, course
from pathways.models import Absence, EscalationStep
from pathways.working_time import Schedule
from tests.factories import (
    MONDAY,
    a_case,
    a_draft,
    a_manager,
    a_member,
    a_move,
    a_pathway,
    a_stage,
    office_hours,
    publish,
    span,
    the_move,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
UNTIL = MONDAY + 60 * DAY
LATE = Rung("late", 2, after=span("0 days"))
WARN = Rung("warn", 1, before=span("2 days"))


def rules(limit="10 days", *ladder, **values):
    return StageRules("Triage", span(limit) if limit else None, ladder or (WARN, LATE), **values)


def a_stay(*, days=None, pauses=(), **values):
    return PastStay(1, "triage", MONDAY, MONDAY + days * DAY if days is not None else None, tuple(pauses), **values)


def tried(stays, now, then, since=MONDAY, whom=lambda *_: [7], **values):
    sides = {"now": {"triage": now} if now else {}, "then": {"triage": then} if then else {}}
    values = {"told_now": whom, "told_then": whom, "digest_at": lambda person, at: at} | values
    return compare(stays, **sides, since=since, until=UNTIL, **values)


def counted(side):
    return (side.escalations["triage"], side.late["triage"])


def test_a_shorter_limit_finds_more_and_finds_it_earlier():
    found = tried([a_stay(days=3), a_stay(days=7), a_stay(days=12)], rules("10 days"), rules("5 days"))

    assert (counted(found.now), counted(found.then)) == ((2, 1), (4, 2))
    shift = found.shifts["triage"]
    assert (shift.earlier, shift.later, shift.only_then, shift.only_now) == ([5 * DAY], [], 1, 0)


def test_a_longer_limit_finds_less_and_finds_it_later():
    found = tried([a_stay(days=7), a_stay(days=12)], rules("5 days"), rules("10 days"))
    shift = found.shifts["triage"]
    assert (shift.earlier, shift.later, shift.only_then, shift.only_now) == ([], [5 * DAY], 0, 1)


def test_a_ladder_that_begins_a_day_after_the_limit_finds_the_same_lateness_a_day_later():
    later = Rung("late", 2, after=span("1 day"))
    found = tried([a_stay(days=12)], rules(), rules("10 days", WARN, later))
    assert found.shift.later == [DAY]
    assert (found.now.late, found.then.late) == ({"triage": 1}, {"triage": 1})


def test_a_ladder_without_a_rung_from_the_limit_on_finds_no_lateness():
    found = tried([a_stay(days=12)], rules(), rules("10 days", WARN))
    assert (found.shift.only_now, found.shift.only_then) == (1, 0)
    assert counted(found.then) == (1, 1)


def test_a_stage_that_is_gone_and_one_without_a_limit_escalate_nothing():
    for then in (None, rules(None)):
        found = tried([a_stay(days=12)], rules(), then)
        assert counted(found.then) == (0, 0)
        assert found.shift.only_now == 1


def test_what_was_passed_before_the_window_counts_on_neither_side():
    found = tried([a_stay(days=30)], rules("10 days"), rules("5 days"), since=MONDAY + 9 * DAY)
    assert (counted(found.now), counted(found.then)) == ((1, 1), (0, 0))


def test_a_stay_that_goes_on_counts_until_now():
    found = tried([a_stay()], rules("59 days"), rules("61 days"))
    assert (counted(found.now), counted(found.then)) == ((2, 1), (1, 0))


def test_while_a_clock_was_stopped_nothing_is_passed_on_either_side():
    held = a_stay(days=14, pauses=[Pause(MONDAY + DAY, MONDAY + 6 * DAY)])
    found = tried([held], rules("10 days"), rules("8 days"))
    assert (counted(found.now), counted(found.then)) == ((1, 0), (2, 1))


def test_an_urgent_detour_keeps_its_shorter_time_whatever_the_limit():
    shortened = a_stay(days=5, shortened_at=MONDAY + DAY, due_by=MONDAY + 2 * DAY)
    found = tried([shortened], rules("10 days"), rules("20 days"))
    assert counted(found.now) == counted(found.then) == (2, 1)
    assert found.shift.earlier == found.shift.later == []


def test_people_get_an_e_mail_for_each_urgent_escalation_and_the_digests_that_go():
    urgent = rules("10 days", WARN, LATE, urgent=frozenset({"late"}))
    found = tried([a_stay(days=12), a_stay(days=12)], rules(), urgent, whom=lambda *_: [7, 8])

    assert (found.now.told[7], found.now.urgent[7], found.now.e_mails(7)) == (4, 0, 2)
    assert (found.then.told[8], found.then.urgent[8], found.then.e_mails(8)) == (4, 2, 3)

    off = tried([a_stay(days=12)], rules(), urgent, digest_at=lambda person, at: None)
    assert (off.now.e_mails(7), off.then.e_mails(7)) == (0, 1), "what is urgent is never off"


@pytest.mark.parametrize("limit", ["99999 working days", "9999999 days", "99999999999 hours"])
def test_a_time_that_leads_beyond_all_calendars_is_refused_in_a_sentence(limit):
    mondays = Schedule("Europe/London", {"mon": [["09:00", "17:00"]]})
    with pytest.raises(Refused, match=r"A time of Triage cannot be counted: it leads too far ahead. Check its limit"):
        tried([a_stay()], rules(), rules(limit, LATE, schedule=mondays))


def test_of_several_rungs_at_once_the_highest_is_told_and_all_are_counted():
    high = Rung("high", 3, after=span("0 days"))
    asked = []

    def whom(stay, code, at):
        asked.append(code)
        return []

    found = tried([a_stay(days=12)], rules("10 days", LATE, high), rules("10 days", LATE, high), whom=whom)
    assert asked == ["high", "high"]
    assert (counted(found.now), found.now.untold) == ((2, 1), 1)


def test_days_are_those_of_london():
    stay = PastStay(1, "triage", datetime(2026, 4, 1, 22, 30, tzinfo=UTC), None)
    found = tried([stay], rules("1 hour", LATE), None)
    assert [str(day) for day in found.now.days] == ["2026-04-02"]


@given(
    limit=st.integers(1, 20),
    unit=st.sampled_from(["hours", "days"]),
    before=st.integers(0, 5),
    share=st.integers(1, 100),
    length=st.integers(1, 500),
    held=st.tuples(st.integers(0, 300), st.integers(1, 200)) | st.none(),
)
def test_what_is_passed_is_what_the_ledger_says(limit, unit, before, share, length, held):
    ladder = (
        Rung("before", 1, before=span(f"{before} hours")),
        Rung("share", 2, share=share),
        Rung("late", 3, after=span("0 days"), repeat=span("1 day"), repeat_at_most=3),
    )
    pauses = [Pause(MONDAY + held[0] * HOUR, MONDAY + sum(held) * HOUR)] if held else []
    stay = a_stay(days=length / 24, pauses=pauses)
    timed = deadlines.Stay(stay.entered_at, span(f"{limit} {unit}"), ladder)

    found = course(stay, rules(f"{limit} {unit}", *ladder), UNTIL)

    assert list(found.passed) == deadlines.ledger(timed, pauses, stay.left_at)
    passed = [one for one in found.passed if one.rung.code == "late"]
    assert found.found_at == (passed[0].reached_at if passed else None)
    assert (found is IN_TIME) <= (found.passed == ())


# On real journeys ----------------------------------------------------------------------------------------------------


@pytest.fixture
def manager(db):
    return a_manager("booking", first_name="Grace", last_name="Okafor")


@pytest.fixture
def pathway(manager):
    return a_pathway()


def a_shorter_draft(limit="5 days", **values):
    """A draft of the pathway whose first stage has another limit."""
    draft = a_draft("review")
    triage = a_stage(draft, "triage", is_first=True, limit=limit, **values)
    review = a_stage(draft, "review", team="clinic", limit="5 working days")
    a_move(triage, review)
    return draft


def try_it(pathway, until=MONDAY + 30 * DAY, **values):
    return past_stays.run(past_stays.trial(pathway, **values), until)


def test_the_active_version_counts_what_the_watch_raised(pathway, manager):
    by = a_member("booking")
    held, moved, open_still = a_case(pathway), a_case(pathway), a_case(pathway)
    lifecycle.hold_case(held, reason="Away", until=MONDAY + 30 * DAY, by=by, at=MONDAY + DAY)
    lifecycle.resume_case(held, by=by, at=MONDAY + 4 * DAY)
    for day in range(25):
        sweep.run(MONDAY + day * DAY + HOUR)
        if day == 12:
            lifecycle.move_case(moved, the_move(moved, "review"), by=by, at=MONDAY + day * DAY + 2 * HOUR)
    a_shorter_draft()

    found = try_it(pathway, until=MONDAY + 24 * DAY + HOUR)

    raised = sum(case.escalations.count() for case in (held, moved, open_still))
    assert found.now.escalations.total() == raised
    assert found.now.told[manager.pk] > 0
    assert found.then.late["triage"] == 3


def test_the_draft_is_tried_and_nothing_is_changed(pathway, manager):
    a_case(pathway)
    a_shorter_draft()
    before = list(StageEntry.objects.values())

    found = try_it(pathway, until=MONDAY + 8 * DAY)

    assert (counted(found.now), counted(found.then)) == ((0, 0), (3, 1))
    assert found.then.told == {manager.pk: 3}
    assert list(StageEntry.objects.values()) == before


def test_another_calendar_is_tried_in_place_of_those_of_the_stages(db):
    pathway = a_pathway(limit="2 working days", ladder=[("late", "after", "0 days")])
    a_case(pathway)
    weekend = office_hours("weekend")
    weekend.opening_hours.filter(weekday__lt=4).delete()
    weekend.touch()

    found = try_it(pathway, until=MONDAY + 7 * DAY, calendar="weekend")

    assert (counted(found.now), counted(found.then)) == ((1, 1), (0, 0))


def test_who_had_the_case_then_is_told_and_the_deputy_of_who_was_away(db):
    draft = a_draft("review")
    stage = a_stage(draft, "triage", is_first=True, ladder=[("late", "after", "0 days", "1 day", 9)])
    EscalationStep.objects.filter(stage=stage).update(tells=["owner"])
    pathway = publish(draft)
    first, second, deputy = a_member("booking"), a_member("booking"), a_member("booking")
    case = a_case(pathway)
    for owner, days in ((first, 1), (second, 12)):
        with time_machine.travel(MONDAY + days * DAY, tick=False):
            case = lifecycle.assign_case(case, owner, by=owner)
    Absence.objects.create(user=second, starts_at=MONDAY + 14 * DAY, ends_at=MONDAY + 16 * DAY + HOUR, deputy=deputy)
    office_hours("other")

    found = try_it(pathway, until=MONDAY + 18 * DAY + HOUR, calendar="other")

    # Reached on day 10, 11 | 12, 13 | 14, 15, 16 | 17, 18.
    assert found.now.told == {first.pk: 2, second.pk: 4, deputy.pk: 3}


def test_a_trial_costs_the_same_statements_whatever_there_is(pathway, manager, django_assert_max_num_queries):
    a_shorter_draft()
    for _ in range(12):
        a_case(pathway)
    trial = past_stays.trial(pathway)
    with django_assert_max_num_queries(25):
        assert past_stays.run(trial, MONDAY + 8 * DAY).then.late["triage"] == 12


def test_what_cannot_be_tried_is_refused_in_a_sentence(pathway):
    with pytest.raises(Refused, match=r"has no draft. Revise it"):
        past_stays.trial(pathway)
    with pytest.raises(Refused, match=r"There is no calendar “nights”. The calendars are: office."):
        past_stays.trial(pathway, calendar="nights")
    with pytest.raises(Refused, match=r"has no version 9. It has 1."):
        past_stays.trial(pathway, number=9)
    with pytest.raises(Refused, match=r"Give the days as a whole number from 1 to 730."):
        past_stays.trial(pathway, days=0)
    with pytest.raises(Refused, match="no active version yet"):
        past_stays.trial(a_draft("new").pathway)
    closed = office_hours("closed")
    closed.opening_hours.all().delete()
    closed.touch()
    with pytest.raises(Refused, match="The calendar “closed” is never open"):
        try_it(pathway, calendar="closed")


def run(*words, **options):
    out = StringIO()
    call_command("what_if", *words, stdout=out, **options)
    return out.getvalue()


@time_machine.travel(MONDAY + 8 * DAY, tick=False)
def test_the_command_prints_the_counts_and_no_patient(pathway, manager):
    case = a_case(pathway)
    a_shorter_draft()

    found = json.loads(run("review", json=True))

    assert found["compared"] == "version 2 (draft)"
    assert found["total"]["escalations"] == {"now": 0, "then": 3}
    assert found["stages"][0]["late"] == {"now": 0, "then": 1}
    assert found["people"][0]["name"] == "Grace Okafor"
    assert found["people"][0]["then"] == {"told": 3, "urgent": 0, "e_mails": 2}, "two on the weekend"
    assert found["by_day"][0] == {"on": "2026-03-05", "now": 0, "then": 1}
    said = run("review")
    assert "Busiest day then: 2026-03-05, 1 escalations." in said
    assert case.reference not in said + json.dumps(found)
    assert case.patient.family_name not in said + json.dumps(found)


def test_the_command_refuses_in_sentences(pathway):
    with pytest.raises(CommandError, match=r"There is no pathway “nothing”. The pathways are: review."):
        run("nothing")
    with pytest.raises(CommandError, match="has no draft"):
        run("review")
