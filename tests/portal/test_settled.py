"""The journeys look at a page when it is there: not while it is coming, and not at the one that is about to go."""

import pytest

from tests import browser


@pytest.fixture
def seen(monkeypatch):
    """The title of each page that axe looked at."""
    seen, look = [], browser.look

    def look_and_tell(page, but):
        seen.append(page.evaluate("document.title"))
        return look(page, but)

    monkeypatch.setattr(browser, "look", look_and_tell)
    return seen


def come_late(page, pattern, seconds=0.5):
    """Let what has this address come late; return the list of what did."""
    late = []

    def wait(route):
        late.append(route.request.url)
        page.wait_for_timeout(seconds * 1000)
        route.continue_()

    page.route(pattern, wait)
    return late


def test_what_is_still_being_loaded_is_waited_for_before_it_is_looked_at(page, live_server):
    page.goto("/sign-in/")
    late = come_late(page, "**/midwatch*.css")
    page.goto("/sign-in/?again", wait_until="commit")

    browser.then_the_page_is_accessible(page)

    assert late
    assert page.evaluate("document.readyState") == "complete"


def test_the_page_that_a_key_leads_to_is_waited_for(page, live_server, seen):
    page.goto("/sign-in/")
    late = come_late(page, "**/sign-in/")
    page.get_by_label("User name").fill("nobody")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.keyboard.press("Enter")

    browser.then_the_page_is_accessible(page)

    assert late
    assert [title.partition(":")[0] for title in seen] == ["Error"]


@pytest.mark.parametrize("moment", range(0, 200, 40))
def test_a_page_that_is_replaced_while_axe_looks_is_left_for_the_next(page, live_server, seen, monkeypatch, moment):
    page.goto("/sign-in/")
    look, leaves = browser.look, f"setTimeout(() => {{ location = '/sign-in/?new' }}, {moment})"

    def leave_and_look(page, but):
        if page.evaluate("document.title") != "The old one":
            return look(page, but)
        page.evaluate(leaves)
        try:
            return look(page, but)
        finally:
            page.wait_for_timeout(moment)  # axe may be quicker than that

    page.evaluate("document.title = 'The old one'")
    monkeypatch.setattr(browser, "look", leave_and_look)
    browser.then_the_page_is_accessible(page)

    assert page.url.endswith("?new")
    assert seen[-1] != "The old one"
