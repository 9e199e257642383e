"""Put what a page has to say about the last act into panels: what was done first, then what to look at."""

from dataclasses import dataclass

from django import template
from django.contrib.messages import ERROR, SUCCESS

register = template.Library()


@dataclass(frozen=True)
class Panel:
    """Sentences of one kind. ``is_first``: it is read aloud when the page opens, the others later."""

    kind: str  # success, important or problem
    title: str
    sentences: list
    is_first: bool


@register.simple_tag
def panels(messages) -> list[Panel]:
    """Return a panel for each kind of message there is, each sentence once."""
    said = {"success": [], "problem": [], "important": []}
    for message in messages or ():
        kind = "success" if message.level == SUCCESS else "problem" if message.level >= ERROR else "important"
        said[kind].append(message.message)
    titles = {"success": "Done", "problem": "There is a problem", "important": "Important"}
    there = [kind for kind in said if said[kind]]
    return [Panel(kind, titles[kind], list(dict.fromkeys(said[kind])), kind == there[0]) for kind in there]
