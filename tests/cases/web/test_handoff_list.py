"""The page of handoffs: what we answer, what we wait for, what became of the last."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from cases import handoffs
from cases.models import Case
from pathways.models import Membership
from tests.cases.web.reading import words
from tests.factories import MONDAY, PatientFactory, a_case, a_pathway, a_restricted_case, the_move

pytestmark = pytest.mark.django_db

ADDRESS = "/handoffs/"
DAY = timedelta(days=1)


@pytest.fixture
def pathway(db):
    return a_pathway(handoff="2 days")


@pytest.fixture
def offer(case, caseworker):
    """The booking team offers a case to the clinic, on Monday at 9am; an answer is wanted by Wednesday."""
    return handoffs.offer(case, the_move(case, "review"), by=caseworker, note="Needs a review", at=MONDAY)


def the_page(client, user, now=MONDAY + DAY):
    client.force_login(user)
    with time_machine.travel(now, tick=False):
        return client.get(ADDRESS)


def section(response, name) -> str:
    """What one of the three parts says."""
    found = re.search(rf'<section[^>]*id="{name}".*?</section>', response.content.decode(), re.DOTALL)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def links(response, handoff) -> list[str]:
    """The acts that are linked for a handoff."""
    return re.findall(rf"/handoffs/{handoff.pk}/(\w+)/", response.content.decode())


def test_what_was_offered_to_us_is_answered_here(client, clinician, offer):
    response = the_page(client, clinician)

    assert "Offered to your teams 1" in section(response, "received")
    assert "Booking team offers it to Clinic team. Your answer is wanted by tomorrow 9am." in words(response)
    assert links(response, offer) == ["accept", "decline"]
    assert client.get(reverse("decline", args=[offer.case.reference, offer.pk])).status_code == 200


def test_what_we_offered_is_chased_or_withdrawn_here(client, caseworker, clinician, offer):
    response = the_page(client, caseworker, MONDAY + 3 * DAY)

    said = section(response, "sent")
    assert "not answered yet 1" in said
    assert "Offered to Clinic team 3 days ago: their answer was wanted by yesterday 9am." in said
    assert "Chase Clinic team" in said
    assert links(response, offer) == ["withdraw"]
    assert reverse("chase", args=[offer.case.reference]) in response.content.decode()


def test_of_a_restricted_case_nobody_is_chased_who_must_not_know_of_it(client, caseworker, pathway):
    case = a_restricted_case(pathway)
    offer = handoffs.offer(case, the_move(case, "review"), by=caseworker, note="Needs a review", at=MONDAY)

    response = the_page(client, caseworker, MONDAY + 3 * DAY)

    assert links(response, offer) == ["accept", "decline", "withdraw"]
    assert reverse("chase", args=[case.reference]) not in response.content.decode()


def test_an_agency_without_accounts_is_answered_for_here(client, caseworker, offer):
    response = the_page(client, caseworker)

    assert links(response, offer) == ["accept", "decline", "withdraw"]
    assert "They accept" in section(response, "sent")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda offer, us, them: handoffs.accept(offer, by=them, at=MONDAY), "Clinic team accepted it yesterday."),
        (
            lambda offer, us, them: handoffs.decline(offer, by=them, why="She is known elsewhere", at=MONDAY),
            "Clinic team declined it yesterday: She is known elsewhere.",
        ),
        (
            lambda offer, us, them: handoffs.withdraw(offer, by=us, why="Not needed.", at=MONDAY),
            "Booking team withdrew the offer to Clinic team yesterday: Not needed.",
        ),
    ],
)
def test_what_became_of_an_offer_is_told_to_both_sides(client, caseworker, clinician, offer, answer, said):
    answer(offer, caseworker, clinician)

    response = the_page(client, caseworker)
    assert said in section(response, "answered")
    assert "Answered in the last 14 days 1" in section(response, "answered")


def test_an_old_answer_is_shown_no_more(client, caseworker, clinician, offer):
    handoffs.accept(offer, by=clinician, at=MONDAY)

    assert "Nothing was answered." in section(the_page(client, caseworker, MONDAY + 15 * DAY), "answered")


def test_an_empty_page_says_so(client, caseworker, pathway):
    said = words(the_page(client, caseworker))

    assert "No case waits for your answer." in said
    assert "You wait for nobody's answer." in said


def test_what_others_offer_each_other_is_not_shown(client, stranger, offer):
    assert str(offer.case) not in words(the_page(client, stranger))


def test_a_restricted_case_is_not_named_to_those_it_was_offered_to(client, clinician, offer):
    Case.objects.filter(pk=offer.case_id).update(restricted=True)

    response = the_page(client, clinician)

    assert "Offered to your teams 0" in section(response, "received")
    assert str(offer.case) not in words(response)


def test_a_case_that_two_of_my_teams_hand_over_is_shown_once(client, caseworker, clinician, offer):
    Membership.objects.create(user=caseworker, team=offer.to_team)

    response = the_page(client, caseworker)

    assert "Offered to your teams 1" in section(response, "received")
    assert "not answered yet 0" in section(response, "sent")


def test_who_is_in_no_team_is_led_to_the_cases(client, inspector):
    assert the_page(client, inspector).url == "/cases/"
    assert "“Handoffs” is for those who work in a team, and you are in none." in words(client.get("/cases/"))


def test_the_page_costs_eight_statements_at_most(
    client, caseworker, clinician, pathway, django_assert_max_num_queries
):
    patient = PatientFactory()
    for number in range(12):
        case = a_case(pathway, patient=patient)
        offer = handoffs.offer(case, the_move(case, "review"), by=caseworker, note="Please", at=MONDAY)
        if number % 3 == 0:
            handoffs.decline(offer, by=clinician, why="No", at=MONDAY)
    the_page(client, caseworker)

    with time_machine.travel(MONDAY + DAY, tick=False), django_assert_max_num_queries(8):
        assert client.get(ADDRESS).status_code == 200
