"""Where the map asks the journeys: named checks that a move may require.

``pathways`` knows nothing of ``cases``. What can be asked of a case is registered here by name, with its options, and
the rows of the map choose from it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MOST = 1_000_000  # of any unit: a time that far off can still be reckoned


@dataclass(frozen=True)
class Known:
    """What the options of a check may name: the codes of a version's forms with their questions, and of its tasks."""

    questions: dict[str, set[str]]
    tasks: set[str]


@dataclass(frozen=True)
class Option:
    """One option of a check: a key in the requirement's options, and how an admin is asked for it."""

    name: str
    label: str
    # "text", "number", "choice", or the code of something of the version: "form", "question" (of the form), "task"
    kind: str = "text"
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    help_text: str = ""

    def problem(self, value: Any, options: dict, known: Known) -> str | None:
        """Return a sentence if ``value`` will not do, None if it will."""
        if value in (None, ""):
            return f"“{self.label}” is missing." if self.required else None
        if self.kind == "number" and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            return f"“{self.label}” must be a whole number, not {value!r}."
        if self.kind == "number" and value > MOST:
            return f"“{self.label}” is too large a number: {value}. Choose {MOST} at most."
        if self.kind != "number" and not isinstance(value, str):
            return f"“{self.label}” must be text, not {value!r}."
        if self.kind == "form" and value not in known.questions:
            return f"The form “{value}” is not part of this version. Add it, or choose another form."
        form = options.get("form")  # if it is none of this version, that is said of the form
        if self.kind == "question" and isinstance(form, str) and value not in known.questions.get(form, {value}):
            return f"The form “{form}” has no question “{value}”. Add it, or choose another question."
        if self.kind == "task" and value not in known.tasks:
            return f"No stage of this version creates the task “{value}”. Add it, or choose another task."
        if self.kind == "choice" and value not in dict(self.choices):
            return f"“{self.label}” must be one of {', '.join(dict(self.choices))}, not {value!r}."
        return None


@dataclass(frozen=True)
class Check:
    """A question about a case at an instant, answered with the sentence the caseworker reads, or with None."""

    name: str
    ask: Callable
    options: tuple[Option, ...] = field(default=())
    hides: bool = False  # a choice of ways: the move is not offered while the answer is another


CHECKS: dict[str, Check] = {}


@dataclass(frozen=True)
class Consequence:
    """What a change of the map does to the journeys: ``preview(thing)`` reads, ``apply(thing, *, by)`` does it."""

    preview: Callable
    apply: Callable


CONSEQUENCES: dict[str, Consequence] = {}


def consequence(name: str, *, preview: Callable, apply: Callable) -> None:
    """Register what a change called ``name`` ("version", "calendar") does to journeys."""
    CONSEQUENCES[name] = Consequence(preview, apply)


def requirement(name: str, *, options=(), hides=False):
    """Register the decorated function as the check ``name``: ``(case, now, **options) -> sentence or None``.

    With ``hides`` a move whose requirement is not met is not offered at all: a choice between ways.
    """

    def register(function):
        CHECKS[name] = Check(name, function, tuple(options), hides)
        return function

    return register


def ask(name: str, options: dict, case, now) -> str | None:
    """Ask the check ``name``. A check that does not exist, or bad options, refuse with a sentence: never let a case
    slip by.
    """
    check = CHECKS.get(name)
    if check is None or problems(name, options, case.version_map.known):
        return f"The requirement “{name}” is not set up rightly. Tell your pathway administrator."
    return check.ask(case, now, **options)


def hides(name: str) -> bool:
    """Does the check ``name`` hide the move that does not meet it?"""
    return name in CHECKS and CHECKS[name].hides


def problems(name: str, options: Any, known: Known) -> list[str]:
    """Return a sentence for each thing wrong with a requirement's check name and options."""
    check = CHECKS.get(name)
    if check is None:
        return [f"There is no check called “{name}”. Choose one of: {', '.join(sorted(CHECKS))}."]
    if not isinstance(options, dict):
        return [f"The options of “{name}” must be names with values."]
    names = {option.name for option in check.options}
    found = [f"“{name}” has no option “{key}”." for key in options if key not in names]
    found += [
        answer for option in check.options if (answer := option.problem(options.get(option.name), options, known))
    ]
    return found


def describe(name: str, options: dict) -> str:
    """Say a requirement in words: its name and the options that were chosen."""
    check = CHECKS.get(name)
    if check is None or not isinstance(options, dict):
        return name
    chosen = [f"{o.label.lower()}: {options[o.name]}" for o in check.options if options.get(o.name) not in (None, "")]
    return f"{name} ({', '.join(chosen)})" if chosen else name
