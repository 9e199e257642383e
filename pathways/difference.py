"""What changed between two versions of a map, in words: “limit of Triage: 5 → 3 working days”."""

from collections.abc import Iterator

from pathways.drawn import Drawn
from pathways.models import PathwayVersion

Rows = dict[tuple[str, ...], tuple[str, dict[str, str]]]


def difference(old: PathwayVersion | Drawn, new: PathwayVersion | Drawn) -> list[str]:
    """Return a sentence for each thing that was added, removed or changed from ``old`` to ``new``, in the map's order.

    Things are known by their codes (moves by their names), so that a renamed stage is a change and not a new stage.
    """
    before, after = (dict(_rows(one if isinstance(one, Drawn) else Drawn(one))) for one in (old, new))
    found = []
    for key, (name, values) in after.items():
        if key not in before:
            found.append(f"{name} was added.")
            continue
        old_name, old_values = before[key]
        if old_name != name:
            found.append(f"{old_name} is now called {name}.")
        found += [
            _change(label, name, old_values[label], value)
            for label, value in values.items()
            if value != old_values[label]
        ]
    return found + [f"{name} was removed." for key, (name, _) in before.items() if key not in after]


def _change(label, name, old, new):
    if not old or not new:
        return f"{label} of {name}: {old or 'none'} → {new or 'none'}."
    # “5 → 3 working days” reads better than the unit twice.
    (old_number, _, old_unit), (new_number, _, new_unit) = old.partition(" "), new.partition(" ")
    if old_number.isdigit() and new_number.isdigit() and old_unit.rstrip("s") == new_unit.rstrip("s"):
        return f"{label} of {name}: {old_number} → {new}."
    return f"{label} of {name}: {old} → {new}."


def _rows(drawn: Drawn) -> Iterator:
    """Everything of a version as (key, (name, {label: value in words}))."""
    for stage in drawn.stages:
        yield ("stage", stage.code), (f"“{stage}”", _stage(stage))
        for move in stage.transitions.all():
            name = f"the move “{move}” out of “{stage}”"
            yield ("move", stage.code, move.name), (name, _move(move))
        for step in stage.ladder.all():
            yield ("rung", stage.code, step.code), (f"the rung “{step}” of “{stage}”", _step(step))
        for task in stage.task_templates.all():
            yield ("task", stage.code, task.code), (f"the task “{task}” of “{stage}”", _task(task))
    for form in drawn.forms:
        yield ("form", form.code), (f"the form “{form}”", {"introduction": form.introduction})
        for question in form.questions.all():
            name = f"the question “{question}” of “{form}”"
            yield ("question", form.code, question.code), (name, _question(question))
    for rule in drawn.detour_rules:
        yield ("detour", rule.code), (f"the detour “{rule}”", _rule(rule))
    for fact in drawn.facts:
        yield ("fact", fact.code), (f"the fact “{fact}”", _fact(fact))


def _yes(value):
    return "yes" if value else "no"


def _stage(stage):
    return {
        "kind": stage.kind,
        "start of cases": _yes(stage.is_first),
        "team": str(stage.team or ""),
        "limit": str(stage.limit or ""),
        "calendar": str(stage.calendar or ""),
        "entry by handoff": _yes(stage.by_handoff),
        "acceptance limit": str(stage.acceptance_limit or ""),
        "wording for the patient": stage.patient_wording,
        "merged stages": ", ".join(stage.merged_from),
    }


def _move(move):
    return {
        "target": str(move.target),
        "roles": ", ".join(move.roles),
        "requirements": "; ".join(_requirement(requirement) for requirement in move.requirements.all()),
    }


def _requirement(requirement):
    roles = " or ".join(requirement.override_roles)
    return f"{requirement}, which a {roles} may override" if roles else str(requirement)


def _fact(fact):
    return {
        "question": fact.question,
        "choices": ", ".join(fact.choices),
        "asking on the way into stages": ", ".join(fact.stages),
    }


def _step(step):
    when = f"{step.amount} %" if step.when == step.When.SHARE else f"{step.offset} {step.when}"
    repeat = f"every {step.repeat}, at most {step.repeat_at_most} times" if step.repeat else ""
    return {
        "time": when,
        "recipients": ", ".join(whom.replace("_", " ") for whom in step.tells),
        "named team": str(step.named_team or ""),
        "urgency": _yes(step.urgent),
        "time to answer": str(step.answer_within or ""),
        "raising of the priority": _yes(step.raises_priority),
        "task": step.task_title,
        "repeat": repeat,
    }


def _task(task):
    return {
        "words": task.text,
        "owner": task.get_whose_display(),
        "team": str(task.team or ""),
        "limit": str(task.limit or ""),
    }


def _question(question):
    bounds = " to ".join("" if bound is None else f"{bound:f}" for bound in (question.minimum, question.maximum))
    return {
        "answer": question.get_kind_display(),
        "hint": question.hint,
        "choices": ", ".join(question.choices),
        "need of an answer": _yes(question.required),
        "condition": f"{question.shown_if_code} is {question.shown_if_answer}" if question.shown_if_code else "",
        "fact": question.fact,
        "range": bounds.strip() if bounds.strip() != "to" else "",
    }


def _rule(rule):
    return {
        "pathway": str(rule.pathway),
        "stages": ", ".join(rule.stages),
        "roles": ", ".join(rule.roles),
        "stage clock": rule.get_clock_display(),
        "longest hold": str(rule.hold_at_most or ""),
        "restriction": _yes(rule.restricted),
        "block on closing": _yes(rule.blocks_closing),
        "telling at once": _yes(rule.tell_at_once),
        "form asked at once": rule.form,
        "taking when a patient did not attend": _yes(rule.on_dna),
        "raising of the priority": _yes(rule.raises_priority),
        "time left to the stage": str(rule.shortens_to or ""),
    }
