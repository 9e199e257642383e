"""My day on the screen: what stands where, the chips, the button that takes a case, and what it costs."""

import html
import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from cases import handoffs, lifecycle, results, to_do
from cases.models import Case
from pathways.models import system_user
from tests.cases.web.reading import reasons, words
from tests.factories import MONDAY, PatientFactory, a_case, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

ADDRESS = "/my-day/"
DAY = timedelta(days=1)


def at(client, now=MONDAY, address=ADDRESS):
    with time_machine.travel(now, tick=False):
        return client.get(address)


def groups(response) -> dict[str, int]:
    """The groups of the page with the counts at their headings, and how many rows each has."""
    page = response.content.decode()
    return {name: int(count) for name, count in re.findall(r"<h2[^>]*>([^<]+) <span class=\"mw-count\">(\d+)", page)}


def chips(response) -> list[str]:
    return re.findall(r'class="mw-chip [^>]*>([^<]+)<', html.unescape(response.content.decode()))


@pytest.fixture
def ward(pathway, caseworker):
    """A case for each group of the caseworker's day, on Thursday 12 March."""
    patient = PatientFactory()

    def mine(days, owner=caseworker):
        case = a_case(pathway, at=MONDAY + (10 - days) * DAY, patient=patient)
        return lifecycle.assign_case(case, owner, by=system_user(), at=case.opened_at)

    late, today, on_track = mine(days=12), mine(days=10), mine(days=3)
    nobodys, task, result = mine(days=2, owner=None), mine(days=2), mine(days=2)
    to_do.add_task(task, "Ring", owner=caseworker, by=caseworker, due_at=MONDAY + 10 * DAY, at=MONDAY + 8 * DAY)
    awaited = results.request_result(result, "Echo", caseworker, by=caseworker, at=MONDAY + 8 * DAY)
    results.record_arrival(awaited, "Normal", by=caseworker, at=MONDAY + 9 * DAY)
    return {
        "Late": late,
        "Late today": today,
        "Nobody has it": nobodys,
        "Task due": task,
        "Result not read": result,
        "On track": on_track,
    }


THURSDAY = MONDAY + 10 * DAY


def test_each_group_has_its_heading_its_count_and_its_row(signed_in, ward):
    response = at(signed_in, THURSDAY)

    assert groups(response) == dict.fromkeys(ward, 1)
    sections = re.findall(r"<section.*?</section>", response.content.decode(), re.DOTALL)
    assert [str(case) in section for case, section in zip(ward.values(), sections, strict=True)] == [True] * 6


def test_the_chips_count_what_is_to_be_done(signed_in, ward):
    response = at(signed_in, THURSDAY)

    assert chips(response) == ["1 late", "1 late today", "1 nobody's", "1 task due", "1 result not read"]
    page = response.content.decode()
    assert all(f'id="{anchor}"' in page for anchor in re.findall(r'mw-chip--[^"]+" href="#([^"]+)"', page))


def test_a_row_says_why_and_offers_one_thing_to_do(signed_in, ward):
    said = words(at(signed_in, THURSDAY))

    assert "Late 2 days over its limit of 10. Who has it You Booking team" in said
    assert "Nobody has it. Who has it nobody yet Booking team What to do Take it" in said
    assert "Task: Ring, due today 9am. Who has it You Booking team What to do Do the task" in said
    assert "Result not read: Echo, arrived yesterday. Who has it You Booking team What to do Read the result" in said


def test_the_page_says_the_day_and_the_time(signed_in, case):
    assert "Thursday 12 March, 9am" in words(at(signed_in, THURSDAY))


def test_when_nothing_is_late_that_is_said(signed_in, case, caseworker):
    lifecycle.assign_case(case, caseworker, by=caseworker)

    said = words(at(signed_in))

    assert "Nothing is late. 1 case is on track." in said
    assert chips(at(signed_in)) == []


def test_with_something_late_nothing_of_the_kind_is_said(signed_in, ward):
    assert "Nothing is late" not in words(at(signed_in, THURSDAY))


def test_an_empty_day_says_what_will_stand_here(signed_in, pathway):
    said = words(at(signed_in))

    assert "Nothing waits for you." in said
    assert groups(at(signed_in)) == {}


def test_a_group_that_is_cut_leads_to_the_worklist(signed_in, pathway, monkeypatch):
    monkeypatch.setattr("cases.my_day.SHOWN", 2)
    patient = PatientFactory()
    for _ in range(5):
        a_case(pathway, patient=patient)

    response = at(signed_in)

    assert groups(response) == {"Nobody has it": 5}
    assert "And 3 more: find them in the worklist" in words(response)
    assert 'href="/cases/?reason=nobodys"' in response.content.decode()
    assert at(signed_in, address="/cases/?reason=nobodys").status_code == 200


def test_a_handoff_is_answered_from_here(client, caseworker):
    clinician, case = a_member("clinic"), a_case(a_pathway("offered", handoff="2 days"))
    offer = handoffs.offer(case, the_move(case, "review"), by=caseworker, note="Please", at=MONDAY)
    client.force_login(clinician)

    response = at(client)

    assert chips(response) == ["1 handed to you"]
    address = reverse("accept", args=[case.reference, offer.pk])
    assert f'href="{address}"' in response.content.decode()
    assert client.get(address).status_code == 200


# Where it is the first page


def test_members_of_a_team_begin_with_my_day(signed_in):
    assert signed_in.get("/").url == ADDRESS


@pytest.mark.parametrize("who", ["inspector", "pathway_administrator"])
def test_others_begin_with_the_cases(client, request, who):
    client.force_login(request.getfixturevalue(who))

    assert client.get("/").url == "/cases/"
    assert client.get(ADDRESS).url == "/cases/"
    why = "Important “My day” is for those who work in a team, and you are in none. Here are the cases."
    assert why in words(client.get("/cases/"))
    assert "My day" not in client.get("/cases/").content.decode()


def test_who_is_not_signed_in_is_asked_to(client):
    assert client.get("/").url == "/sign-in/", "and is led to their own first page from there"
    assert client.get(ADDRESS).url == f"/sign-in/?next={ADDRESS}"


# Taking a case


def take(client, case, **sent):
    return client.post(reverse("take", args=[case.reference]), sent, follow=True)


def test_a_case_is_taken_with_one_press_and_one_stays_on_the_list(signed_in, case, caseworker):
    response = take(signed_in, case, next=ADDRESS)

    assert response.redirect_chain == [(ADDRESS, 302)]
    assert f"{case} is yours now." in words(response)
    assert fresh(case).owner == caseworker


def test_who_was_too_late_to_take_a_case_is_told_who_has_it(signed_in, case, manager):
    lifecycle.assign_case(case, manager, by=manager)

    response = take(signed_in, case, next=ADDRESS)

    assert reasons(response) == ["Grace Okafor has this case already. Ask them, or use “Give to…” on its page."]
    assert fresh(case).owner == manager


def test_the_page_for_taking_asks_before_it_does(signed_in, case):
    assert "Take the case" in words(signed_in.get(reverse("take", args=[case.reference])))
    assert fresh(case).owner is None


def test_a_case_of_another_team_cannot_be_taken(client, case, clinician, stranger):
    client.force_login(stranger)
    assert client.post(reverse("take", args=[case.reference])).status_code == 404


@pytest.mark.parametrize("back", ["https://example.org/", "//example.org/", "javascript:alert(1)", ""])
def test_one_is_never_led_elsewhere_after_taking(signed_in, case, back):
    assert take(signed_in, case, next=back).redirect_chain == [(case.get_absolute_url(), 302)]


# What it costs


def test_my_day_costs_eight_statements_at_most_whatever_there_is(
    signed_in, ward, pathway, django_assert_max_num_queries
):
    pathway = a_pathway("working", limit="1 working day")
    for _ in range(30):
        a_case(pathway, at=MONDAY)
    at(signed_in, THURSDAY)

    with django_assert_max_num_queries(8):
        response = at(signed_in, THURSDAY)
    assert "working days over its limit of 1" in words(response)
    assert Case.objects.count() == 36


def test_pages_are_drawn_as_of_now(signed_in, case):
    assert "Thursday 12 March, 9am" in words(at(signed_in, THURSDAY))
