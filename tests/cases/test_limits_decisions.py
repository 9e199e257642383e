"""New limits on the weekly chart: decided by people, with a reason, and on record for ever."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from cases import limits_decisions
from cases.models import LimitsDecision
from cases.refusals import Refused
from pathways import groups
from tests.factories import a_manager, a_member, a_pathway, in_group

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)


@pytest.fixture
def pathway():
    return a_pathway()


@pytest.fixture
def manager():
    return a_manager("booking")


def decide(pathway, by, after=date(2026, 3, 4), reason="A second session"):
    return limits_decisions.recalculate_limits(pathway, "triage", after, reason=reason, by=by, at=NOW)


def test_a_decision_counts_from_the_monday_of_its_week_and_keeps_who_and_why(pathway, manager):
    decision = decide(pathway, manager)

    assert decision.after == date(2026, 3, 2)
    assert limits_decisions.standing(pathway, "triage") == [decision]
    assert limits_decisions.standing(pathway, "review") == []
    assert (decision.decided_by, decision.decided_at, decision.reason) == (manager, NOW, "A second session")
    assert decision.history.get().history_user == manager


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"reason": "  "}, "Write what was changed"),
        ({"after": date(2026, 3, 16)}, "This week has not begun yet"),
    ],
)
def test_without_a_reason_or_ahead_of_time_nothing_is_decided(pathway, manager, changed, sentence):
    with pytest.raises(Refused, match=sentence):
        decide(pathway, manager, **changed)
    assert not LimitsDecision.objects.exists()


def test_a_week_is_decided_once_and_again_when_that_was_withdrawn(pathway, manager):
    first = decide(pathway, manager)
    with pytest.raises(Refused, match="decided already"):
        decide(pathway, manager, after=date(2026, 3, 8))

    limits_decisions.withdraw(first, by=manager)
    second = decide(pathway, manager)

    assert limits_decisions.standing(pathway, "triage") == [second]
    assert LimitsDecision.objects.count() == 2, "what was decided stays on record"
    with pytest.raises(Refused, match="withdrawn already"):
        limits_decisions.withdraw(first, by=manager)


@pytest.mark.parametrize("who", ["caseworker", "inspector"])
def test_caseworkers_and_inspectors_decide_nothing(pathway, manager, who):
    user = a_member("booking") if who == "caseworker" else in_group(groups.INSPECTOR)
    decision = decide(pathway, manager)

    with pytest.raises(PermissionDenied):
        decide(pathway, user, after=date(2026, 2, 2))
    with pytest.raises(PermissionDenied):
        limits_decisions.withdraw(decision, by=user)


def test_a_pathway_administrator_decides_too(pathway):
    assert decide(pathway, in_group(groups.PATHWAY_ADMINISTRATOR)).pk


def test_the_database_keeps_one_decision_a_week(pathway, manager):
    decision = decide(pathway, manager)
    decision.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        decision.save(force_insert=True)
