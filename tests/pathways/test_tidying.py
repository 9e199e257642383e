"""Tidying a draft: names, limits, and stages that are two names of one."""

import pytest

from pathways import publishing, tidying
from pathways.limits import Span, Unit
from pathways.models import FactDefinition, Stage, Transition, system_user
from pathways.publishing import Refused
from tests.factories import (
    UserFactory,
    a_detour_pathway,
    a_draft,
    a_move,
    a_pathway,
    a_rule,
    a_stage,
    fresh,
    publish,
)

pytestmark = pytest.mark.django_db

DAYS = Span(3, Unit.DAYS)


@pytest.fixture
def by():
    return UserFactory()


@pytest.fixture
def draft():
    """Referred (first) → Test → Tests → Seen → Done (final), back from Tests to Test, and from Referred to both."""
    version = a_draft("log")
    stages = [a_stage(version, code, limit=None) for code in ("referred", "test", "tests", "seen")]
    referred, test, tests, seen = stages
    referred.is_first = True
    referred.save()
    done = a_stage(version, "done", limit=None, kind="final")
    for source, target in ((referred, test), (referred, tests), (test, tests), (tests, test), (tests, seen)):
        a_move(source, target)
    a_move(test, done)
    a_move(seen, done)
    return version


def moves(version):
    found = Transition.objects.filter(source__version=version)
    return {(move.source.code, move.target.code, move.name) for move in found.select_related("source", "target")}


def refusal(act, *args, **options):
    with pytest.raises(Refused) as refused:
        act(*args, **options)
    return refused.value.reasons


def test_a_stage_is_renamed_and_the_moves_that_are_called_after_it_too(draft, by):
    other = draft.stages.get(code="seen").arrivals.get()
    other.name = "See them"
    other.save()

    assert (
        tidying.tidy(draft, names={"test": " Blood test ", "seen": "Seen by us", "done": "Done"}, limits={}, by=by)
        == 2
    )

    assert dict(draft.stages.values_list("code", "name")) == {
        "referred": "Referred",
        "test": "Blood test",
        "tests": "Tests",
        "seen": "Seen by us",
        "done": "Done",
    }
    assert ("referred", "test", "Move to Blood test") in moves(draft)
    assert ("tests", "seen", "See them") in moves(draft)
    kept = draft.stages.get(code="test").history.first()
    assert (kept.history_user, kept.history_change_reason) == (by, "Renamed")


def test_two_stages_may_exchange_their_names_and_no_two_moves_get_one(draft, by):
    tidying.tidy(draft, names={"test": "Tests", "tests": "Test"}, limits={}, by=by)
    assert {name for source, _, name in moves(draft) if source == "referred"} == {"Move to Tests-2", "Move to Test"}


def test_a_limit_is_set(draft, by):
    assert tidying.tidy(draft, names={}, limits={"test": DAYS}, by=by) == 1
    stage = draft.stages.get(code="test")
    assert stage.limit == DAYS
    assert stage.history.first().history_change_reason == "Limit set from past stays"
    assert tidying.tidy(draft, names={"test": "Test"}, limits={"test": DAYS}, by=by) == 0


def test_merging_leads_the_moves_to_the_stage_that_stays(draft, by):
    kept = tidying.merge(draft, "test", "tests", by=by)

    assert (kept.code, kept.merged_from, kept.is_first) == ("tests", ["test"], False)
    assert set(draft.stages.values_list("code", flat=True)) == {"referred", "tests", "seen", "done"}
    assert moves(draft) == {
        ("referred", "tests", "Move to Tests"),
        ("tests", "seen", "Move to Seen"),
        ("tests", "done", "Move to Done"),
        ("seen", "done", "Move to Done"),
    }
    gone = Stage.history.get(code="test", version=draft, history_type="-")
    assert (gone.history_user, gone.history_change_reason) == (by, "Test was merged into Tests")
    assert not [problem for problem in publishing.problems(draft) if problem.is_error and "move" in problem.sentence]


def test_a_move_that_was_there_already_stays_with_what_it_requires(draft, by):
    required = draft.stages.get(code="referred").transitions.get(target__code="tests")
    required.requirements.create(check_name="note written")
    required.name = "Book the tests"
    required.save()
    tidying.merge(draft, "test", "tests", by=by)
    assert fresh(required).requirements.count() == 1
    assert [(target, name) for source, target, name in moves(draft) if source == "referred"] == [
        ("tests", "Book the tests")
    ]


def test_a_move_that_is_led_elsewhere_goes_by_the_name_of_where_it_leads(draft, by):
    named = draft.stages.get(code="tests").transitions.get(target__code="seen")
    named.name = "Show them in"
    named.save()
    tidying.merge(draft, "seen", "referred", by=by)
    assert moves(draft) >= {("tests", "referred", "Show them in"), ("referred", "done", "Move to Done")}


def test_cases_start_in_the_stage_that_stays_if_they_started_in_the_one_that_went(draft, by):
    assert tidying.merge(draft, "referred", "test", by=by).is_first
    assert draft.stages.filter(is_first=True).count() == 1


def test_facts_and_detours_of_a_stage_that_goes_are_those_of_the_one_that_stays(draft, by):
    fact = FactDefinition.objects.create(version=draft, code="lab", name="Lab", stages=["seen", "test", "tests"])
    rule = a_rule(draft, a_detour_pathway(), stages=["test"])
    tidying.merge(draft, "test", "tests", by=by)
    assert (fresh(fact).stages, fresh(rule).stages) == (["seen", "tests"], ["tests"])


def test_what_went_in_before_goes_along(draft, by):
    tidying.merge(draft, "test", "tests", by=by)
    assert tidying.merge(draft, "tests", "seen", by=by).merged_from == ["test", "tests"]
    version = draft.pathway.versions.get(pk=draft.pk)
    publish(version)
    later = publishing.revise(version.pathway, by=by)
    assert later.stages.get(code="seen").merged_from == ["test", "tests"]


def test_a_final_stage_and_one_that_is_not_are_not_merged(draft, by):
    sentence = (
        "“Seen” and “Done” cannot be merged: in one of them a case ends, and in the other it waits. Choose two of one "
        "kind."
    )
    assert refusal(tidying.merge, draft, "seen", "done", by=by) == [sentence]
    died = a_stage(draft, "died", limit=None, kind="final")
    a_move(draft.stages.get(code="test"), died)
    assert tidying.merge(draft, "died", "done", by=by).is_final


def test_a_stage_is_not_merged_with_itself(draft, by):
    assert refusal(tidying.merge, draft, "test", "test", by=by) == ["Choose two different stages."]


def test_what_is_gone_meanwhile_is_said(draft, by):
    tidying.merge(draft, "test", "tests", by=by)
    sentence = "The draft has no stage “test” any more. Look at it again, then say what you want."
    assert refusal(tidying.merge, draft, "test", "tests", by=by) == [sentence]
    assert refusal(tidying.tidy, draft, names={"test": "Test"}, limits={}, by=by) == [sentence]


def test_names_that_cannot_be_are_all_said_and_nothing_is_changed(draft, by):
    names = {"test": " ", "tests": "x" * 201, "seen": "Seen by us"}
    assert refusal(tidying.tidy, draft, names=names, limits={}, by=by) == [
        "Give “Test” a name.",
        "The name of “Tests” is too long: 200 characters at most.",
    ]
    assert draft.stages.get(code="seen").name == "Seen"


def test_a_version_that_is_published_is_not_tidied(by):
    version = a_pathway().active_version
    sentence = "This draft was published meanwhile, and cannot be changed any more. Make a new one."
    assert refusal(tidying.tidy, version, names={"triage": "Sorting"}, limits={}, by=by) == [sentence]
    assert refusal(tidying.merge, version, "triage", "review", by=by) == [sentence]
    assert version.published_by == system_user()
