"""A hold whose ceiling passed while nobody swept: it ended there, whatever is done before the next sweep."""

from datetime import timedelta

import pytest
import time_machine

from cases import lifecycle
from cases.models import Escalation, Hold
from cases.watch import sweep, timers
from pathways.models import system_user
from tests.factories import MONDAY, a_case, a_manager, fresh, the_move

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
CEILING, LATER = MONDAY + 2 * DAY, MONDAY + 10 * DAY  # held for a day: due a day after LATER


@pytest.fixture
def case():
    a_manager("booking")
    case = a_case()
    lifecycle.hold_case(case, reason="Away", until=CEILING, by=system_user(), at=MONDAY + DAY)
    return fresh(case)


ACTS = {
    "moved": lambda case: lifecycle.move_case(case, the_move(case, "review"), by=system_user()),
    "resumed": lambda case: lifecycle.resume_case(case, by=system_user()),
    "closed": lambda case: lifecycle.close_case(case, by=system_user(), reason="Went elsewhere"),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_hold_ends_at_the_ceiling_that_passed_unseen_and_what_was_passed_since_is_recorded(case, act):
    with time_machine.travel(LATER, tick=False):
        act(case)
        sweep.run(LATER)

    assert Hold.objects.get().ended_at == CEILING
    passed = Escalation.objects.values_list("rung_code", "reached_at", "due_at")
    assert list(passed) == [("warn", MONDAY + 9 * DAY, MONDAY + 11 * DAY)]
    assert timers.rebuild(check=True) == []
