"""What a move asks of whoever makes it: a note, forms that are missing, and facts about the stay that it begins.

All of it is recorded in the move's own transaction: a move that is refused leaves none of it behind.
"""

from cases.models import Note
from cases.recording import record_form
from cases.refusals import Refused
from pathways.history import save_with_history
from pathways.maps import version_map
from pathways.models import FactDefinition

NOTE, FORM = "note written", "form completed"  # the checks that can be met together with the move


def facts_on_the_way(stage) -> list[FactDefinition]:
    """Return the facts that are asked on the way into ``stage``."""
    facts = version_map(stage.version_id).facts.values()
    return [fact for fact in facts if stage.code in fact.stages]


def given(facts, stage) -> dict[str, str]:
    """Return the ``facts`` ({code: answer}) that were answered on the way into ``stage``.

    Raises Refused with a sentence for each that is not asked there, or whose answer is none of its choices.
    """
    asked = {fact.code: fact for fact in facts_on_the_way(stage)}
    answered = {code: answer for code, answer in (facts or {}).items() if answer}
    wrong = [f"“{code}” is not asked on the way into {stage}." for code in answered if code not in asked]
    wrong += [
        f"Choose one of the answers to “{fact.question or fact.name}”: {', '.join(fact.choices)}."
        for code, fact in asked.items()
        if code in answered and answered[code] not in fact.choices
    ]
    if wrong:
        raise Refused(wrong)
    return answered


def wants_note(transition) -> bool:
    return any(requirement.check_name == NOTE for requirement in transition.requirements.all())


def forms_wanted(transition) -> list[str]:
    """Return the codes of the forms that must be completed before the move, each once."""
    wanted = (row.options.get("form") for row in transition.requirements.all() if row.check_name == FORM)
    return list(dict.fromkeys(wanted))


def record(case, entry, transition, *, note, forms, now, by) -> None:
    """Record what was filled in with a move: ``forms`` as ``{code: {question code: answer}}``, and the note, if the
    move requires one. The caller holds the case's lock.

    Raises Refused with a sentence for each answer that is missing or wrong.
    """
    wrong = []
    for code, answers in (forms or {}).items():
        try:
            if code not in forms_wanted(transition):
                raise Refused(f"“{transition.name}” does not ask for the form “{code}”.")
            record_form(case, entry, case.version_map.forms[code], answers, now=now, by=by)
        except Refused as refused:
            wrong += refused.reasons
    if wrong:
        raise Refused(wrong)
    if note and wants_note(transition):
        save_with_history(Note(case=case, text=note, written_by=by, written_at=now), by=by, reason="Note written")
