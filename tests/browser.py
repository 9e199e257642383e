"""A browser for the journeys: Debian's Chromium, driven by Playwright, on a live server.

A test that takes ``page`` is a journey and gets the mark ``browser``. Without Chromium it is skipped, or fails when
MIDWATCH_REQUIRE_BROWSER is set. Every journey also fails on an error in the browser's console, so on everything that
the content security policy had to stop, and on a request to another host.
"""

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",  # nobody is asked but the live server
]
HOST = "localhost"  # of the live server
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
PATIENCE = 15_000  # milliseconds, on a machine that is busy with the other tests
REPLACED = 5  # times at most that a page may be replaced by itself before somebody has looked at it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every journey."""
    for item in items:
        if "page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a journey where there is no browser, or fail it where there must be one."""
    if CHROMIUM or not item.get_closest_marker("browser"):
        return
    if os.environ.get("MIDWATCH_REQUIRE_BROWSER"):
        pytest.fail("There is no Chromium here, and MIDWATCH_REQUIRE_BROWSER asks for one: apt-get install chromium.")
    pytest.skip("There is no Chromium here.")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say last, after pytest's own closing line, that journeys were left out."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter else []
    if skipped := sum("no Chromium" in str(report.longrepr) for report in reports):
        print(f"{skipped} journeys in a browser were skipped: there is no Chromium here (apt-get install chromium).")


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """One browser for all journeys of this process."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    # Playwright keeps an event loop in this thread, and Django would take every query for one made inside of it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    flags = FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(chromium, live_server) -> Iterator:
    """A page of a new visitor, on whom nothing is signed in; addresses may be given without the host."""
    host, wrong = urlsplit(live_server.url).netloc, []
    context = chromium.new_context(
        base_url=live_server.url, viewport=DESK, locale="en-GB", timezone_id="Europe/London"
    )

    def note_other_hosts(request) -> None:
        if urlsplit(request.url).netloc not in {host, ""}:
            wrong.append(f"The page asked for {request.url}.")

    # No route, which would make every style sheet come through this process, and anew for each page.
    context.on("request", note_other_hosts)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.on("console", lambda message: wrong.append(message.text) if is_error(message) else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    assert not wrong, "The browser reported:\n" + "\n".join(wrong)


def is_error(message) -> bool:
    """Tell whether a line of the console is an error; a refusal (403, 404, 409) is the page's to show and none."""
    return message.type == "error" and "the server responded with a status of 4" not in message.text


def begin(page, user, at: str = "/") -> None:
    """Begin at the address ``at`` as somebody who has signed in already."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[-1])
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "domain": HOST, "path": "/"}])
    page.goto(at)


def sign_in(page, user, password: str) -> None:
    """Sign in on the page, as a person does, where that is what is looked at: ``begin`` takes a third of the time."""
    page.goto("/sign-in/")
    page.get_by_label("User name").fill(user.username)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def settle(page) -> float:
    """Wait for the page that is under way, if one is, and until it has been loaded; return when it began.

    A click waits until the page that it leads to begins, and no longer; a key or a script does not wait at all.
    """
    from playwright.sync_api import Error

    for _ in range(REPLACED):
        page.locator("html").wait_for(state="attached")  # which looks only when no other page is under way
        page.wait_for_load_state()
        page.locator(".htmx-request").first.wait_for(state="detached")  # a part of it that is still to come
        with suppress(Error):  # replaced just now
            return page.evaluate("performance.timeOrigin")
    raise AssertionError(f"{page.url} is replaced again and again.")


def then_the_page_is_accessible(page, but: Collection[str] = ()) -> None:
    """Fail with every rule of axe that the page breaks, and where it does; ``but`` names rules that do not count."""
    violations = broken_rules(page, but)
    assert not violations, f"{page.url} is not accessible:\n" + "\n".join(
        f"- {violation['help']} ({violation['id']}, {violation['impact']})\n"
        + "\n".join(f"    {' '.join(map(str, node['target']))}: {node['html'][:200]}" for node in violation["nodes"])
        for violation in violations
    )


def broken_rules(page, but: Collection[str] = ()) -> list[dict]:
    """Return the rules that the page breaks; should it be replaced while axe looks, those of the page that came."""
    from playwright.sync_api import Error

    for _ in range(REPLACED):
        began = settle(page)
        try:
            found = look(page, but)
        except Error:
            if settle(page) == began:
                raise
        else:
            if settle(page) == began:
                return found
    raise AssertionError(f"{page.url} was replaced again and again before axe had seen all of it.")


# The ways in which the page's texts look: all that decides whether they can be told from what they stand on.
LOOKS = """() => {
  const looks = new Set(), grounds = new Map();
  const behind = element => {
    if (!element) return "";
    if (!grounds.has(element)) {
      const style = getComputedStyle(element);
      const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.position];
      grounds.set(element, own + behind(element.parentElement));
    }
    return grounds.get(element);
  };
  for (const element of document.body.querySelectorAll("*")) {
    const says = "value" in element || [...element.childNodes].some(node => node.nodeType == 3 && node.data.trim());
    if (says && element.getClientRects().length) {
      const style = getComputedStyle(element);
      looks.add([style.color, style.fontSize, style.fontWeight] + behind(element));
    }
  }
  return [...looks];
}"""
FOUND_GOOD = set()  # of these looks, by this process


def look(page, but: Collection[str]) -> list[dict]:
    """Let axe look at the page, and return the rules that it finds broken.

    Colours take two thirds of its time: it judges them where a text looks as none did before.
    """
    from axe_playwright_python.sync_playwright import Axe

    looks = set(page.evaluate(LOOKS))
    left_out = {*but, "color-contrast"} if looks <= FOUND_GOOD else {*but}
    options = {
        "resultTypes": ["violations"],
        "rules": {rule: {"enabled": False} for rule in left_out},
        "preload": False,  # rules that are off read the style sheets: axe would fetch them, and write into the page
    }
    found = Axe().run(page, options=options).response["violations"]
    if not found:
        FOUND_GOOD.update(looks)
    return found


def then_the_page_fits_a_phone(page) -> None:
    """Fail if a phone would have to scroll the whole page sideways."""
    settle(page)
    page.set_viewport_size(PHONE)
    for _ in range(50):  # the menu's script folds it a moment after the window became narrow
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider <= 0:
            break
        page.wait_for_timeout(100)  # wait_for_function would need eval, which the policy forbids
    page.set_viewport_size(DESK)
    assert wider <= 0, f"{page.url} is {wider} pixels wider than a phone."
