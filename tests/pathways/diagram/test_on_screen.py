"""The maps of the pathways that come with Midwatch, as Chromium really draws them."""

from django.conf import settings

from pathways import diagram, exchange
from pathways.drawn import Drawn
from pathways.models import Pathway, system_user
from tests.browser import PHONE, then_the_page_fits_a_phone, then_the_page_is_accessible

CODES = sorted(path.stem for path in exchange.LIBRARY.glob("*.yaml"))
STYLES = [settings.ASSETS_DIR / "nhsuk" / "nhsuk.css", settings.BASE_DIR / "portal" / "static" / "map.css"]

# Names of stages whose words reach out of their box, and of moves whose words reach into one.
ASTRAY = """() => {
  const rect = (element) => element.getBoundingClientRect();
  const boxes = [...document.querySelectorAll(".mw-map__svg .mw-map__box")];
  const reachesOut = (text, box) =>
    text.left < box.left || text.right > box.right || text.top < box.top || text.bottom > box.bottom;
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const inside = boxes.flatMap((box) => [...box.parentNode.querySelectorAll("text")]
    .filter((text) => reachesOut(rect(text), rect(box))));
  const beside = [...document.querySelectorAll(".mw-map__move text")]
    .filter((text) => boxes.some((box) => meet(rect(text), rect(box))));
  return [...inside, ...beside].map((text) => text.textContent);
}"""


def given_the_map_of(page, code, **name):
    for other in CODES:  # some lead to others as detours
        Pathway.objects.get_or_create(code=other, defaults={"name": other})
    draft = exchange.draft_from(exchange.read(exchange.shipped(code)), by=system_user(), reason="Loaded")
    draft.stages.filter(is_first=True).update(**name)
    figure = diagram.draw(Drawn(draft), here=draft.stages.last().code, been=[draft.stages.first().code], in_full=True)
    page.set_content(
        '<!DOCTYPE html><html lang="en-GB"><head><title>Map</title><meta name="viewport" content="width=device-width">'
        f"</head><body><main><h1>Map</h1>{figure}</main></body></html>"
    )
    for style in STYLES:
        page.add_style_tag(path=style)


def test_words_stay_in_their_boxes_and_out_of_others(page):
    for code in CODES:
        given_the_map_of(page, code)
        assert page.evaluate(ASTRAY) == [], code


def test_words_that_are_wide_or_of_another_script_stay_in_their_boxes_too(page):
    unusual = (
        "WWWWWWWWWW mmmmmmmmmm " * 4,
        "W" * 90,
        "Ärztliche Überprüfung, Żółć 検査待ち " * 3,
        "\N{ARABIC LIGATURE BISMILLAH AR-RAHMAN AR-RAHEEM}" * 8,
    )
    for name in unusual:
        given_the_map_of(page, "dna", name=name)
        assert page.evaluate(ASTRAY) == [], name


def test_a_map_is_accessible_and_scrolls_by_itself_on_a_phone(page):
    given_the_map_of(page, "discharge-to-assess")

    then_the_page_is_accessible(page)
    then_the_page_fits_a_phone(page)
    page.set_viewport_size(PHONE)
    page.get_by_role("region", name="Map of").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.activeElement.scrollLeft > 0")
