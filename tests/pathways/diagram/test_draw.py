"""What the map of a version shows, and what it says to those who do not see it."""

import re
from xml.etree import ElementTree

import pytest

from pathways import diagram
from pathways.drawn import Drawn
from pathways.maps import version_map
from pathways.models import DetourRule, Pathway, Stage, Transition
from tests.factories import OrganisationFactory, TeamFactory, a_draft, a_move, a_pathway, a_stage

pytestmark = pytest.mark.django_db

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def version():
    """Triage → Review → Done, and back and past: see a_pathway."""
    return a_pathway(requires=[("form completed", {"form": "risk-assessment"})]).versions.get()


def svg_of(html):
    return ElementTree.fromstring(re.search(r"<svg class=\"mw-map__svg\".*?</svg>", html, re.DOTALL)[0])


def groups(html, name):
    """The groups of the SVG that have a class, as the words that are drawn in each."""
    found = [group for group in svg_of(html).iter(f"{SVG}g") if name in group.get("class", "").split()]
    return [" ".join(text.text for text in group.iter(f"{SVG}text")) for group in found]


def titles(html, name):
    found = [group for group in svg_of(html).iter(f"{SVG}g") if name in group.get("class", "").split()]
    return [group.findtext(f"{SVG}title") for group in found]


def sentences(html):
    """What the map says in words, stage by stage."""
    items = re.findall(r"<li><strong>.*?</li>", html)
    return [re.sub(r"<.*?>", "", item) for item in items]


def test_a_map_shows_each_stage_with_its_team_and_its_limit(version):
    assert groups(diagram.draw(Drawn(version)), "mw-map__stage") == [
        "Triage Booking team Limit 10 days",
        "Review Clinic team Limit 5 working days",
        "Done Clinic team The journey ends here",
    ]


def test_a_map_is_the_same_for_a_published_version_that_is_kept_in_memory(version):
    assert diagram.draw(version_map(version.pk)) == diagram.draw(Drawn(version))


def test_every_move_says_on_hovering_where_it_leads_and_what_it_requires(version):
    assert titles(diagram.draw(Drawn(version)), "mw-map__move") == [
        "From Triage to Review: Move to Review. Requires: form completed (form: risk-assessment).",
        "From Triage to Done: Move to Done.",
        "From Review to Triage: Move to Triage.",
        "From Review to Done: Move to Done.",
    ]


def test_only_a_guarded_move_has_a_padlock(version):
    moves = [g for g in svg_of(diagram.draw(Drawn(version))).iter(f"{SVG}g") if "mw-map__move" in g.get("class", "")]

    has_padlock = [any(path.get("class") == "mw-map__lock" for path in move.iter(f"{SVG}path")) for move in moves]
    assert has_padlock == [True, False, False, False]


def test_the_map_says_the_same_in_words(version):
    assert sentences(diagram.draw(Drawn(version))) == [
        "Triage (Booking team, limit 10 days): leads to Review, which requires form completed (form: risk-assessment);"
        " Done. Cases start here.",
        "Review (Clinic team, waiting, limit 5 working days): leads to Triage, Done.",
        "Done (Clinic team, final): the journey ends here.",
    ]


def test_the_picture_has_a_name_and_a_description(version):
    svg = svg_of(diagram.draw(Drawn(version)))

    assert svg.get("role") == "img"
    said = {element.get("id"): element.text for element in svg if element.get("id")}
    assert [said[name] for name in svg.get("aria-labelledby").split()] == [
        "Map of Review, version 1",
        "3 stages and 4 moves. Cases start in Triage and end in Done. The map in words follows it.",
    ]


def test_a_name_that_says_more_than_where_the_move_leads_stands_beside_it(version):
    draft = a_draft("draft")
    triage, scan = a_stage(draft, "triage", is_first=True), a_stage(draft, "scan")
    Transition.objects.create(source=triage, target=scan, name="Straight to test", roles=["manager"])
    Transition.objects.create(source=scan, target=triage, name="move to triage ", roles=["manager"])

    assert groups(diagram.draw(Drawn(draft)), "mw-map__move") == ["Straight to test", ""]


def test_a_case_sees_where_it_is_and_the_way_it_came(version):
    html = diagram.draw(version_map(version.pk), here="triage", been=["triage", "review"])

    assert groups(html, "mw-map__stage--here") == ["You are here Triage Booking team Limit 10 days"]
    assert groups(html, "mw-map__stage--behind") == ["Review Clinic team Limit 5 working days"]
    assert titles(html, "mw-map__move--behind") == [
        "From Triage to Review: Move to Review. Requires: form completed (form: risk-assessment).",
        "From Review to Triage: Move to Triage.",
    ]
    assert "This case is in Triage." in html
    assert "Triage (Booking team, limit 10 days): leads to" in sentences(html)[0]
    assert sentences(html)[0].endswith("Cases start here. You are here.")
    assert sentences(html)[1].endswith("This case has been here.")


def test_stages_that_are_not_on_this_map_are_passed_over(version):
    html = diagram.draw(Drawn(version), here="elsewhere", been=["gone", "triage"], problems_at=["gone"])

    assert groups(html, "mw-map__stage--here") == []
    assert groups(html, "mw-map__stage--behind") == ["Triage Booking team Limit 10 days"]


def test_a_stage_from_which_no_way_leads_to_an_end_is_called_a_dead_end():
    draft = a_draft()
    triage, lost, found, done = (a_stage(draft, code) for code in ("triage", "lost", "found", "done"))
    Stage.objects.filter(pk=done.pk).update(kind="final")
    for source, target in ((triage, lost), (triage, done), (lost, found), (found, lost)):
        a_move(source, target)

    html = diagram.draw(Drawn(draft))
    assert [words[:13] for words in groups(html, "mw-map__stage--dead-end")] == ["Dead end Lost", "Dead end Foun"]
    assert "Dead end." in sentences(html)[1]


def test_without_any_end_only_a_stage_without_moves_is_a_dead_end():
    draft = a_draft()
    triage, review, scan = (a_stage(draft, code) for code in ("triage", "review", "scan"))
    for source, target in ((triage, review), (review, triage), (triage, scan)):
        a_move(source, target)

    assert groups(diagram.draw(Drawn(draft)), "mw-map__stage--dead-end") == [
        "Dead end Scan Booking team Limit 10 days"
    ]


def test_a_stage_that_no_way_leads_to_and_one_with_a_problem_say_so(version):
    draft = a_draft("draft")
    triage, _ = a_stage(draft, "triage", is_first=True), a_stage(draft, "alone", kind="final", limit=None)

    html = diagram.draw(Drawn(draft), problems_at=[triage.code])
    assert "No way leads here Alone" in groups(html, "mw-map__stage")[1]
    assert "Problem Triage" in groups(html, "mw-map__stage")[0]


def test_an_outside_agency_has_cut_corners_and_takes_over_by_handoff():
    draft = a_draft()
    agency = OrganisationFactory(code="social-care", name="Adult social care")
    brokerage = TeamFactory(code="brokerage", organisation=agency)
    a_move(
        a_stage(draft, "ready", is_first=True),
        a_stage(draft, "package", team=brokerage, accept_amount=2, accept_unit="working_days"),
    )

    html = diagram.draw(Drawn(draft))
    assert groups(html, "mw-map__stage")[1] == (
        "Dead end Package Brokerage team Outside agency: Adult social care"
        " Handoff: accept within 2 working days Limit 10 days"
    )
    boxes = [path.get("d") for path in svg_of(html).iter(f"{SVG}path") if path.get("class") == "mw-map__box"]
    assert ["Q" in outline for outline in boxes] == [True, False]


def test_detours_stand_below_with_the_stages_they_leave():
    draft = a_draft()
    a_move(a_stage(draft, "booked", is_first=True), a_stage(draft, "seen", kind="final", limit=None))
    values = {"version": draft, "pathway": Pathway.objects.create(code="dna", name="Did not attend, adults")}
    DetourRule.objects.create(
        **values, code="dna", name="Did not attend", stages=["booked"], clock="held", hold_amount=10, hold_unit="days"
    )
    DetourRule.objects.create(**values, code="urgent", name="Urgent", position=1)

    html = diagram.draw(Drawn(draft))
    assert groups(html, "mw-map__detour") == [
        "A Did not attend Follows: Did not attend, adults From: Booked The clock is held, at most 10 days",
        "B Urgent Follows: Did not attend, adults From: every stage that is not final The clock runs on",
    ]
    assert groups(html, "mw-map__stage")[0].endswith("Detours: A")
    assert sentences(html)[-1] == (
        "B Urgent: follows Did not attend, adults, from every stage that is not final. The clock runs on."
    )


@pytest.mark.parametrize("name", ["</title></svg><script>alert(1)</script>", "\" onload='x' x=\"", "&lt;b&gt;{{ x }}"])
def test_a_hostile_name_is_only_words(name):
    draft = a_draft("draft", name=name)
    triage = a_stage(draft, "triage", name=name, is_first=True, team=TeamFactory(code="odd", name=name))
    done = a_stage(draft, "done", name="Done", kind="final", limit=None)
    Transition.objects.create(source=triage, target=done, name=name, roles=["manager"])

    html = diagram.draw(Drawn(draft))
    assert "<script" not in html
    assert {element.tag.removeprefix(SVG) for element in svg_of(html).iter()} <= {
        *("svg", "title", "desc", "g", "path", "circle", "rect", "text")
    }
    assert not any(key.startswith("on") for element in svg_of(html).iter() for key in element.attrib)
    assert titles(html, "mw-map__move") == [f"From {name} to Done: {name}."]


def test_nothing_in_a_map_is_forbidden_by_the_content_security_policy(version):
    html = diagram.draw(version_map(version.pk), here="review", been=["triage"])

    assert not re.search(r"style=|<style|<script|javascript:|\son\w+=|https?://(?!www\.w3\.org/2000/svg)", html)


def test_a_version_without_stages_says_how_to_begin():
    assert "no stages yet" in diagram.draw(Drawn(a_draft()))


def test_the_words_are_unfolded_for_a_page_that_is_printed(version):
    assert 'mw-map__words">' in diagram.draw(Drawn(version))
    assert 'mw-map__words" open>' in diagram.draw(Drawn(version), in_full=True)


def test_a_map_asks_the_database_twice(version, django_assert_num_queries):
    drawn = version_map(version.pk)

    with django_assert_num_queries(2):  # its teams, and its detours
        diagram.draw(drawn)
