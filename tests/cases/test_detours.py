"""Detours: a child case for what always goes wrong; the parent goes on where it stands."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from cases import detours, lifecycle
from cases.models import Case, Notice
from cases.refusals import Refused, TransitionRefused
from cases.watch import sweep, timers
from pathways.groups import INSPECTOR
from tests.factories import MONDAY, a_case, a_detour_pathway, a_manager, a_member, a_pathway, fresh, in_group, the_move

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HELD = {"clock": "held", "hold_amount": 10, "hold_unit": "days"}


@pytest.fixture
def caseworker():
    return a_member("booking")


def a_parent(team="booking", **rule):
    return a_case(a_pathway(detours=[(a_detour_pathway(team=team), rule)]))


def take(parent, by, **values):
    rule = fresh(parent).version_map.detour_rules["dna"]
    return detours.take(parent, rule, by=by, **{"note": "Was not there", "at": MONDAY + DAY, **values})


def test_a_detour_is_a_child_case_and_the_parent_stays_where_it_is(caseworker):
    parent = a_parent()
    child = take(parent, caseworker)
    assert (child.parent, child.stage, child.detour.code) == (parent, "rang", "dna")
    assert (fresh(parent).stage, fresh(parent).status, fresh(parent).due_at) == ("triage", "open", MONDAY + 10 * DAY)
    assert child.patient == parent.patient
    assert [(note.text, note.written_by) for note in child.notes.all()] == [("Was not there", caseworker)]
    assert not parent.notes.exists()


def test_the_parents_clock_is_held_until_the_detour_ends(caseworker):
    parent = a_parent(**HELD)
    child = take(parent, caseworker)
    assert fresh(parent).status == "on_hold"

    lifecycle.move_case(child, the_move(child, "over"), by=caseworker, at=MONDAY + 4 * DAY)

    assert (fresh(parent).status, fresh(parent).due_at) == ("open", MONDAY + 13 * DAY)
    assert timers.rebuild(check=True) == []


def test_a_ceiling_that_the_map_sets_may_be_years_away(caseworker):
    parent = a_parent(**HELD | {"hold_amount": 800})
    take(parent, caseworker)
    assert fresh(parent).holds.get().until > MONDAY + 800 * DAY


def test_the_hold_ends_at_its_ceiling_although_the_detour_goes_on(caseworker):
    parent = a_parent(**HELD)
    child = take(parent, caseworker)
    sweep.run(MONDAY + 12 * DAY)
    assert (fresh(parent).status, fresh(child).status) == ("open", "open")
    lifecycle.close_case(child, by=caseworker, reason="Rang back", at=MONDAY + 13 * DAY)
    assert fresh(parent).due_at == MONDAY + 20 * DAY, "only the ten days of the hold count"


def test_a_detour_from_a_case_on_hold_leaves_that_hold_alone(caseworker):
    parent = a_parent(**HELD)
    lifecycle.hold_case(parent, reason="Abroad", until=MONDAY + 30 * DAY, by=caseworker, at=MONDAY)
    child = take(parent, caseworker)
    lifecycle.close_case(child, by=caseworker, reason="Rang back", at=MONDAY + 2 * DAY)
    assert fresh(parent).status == "on_hold"


def test_the_parent_may_go_on_elsewhere_and_the_child_does_not_mind(caseworker):
    parent = a_parent(**HELD)
    child = take(parent, caseworker)
    lifecycle.move_case(parent, the_move(parent, "review"), by=caseworker, at=MONDAY + 2 * DAY)
    lifecycle.close_case(child, by=caseworker, reason="Rang back", at=MONDAY + 3 * DAY)
    assert (fresh(parent).stage, fresh(parent).status) == ("review", "open")


def test_the_parent_cannot_be_closed_while_a_detour_that_blocks_it_is_open(caseworker):
    parent = a_parent()
    child = take(parent, caseworker)
    with pytest.raises(Refused, match=f"Close {child} first"):
        lifecycle.close_case(parent, by=caseworker, reason="Done")
    with pytest.raises(TransitionRefused, match=f"Close {child} first"):
        lifecycle.move_case(parent, the_move(parent, "done"), by=caseworker)
    lifecycle.close_case(child, by=caseworker, reason="Rang back")
    assert lifecycle.close_case(parent, by=caseworker, reason="Done").status == "closed"


def test_a_detour_that_does_not_block_lets_the_parent_close(caseworker):
    parent = a_parent(blocks_closing=False)
    take(parent, caseworker)
    assert lifecycle.close_case(parent, by=caseworker, reason="Done").status == "closed"


def test_a_restricted_detour_is_seen_by_its_own_teams_and_given_away_to_nobody(caseworker):
    parent = a_parent(team="safeguarding", restricted=True, **HELD)
    lead, inspector = a_member("safeguarding"), in_group(INSPECTOR)
    child = take(parent, caseworker)

    assert child in Case.objects.visible_to(lead)
    assert child in Case.objects.visible_to(inspector)
    assert child not in Case.objects.visible_to(caseworker)
    assert parent not in Case.objects.visible_to(lead)
    with pytest.raises(Refused) as refused:
        lifecycle.close_case(parent, by=caseworker, reason="Done")
    assert str(child) not in str(refused.value)
    assert parent.holds.get().reason == "Another matter comes first"


def test_the_managers_of_the_detours_team_are_told_at_once(caseworker):
    manager = a_manager("safeguarding")
    child = take(a_parent(team="safeguarding", restricted=True, tell_at_once=True), caseworker)
    notice = Notice.objects.get()
    assert (notice.kind, notice.recipient, notice.case) == ("detour", manager, child)


def test_who_may_not_and_from_where_it_may_not_be_taken(caseworker):
    parent = a_parent(roles=["manager"], stages=["review"])
    with pytest.raises(PermissionDenied, match="“Begin dna” is done by a manager of Booking team"):
        take(parent, caseworker)
    with pytest.raises(Refused, match="“Begin dna” is not possible from Triage"):
        take(parent, a_manager("booking"))
    with pytest.raises(Refused, match="Say what has happened"):
        take(
            a_case(a_pathway("other", detours=[(parent.version.detour_rules.get().pathway, {})])), caseworker, note=" "
        )
