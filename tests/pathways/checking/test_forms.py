"""The forms: their questions, the answers that can be given, and the facts that are kept of them."""

import pytest

from pathways.models import FactDefinition, FormDefinition, Question, Requirement
from pathways.publishing import problems
from tests.pathways.checking.saying import change, error, found, stage, warning

pytestmark = pytest.mark.django_db


def test_a_form_without_questions(sound):
    FormDefinition.objects.create(version=sound, code="empty", name="Empty form")
    assert found(sound) == warning("The form “Empty form” has no questions. Add some, or remove it.")


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ([], "The question “Which?” of “Risk assessment” has no answers to choose from. Add them."),
        (["A", "B", "A"], "The question “Which?” of “Risk assessment” offers “A” twice. Remove one."),
    ],
)
def test_a_question_with_nothing_to_choose_between(sound, choices, sentence):
    Question.objects.create(form=sound.forms.get(), code="which", text="Which?", kind="one_of", choices=choices)
    assert found(sound) == error(sentence)


def a_question(version, code, **values):
    return Question.objects.create(form=version.forms.get(), code=code, text=f"{code.capitalize()}?", **values)


def depending_on(code, answer="yes"):
    return {"shown_if_code": code, "shown_if_answer": answer, "position": 3}


def test_a_question_that_depends_on_one_that_is_not_there(sound):
    a_question(sound, "how", **depending_on("fell"))
    assert found(sound) == error(
        "The question “How?” of “Risk assessment” depends on the question “fell”, which the form does not have. "
        "Choose another."
    )


def test_a_question_that_depends_on_a_later_one(sound):
    a_question(sound, "how", **depending_on("fell"))
    a_question(sound, "fell", kind="yes_no", position=4)
    assert found(sound) == error(
        "The question “How?” of “Risk assessment” depends on “fell”, which is not asked before it. Change their order."
    )


def test_a_question_that_depends_on_itself(sound):
    a_question(sound, "how", kind="yes_no", **depending_on("how"))
    assert found(sound) == error(
        "The question “How?” of “Risk assessment” depends on “how”, which is not asked before it. Change their order."
    )


@pytest.mark.parametrize(
    ("kind", "choices", "answer", "offered"),
    [
        ("yes_no", [], "Yes", "yes, no"),
        ("one_of", ["Alone", "With help"], "alone", "Alone, With help"),
        ("several_of", ["Stairs", "Cold"], "Stairs, Cold", "Stairs, Cold"),
    ],
)
def test_a_question_that_waits_for_an_answer_which_is_not_offered(sound, kind, choices, answer, offered):
    a_question(sound, "home", kind=kind, choices=choices, position=2)
    a_question(sound, "how", **depending_on("home", answer))
    assert found(sound) == error(
        f"The question “How?” of “Risk assessment” is asked only if the answer to “Home?” is “{answer}”, "
        f"which is not among its answers: {offered}. Choose one of them."
    )


@pytest.mark.parametrize(("kind", "choices", "answer"), [("yes_no", [], "no"), ("several_of", ["A", "B"], "B")])
def test_a_question_that_depends_on_an_answer_which_is_offered(sound, kind, choices, answer):
    a_question(sound, "home", kind=kind, choices=choices, position=2)
    a_question(sound, "how", **depending_on("home", answer))
    assert problems(sound) == []


@pytest.mark.parametrize("kind", ["text", "long_text", "number", "date"])
def test_a_question_that_depends_on_an_answer_which_is_typed(sound, kind):
    a_question(sound, "home", kind=kind, position=2)
    a_question(sound, "how", **depending_on("home", "2"))
    assert found(sound) == error(
        "The question “How?” of “Risk assessment” depends on “Home?”, whose answer is typed. "
        "Let it depend on a question with answers to choose from."
    )


def test_a_fact_that_is_not_there(sound):
    a_question(sound, "where", fact="site", position=3)
    assert found(sound) == error(
        "The question “Where?” of “Risk assessment” is kept as the fact “site”, which this version does not have. "
        "Add the fact, or choose another."
    )


@pytest.fixture
def site(sound):
    return FactDefinition.objects.create(version=sound, code="site", name="Site")


def test_a_fact_that_is_kept_of_a_question(sound, site):
    a_question(sound, "where", fact="site", kind="one_of", choices=["Here", "There"], position=3)
    assert problems(sound) == []


@pytest.mark.parametrize(("kind", "choices"), [("long_text", []), ("several_of", ["A", "B"])])
def test_a_fact_that_is_more_than_one_short_answer(sound, site, kind, choices):
    a_question(sound, "where", fact="site", kind=kind, choices=choices, position=3)
    assert found(sound) == error(
        "The question “Where?” of “Risk assessment” is kept as a fact, which must be one short answer. "
        "Ask for one of several answers, yes or no, or a short text."
    )


def test_a_fact_that_nobody_asks_for(sound, site):
    assert found(sound) == warning(
        "No question is kept as the fact “Site”, and no move asks for it. Choose it at a question, choose stages on "
        "whose way in it is asked, or remove it."
    )


def test_a_fact_asked_on_a_move_needs_a_stage_that_there_is_and_answers_to_choose_from(sound, site):
    change(site, stages=["review"], choices=["North", "South"])
    assert found(sound) == []

    change(site, choices=[])
    assert found(sound) == error("The fact “Site” is asked on a move, but has no answers to choose from. Add them.")
    change(site, choices=["North", "North"])
    assert found(sound) == error("The fact “Site” offers “North” twice. Remove one.")
    change(site, choices=["North"], stages=["nowhere"])
    assert found(sound) == error(
        "The fact “Site” is asked on the way into “nowhere”, which is no stage of this version. Choose one that is."
    )


def test_a_move_that_waits_for_an_answer_which_nobody_can_give(sound):
    move = stage(sound, "review").transitions.get()
    options = {"form": "risk-assessment", "question": "falls", "answer": "Yes"}
    row = Requirement.objects.create(transition=move, check_name="answer is", options=options)
    assert found(sound) == error(
        "The move “Move to Done” out of “Review” is for the answer “Yes” to “Is there a risk of falls?”, "
        "which is not among its answers: yes, no. Choose one of them."
    )
    assert problems(sound)[0].place == row


def test_a_move_may_wait_for_an_answer_that_is_typed(sound):
    move = stage(sound, "review").transitions.get()
    options = {"form": "risk-assessment", "question": "notes", "answer": "none"}
    Requirement.objects.create(transition=move, check_name="answer is", options=options)
    assert problems(sound) == []
