"""Moving a case: what the page says before, what it does, and how it refuses."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from cases import lifecycle, recording
from tests.cases.web.reading import reasons, words
from tests.cases.web.conftest import RISK_ASSESSMENT
from tests.factories import MONDAY, a_case, a_pathway, fresh, the_move


@pytest.fixture
def ready(case, caseworker):
    """The case with its risk assessment done today."""
    recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=caseworker)
    return case


def address(case, target):
    return reverse("move", args=[case.reference, the_move(case, target).pk])


def test_the_page_says_what_the_move_would_do(signed_in, ready, caseworker):
    lifecycle.assign_case(ready, caseworker, by=caseworker)
    lifecycle.hold_case(ready, reason="On holiday", until=timezone.now() + timedelta(days=9), by=caseworker)

    said = words(signed_in.get(address(ready, "review")))

    assert "It makes Clinic team responsible, after Booking team." in said
    assert "It starts a limit of 5 working days: due on" in said
    assert "It ends the hold." in said
    assert "Priya Shah no longer has the case; somebody of Clinic team takes it." in said


def test_the_due_time_is_reckoned_as_of_now_with_the_calendar_of_the_next_stage(client, pathway, caseworker):
    case = a_case(pathway, at=MONDAY)
    thursday_before_easter = datetime(2026, 4, 2, 10, tzinfo=UTC)
    with time_machine.travel(thursday_before_easter, tick=False):
        recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=caseworker)
        client.force_login(caseworker)
        said = words(client.get(address(case, "review")))

    assert "due on 13 April 2026, 11am" in said  # Good Friday and Easter Monday are not working days


def test_the_last_stage_says_that_it_closes_the_case(signed_in, case):
    assert "It closes the case: Done is the end of this pathway." in words(signed_in.get(address(case, "done")))


def test_a_move_is_made_and_told_in_words(signed_in, ready):
    answer = signed_in.post(
        address(ready, "review"), {"note": "Family agrees", "seen_entry": ready.open_entry.pk}, follow=True
    )

    assert answer.redirect_chain == [(ready.get_absolute_url(), 302)]
    assert "Moved to Review, which is with Clinic team. It is due on" in words(answer)
    assert fresh(ready).stage == "review"
    assert ready.history.first().history_change_reason == "Family agrees"


def test_a_move_to_the_end_says_that_the_case_is_closed(signed_in, case):
    answer = signed_in.post(address(case, "done"), {"seen_entry": case.open_entry.pk}, follow=True)

    assert "Moved to Done. The case is closed." in words(answer)
    assert fresh(case).status == "closed"


def test_what_must_be_seen_to_elsewhere_is_shown_with_its_link_and_no_button(signed_in, caseworker):
    case = a_case(a_pathway(requires=[("document attached", {}), *RISK_ASSESSMENT]))

    page = signed_in.get(address(case, "review"))

    assert "This move is not possible yet. Attach a document first. Attach a document Complete the Risk" in words(page)
    assert "<button" not in page.content.decode().split("<main")[1]


def test_a_move_that_somebody_made_before_is_refused_with_their_name(signed_in, ready, manager):
    page, seen = address(ready, "review"), ready.open_entry.pk
    lifecycle.move_case(ready, the_move(ready, "review"), by=manager)

    answer = signed_in.post(page, {"note": "Family agrees", "seen_entry": seen})

    assert reasons(answer)[0].startswith("Grace Okafor moved this case to Review at ")
    assert "“Move to Review” is not possible from Review. Look at the case again." in words(answer)
    assert "Family agrees" in answer.content.decode()
    assert ready.entries.count() == 2


def test_a_page_of_a_move_that_is_no_longer_possible_says_so(signed_in, ready, manager):
    page = address(ready, "review")
    lifecycle.move_case(ready, the_move(ready, "review"), by=manager)

    assert "is not possible from Review" in words(signed_in.get(page))


def test_a_move_of_another_team_is_refused_with_the_sentence_that_says_who_makes_it(client, ready, caseworker):
    lifecycle.move_case(ready, the_move(ready, "review"), by=caseworker)
    client.force_login(caseworker)

    page = client.get(address(ready, "done"))
    assert "You cannot make this move. It is made by a caseworker or manager of Clinic team." in words(page)
    assert "<button" not in page.content.decode().split("<main")[1]

    answer = client.post(address(ready, "done"), {"seen_entry": ready.open_entry.pk})
    assert answer.status_code == 403
    assert "You cannot make this move." in words(answer)
    assert fresh(ready).stage == "review"


def test_a_move_of_another_pathway_is_not_found(signed_in, case):
    assert signed_in.get(reverse("move", args=[case.reference, 0])).status_code == 404
