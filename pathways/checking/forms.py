"""The forms: their questions, the answers that can be given, and the facts that are kept of them."""

from collections import Counter

from pathways import registry
from pathways.checking.problem import Found, error, warning
from pathways.drawn import Drawn
from pathways.models import Question
from pathways.models.forms import QuestionKind

YES_NO = ["yes", "no"]
# What can be told from each other and counted: a fact explains durations.
SHORT = {QuestionKind.TEXT, QuestionKind.NUMBER, QuestionKind.DATE, QuestionKind.YES_NO, QuestionKind.ONE_OF}


def answers_offered(question: Question) -> list[str] | None:
    """The answers to choose from; None where the answer is typed."""
    kind = QuestionKind(question.kind)
    if kind == QuestionKind.YES_NO:
        return YES_NO
    return question.choices if kind.has_choices else None


def questions(drawn: Drawn) -> Found:
    for form in drawn.forms:
        if not form.questions.all():
            yield warning(f"The form “{form}” has no questions. Add some, or remove it.", form)
    for form, question in drawn.questions:
        if not QuestionKind(question.kind).has_choices:
            continue
        if not question.choices:
            yield error(f"The question “{question}” of “{form}” has no answers to choose from. Add them.", question)
        elif twice := [choice for choice, times in Counter(question.choices).items() if times > 1]:
            yield error(f"The question “{question}” of “{form}” offers “{twice[0]}” twice. Remove one.", question)


def conditions(drawn: Drawn) -> Found:
    for form in drawn.forms:
        asked = {}
        for question in form.questions.all():
            if sentence := question.shown_if_code and _why_never(question, form, asked):
                yield error(sentence, question)
            asked[question.code] = question


def _why_never(question, form, asked_before):
    code, answer = question.shown_if_code, question.shown_if_answer
    if code not in {other.code for other in form.questions.all()}:
        return (
            f"The question “{question}” of “{form}” depends on the question “{code}”, which the form does not have. "
            "Choose another."
        )
    if code not in asked_before:
        return (
            f"The question “{question}” of “{form}” depends on “{code}”, which is not asked before it. Change their "
            "order."
        )
    other = asked_before[code]
    offered = answers_offered(other)
    if offered is None:
        return (
            f"The question “{question}” of “{form}” depends on “{other}”, whose answer is typed. Let it depend on a "
            "question with answers to choose from."
        )
    if answer not in offered:
        return (
            f"The question “{question}” of “{form}” is asked only if the answer to “{other}” is “{answer}”, which is "
            f"not among its answers: {', '.join(offered)}. Choose one of them."
        )
    return None


def facts(drawn: Drawn) -> Found:
    known = {fact.code for fact in drawn.facts}
    for form, question in drawn.questions:
        if question.fact and question.fact not in known:
            yield error(
                f"The question “{question}” of “{form}” is kept as the fact “{question.fact}”, which this version "
                "does not have. Add the fact, or choose another.",
                question,
            )
        elif question.fact and question.kind not in SHORT:
            yield error(
                f"The question “{question}” of “{form}” is kept as a fact, which must be one short answer. Ask for "
                "one of several answers, yes or no, or a short text.",
                question,
            )
    kept = {question.fact for _, question in drawn.questions}
    for fact in drawn.facts:
        if fact.code not in kept and not fact.stages:
            yield warning(
                f"No question is kept as the fact “{fact}”, and no move asks for it. Choose it at a question, choose "
                "stages on whose way in it is asked, or remove it.",
                fact,
            )


def facts_on_the_way(drawn: Drawn) -> Found:
    stages = {stage.code for stage in drawn.stages}
    for fact in drawn.facts:
        for code in fact.stages:
            if code not in stages:
                yield error(
                    f"The fact “{fact}” is asked on the way into “{code}”, which is no stage of this version. Choose "
                    "one that is.",
                    fact,
                )
        if fact.stages and not fact.choices:
            yield error(f"The fact “{fact}” is asked on a move, but has no answers to choose from. Add them.", fact)
        elif twice := [choice for choice, times in Counter(fact.choices).items() if times > 1]:
            yield error(f"The fact “{fact}” offers “{twice[0]}” twice. Remove one.", fact)


def choices_of_ways(drawn: Drawn) -> Found:
    """A move that waits for an answer which nobody can give is hidden from every case for ever."""
    questions = {(form.code, question.code): question for form, question in drawn.questions}
    for requirement in drawn.requirements:
        options = requirement.options
        if registry.problems(requirement.check_name, options, drawn.known) or "answer" not in options:
            continue
        question = questions.get((options.get("form"), options.get("question")))
        offered = answers_offered(question) if question else None
        if offered is not None and options["answer"] not in offered:
            move = requirement.transition
            yield error(
                f"The move “{move}” out of “{move.source}” is for the answer “{options['answer']}” to “{question}”, "
                f"which is not among its answers: {', '.join(offered)}. Choose one of them.",
                requirement,
            )


CHECKS = (questions, conditions, facts, facts_on_the_way, choices_of_ways)
