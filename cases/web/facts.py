"""Facts kept on a stay, in words."""

from cases.questionnaire import YES_NO
from cases.web.paperwork import answer_in_words
from pathways.models.forms import QuestionKind


def in_words(kept: dict, version_map) -> list[tuple[str, str]]:
    """Return (name, answer) of each fact in ``kept``, as the pathway calls it; by its code if it no longer does."""
    asked = {
        question.fact: question.kind
        for form in version_map.forms.values()
        for question in form.questions.all()
        if question.fact
    }
    names = {code: str(fact) for code, fact in version_map.facts.items()}
    return [(names.get(code, code), answer_in_words(asked.get(code, ""), answer)) for code, answer in kept.items()]


def to_choose_from(version_map) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return the facts of a pathway whose answers are known: code, name, and the answers with their words."""
    given = {fact.code: list(fact.choices) for fact in version_map.facts.values()}
    for question in (q for form in version_map.forms.values() for q in form.questions.all() if q.fact):
        answers = [value for value, _ in YES_NO] if question.kind == QuestionKind.YES_NO else question.choices
        given.setdefault(question.fact, []).extend(answers)
    words = dict(YES_NO)
    return [
        (fact.code, fact.name, [(answer, words.get(answer, answer)) for answer in dict.fromkeys(given[fact.code])])
        for fact in version_map.facts.values()
        if given[fact.code]
    ]
