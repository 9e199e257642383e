"""Notes, forms and documents that were recorded in error: struck out, to be read still, and counting no more."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from cases import lifecycle, recording
from cases.models import Case, FormRecord
from cases.refusals import Refused
from pathways.models import Question
from tests.factories import (
    MONDAY,
    a_case,
    a_draft,
    a_form,
    a_manager,
    a_member,
    a_move,
    a_pathway,
    a_stage,
    fresh,
    publish,
    the_move,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
WHY = "Of another patient"


@pytest.fixture
def caseworker():
    return a_member("booking", first_name="Priya", last_name="Shah")


def a_note(case, by):
    return recording.write_note(case, "Spoke to the daughter", by=by, at=MONDAY)


def a_completed_form(case, by, falls="no"):
    return recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": falls}, by=by, at=MONDAY)


def a_document(case, by):
    return recording.attach_document(case, "letter.pdf", b"%PDF-1.7", by=by, at=MONDAY)


PAPERS = [
    ("note written", {}, a_note),
    ("form completed", {"form": "risk-assessment"}, a_completed_form),
    ("document attached", {}, a_document),
]


@pytest.mark.parametrize(("check", "options", "recorded"), PAPERS)
def test_what_was_struck_out_meets_no_requirement_any_more(caseworker, check, options, recorded):
    case = a_case(a_pathway(requires=[(check, options)]))
    move, wanted = the_move(case, "review"), case.refusals(the_move(case, "review"), MONDAY)
    paper = recorded(case, caseworker)
    assert case.refusals(move, MONDAY) == []

    recording.strike(paper, by=caseworker, why=f" {WHY} ", at=MONDAY + DAY)

    paper = fresh(paper)
    assert (paper.struck_by, paper.struck_why, paper.struck_at) == (caseworker, WHY, MONDAY + DAY)
    assert paper.history.first().history_change_reason == "Struck out"
    assert case.refusals(move, MONDAY) == wanted
    recorded(case, caseworker)
    assert case.refusals(move, MONDAY) == [], "one that is right counts"


@pytest.mark.parametrize(("check", "options", "recorded"), PAPERS)
def test_it_is_struck_out_once_with_a_reason_by_who_recorded_it_or_a_manager(caseworker, check, options, recorded):
    case = a_case()
    paper = recorded(case, caseworker)
    with pytest.raises(Refused, match="Say why it is struck out"):
        recording.strike(paper, by=caseworker, why=" ")
    with pytest.raises(PermissionDenied, match="by who recorded it, or by a manager of Booking team"):
        recording.strike(paper, by=a_member("booking"), why=WHY)
    with pytest.raises(PermissionDenied, match="You can read this case but not change it"):
        recording.strike(paper, by=a_manager("clinic"), why=WHY)

    recording.strike(paper, by=a_manager("booking", first_name="Grace", last_name="Okafor"), why=WHY)

    with pytest.raises(Refused, match="Grace Okafor has struck this out already: Of another patient"):
        recording.strike(paper, by=caseworker, why="Once more")


def test_the_answer_before_decides_again_when_the_last_one_is_struck_out(caseworker):
    case = a_case(
        a_pathway(requires=[("answer is", {"form": "risk-assessment", "question": "falls", "answer": "yes"})])
    )
    a_completed_form(case, caseworker, falls="yes")
    last = a_completed_form(case, caseworker, falls="no")
    assert [move.target.code for move in case.moves_offered(MONDAY)] == ["done"]

    recording.strike(last, by=caseworker, why=WHY)

    assert [move.target.code for move in case.moves_offered(MONDAY)] == ["review", "done"]


@pytest.fixture
def telling(caseworker):
    """A case with a form whose answer is kept as a fact on the stay, and the function that completes it."""
    version = a_draft("reports")
    form = a_form(version)
    version.facts.create(code="lab", name="Lab")
    Question.objects.create(form=form, code="lab", text="Which lab?", kind="text", fact="lab", position=9)
    first = a_stage(version, "triage", is_first=True)
    a_move(first, a_stage(version, "review"))
    case = a_case(publish(version))

    def complete(lab, at=MONDAY):
        answers = {"falls": "no", "lab": lab}
        return recording.complete_form(fresh(case), form_of(case), answers, by=caseworker, at=at)

    return case, complete


def form_of(case):
    return Case.objects.get(pk=case.pk).version_map.forms["risk-assessment"]


def facts(case):
    return fresh(case).entries.first().facts


def test_the_facts_of_a_form_are_taken_off_the_stay_and_those_before_hold_again(telling, caseworker):
    case, complete = telling
    complete("Lab A")
    wrong = complete("Lab B")
    assert facts(case) == {"lab": "Lab B"}

    recording.strike(wrong, by=caseworker, why=WHY)
    assert facts(case) == {"lab": "Lab A"}

    recording.strike(FormRecord.objects.standing().get(), by=caseworker, why=WHY)
    assert facts(case) == {}


def test_what_was_answered_again_since_stays_on_the_stay(telling, caseworker):
    case, complete = telling
    wrong = complete("Lab A")
    complete("Lab B", MONDAY + DAY)

    recording.strike(wrong, by=caseworker, why=WHY)

    assert facts(case) == {"lab": "Lab B"}


def test_a_stay_that_has_ended_keeps_its_facts(telling, caseworker):
    case, complete = telling
    wrong = complete("Lab A")
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker, at=MONDAY + DAY)

    recording.strike(wrong, by=caseworker, why=WHY)

    assert facts(case) == {"lab": "Lab A"}, "it is part of the record"
    assert fresh(wrong).struck_at
