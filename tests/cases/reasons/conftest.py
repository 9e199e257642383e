import pytest

from cases import detours, lifecycle
from tests.cases.reasons.asking import TUESDAY, codes_of, mine
from tests.factories import MONDAY, a_case, a_detour_pathway, a_member, a_pathway, the_move


@pytest.fixture
def nurse():
    return a_member("booking", first_name="Priya", last_name="Shah")


@pytest.fixture
def detour(nurse):
    """A case of the nurse with a detour that has ended on Tuesday at 9am."""
    case = mine(a_case(a_pathway(detours=[(a_detour_pathway(), {"name": "Did not attend"})])), nurse)
    child = detours.take(case, case.version_map.detour_rules["dna"], note="Did not come", by=nurse, at=MONDAY)
    assert codes_of(case, nurse) == ["on-track"]
    lifecycle.move_case(child, the_move(child, "over"), by=nurse, at=TUESDAY)
    return case
