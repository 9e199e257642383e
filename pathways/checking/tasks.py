"""The tasks that stages create."""

from pathways.checking.problem import Found, error, warning
from pathways.drawn import Drawn
from pathways.models import TaskTemplate


def on_final_stages(drawn: Drawn) -> Found:
    for stage, task in drawn.tasks:
        if stage.is_final:
            yield error(
                f"“{stage}” is final, so that its task “{task}” would never be made. Move the task to another stage, "
                "or remove it.",
                task,
            )


def codes_across_stages(drawn: Drawn) -> Found:
    """A requirement looks a task up by its code, wherever in the version it was made."""
    first = {}
    for stage, task in drawn.tasks:
        before, other = first.setdefault(task.code, (stage, task))
        if other.title != task.title:
            yield error(
                f"The task code “{task.code}” stands for “{other}” in “{before}” and for “{task}” in “{stage}”. Give "
                "one of them another code.",
                task,
            )


def owners(drawn: Drawn) -> Found:
    for stage, task in drawn.tasks:
        if task.whose == TaskTemplate.For.OWNER and task.team and task.team != stage.team:
            yield warning(
                f"The task “{task}” of “{stage}” is for the case's owner, who is not in “{task.team}”. Let anybody in "
                "that team do it, or take the team away.",
                task,
            )


CHECKS = (on_final_stages, codes_across_stages, owners)
