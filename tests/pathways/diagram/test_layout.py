"""How a map is laid out: where boxes stand, how lines run, and what never happens."""

from dataclasses import replace
from itertools import combinations, pairwise, product

import pytest
from hypothesis import given, settings

from pathways.diagram.layout import layout
from pathways.diagram.plan import Plan
from tests.pathways.diagram.plans import a_plan, plans


def rectangle(words):
    return words.x, words.y, words.x + words.width, words.y + words.hand.leading


def outline(box):
    return box.x, box.y, box.x + box.width, box.y + box.height


def bottom(box):
    return box.y + box.height


def meet(one, other):
    """Do two rectangles (left, top, right, bottom) have more than an edge in common?"""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def lines(arrow):
    """The straight pieces of an arrow, as rectangles a hair wide."""
    for (ax, ay), (bx, by) in pairwise(arrow.points):
        yield min(ax, bx) - 0.1, min(ay, by) - 0.1, max(ax, bx) + 0.1, max(ay, by) + 0.1


def by_name(drawing):
    return {box.place.name: box for box in drawing.boxes}


def arrow_between(drawing, source, target):
    (found,) = [arrow for arrow in drawing.arrows if (arrow.source.code, arrow.target.code) == (source, target)]
    return found


def test_stages_that_follow_each_other_stand_below_each_other():
    boxes = by_name(layout(a_plan("triage review", "review done")))

    assert bottom(boxes["Triage"]) < boxes["Review"].y < bottom(boxes["Review"]) < boxes["Done"].y
    assert boxes["Triage"].x == boxes["Review"].x == boxes["Done"].x


def test_the_usual_move_runs_straight_down():
    arrow = arrow_between(layout(a_plan("triage review", "triage done", "review done")), "triage", "review")

    (start, end) = arrow.points
    assert start[0] == end[0]
    assert not arrow.leads_back


def test_a_move_back_runs_up_beside_the_boxes_and_is_known_for_one():
    drawing = layout(a_plan("triage review", "review done", "review triage: Back to Triage"))
    arrow, boxes = arrow_between(drawing, "review", "triage"), by_name(drawing)

    assert arrow.leads_back
    assert [arrow.leads_back for arrow in drawing.arrows].count(True) == 1
    assert arrow.points[0][0] == arrow.points[-1][0] == boxes["Review"].x
    assert max(x for x, _ in arrow.points[1:-1]) < boxes["Review"].x


def test_two_ways_on_stand_side_by_side():
    boxes = by_name(layout(a_plan("decision surgery", "decision radiotherapy", "surgery done", "radiotherapy done")))

    assert boxes["Surgery"].y == boxes["Radiotherapy"].y
    assert boxes["Surgery"].x + boxes["Surgery"].width < boxes["Radiotherapy"].x


def test_moves_to_one_stage_arrive_as_one_arrow():
    drawing = layout(a_plan("a b", "b c", "c d", "a gp: Not for us", "b gp: Discharge", "c gp: No treatment"))

    arrivals = {arrow.points[-2:] for arrow in drawing.arrows if arrow.target.code == "gp"}
    assert len(arrivals) == 1


def test_a_stage_that_was_added_last_stands_where_its_moves_put_it():
    plan = a_plan("triage review", "review done", "review triage: Back", "triage added: Assess first", "added review")

    boxes = by_name(layout(plan))
    assert boxes["Triage"].y < boxes["Added"].y < boxes["Review"].y


def test_what_leads_back_follows_the_order_of_the_stages():
    drawing = layout(a_plan("a b", "b c", "c d", "c b: Again", "d b: Again", "d a: All again"))

    assert {(arrow.source.code, arrow.target.code) for arrow in drawing.arrows if arrow.leads_back} == {
        ("c", "b"),
        ("d", "b"),
        ("d", "a"),
    }


def test_cases_start_in_the_uppermost_row_also_when_every_way_comes_round():
    drawing = layout(a_plan("a b", "b c", "c a", first="c"))

    assert min(drawing.boxes, key=lambda box: box.y).place.code == "c"
    assert drawing.start.x == by_name(drawing)["C"].x + by_name(drawing)["C"].width // 2


def test_a_stage_without_any_move_stands_last():
    boxes = by_name(layout(a_plan("a b", "b c", alone={})))

    assert boxes["Alone"].y > bottom(boxes["C"])


def test_a_guarded_move_has_a_padlock_beside_its_words():
    plan = a_plan("a b", "b c", "c a: Back")
    plan = replace(plan, ways=(*plan.ways[:2], replace(plan.ways[2], requires=("note written",))))

    arrow = arrow_between(layout(plan), "c", "a")
    assert arrow.padlock[0] < arrow.words[0].x
    assert [arrow.padlock for arrow in layout(plan).arrows].count(None) == 2


def test_a_move_is_labelled_only_if_its_name_says_more_than_where_it_leads():
    drawing = layout(a_plan("a b", "b c: Straight to test"))

    assert [" ".join(words.text for words in arrow.words) for arrow in drawing.arrows] == ["", "Straight to test"]


def test_a_map_without_stages_is_laid_out_too():
    assert layout(Plan((), ())).boxes == ()


def test_a_map_that_is_too_high_for_paper_is_cut_between_the_rows():
    drawing = layout(a_plan(*(f"s{n} s{n + 1}: On to the next stage" for n in range(40))))

    assert not drawing.fits_one_sheet
    (begin, _), *_, (last, high) = drawing.sheets
    assert (begin, last + high) == (0, drawing.height)
    assert all(top + high == after for (top, high), (after, _) in pairwise(drawing.sheets))
    cuts = [top for top, _ in drawing.sheets[1:]]
    words = [words for thing in (*drawing.boxes, *drawing.arrows) for words in thing.words]
    assert len(cuts) > 2
    assert not [line.text for line in words for cut in cuts if line.y < cut < line.y + line.hand.leading]
    assert not [box for box in drawing.boxes for cut in cuts if box.y < cut < bottom(box)]


def test_a_small_map_fits_one_sheet_of_paper():
    drawing = layout(a_plan("a b", "b c"))

    assert drawing.fits_one_sheet
    assert drawing.sheets == [(0, drawing.height)]


@pytest.mark.parametrize("spokes", [5, 60])
def test_a_stage_that_leads_to_many_is_laid_out_without_growing_wider(spokes):
    drawing = layout(a_plan(*(f"hub s{n}" for n in range(spokes))))

    assert len({box.x for box in drawing.boxes}) <= 3
    assert_is_sound(drawing)


def test_a_map_of_two_hundred_stages_is_as_sound_as_a_small_one():
    on = [f"s{n} s{n + 1 + n % 3}" for n in range(197)]
    aside = [f"s{n} s{n + 7}: Another way" for n in range(0, 190, 3)]
    back = [f"s{n} s{n - 4}: Return" for n in range(5, 190, 6)]

    assert_is_sound(layout(a_plan(*on, *aside, *back)))


@given(plans())
@settings(max_examples=150)
def test_any_map_is_laid_out_soundly(plan):
    drawing = layout(plan)

    assert_is_sound(drawing)
    assert [arrow.way for arrow in drawing.arrows] == list(plan.ways)
    assert sorted(drawing.reading_order) == list(range(len(plan.places)))


@given(plans())
@settings(max_examples=30)
def test_the_same_map_is_always_laid_out_the_same(plan):
    assert layout(plan) == layout(plan)


def assert_is_sound(drawing):
    """Fail where boxes, lines or words are in each other's way."""
    boxes = [outline(box) for box in drawing.boxes]
    assert not [pair for pair in combinations(boxes, 2) if meet(*pair)], "boxes overlap"
    sheet = (0, 0, drawing.width, drawing.height)
    labels = [rectangle(words) for arrow in drawing.arrows for words in arrow.words]
    for inside in [*boxes, *labels]:
        assert inside[0] >= 0 <= inside[1], "something begins outside of the sheet"
        assert inside[2] <= sheet[2], "something is wider than the sheet"
        assert inside[3] <= sheet[3], "something is higher than the sheet"
    for box in drawing.boxes:
        for words in box.words:
            assert box.x < words.x < words.x + words.width < box.x + box.width, "words are wider than their box"
            assert box.y < words.y < words.y + words.hand.leading < bottom(box), "words are higher than their box"
    for label in labels:
        assert not any(meet(label, box) for box in boxes), "words of a move run into a box"
    assert not [pair for pair in combinations(labels, 2) if meet(*pair)], "words of moves overlap"
    for arrow in drawing.arrows:
        assert_runs_clear(arrow, boxes, labels, by_code(drawing))
    assert_lines_are_apart(drawing.arrows)


def by_code(drawing):
    return {box.place.code: outline(box) for box in drawing.boxes}


def assert_runs_clear(arrow, boxes, labels, box_of):
    assert all((ax == bx) != (ay == by) for (ax, ay), (bx, by) in pairwise(arrow.points)), "a line runs aslant"
    for end, code in ((arrow.points[0], arrow.source.code), (arrow.points[-1], arrow.target.code)):
        left, top, right, bottom = box_of[code]
        beside = end[0] in (left, right) and top < end[1] < bottom
        above_or_below = end[1] in (top, bottom) and left < end[0] < right
        assert beside or above_or_below, "a line does not begin and end at its boxes"
    for line in lines(arrow):
        inner = [(left + 1, top + 1, right - 1, bottom - 1) for left, top, right, bottom in boxes]
        assert not any(meet(line, box) for box in inner), "a line runs through a box"
        assert not any(meet(line, label) for label in labels), "a line runs through words"


def assert_lines_are_apart(arrows):
    """Lines may run in one only to a common stage, or on the first piece out of a common one."""
    for one, other in combinations(arrows, 2):
        if one.target == other.target:
            continue
        pieces, others = [*pairwise(one.points)], [*pairwise(other.points)]
        for piece, another in product(pieces, others):
            if one.source == other.source and piece == pieces[0] and another == others[0]:
                continue
            assert not run_in_one(piece, another), f"{one.way} and {other.way} run along the same line"


def run_in_one(piece, other):
    for along, across in ((0, 1), (1, 0)):
        if len({point[across] for point in (*piece, *other)}) == 1:
            (a, b), (c, d) = (sorted(point[along] for point in ends) for ends in (piece, other))
            return max(a, c) < min(b, d)
    return False
