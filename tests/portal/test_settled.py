"""The journeys look at a page when it is there, not while it is coming."""

from tests import browser


def test_what_is_still_being_loaded_is_waited_for_before_it_is_looked_at(page, live_server):
    late = []

    def come_late(route):
        late.append(route.request.url)
        page.wait_for_timeout(1000)
        route.continue_()

    page.goto("/sign-in/")
    page.route("**/midwatch*.css", come_late)
    page.goto("/sign-in/?again", wait_until="commit")

    browser.then_the_page_is_accessible(page)

    assert late
    assert page.evaluate("document.readyState") == "complete"
