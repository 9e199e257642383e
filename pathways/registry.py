"""Where the map asks the journeys: named checks that a move may require.

``pathways`` knows nothing of ``cases``. What can be asked of a case is registered here by name, with its options, and
the rows of the map choose from it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

LARGEST = 100_000  # of any number that is asked for: more days than that lead past the end of all calendars


@dataclass(frozen=True)
class Option:
    """One option of a check: a key in the requirement's options, and how an admin is asked for it."""

    name: str
    label: str
    kind: str = "text"  # "text", "number", "form" (the code of a form of the version), "choice"
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    help_text: str = ""

    def problem(self, value: Any, forms: set[str]) -> str | None:
        """Return a sentence if ``value`` will not do, None if it will. ``forms`` are the codes of the version's
        forms.
        """
        if value in (None, ""):
            return f"“{self.label}” is missing." if self.required else None
        if self.kind == "number" and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            return f"“{self.label}” must be a whole number, not {value!r}."
        if self.kind == "number" and value > LARGEST:
            return f"“{self.label}” is too large: {value}. Write {LARGEST:,} at most."
        if self.kind in ("text", "form", "choice") and not isinstance(value, str):
            return f"“{self.label}” must be text, not {value!r}."
        if self.kind == "form" and value not in forms:
            return f"The form “{value}” is not part of this version. Add it, or choose another form."
        if self.kind == "choice" and value not in dict(self.choices):
            return f"“{self.label}” must be one of {', '.join(dict(self.choices))}, not {value!r}."
        return None


@dataclass(frozen=True)
class Check:
    """A question about a case at an instant, answered with the sentence the caseworker reads, or with None."""

    name: str
    ask: Callable
    options: tuple[Option, ...] = field(default=())


CHECKS: dict[str, Check] = {}


def requirement(name: str, *, options=()):
    """Register the decorated function as the check ``name``: ``(case, now, **options) -> sentence or None``."""

    def register(function):
        CHECKS[name] = Check(name, function, tuple(options))
        return function

    return register


def ask(name: str, options: dict, case, now) -> str | None:
    """Ask the check ``name``. A check that does not exist, or bad options, refuse with a sentence: never let a case
    slip by.
    """
    check = CHECKS.get(name)
    forms = {form.code for form in case.version_map.forms.values()}
    if check is None or problems(name, options, forms):
        return f"The requirement “{name}” is not set up rightly. Tell your pathway administrator."
    return check.ask(case, now, **options)


def problems(name: str, options: Any, forms: set[str]) -> list[str]:
    """Return a sentence for each thing wrong with a requirement's check name and options."""
    check = CHECKS.get(name)
    if check is None:
        return [f"There is no check called “{name}”. Choose one of: {', '.join(sorted(CHECKS))}."]
    if not isinstance(options, dict):
        return [f"The options of “{name}” must be names with values."]
    known = {option.name for option in check.options}
    found = [f"“{name}” has no option “{key}”." for key in options if key not in known]
    found += [answer for option in check.options if (answer := option.problem(options.get(option.name), forms))]
    return found


def describe(name: str, options: dict) -> str:
    """Say a requirement in words: its name and the options that were chosen."""
    check = CHECKS.get(name)
    if check is None or not isinstance(options, dict):
        return name
    chosen = [f"{o.label.lower()}: {options[o.name]}" for o in check.options if options.get(o.name) not in (None, "")]
    return f"{name} ({', '.join(chosen)})" if chosen else name
