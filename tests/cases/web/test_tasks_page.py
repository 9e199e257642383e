"""What is owed about a case: shown in words, added, done, given, cancelled, asked for again."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cases import lifecycle, to_do
from cases.showing import LONDON
from cases.watch import escalations, sweep
from tests.cases.web.reading import reasons, words
from tests.factories import MONDAY, TeamFactory, a_case, a_member, a_pathway, a_restricted_case, fresh, the_move

DAY = timedelta(days=1)
RING = {"code": "ring", "title": "Ring the patient", "text": "Ask about stairs.", "limit_amount": 2}
RING |= {"limit_unit": "days"}
SECOND_PAIR = [("task done", {"task": "ring", "by_role": "manager"})]


@pytest.fixture
def case(db):
    """A case that owes one task of its pathway, for which the move to review waits: by a manager."""
    return a_case(a_pathway(tasks=[RING], requires=SECOND_PAIR))


@pytest.fixture
def task(case):
    return case.tasks.get()


def address(task, name="task"):
    return reverse(name, args=[task.case.reference, task.pk])


def owed(page):
    return words(page).split("What is owed")[1].split("Results")[0].strip()


def in_three_parts(day):
    return {"due_on_day": day.day, "due_on_month": day.month, "due_on_year": day.year}


def test_what_is_owed_says_what_whose_and_by_when(client, case, task, caseworker):
    client.force_login(caseworker)
    with time_machine.travel(MONDAY + DAY, tick=False):
        assert owed(client.get(case.get_absolute_url())).startswith(
            "Ring the patient anybody in Booking team · due tomorrow 9am"
        )
    to_do.give_task(task, caseworker, by=caseworker)
    with time_machine.travel(MONDAY + 3 * DAY, tick=False):
        late = client.get(case.get_absolute_url())
    assert owed(late).startswith("Ring the patient Priya Shah · Late was due yesterday 9am")
    assert '<span class="mw-due mw-due--late">was due yesterday 9am</span>' in late.content.decode()


def test_a_task_by_hand_looks_like_one_of_the_pathway(signed_in, case, caseworker):
    to_do.add_task(case, "Chase the report", by=caseworker)

    page = signed_in.get(case.get_absolute_url()).content.decode()

    both = re.findall(r'<div class="mw-item">\s*<p><a href="/cases/[^"]+/tasks/\d+/">(.*?)</a>\s*<span', page)
    assert both == ["Ring the patient", "Chase the report"]
    assert "anybody in Booking team · no date" in owed(signed_in.get(case.get_absolute_url()))


def test_by_the_date_of_a_new_task_stands_what_comes_of_giving_none(signed_in, case):
    said = words(signed_in.get(reverse("add_task", args=[case.reference])))
    assert "A task without a date does not bring the case up again." in said


def test_a_task_is_added_by_hand_until_five_in_the_afternoon(signed_in, case, caseworker):
    day = timezone.localdate() + 3 * DAY
    page = reverse("add_task", args=[case.reference])
    typed = {"title": "Chase the report", "text": "Ring Lab B.", "owner": caseworker.pk, **in_three_parts(day)}

    answer = signed_in.post(page, typed, follow=True)

    assert "“Chase the report” is on the list of Priya Shah." in words(answer)
    task = case.tasks.get(code="")
    assert (task.text, task.owner) == ("Ring Lab B.", caseworker)
    assert task.due_at == datetime.combine(day, datetime.min.time().replace(hour=17), tzinfo=LONDON)


def test_what_is_wrong_with_a_task_is_said_and_nothing_typed_is_lost(signed_in, case, clinician):
    page = reverse("add_task", args=[case.reference])

    assert reasons(signed_in.post(page, {"owner": "nobody"})) == ["Fill in “What is to be done?”."]
    stranger = {"title": "Chase", "owner": clinician.pk}
    assert reasons(signed_in.post(page, stranger)) == ["Choose a person who is in the team."]
    yesterday = timezone.localdate() - DAY
    answer = signed_in.post(page, {"title": "Chase", "owner": "nobody", **in_three_parts(yesterday)})
    assert reasons(answer) == ["Choose a date in the future by which it is to be done."]
    assert 'value="Chase"' in answer.content.decode()
    assert case.tasks.count() == 1


def test_a_task_says_what_it_is_about_and_what_waits_for_it(signed_in, task):
    said = words(signed_in.get(address(task)))

    assert "Ring the patient More about it Ask about stairs. Who does it Anybody in Booking team By when Late" in said
    assert "What waits for it Move to Review: it must be done by a manager" in said
    assert "by the pathway" in said


def test_a_task_is_done_with_what_came_of_it_and_folded_away(signed_in, case, task):
    answer = signed_in.post(address(task), {"outcome": "She comes on Friday."}, follow=True)

    assert "“Ring the patient” is done." in words(answer)
    assert "Nothing is owed." in owed(answer)
    assert "Show 1 that is done or cancelled Ring the patient Done Priya Shah" in owed(answer)
    assert "“She comes on Friday.”" in owed(answer)
    said = words(signed_in.get(address(task)))
    assert "This task is done." in said
    assert "by Priya Shah (caseworker)" in said


def test_a_task_that_somebody_did_before_is_refused_and_nothing_typed_is_lost(signed_in, task, manager):
    to_do.complete_task(task, by=manager)

    for name, typed in (("task", {"outcome": "Rang."}), ("cancel_task", {"why": "By itself."})):
        answer = signed_in.post(address(task, name), typed)
        assert reasons(answer) == ["This task is over already: Grace Okafor has done it."]
        assert next(iter(typed.values())) in answer.content.decode()
        assert "Grace Okafor" in words(answer)


def test_the_page_that_cancels_a_promise_says_why_it_cannot_be_taken_back(signed_in, pathway, caseworker):
    case = a_case(pathway, at=timezone.now() - timedelta(days=20))
    sweep.run()
    by_when = timezone.now() + timedelta(days=1)
    answered = escalations.acknowledge(case.escalations.last(), by=caseworker, answer="I ring.", by_when=by_when)

    page = signed_in.get(address(answered.promise, "cancel_task"))

    assert "This was promised in answer to an escalation, and ends when the case moves on." in words(page)
    assert "Cancel the task" not in words(page)
    refused = signed_in.post(address(answered.promise, "cancel_task"), {"why": "On leave"})
    assert reasons(refused)[0].startswith("This was promised in answer to an escalation")


def test_a_task_is_cancelled_with_a_reason(signed_in, task):
    assert reasons(signed_in.post(address(task, "cancel_task"), {})) == ["Fill in “Why is it cancelled?”."]
    answer = signed_in.post(address(task, "cancel_task"), {"why": "She rang us."}, follow=True)
    assert "“Ring the patient” is cancelled." in words(answer)
    assert "Ring the patient Cancelled Priya Shah" in owed(answer)


def test_a_task_is_given_to_a_person_of_its_team_and_back(signed_in, task, manager, clinician):
    page = address(task, "give_task")
    assert f'value="{clinician.pk}"' not in signed_in.get(page).content.decode()

    assert "Grace Okafor does “Ring the patient”." in words(signed_in.post(page, {"owner": manager.pk}, follow=True))
    assert fresh(task).owner == manager
    answer = signed_in.post(page, {"owner": "nobody"}, follow=True)
    assert "Anybody in Booking team may do “Ring the patient”." in words(answer)
    assert reasons(signed_in.post(page, {"owner": clinician.pk})) == ["Choose a person who is in the team."]


def test_a_move_that_waits_for_a_task_leads_to_it_and_then_to_the_second_pair_of_eyes(client, case, task, manager):
    client.force_login(manager)
    page = client.get(case.get_absolute_url())
    assert "Do the task “Ring the patient” first. Go to the task" in words(page)
    assert f'<a href="{address(task)}">Go to the task</a>' in page.content.decode()

    to_do.complete_task(task, by=a_member("booking"))
    page = client.get(case.get_absolute_url())
    assert "must be done by a manager too: the second pair of eyes. Ask for the task again" in words(page)
    again = reverse("ask_again", args=[case.reference, "ring"])
    assert f'href="{again}"' in page.content.decode()

    assert "Ask for “Ring the patient” again" in words(client.get(again))
    assert "“Ring the patient” is on the list of Booking team again." in words(client.post(again, follow=True))
    assert reasons(client.post(again)) == ["This task is owed already."]
    client.post(address(case.tasks.get(done_at=None)))
    assert fresh(case).refusals(the_move(case, "review"), timezone.now()) == []


def test_asking_again_for_what_the_pathway_does_not_know_is_not_found(signed_in, case):
    assert signed_in.get(reverse("ask_again", args=[case.reference, "nothing"])).status_code == 404


def test_who_reads_only_reads_a_task_and_changes_none(client, case, task, inspector):
    client.force_login(inspector)

    assert "Add a task" not in words(client.get(case.get_absolute_url()))
    page = client.get(address(task))
    assert "You can read this case but not change it. It is with Booking team now." in words(page)
    assert "<button" not in page.content.decode().split("<main")[1]
    assert "Give to…" not in words(page)
    for name in ("task", "cancel_task", "give_task"):
        assert client.post(address(task, name), {"why": "x", "owner": "nobody"}).status_code == 403
    for name in ("add_task", "ask_again"):
        more = ["ring"] if name == "ask_again" else []
        assert client.post(reverse(name, args=[case.reference, *more]), {"title": "x"}).status_code == 403
    assert fresh(task).is_open


def test_a_closed_case_owes_nothing(signed_in, case, task, caseworker):
    lifecycle.close_case(case, reason="Moved away", by=caseworker)

    assert "Add a task…" not in words(signed_in.get(case.get_absolute_url()))
    page = reverse("add_task", args=[case.reference])
    assert "This case is closed: nothing is owed about it." in words(signed_in.get(page))
    answer = signed_in.post(page, {"title": "Chase", "owner": "nobody"})
    assert reasons(answer) == ["This case is closed. Reopen it first."]


def test_the_task_of_another_case_is_not_found(signed_in, case, task):
    other = a_case(case.version_map.pathway)

    for name in ("task", "cancel_task", "give_task"):
        assert signed_in.get(reverse(name, args=[other.reference, task.pk])).status_code == 404


def test_a_task_is_given_to_another_team_at_once(client, case, caseworker, clinician, stranger):
    client.force_login(caseworker)
    page = reverse("add_task", args=[case.reference])
    clinic = TeamFactory(code="clinic")
    typed = {"title": "Look at the scan", "owner": "nobody", "team": clinic.pk}
    both = client.post(page, typed | {"owner": caseworker.pk})
    assert reasons(both) == ["Choose a person of your own team or another team, not both."]
    assert 'value="Look at the scan"' in both.content.decode()

    answer = client.post(page, typed, follow=True)

    assert "“Look at the scan” is on the list of Clinic team." in words(answer)
    task = case.tasks.get(code="")
    client.force_login(stranger)
    assert client.get(address(task)).status_code == 404
    client.force_login(clinician)
    assert "You can read this case but not change it." in words(client.get(case.get_absolute_url()))
    assert "Look at the scan" in words(client.get(address(task)))
    client.post(address(task, "give_task"), {"owner": clinician.pk})
    done = client.post(address(task), {"outcome": "Nothing new."})
    assert done.url == reverse("home"), "the case is not theirs to read any more"
    assert fresh(task).done_by == clinician


def test_a_team_that_has_done_its_task_reads_the_task_and_the_case_no_more(client, case, caseworker, clinician):
    task = to_do.add_task(case, "Look at the scan", by=caseworker, team=TeamFactory(code="clinic"))
    to_do.complete_task(task, by=clinician, outcome="Nothing new.")
    client.force_login(clinician)

    page = client.get(address(task))
    assert "This task is done." in words(page)
    assert f'href="{case.get_absolute_url()}"' not in page.content.decode()
    assert client.get(case.get_absolute_url()).status_code == 404
    again = client.post(address(task), {"outcome": "Done twice."})
    assert "has done it." in reasons(again)[0]


def test_the_task_of_a_restricted_case_is_found_by_its_own_teams_alone(client, caseworker, clinician):
    case = a_restricted_case(a_pathway("safe"))
    task = to_do.add_task(case, "Ring the social worker", by=caseworker)
    client.force_login(clinician)

    for name in ("task", "cancel_task", "give_task"):
        assert client.get(address(task, name)).status_code == 404
