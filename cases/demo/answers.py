"""What the demo's people answer to the questions of a form."""

from datetime import datetime

from cases.demo import words
from pathways.limits import LONDON
from pathways.models.forms import QuestionKind


def invented(form, said: dict, at: datetime, rng) -> dict:
    """Answer every question of ``form`` at ``at``: as ``said``, else as people do."""
    profile = rng.choice(words.RISK_ASSESSMENTS) if form.code == "risk-assessment" else {}
    pools = words.ANSWERS.get(form.code, {}) | profile
    asked = form.questions.all()
    return {question.code: _answer(question, pools.get(question.code), at, rng) for question in asked} | said


def _answer(question, pool, at, rng):
    if pool:
        return rng.choice(pool)
    match question.kind:
        case QuestionKind.DATE:
            return at.astimezone(LONDON).date().isoformat()
        case QuestionKind.YES_NO:
            return "yes"
        case QuestionKind.ONE_OF:
            return rng.choice(question.choices)
        case QuestionKind.SEVERAL_OF:
            return rng.sample(question.choices, 1)
        case QuestionKind.NUMBER:
            return str(question.minimum or 0)
    return rng.choice(words.IN_SHORT)
