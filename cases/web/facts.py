"""Facts kept on a stay, in words."""

from cases.web.paperwork import answer_in_words


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
