"""The escalations page: what stands in which list, who sees it, several answered at once, and what it costs."""

import re
from datetime import timedelta

import pytest
import time_machine

from cases import lifecycle, to_do
from cases.models import Case, Escalation, Notice, NoticeLine, Task
from cases.watch import escalations, notices, sweep
from pathways.models import MailPreference, Membership, Pathway, Team, system_user
from tests.cases.web.reading import reasons, words
from tests.factories import MONDAY, UserFactory, a_case, a_manager, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

ADDRESS = "/escalations/"
MENU = f'href="{ADDRESS}"'
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
DUE = MONDAY + 10 * DAY  # a Thursday at 9am
NOW = DUE + 3 * DAY
LADDER = [
    ("breach", "after", "0 days", {"answer_amount": 4, "answer_unit": "hours"}),
    ("again", "after", "1 day", {"tells": ["owner"]}),
]
PROMISE = {"answer": "I ring Imaging", "by_when_day": "20", "by_when_month": "3", "by_when_year": "2026"}


@pytest.fixture
def pathway(db):
    return a_pathway(ladder=LADDER)


@pytest.fixture
def late(case, manager):
    """A case that passed two rungs, of which nobody has answered one."""
    sweep.run(DUE + SECOND)
    sweep.run(DUE + DAY + SECOND)
    return case


def at(client, address=ADDRESS, now=NOW, **sent):
    with time_machine.travel(now, tick=False):
        return client.post(address, sent, follow=True) if sent else client.get(address)


def listed(response) -> list:
    """The cases of the rows of a page, whose number is the count at its heading and on its chip."""
    found = [row.case for row in response.context["rows"]]
    state = response.context["state"]
    counts = {one: number for one, number, _ in response.context["states"]}
    assert len(found) == response.context["count"] == counts[state]
    return found


def states(client, now=NOW) -> dict[str, list]:
    return {state: listed(at(client, f"{ADDRESS}?state={state}", now)) for state in ("open", "broken", "promised")}


@pytest.fixture
def signed_in(client, manager):
    client.force_login(manager)
    return client


def promise(escalation, by, days=1, now=NOW):
    return escalations.acknowledge(escalation, by=by, answer="I ring Imaging", by_when=now + days * DAY, at=now)


def highest(case):
    return case.escalations.filter(kind="stage").order_by("-level").first()


def test_one_row_for_each_late_thing_says_what_how_late_and_who_was_told(signed_in, late, manager):
    said = words(at(signed_in))

    assert listed(at(signed_in)) == [late]
    assert "Triage: 3 days over its limit of 10." in said
    assert str(manager) in said, "the owner's place is the manager's while nobody has the case"
    assert f"{late} " in said


def test_what_is_over_a_limit_in_working_days_is_counted_as_on_every_list(signed_in, client):
    case = a_case(a_pathway("weekdays", ladder=LADDER, limit="5 working days"))
    sweep.run(MONDAY + 7 * DAY + SECOND)
    now = MONDAY + 14 * DAY
    said = "5 working days over its limit of 5"
    assert f"Triage: {said}." in words(at(signed_in, now=now))
    assert said in words(at(signed_in, f"/cases/?q={case}", now))
    assert said in words(at(signed_in, case.get_absolute_url(), now))


def test_an_answer_moves_it_to_what_is_promised_and_a_promise_that_is_kept_to_nowhere(signed_in, late, manager):
    promise(highest(late), manager)
    assert states(signed_in) == {"open": [], "broken": [], "promised": [late]}
    assert f"{manager}: “I ring Imaging” by tomorrow 9am" in words(at(signed_in, f"{ADDRESS}?state=promised"))
    to_do.complete_task(Task.objects.get(), by=manager, at=NOW + HOUR)
    assert states(signed_in) == {"open": [], "broken": [], "promised": []}


def test_a_promise_may_be_kept_until_its_time_is_used_up_and_is_broken_after_it_also_before_the_sweep(
    signed_in, late, manager
):
    promise(highest(late), manager)
    assert states(signed_in, NOW + DAY)["broken"] == []
    assert states(signed_in, NOW + DAY + SECOND) == {"open": [], "broken": [late], "promised": []}
    sweep.run(NOW + DAY + SECOND)
    assert states(signed_in, NOW + DAY + 2 * SECOND) == {"open": [], "broken": [late], "promised": []}
    assert "was promised for" in words(at(signed_in, f"{ADDRESS}?state=broken", NOW + DAY + 2 * SECOND))


def test_who_answers_a_broken_promise_promises_anew(signed_in, late, manager):
    promise(highest(late), manager)
    sweep.run(NOW + DAY + SECOND)
    later = NOW + DAY + HOUR
    broken = at(signed_in, f"{ADDRESS}?state=broken", later).context["rows"][0].answer_pk
    promise(Escalation.objects.get(pk=broken), manager, now=later)
    assert states(signed_in, later) == {"open": [], "broken": [], "promised": [late]}
    assert [row.escalation.pk for row in at(signed_in, f"{ADDRESS}?state=promised", later).context["rows"]] == [broken]


def test_a_case_that_has_moved_on_is_in_no_list(signed_in, late, manager):
    lifecycle.move_case(late, the_move(late, "done"), by=manager, at=NOW)
    assert states(signed_in) == {"open": [], "broken": [], "promised": []}


def test_what_nobody_could_be_told_of_is_listed_and_says_so(client, case):
    sweep.run(DUE + SECOND)
    client.force_login(a_manager("booking"))
    assert listed(at(client)) == [case]
    assert "nobody could be told" in words(at(client))


def test_who_was_to_be_told_by_a_digest_that_is_switched_off_was_not_told(signed_in, case, manager):
    MailPreference.objects.create(user=manager, digest=False)
    sweep.run(DUE + SECOND)
    notices.send_due(at=NOW)
    assert "their digest is switched off" in words(at(signed_in, case.get_absolute_url()))

    said = words(at(signed_in))

    assert f"nobody was told {manager} was to be" in said
    assert "nobody could be told" not in said


def test_a_digest_that_left_out_what_was_answered_before_told_nobody(signed_in, case, manager):
    sweep.run(DUE + SECOND)
    promise(highest(case), a_member("booking"), days=9, now=DUE + HOUR)
    notices.send_due(at=NOW)

    said = words(at(signed_in, f"{ADDRESS}?state=promised"))

    assert f"nobody was told {manager} was to be" in said


# Who sees what


def test_a_caseworker_sees_their_own_and_those_they_were_told_of(client, pathway, manager):
    mine, theirs, nurse = a_case(pathway), a_case(pathway), a_member("booking")
    lifecycle.assign_case(mine, nurse, by=system_user(), at=MONDAY)
    lifecycle.assign_case(theirs, manager, by=system_user(), at=MONDAY)
    sweep.run(DUE + SECOND)
    client.force_login(nurse)
    assert listed(at(client)) == [mine]


def test_a_manager_of_another_team_sees_none_of_it(client, late):
    client.force_login(a_manager("imaging"))
    assert listed(at(client)) == []


def test_a_lead_sees_what_they_were_told_of_only_as_far_as_they_see_the_case(client, pathway, case, manager):
    inside, outside = a_member("booking"), UserFactory()
    Membership.objects.create(team=Team.objects.get(code="clinic"), user=outside)
    for lead, sees in ((inside, True), (outside, False)):
        Pathway.objects.update(lead=lead)
        other = a_case(pathway)
        sweep.run(DUE + SECOND)
        sweep.run(DUE + DAY)  # not answered: the owner's rung is told, in the place of nobody the managers
        sweep.run(DUE + 2 * DAY)
        client.force_login(lead)
        told = Escalation.objects.filter(lines__recipient=lead, case=other).exists()
        assert (other in listed(at(client))) == (sees and told)


@pytest.fixture
def lead(late):
    """The pathway's lead, of no team, who was told that nobody had answered."""
    lead = UserFactory(first_name="Ama", last_name="Boateng")
    Pathway.objects.update(lead=lead)
    Membership.objects.all().delete()
    sweep.run(DUE + 2 * DAY)
    assert NoticeLine.objects.filter(recipient=lead).exists()
    return lead


def test_who_was_told_and_is_of_no_team_answers_from_the_link_and_keeps_the_promise(client, late, lead):
    client.force_login(lead)
    told = NoticeLine.objects.filter(recipient=lead).latest("pk").escalation
    assert MENU in client.get("/cases/").content.decode()
    assert listed(at(client)) == [late]
    link = f"/cases/{late}/escalations/{told.pk}/"
    assert link in at(client, late.get_absolute_url()).content.decode(), "the page of the case leads there too"
    assert at(client, link).status_code == 200

    assert "Your answer is saved" in words(at(client, link, **PROMISE))
    task = Task.objects.get(title="I ring Imaging")
    assert (task.owner, task.team) == (lead, late.team)
    assert listed(at(client, f"{ADDRESS}?state=promised")) == [late]
    done = at(client, f"/cases/{late}/tasks/{task.pk}/", outcome="They come tomorrow")
    assert "“I ring Imaging” is done." in words(done)
    assert fresh(task).done_by == lead


def test_who_was_told_gives_their_promise_to_somebody_of_the_team(client, late, lead):
    client.force_login(lead)
    promise(NoticeLine.objects.filter(recipient=lead).latest("pk").escalation, lead)
    task, nurse = Task.objects.get(title="I ring Imaging"), a_member("booking")
    assert str(nurse) in words(at(client, f"/cases/{late}/tasks/{task.pk}/give/"))
    at(client, f"/cases/{late}/tasks/{task.pk}/give/", owner=nurse.pk)
    assert fresh(task).owner == nurse
    assert at(client, f"/cases/{late}/tasks/{task.pk}/give/").status_code == 403, "it is theirs no more"


def test_who_was_told_of_another_thing_of_the_case_answers_only_that(client, late, lead):
    client.force_login(lead)
    other = Escalation.objects.create(
        case=late,
        kind="task",
        thing_id=1,
        rung_code="task-due",
        level=1,
        due_at=DUE,
        reached_at=DUE,
        rung_name="Task due",
        stage_name="a task",
    )
    refused = at(client, f"/cases/{late}/escalations/{other.pk}/")
    assert refused.status_code == 403
    assert f"/escalations/{other.pk}/" not in at(client, late.get_absolute_url()).content.decode()


def test_a_restricted_case_is_told_to_nobody_outside_of_its_teams(client, late, manager):
    teller = a_member("clinic")
    lifecycle.assign_case(late, None, by=system_user(), at=NOW)
    Case.objects.filter(pk=late.pk).update(restricted=True)
    told = highest(late)
    NoticeLine.objects.update(recipient=teller)
    Notice.objects.update(recipient=teller)
    client.force_login(teller)
    assert listed(at(client)) == []
    assert late.reference not in at(client).content.decode()
    answer = at(client, f"{ADDRESS}answer/", escalation=[told.pk], step="do", **PROMISE)
    assert late.reference not in answer.content.decode()
    client.force_login(manager)
    assert listed(at(client)) == [late]


def test_who_is_in_no_team_has_none(client, pathway_administrator):
    client.force_login(pathway_administrator)
    assert at(client).url == "/cases/"
    page = client.get("/cases/").content.decode()
    assert MENU not in page
    assert "“Escalations” is for those who work in a team, and you are in none." in page


def test_an_inspector_reads_those_of_all_teams_and_answers_none(client, late, inspector, manager):
    scan = a_case(a_pathway("scan", team="clinic", ladder=LADDER))
    Case.objects.filter(pk=scan.pk).update(restricted=True)
    sweep.run(NOW)
    client.force_login(inspector)
    assert MENU in client.get("/cases/").content.decode()

    page = at(client)

    assert listed(page) == [late, scan]
    assert listed(at(client, f"{ADDRESS}?state=open&team=clinic")) == [scan]
    for trace in (
        'type="checkbox"',
        "What to do",
        "Answer those you ticked",
        "Answer all",
        f"/escalations/{highest(late).pk}/",
    ):
        assert trace not in page.content.decode()
    answer = at(client, f"{ADDRESS}answer/", escalation=[highest(late).pk], step="do", list="", **PROMISE)
    assert "0 escalations answered, 1 skipped" in words(answer)
    assert fresh(highest(late)).acknowledged_at is None
    assert reasons(at(client, f"{ADDRESS}answer/", all="1", list="state=open")) == [
        "Tick the escalations that you want to answer, on the list."
    ]


def test_an_inspector_who_was_told_in_person_answers_that_and_nothing_else(client, late, inspector, manager):
    other = a_case(a_pathway("scan", team="clinic", ladder=LADDER))
    sweep.run(NOW)
    notice = Notice.objects.create(recipient=inspector, kind="digest")
    NoticeLine.objects.create(notice=notice, recipient=inspector, escalation=highest(late))
    client.force_login(inspector)

    page = at(client)

    assert sorted(case.pk for case in listed(page)) == [late.pk, other.pk]
    assert {row.case: row.answer_pk for row in page.context["rows"]} == {late: highest(late).pk, other: None}
    answer = at(client, f"{ADDRESS}answer/", escalation=[highest(late).pk], step="do", list="", **PROMISE)
    assert "1 escalation answered" in words(answer)


# Narrowing


def test_lists_are_narrowed_by_pathway_stage_team_and_age_and_the_counts_with_them(signed_in, late, manager):
    Membership.objects.create(team=Team.objects.get(code="clinic"), user=manager, role="manager")
    other = a_case(a_pathway("scan", team="clinic", ladder=LADDER), at=MONDAY + 2 * DAY)
    sweep.run(NOW)
    for query, expected in {
        "pathway=scan": [other],
        "stage=review/triage": [late],
        "stage=review/review": [],
        "team=booking": [late],
        "team=@managed": [late, other],
        "age=1": [late],
        "age=3": [],
        "age=1&team=clinic": [],
        "pathway=nonsense": [],
    }.items():
        assert listed(at(signed_in, f"{ADDRESS}?state=open&{query}")) == expected, query
    assert listed(at(signed_in, f"{ADDRESS}?age=lots&state=soon")) == [late, other], "what means nothing is left out"
    assert reasons(signed_in.get(f"{ADDRESS}?age=lots")) == ["Choose an answer for “How late” from the list."]


def test_how_late_a_case_is_counts_from_when_it_is_due_after_a_hold(signed_in, manager):
    case = a_case(a_pathway("warned", ladder=[("warn", "before", "2 days")]))
    sweep.run(DUE - DAY)
    lifecycle.hold_case(case, reason="Away", until=DUE + 9 * DAY, by=manager, at=DUE - DAY)
    by_age = f"{ADDRESS}?state=open&age=1"
    assert listed(at(signed_in, by_age, DUE + 3 * DAY)) == [], "its clock is stopped"
    lifecycle.resume_case(case, by=manager, at=DUE + 3 * DAY)  # it is due four days later than it was
    assert listed(at(signed_in, now=DUE + 4 * DAY + HOUR)) == [case]
    assert listed(at(signed_in, by_age, DUE + 4 * DAY + HOUR)) == []
    assert listed(at(signed_in, by_age, DUE + 5 * DAY + HOUR)) == [case]


def test_a_list_in_which_nothing_is_like_what_was_chosen_claims_nothing_of_the_others(signed_in, late):
    said = words(at(signed_in, f"{ADDRESS}?state=open&stage=review/review"))

    assert "None is like this. Choose less above, or show all." in said
    assert "Every escalation is answered." not in said


def test_the_most_late_comes_first_by_when_it_is_due_now_and_what_is_held_comes_last(signed_in, manager):
    pathway, soon = a_pathway("early", ladder=[("warn", "before", "2 days")]), DUE - DAY
    held, resumed, late = [a_case(pathway, at=MONDAY + n * HOUR) for n in range(3)]
    sweep.run(soon)
    for case in (held, resumed):
        lifecycle.hold_case(case, reason="Holiday", until=soon + 9 * DAY, by=manager, at=soon)
    lifecycle.resume_case(resumed, by=manager, at=soon + 2 * DAY)
    assert listed(at(signed_in, now=soon + 3 * DAY)) == [late, resumed, held]


def test_a_long_list_goes_on_on_the_next_page(signed_in, pathway, manager):
    cases = [a_case(pathway, at=MONDAY + n * SECOND) for n in range(28)]
    sweep.run(NOW)
    first = at(signed_in)
    second = at(signed_in, f"{ADDRESS}?state=open&after={first.context['next']}")
    shown = [row.case for page in (first, second) for row in page.context["rows"]]
    assert shown == cases
    assert (len(first.context["rows"]), first.context["count"], second.context["next"]) == (25, 28, None)
    assert "Not answered, the most late first" in words(first)
    assert "Back to the beginning" in words(second)
    promise_all = {"answer": "I ring", "by_when": NOW + DAY, "by": manager, "at": NOW}
    escalations.acknowledge_many([highest(case) for case in cases[25:]], **promise_all)
    gone = words(at(signed_in, f"{ADDRESS}?state=open&after={first.context['next']}"))
    assert "None is like this. Choose less above, or show all. Back to the beginning" in gone


# Several at once


def test_several_are_answered_with_one_promise_and_each_says_what_came_of_it(signed_in, late, pathway, manager):
    other, gone = a_case(pathway), a_case(pathway)
    sweep.run(NOW)
    keys = [str(highest(case).pk) for case in (late, other, gone)]
    asked = at(signed_in, f"{ADDRESS}answer/", escalation=keys, list="state=open")
    assert "Answer 3 escalations" in words(asked)
    lifecycle.move_case(gone, the_move(gone, "done"), by=manager, at=NOW)

    answer = at(signed_in, f"{ADDRESS}answer/", escalation=keys, list="state=open", step="do", **PROMISE)

    said = words(answer)
    assert "2 escalations answered, 1 skipped" in said
    assert re.search(f"{gone} [^.]+ Skipped Triage: This escalation is over: the case has moved on.", said)
    assert re.search(f"{late} [^.]+ Done Triage: Answered: to be done by 20 March 2026, 5pm.", said)
    assert states(signed_in) == {"open": [], "broken": [], "promised": [late, other]}
    assert set(Task.objects.values_list("title", "owner")) == {("I ring Imaging", manager.pk)}


def test_the_whole_list_is_answered_as_it_was_narrowed(signed_in, late, pathway):
    newer = a_case(pathway, at=MONDAY + 2 * DAY)
    sweep.run(NOW)
    asked = at(signed_in, f"{ADDRESS}answer/", list="state=open&age=1", all="1")
    assert [one.case for one in asked.context["chosen"]] == [late]
    assert newer.reference not in words(asked)


def test_without_a_tick_or_a_promise_the_page_says_what_to_do(signed_in, late):
    assert reasons(at(signed_in, f"{ADDRESS}answer/", list="")) == [
        "Tick the escalations that you want to answer, on the list."
    ]
    asked = at(signed_in, f"{ADDRESS}answer/", escalation=[highest(late).pk], step="do", list="")
    assert reasons(asked) == ["Fill in “What will be done?”.", "Fill in “By when?”."]
    answer = at(
        signed_in,
        f"{ADDRESS}answer/",
        escalation=[highest(late).pk],
        step="do",
        list="",
        **PROMISE | {"by_when_day": "1"},
    )
    assert reasons(answer) == ["Choose a date in the future by which it will be done."]
    assert answer.context["form"]["answer"].value() == PROMISE["answer"], "nothing typed is lost"
    assert at(signed_in, f"{ADDRESS}answer/", escalation=["x", "²", "9" * 30], list="").status_code == 200
    assert signed_in.get(f"{ADDRESS}answer/").url == ADDRESS


def test_another_teams_escalation_is_refused_in_its_turn(client, late, clinician):
    Case.objects.filter(pk=late.pk)
    to_do.add_task(late, "Ring", team=clinician.memberships.get().team, by=system_user(), due_at=None, at=NOW)
    client.force_login(clinician)  # who may read the case now
    answer = at(client, f"{ADDRESS}answer/", escalation=[highest(late).pk], step="do", list="", **PROMISE)
    assert "0 escalations answered, 1 skipped" in words(answer)
    assert "You can read this case but not change it." in words(answer)
    assert fresh(highest(late)).acknowledged_at is None


def test_the_page_costs_eight_statements_at_most_whatever_there_is(
    signed_in, late, pathway, manager, django_assert_max_num_queries
):
    for n in range(30):
        case = lifecycle.assign_case(a_case(pathway), manager, by=system_user(), at=MONDAY + n * SECOND)
    sweep.run(NOW)
    for case in Case.objects.all()[:14]:
        promise(highest(case), manager, days=1)
    for state in ("open", "promised", "broken"):
        for query in ("", "&team=booking&pathway=review&stage=review/triage&age=1"):
            at(signed_in, f"{ADDRESS}?state={state}{query}", NOW + 2 * DAY)
            with django_assert_max_num_queries(8):
                assert at(signed_in, f"{ADDRESS}?state={state}{query}", NOW + 2 * DAY).status_code == 200
