"""What people type, and what they tap, on a phone and on a desk."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases import lifecycle, recording, to_do
from cases.watch import escalations
from tests.browser import DESK, PHONE, begin, settle, then_the_page_is_accessible

LINK = f"https://intranet.example.nhs.uk/{'abcdefghij' * 20}"
DAY = timedelta(days=1)


@pytest.fixture
def case(ward):
    """A late case with a link in everything that was written about it, and one more late case."""
    ward.case(days=9, family_name="Late")
    case = ward.case(days=9, family_name="Link")
    ward.swept()
    by = ward.manager
    lifecycle.assign_case(case, by, by=by)
    recording.write_note(case, f"See {LINK}", by=by)
    to_do.add_task(case, LINK[:200], by=by, owner=by, due_at=timezone.now() + DAY)
    escalations.acknowledge(case.escalations.first(), by=by, answer=f"I ring {LINK}", by_when=timezone.now() + DAY)
    return case


def widest(page):
    """How much wider than the window the page is, or a table than its place."""
    return page.evaluate(
        """() => Math.max(
            document.documentElement.scrollWidth - window.innerWidth,
            ...[...document.querySelectorAll("main table")].map(
                table => table.getBoundingClientRect().right - table.parentElement.getBoundingClientRect().right),
        )"""
    )


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_long_link_does_not_push_the_page_sideways(page, ward, case, size):
    begin(page, ward.manager)
    page.set_viewport_size(size)
    for address in (case.get_absolute_url(), "/escalations/?state=promised", "/cases/", "/my-day/"):
        page.goto(address)
        assert widest(page) <= 0, address


@pytest.mark.parametrize(("size", "least"), [(PHONE, 40), (DESK, 24)], ids=["phone", "desk"])
def test_a_box_to_tick_is_large_enough_on_every_list(page, ward, case, size, least):
    begin(page, ward.manager)
    page.set_viewport_size(size)
    for address in ("/cases/", "/escalations/"):
        page.goto(address)
        box = page.locator("main td input[type=checkbox]").first.bounding_box()
        assert min(box["width"], box["height"]) >= least, address


def test_every_figure_of_my_teams_and_of_the_board_is_on_a_phones_screen(page, ward, case):
    begin(page, ward.manager)
    page.set_viewport_size(PHONE)
    for address in ("/supervision/", "/durations/discharge-to-assess/"):
        page.goto(address)
        settle(page)
        cells = page.locator("main td:visible")
        assert cells.count() > 10
        for cell in cells.all():
            box = cell.bounding_box()
            assert 0 <= box["x"] <= PHONE["width"] - box["width"], f"{address}: {cell.inner_text()}"
        assert page.locator("main td:visible .mw-cards__head").first.is_visible(), "what each figure is"
        then_the_page_is_accessible(page)
