"""What the check of a version says, and how a sound version is broken."""

from pathways.models import Stage
from pathways.publishing import problems

WORDING = "You are waiting for us."
TELL_LATE = [("late", "after", "0 days")]


def stage(version, code) -> Stage:
    return version.stages.get(code=code)


def change(row, **values):
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    return row


def found(version):
    return [(problem.is_error, problem.sentence) for problem in problems(version)]


def error(sentence):
    return [(True, sentence)]


def warning(sentence):
    return [(False, sentence)]
