"""Why was it, or was it not, escalated then: computed from what was known then."""

import json
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from cases import handoffs, lifecycle, results, to_do
from cases.explanation import explain
from cases.models import Escalation, Notice, SweepRun
from cases.refusals import Refused
from cases.watch import escalations, later, sweep
from pathways.models import OpeningHours
from tests.factories import MONDAY, a_case, a_manager, a_member, a_pathway, never_open, office_hours, the_move

pytestmark = pytest.mark.django_db

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
DUE = MONDAY + 10 * DAY
LONG_AFTER = MONDAY + 100 * DAY


@pytest.fixture
def manager():
    return a_manager("booking", first_name="Grace", last_name="Okafor")


@pytest.fixture
def case(manager):
    return a_case()


def swept(at):
    """A sweep at ``at``, as the clock of the machine had it."""
    with time_machine.travel(at, tick=False):
        return sweep.run(at)


def at(when):
    return time_machine.travel(when, tick=False)


def told(case, when):
    """The stay's rungs at ``when``: {name: (state, all sentences in one)}."""
    (stay, *_) = explain(case, when, now=LONG_AFTER).things
    return {rung.name: (rung.state, " ".join(rung.sentences)) for rung in stay.rungs}


def states(case, when):
    return {name: state for name, (state, _) in told(case, when).items()}


def test_before_anything_is_reached_it_says_when_each_rung_would_be(case):
    swept(MONDAY + DAY)
    found = explain(case, MONDAY + DAY + MINUTE, now=LONG_AFTER)

    (stay,) = found.things
    assert (stay.title, stay.due_at) == ("The stay in Triage", DUE)
    assert stay.how == ("10 days from 2 March 2026, 9am: due on 12 March 2026, 9am.",)
    assert [rung.state for rung in stay.rungs] == ["ahead"] * 3
    assert stay.rungs[0].sentences == (
        "Not reached yet: that would be on 10 March 2026, 9am, if nothing else happened.",
    )
    assert found.was_awake
    assert found.remarks == ("By the rules of version 1 of the pathway, under which the case was then.",)


def test_what_was_escalated_says_who_was_told_when_the_mail_went_and_what_was_answered(case, manager):
    swept(DUE + MINUTE)
    breach = case.escalations.get(rung_code="breach")
    Notice.objects.update(sent_at=DUE + 3 * MINUTE, sent_to=manager.email, send_at=None)
    with at(DUE + 2 * HOUR):
        escalations.acknowledge(breach, by=manager, answer="I ring them on Friday")

    state, sentences = told(case, DUE + 3 * HOUR)["Breach"]
    assert state == "recorded"
    assert "Reached on 12 March 2026, 9am (due on 12 March 2026, 9am), recorded on 12 March 2026, 9:01am" in sentences
    assert "Told Grace Okafor" in sentences
    assert "sent on 12 March 2026, 9:03am." in sentences
    assert "Answered by Grace Okafor on 12 March 2026, 11am: “I ring them on Friday”" in sentences

    earlier = told(case, DUE + 2 * MINUTE)["Breach"][1]
    assert "which had not gone by then. It went on 12 March 2026, 9:03am." in earlier
    assert "Not answered by then. That came on 12 March 2026, 11am." in earlier
    assert "Friday" not in earlier


def test_of_rungs_found_by_one_look_the_lower_says_why_nobody_was_told(case):
    swept(DUE + 2 * DAY)
    state, sentences = told(case, DUE + 3 * DAY)["Warn"]
    assert state == "untold"
    assert "“Again” was found by the same look, and only the highest is told." in sentences
    assert "recorded on 14 March 2026, 9am, 4 days later" in sentences


def test_nobody_to_tell_is_a_fault_of_the_set_up():
    case = a_case(a_pathway(team="lonely"))
    swept(DUE + MINUTE)
    assert "There was nobody to tell" in told(case, DUE + HOUR)["Breach"][1]


def test_who_was_told_later_and_what_was_closed_without_being_sent_are_said(manager):
    case = a_case(a_pathway(team="lonely"))
    swept(DUE + MINUTE)
    late = a_manager("lonely", first_name="Ruth", last_name="Boateng")
    with at(DUE + 2 * HOUR):
        later.tell()
    Notice.objects.update(sent_at=DUE + DAY, error="Not sent: their digest is switched off.")

    before, after = (told(case, DUE + hours * HOUR)["Breach"][1] for hours in (1, 3))
    assert "There was nobody to tell" in before
    assert f"{late} is told later: since 12 March 2026, 11am there is somebody to tell." in before
    assert "There was nobody" not in after
    assert f"{late} was to be told in a digest. Not sent: their digest is switched off." in after


def test_what_was_settled_by_a_move_was_told_to_nobody(case):
    by = a_member("booking")
    with at(DUE + HOUR):
        lifecycle.move_case(case, the_move(case, "review"), by=by)
    breach = Escalation.objects.get(rung_code="breach")
    assert breach.resolved_at == breach.raised_at
    state, sentences = told(case, DUE + MINUTE)["Breach"]
    assert state == "missed", "a minute before nobody knew yet"
    assert "It was recorded on 12 March 2026, 10am." in sentences
    assert explain(case, DUE + 2 * HOUR, now=LONG_AFTER).things[0].title == "The stay in Review"


def test_while_the_watch_slept_a_rung_is_reached_and_not_recorded(case):
    swept(DUE - HOUR)
    swept(DUE + 5 * HOUR)

    found = explain(case, DUE + 2 * HOUR, now=LONG_AFTER)
    state, sentences = told(case, DUE + 2 * HOUR)["Breach"]

    assert state == "missed"
    assert "Nobody had looked since: the last sweep was that of 12 March 2026, 8am." in sentences
    assert "It was recorded on 12 March 2026, 2pm." in sentences
    assert not found.was_awake
    assert "The watch was asleep: the last sweep was that of 12 March 2026, 8am, 3 hours before." in found.watch[0]
    assert "The next sweep was that of 12 March 2026, 2pm, 3 hours after. It raised 1." in found.watch[1]


def test_without_any_record_of_a_sweep_it_says_that_it_cannot_say(case):
    found = explain(case, DUE + HOUR, now=LONG_AFTER)
    assert "whether the watch was awake cannot be said" in found.watch[0]
    assert (
        "The record holds no sweep before this moment. It has not been recorded since."
        in told(case, DUE + HOUR)["Breach"][1]
    )


def test_where_the_sweeps_of_that_time_are_forgotten_the_first_that_is_kept_is_not_called_the_next(case):
    swept(DUE - HOUR)
    swept(DUE + DAY)
    swept(DUE + 5 * DAY)
    assert sweep.forget_old(DUE + 2 * DAY + sweep.RUNS_KEPT_FOR) == 2
    (said,) = explain(case, DUE + HOUR, now=LONG_AFTER).watch
    assert said.endswith("whether the watch was awake cannot be said. Sweeps are kept for 90 days.")


def test_on_hold_nothing_is_reached(case):
    by = a_member("booking")
    with at(MONDAY + 9 * DAY):
        lifecycle.hold_case(case, reason="Away", until=MONDAY + 40 * DAY, by=by)
    swept(MONDAY + 9 * DAY + HOUR)

    found = explain(case, DUE + 5 * DAY, now=LONG_AFTER).things[0]
    assert found.due_at is None
    assert found.how[1] == "On hold since 11 March 2026, 9am: while the clock is stopped there is no date."
    assert states(case, DUE + 5 * DAY) == {"Warn": "untold", "Breach": "held", "Again": "held"}
    assert "its clock was stopped on 11 March 2026, 9am." in told(case, DUE + 5 * DAY)["Breach"][1]


def test_a_hold_that_ended_moved_the_date(case):
    by = a_member("booking")
    with at(MONDAY + DAY):
        lifecycle.hold_case(case, reason="Away", until=MONDAY + 40 * DAY, by=by)
    with at(MONDAY + 4 * DAY):
        lifecycle.resume_case(case, by=by)
    stay = explain(case, DUE, now=LONG_AFTER).things[0]
    assert stay.due_at == DUE + 3 * DAY
    assert stay.how[1] == "On hold from 3 March 2026, 9am to 6 March 2026, 9am: due on 15 March 2026, 9am."


def test_a_hold_whose_end_was_written_down_later_went_on_as_far_as_was_known(case):
    by = a_member("booking")
    with at(MONDAY + DAY):
        lifecycle.hold_case(case, reason="Away", until=MONDAY + 2 * DAY, by=by)
    swept(MONDAY + 8 * DAY)  # it resumes the case at the ceiling, six days ago

    found = explain(case, MONDAY + 5 * DAY, now=LONG_AFTER)
    assert set(states(case, MONDAY + 5 * DAY).values()) == {"held"}
    assert (
        "That the hold ended on 4 March 2026, 9am was written down after this moment: it went on here."
        in found.remarks
    )
    assert explain(case, MONDAY + 9 * DAY, now=LONG_AFTER).things[0].due_at == DUE + DAY


def test_a_hold_that_was_written_down_later_does_not_count(case):
    with at(DUE + DAY):
        lifecycle.hold_case(case, reason="Away", until=DUE + 40 * DAY, by=a_member("booking"), at=MONDAY + DAY)
    found = explain(case, DUE - HOUR, now=LONG_AFTER)
    assert found.things[0].due_at == DUE
    assert (
        "The hold from 3 March 2026, 9am was written down after this moment: it does not count here." in found.remarks
    )


def test_a_case_that_was_written_down_later_says_so_and_shows_what_the_record_says_today(manager):
    case = a_case(recorded_at=DUE + 3 * DAY)
    found = explain(case, DUE + HOUR, now=LONG_AFTER)
    assert (
        "was written into Midwatch on 15 March 2026, 9am, after this moment: nobody could be told then"
        in (found.remarks[0])
    )
    assert states(case, DUE + HOUR)["Breach"] == "missed"


def test_a_move_that_was_written_down_later_is_named(case):
    with at(MONDAY + 5 * DAY):
        lifecycle.move_case(case, the_move(case, "review"), by=a_member("booking"), at=MONDAY + 2 * DAY)
    found = explain(case, MONDAY + 3 * DAY, now=LONG_AFTER)
    assert found.things[0].title == "The stay in Review"
    assert "The record still had the case in Triage at this moment" in found.remarks[0]


def test_a_stay_that_became_urgent_is_shorter_only_from_then_on(case):
    entry = case.open_entry
    by = a_member("booking")
    entry.shortened_at, entry.shortened_by, entry.due_by = MONDAY + 2 * DAY, by, MONDAY + 3 * DAY
    entry.save()
    assert explain(case, MONDAY + DAY, now=LONG_AFTER).things[0].due_at == DUE
    stay = explain(case, MONDAY + 2 * DAY + HOUR, now=LONG_AFTER).things[0]
    assert stay.due_at == MONDAY + 3 * DAY
    assert stay.how[1] == "It became urgent on 4 March 2026, 9am: due on 5 March 2026, 9am at the latest."


def test_a_calendar_that_changed_since_is_named(manager):
    case = a_case(a_pathway(limit="5 working days"))
    calendar = office_hours()
    OpeningHours.objects.filter(calendar=calendar, weekday=2).delete()
    with at(MONDAY + 20 * DAY):
        calendar.touch()
    remarks = explain(case, MONDAY + 2 * DAY, now=LONG_AFTER).remarks
    assert any("The calendar “office” was changed on 22 March 2026, 9am, after this moment." in one for one in remarks)


def test_a_stay_whose_time_cannot_be_counted_is_named_and_all_else_is_explained(manager):
    case = a_case(a_pathway(limit="5 working days"))
    by = a_member("booking")
    with at(MONDAY + DAY):
        to_do.add_task(case, "Ring the ward", by=by, owner=by, due_at=MONDAY + 3 * DAY)
    swept(MONDAY + 2 * DAY)
    never_open(case)

    found = explain(case, MONDAY + 2 * DAY + MINUTE, now=LONG_AFTER)

    assert [thing.title for thing in found.things] == ["A task"]
    assert found.was_awake
    assert (
        "The stay in Triage cannot be explained: its times cannot be counted. Check the limit, the ladder and the "
        "calendar of this stage."
    ) in found.remarks


def test_tasks_handoffs_and_results_are_explained_too(manager):
    case = a_case(a_pathway(handoff="2 days"))
    by = a_member("booking", first_name="Priya", last_name="Shah")
    with at(MONDAY + DAY):
        task = to_do.add_task(case, "Ring the ward", by=by, owner=by, due_at=MONDAY + 3 * DAY)
        handoffs.offer(case, the_move(case, "review"), by=by, note="Please")
        result = results.request_result(case, "Echo", reader=by, by=by)
    with at(MONDAY + 2 * DAY):
        results.record_arrival(result, by=by, finding="Normal")
    swept(MONDAY + 5 * DAY)
    with at(MONDAY + 6 * DAY):
        to_do.complete_task(task, by=by)

    def titles(when):
        return [thing.title for thing in explain(case, when, now=LONG_AFTER).things]

    watched = ["The stay in Triage", "A task", "Handoff to Clinic team", "A result to be read"]
    assert titles(MONDAY + HOUR) == watched[:1]
    assert titles(MONDAY + 5 * DAY + HOUR) == watched
    things = {thing.title: thing for thing in explain(case, MONDAY + 5 * DAY + HOUR, now=LONG_AFTER).things}
    task_then = things["A task"]
    assert task_then.due_at == MONDAY + 3 * DAY
    assert [rung.state for rung in task_then.rungs] == ["untold", "recorded"]
    assert things["Handoff to Clinic team"].how == (
        "It was to be done by 5 March 2026, 9am: that date was agreed, or given by the pathway.",
    )
    assert titles(MONDAY + 7 * DAY) == ["The stay in Triage", "Handoff to Clinic team", "A result to be read"]


def test_a_time_that_cannot_be_explained_is_refused_in_a_sentence(case):
    with pytest.raises(Refused, match="This time has not come yet"):
        explain(case, DUE, now=MONDAY)
    with pytest.raises(Refused, match=r"was opened on 2 March 2026, 9am. Give a later time\."):
        explain(case, MONDAY - DAY)


def test_a_closed_case_has_nothing_that_is_watched(case):
    with at(MONDAY + DAY):
        lifecycle.close_case(case, by=a_member("booking"), reason="Opened twice")
    found = explain(case, MONDAY + 2 * DAY, now=LONG_AFTER)
    assert found.things == ()
    assert "The case was closed at this moment" in found.remarks[0]


def test_explaining_changes_nothing(case):
    swept(DUE + MINUTE)
    before = list(Escalation.objects.values()), SweepRun.objects.count(), list(case.timers.values())
    explain(case, DUE + HOUR, now=LONG_AFTER)
    assert (list(Escalation.objects.values()), SweepRun.objects.count(), list(case.timers.values())) == before


def run(*words, **options):
    out = StringIO()
    call_command("explain_escalation", *words, stdout=out, **options)
    return out.getvalue()


def test_the_command_prints_sentences_and_json_and_no_patient(case):
    swept(DUE + MINUTE)
    said = run(case.reference.lower(), at="2026-03-12T10:00:00Z")
    found = json.loads(run(case.reference, at="2026-03-12T10:00:00Z", json=True))

    assert said.startswith(f"{case} at 12 March 2026, 10am\nThe watch was asleep")
    assert "  Breach\n    Reached on 12 March 2026, 9am" in said
    assert found["things"][0]["due_at"] == "2026-03-12T09:00:00+00:00"
    assert [rung["state"] for rung in found["things"][0]["rungs"]] == ["untold", "recorded", "ahead"]
    assert case.patient.family_name not in said + json.dumps(found)


def test_the_command_refuses_in_sentences(case):
    with pytest.raises(CommandError, match=r"There is no case “MW-0”\. A reference looks like"):
        run("MW-0")
    with pytest.raises(CommandError, match="is not a time"):
        run(case.reference, at="noon")
    with pytest.raises(CommandError, match="Give a later time"):
        run(case.reference, at="2026-03-01T10:00Z")
    assert "The stay in Triage" in run(case.reference)
