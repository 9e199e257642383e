"""The radar on a manager's first page, the lists that it opens, and the page that sets a case right."""

from datetime import timedelta

import pytest
import time_machine

from cases.models import Timer
from cases.watch import differing, timers
from tests.cases.web.reading import words
from tests.factories import (
    MONDAY,
    a_case,
    a_closed_case_with_an_unread_result,
    a_manager,
    a_pathway,
    never_open,
)

pytestmark = pytest.mark.django_db

ADDRESS = "/supervision/"
DAY = timedelta(days=1)
NOW = MONDAY + 9 * DAY + timedelta(hours=3)  # Wednesday 11 March, midday in London


@pytest.fixture(autouse=True)
def _nobody_has_looked():
    differing.forget()
    yield
    differing.forget()


def at(client, address, now=NOW):
    with time_machine.travel(now, tick=False):
        return client.get(address)


def test_what_is_left_of_closed_cases_is_on_the_radar_of_a_team_that_has_no_other(client, manager):
    case = a_closed_case_with_an_unread_result(a_pathway(), manager, NOW - 9 * DAY)
    client.force_login(manager)

    page = at(client, ADDRESS)

    assert "Your teams have no open case." in words(page)
    assert "Result unread for too long Booking team 1" in words(page)
    assert 'href="/cases/?reason=unread&amp;team=booking">1<' in page.content.decode()
    assert [row.case for row in at(client, "/cases/?reason=unread&team=booking").context["rows"]] == [case]
    for narrowed, count in (("status=open", 0), ("status=closed", 1), ("sort=longest", 1)):
        opened = at(client, f"/cases/?reason=unread&{narrowed}")
        assert (len(opened.context["rows"]), opened.context["choice"].not_understood) == (count, []), narrowed
    assert list(at(client, "/cases/?status=open").context["rows"]) == []


def test_the_radar_of_the_night_is_opened_and_set_right(client):
    manager, case = a_manager("booking"), a_case()
    Timer.objects.filter(case=case).update(fires_at=MONDAY + 90 * DAY)
    differing.keep(timers.rebuild(check=True))
    client.force_login(manager)

    url = f"/cases/{case}/set-right/"
    assert "Set right how this case is watched" in words(client.get(url))
    assert "It is watched rightly again." in words(client.post(url, follow=True))
    assert timers.rebuild(check=True) == []
    assert differing.references() == []


def test_what_cannot_be_set_right_is_refused_in_plain_words(client, caplog):
    manager, case = a_manager("booking"), a_case(a_pathway(limit="5 working days"))
    never_open(case)
    differing.keep(timers.rebuild(check=True))
    client.force_login(manager)

    answer = client.post(f"/cases/{case}/set-right/")

    assert answer.status_code == 200
    assert "Its times cannot be computed. The calendar it is counted with is never open." in words(answer)
    assert f"The timers of case {case.pk} cannot be computed." in caplog.messages
    assert differing.references() == [case.reference]


def test_the_page_says_when_it_was_last_looked_for_what_is_watched_wrongly(client, manager):
    a_case()
    client.force_login(manager)
    assert "Watched wrongly not looked at in the last two days Booking team 0" in words(at(client, ADDRESS))
    for night, said in (
        (NOW - timedelta(hours=9), "looked at today 3am"),
        (NOW - 2 * DAY, "not looked at since 9 March midday"),
    ):
        with time_machine.travel(night, tick=False):
            differing.keep([])
        assert f"Watched wrongly {said} Booking team 0" in words(at(client, ADDRESS))


def test_setting_a_case_right_is_no_look_at_all_of_them(client, manager):
    case = a_case()
    with time_machine.travel(NOW - 2 * DAY, tick=False):
        differing.keep([f"{case}: wrong."])
    differing.set_right(case, by=manager)
    client.force_login(manager)
    assert "Watched wrongly not looked at since 9 March midday Booking team 0" in words(at(client, ADDRESS))
