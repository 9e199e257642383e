"""Acts on a case through its pages: done, refused with the reasons, nothing typed lost."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cases import lifecycle, to_do
from cases.models import Escalation
from cases.showing import moment
from cases.watch import sweep
from tests.cases.web.reading import reasons, title, words
from tests.factories import MONDAY, a_case, a_member, fresh

DAY = timedelta(days=1)


@pytest.fixture
def act(signed_in, case):
    """Send one of the case's forms, as the page that is open shows it."""

    def send(name, *more, follow=True, **typed):
        typed.setdefault("seen_entry", getattr(fresh(case).open_entry, "pk", ""))
        return signed_in.post(reverse(name, args=[case.reference, *more]), typed, follow=follow)

    return send


def on(day, name="until"):
    return {f"{name}_day": day.day, f"{name}_month": day.month, f"{name}_year": day.year}


def test_a_case_is_put_on_hold_until_nine_in_the_morning(act, case):
    until = timezone.localdate() + 9 * DAY

    answer = act("hold", reason="On holiday", **on(until))

    assert answer.redirect_chain == [(case.get_absolute_url(), 302)]
    assert f"On hold until {until.day} {until:%B %Y}, 9am at most." in words(answer)
    hold = case.holds.get()
    assert (hold.reason, timezone.localtime(hold.until).hour, hold.started_by.username) == (
        "On holiday",
        9,
        answer.wsgi_request.user.username,
    )


def test_a_hold_needs_a_reason_and_a_date(act, case):
    answer = act("hold")

    assert reasons(answer) == ["Fill in “Why is the case put on hold?”.", "Fill in “At most until”."]
    assert title(answer).startswith("Error: ")
    assert fresh(case).status == "open"


def test_a_hold_into_the_past_is_refused_and_keeps_what_was_typed(act, case):
    answer = act("hold", reason="On holiday", **on(timezone.localdate() - DAY))

    assert reasons(answer) == ["Choose a date in the future until which the case is on hold at most."]
    assert 'value="On holiday"' in answer.content.decode()
    assert fresh(case).status == "open"


def test_a_hold_until_a_mistyped_year_is_refused(act, case):
    far = timezone.localdate() + 400 * DAY

    for answer in (act("hold", reason="On holiday", **on(far)), act("hold", reason="On holiday", **on(date.max))):
        sentence = (
            "This date is a year or more away. Check the year. A case is on hold for less than a year at a time."
        )
        assert reasons(answer) == [sentence]
    assert fresh(case).status == "open"


def test_a_held_case_is_resumed_and_says_when_it_is_due(act, case, caseworker):
    lifecycle.hold_case(case, reason="On holiday", until=timezone.now() + 9 * DAY, by=caseworker)

    answer = act("resume", note="Back already")

    assert "Resumed. It is due on" in words(answer)
    assert fresh(case).status == "open"
    assert case.history.first().history_change_reason == "Back already"


def test_resuming_what_is_not_held_is_refused(act):
    assert reasons(act("resume")) == ["This case is not on hold."]


def test_a_case_is_closed_with_a_reason_and_reopened_by_a_manager(act, client, case, manager):
    assert reasons(act("close", reason="  ")) == ["Fill in “Why is the case closed here?”."]
    assert "The case is closed." in words(act("close", reason="Moved away"))
    assert fresh(case).status == "closed"

    client.force_login(manager)
    assert "Reopened in Triage. It is due on" in words(act("reopen", reason="Came back"))
    assert fresh(case).status == "open"


@pytest.mark.parametrize(
    ("name", "typed"),
    [("hold", {"reason": "On holiday", **on(timezone.localdate() + DAY)}), ("close", {"reason": "Gone"})],
)
def test_a_page_that_somebody_overtook_is_refused_and_keeps_what_was_typed(act, case, manager, name, typed):
    seen = case.open_entry.pk
    lifecycle.close_case(case, reason="Closed by mistake", by=manager)
    lifecycle.reopen_case(case, reason="Opened again", by=manager)

    answer = act(name, seen_entry=seen, **typed)

    closed, reopened, advice = reasons(answer)
    assert closed.startswith("Grace Okafor closed this case at ")
    assert reopened.startswith("Grace Okafor reopened this case in Triage at ")
    assert advice == "Look at the case again before you go on."
    assert typed["reason"] in answer.content.decode()
    assert f'name="seen_entry" value="{fresh(case).open_entry.pk}"' in answer.content.decode()
    assert fresh(case).status == "open"


@pytest.mark.parametrize("nonsense", ["", "x", "-1", "1.5", "9" * 30, "²"])
def test_a_page_that_does_not_say_what_it_showed_counts_as_overtaken(act, case, nonsense):
    answer = act("close", seen_entry=nonsense, reason="Gone")

    assert "since you opened this page" in reasons(answer)[0]
    assert fresh(case).status == "open"


def test_a_case_is_given_to_a_colleague_or_back_to_the_team(act, case, manager):
    assert "Grace Okafor has this case now." in words(act("assign", owner=manager.pk))
    assert fresh(case).owner == manager

    assert "Booking team has this case, nobody in particular." in words(act("assign", owner="nobody"))
    assert fresh(case).owner is None


def test_a_case_cannot_be_given_to_somebody_outside_its_team(act, case):
    answer = act("assign", owner=a_member("imaging").pk)

    assert len(reasons(answer)) == 1
    assert fresh(case).owner is None


def test_a_note_is_saved_and_an_empty_one_is_asked_for(act, case):
    assert reasons(act("note", text=" ")) == ["Fill in “Note”."]
    assert "Your note is saved." in words(act("note", text="Rang the family."))
    assert [note.text for note in case.notes.all()] == ["Rang the family."]


def test_an_escalation_is_answered_once(act, manager, case, caseworker):
    sweep.run(timezone.now())
    first, second = case.escalations.all()[:2]

    day = timezone.localdate() + timedelta(days=2)
    by_when = {"by_when_day": day.day, "by_when_month": day.month, "by_when_year": day.year}

    assert reasons(act("acknowledge", first.pk, answer="")) == ["Fill in “What will be done?”.", "Fill in “By when?”."]
    said = words(act("acknowledge", first.pk, answer="I call Imaging today.", **by_when))
    assert "Your answer is saved, and you have a task for it, due " in said
    first = fresh(first)
    assert (first.acknowledged_by, first.acknowledgement) == (caseworker, "I call Imaging today.")
    assert (first.promise.owner, timezone.localdate(first.promise.due_at)) == (caseworker, day)

    answer = act("acknowledge", second.pk, answer="Me too.", **by_when)  # of a lower level: answered with the first
    assert reasons(answer) == [f"{caseworker} has answered this escalation already."]
    assert "Me too." in answer.content.decode()


def answering(client, case, escalation):
    return client.get(reverse("acknowledge", args=[case.reference, escalation.pk]))


def test_an_escalation_that_is_over_says_so_before_anybody_types_an_answer(signed_in, manager, case, caseworker):
    sweep.run(timezone.now())
    over = case.escalations.first()
    lifecycle.close_case(case, reason="Gone", by=caseworker)

    page = answering(signed_in, case, over)

    said = f"This escalation is over since {moment(fresh(over).resolved_at)}: the case has gone on."
    assert said in words(page)
    assert "Save the answer" not in words(page)


def test_an_escalation_is_answered_knowing_when_the_case_is_due_after_a_hold(signed_in, manager, caseworker):
    due = MONDAY + 10 * DAY
    case = a_case()
    sweep.run(due - DAY)
    warned, now = case.escalations.get(), due + DAY
    lifecycle.hold_case(case, reason="Away", until=due + 9 * DAY, by=caseworker, at=due - DAY)
    with time_machine.travel(now, tick=False):
        signed_in.force_login(caseworker)
        assert "The case is on hold: its clock is stopped." in words(answering(signed_in, case, warned))
        lifecycle.resume_case(case, by=caseworker, at=now)
        assert f"The limit of 10 days ends on {moment(due + 2 * DAY)}" in words(answering(signed_in, case, warned))
    with time_machine.travel(due + 3 * DAY, tick=False):
        signed_in.force_login(caseworker)
        assert f"The limit of 10 days ended on {moment(due + 2 * DAY)}" in words(answering(signed_in, case, warned))


def test_what_is_no_stay_is_told_as_what_an_escalation_is_about(signed_in, manager, case, caseworker):
    now = timezone.now()
    to_do.add_task(case, "Ring", by=caseworker, due_at=now - 2 * DAY, at=now - 3 * DAY)
    sweep.run(now)
    late = case.escalations.filter(kind="task").first()

    said = words(answering(signed_in, case, late))

    assert f"Level {late.level}, about a task, reached" in said
    assert f"It was wanted by {moment(now - 2 * DAY)}" in said
    assert "about the handoff to Imaging" in Escalation(kind="handoff", stage_name="handoff to Imaging").where


def test_the_escalation_of_another_case_is_not_found(signed_in, manager, pathway, case):
    other = a_case(pathway)
    sweep.run(timezone.now())

    page = reverse("acknowledge", args=[case.reference, other.escalations.first().pk])

    assert signed_in.get(page).status_code == 404


def test_every_act_shows_its_page(act, signed_in, case, manager):
    sweep.run(timezone.now())
    pages = ["hold", "resume", "close", "assign", "note"]
    for address in [reverse(name, args=[case.reference]) for name in pages] + [
        reverse("acknowledge", args=[case.reference, case.escalations.first().pk])
    ]:
        page = signed_in.get(address)
        assert page.status_code == 200
        assert page.content.decode().count("<h1") == 1
