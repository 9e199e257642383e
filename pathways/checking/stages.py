"""The stages, and whether a case gets to each of them and to an end."""

from django.core.validators import slug_re

from pathways.checking.problem import Found, error, warning
from pathways.drawn import Drawn


def where_cases_start(drawn: Drawn) -> Found:
    version, first = drawn.version, drawn.first
    if not drawn.stages:
        yield error("This version has no stages. Add the stages that a case goes through.", version)
    elif first is None:
        yield error("No stage is chosen for cases to start in. Choose the first stage.", version)
    elif first.is_final:
        yield error(f"Cases start in “{first}”, which is final. Let them start in another stage.", first)


def codes(drawn: Drawn) -> Found:
    things = {
        "stage": drawn.stages,
        "rung": [step for _, step in drawn.rungs],
        "task": [task for _, task in drawn.tasks],
        "detour": drawn.detour_rules,
        "form": drawn.forms,
        "question": [question for _, question in drawn.questions],
        "fact": drawn.facts,
    }
    for kind, rows in things.items():
        for row in rows:
            if not slug_re.match(row.code):
                yield error(f"The {kind} “{row}” needs a code of letters, digits and hyphens, not “{row.code}”.", row)


def ways(drawn: Drawn) -> Found:
    reachable = drawn.reached_from(drawn.first) if drawn.first else None
    finals = {stage.pk for stage in drawn.stages if stage.is_final}
    if drawn.stages and not finals:
        yield warning("This version has no final stage, so cases can only be closed by hand. Add one.", drawn.version)
    for stage in drawn.stages:
        if reachable is not None and stage.pk not in reachable:
            yield warning(
                f"No way of moves leads from “{drawn.first}” to “{stage}”. Add a move, or remove the stage.", stage
            )
        if stage.is_final:
            continue
        if not stage.transitions.all():
            yield warning(f"No move leads out of “{stage}”. Add one, or make the stage final.", stage)
        elif finals and not drawn.reached_from(stage) & finals:
            yield warning(f"No way of moves leads from “{stage}” to a final stage. Add one.", stage)


def wording(drawn: Drawn) -> Found:
    for stage in drawn.stages:
        if not stage.patient_wording.strip():
            yield warning(f"“{stage}” has no wording for the patient. Write what it means for them.", stage)


CHECKS = (where_cases_start, codes, ways, wording)
