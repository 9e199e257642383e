"""The kinds of value in a pathway file: each reads a node of the file, and writes what it read as people write it.

``read`` returns a value or raises Wrong; ``write`` is its inverse. A kind with a ``default`` may be left out of the
file, and is left out when the default is written.
"""

import re
from copy import copy
from datetime import date
from decimal import Decimal

import yaml
from django.core.validators import slug_re

from pathways.exchange.text import Inline, InlineMapping, Source, line_of

REQUIRED = object()
MOST_ITEMS = 1000
EMPTY = ("", "~", "null", "Null", "NULL")


class Wrong(Exception):
    """What is at this node will not do; the message says why, and what to write instead."""


def is_plain(node) -> bool:
    """Tell whether a scalar stands without quotes. (The reader in C says "" where the other says None.)"""
    return isinstance(node, yaml.ScalarNode) and not node.style


def is_empty(node) -> bool:
    return is_plain(node) and node.value in EMPTY


class Kind:
    """A kind of value. ``always`` writes it also when it is the default, so that readers of the file see it."""

    def __init__(self, *, default=REQUIRED, always=False):
        self.default, self.always = default, always

    def read(self, node, source: Source):
        return self.of(scalar(node))

    def of(self, text: str):
        raise NotImplementedError

    def write(self, value):
        return value


def scalar(node) -> str:
    """The text at a node, also of a number or a date: the kind decides what it is, not YAML's guess."""
    if not isinstance(node, yaml.ScalarNode):
        raise Wrong("Write one value here, not a list or a group of values.")
    if "\0" in node.value or any("\ud800" <= character <= "\udfff" for character in node.value):
        raise Wrong("This text has a character in it that cannot be kept. Remove it.")
    return node.value


class Text(Kind):
    """A text of one line, at most ``longest`` characters; or with ``lines`` of any length."""

    def __init__(self, longest=None, *, lines=False, **options):
        super().__init__(**options)
        self.longest, self.lines = longest, lines

    def of(self, text):
        text = self.write(text)
        if not text and self.default is REQUIRED:
            raise Wrong("Write something here.")
        if self.longest and len(text) > self.longest:
            raise Wrong(f"This is longer than {self.longest} characters. Shorten it.")
        return text

    def write(self, value):
        value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
        return value if self.lines else re.sub(r"\s*\n\s*", " ", value)


class Code(Kind):
    """A short name for the machine. ``names`` says of what: a reference to it may stand anywhere in the file."""

    def __init__(self, longest=50, *, names=None, refers_to=None, **options):
        super().__init__(**options)
        self.longest, self.names, self.refers_to = longest, names, refers_to

    def read(self, node, source):
        code = self.of(scalar(node))
        if self.names:
            source.named[self.names].add(code)
        if self.refers_to:
            source.referred.append((line_of(node), self.refers_to, code))
        return code

    def of(self, text):
        if not slug_re.match(text):
            raise Wrong(f"“{text}” is no code. Use letters, digits and hyphens only, such as “discharge-planning”.")
        if len(text) > self.longest:
            raise Wrong(f"The code “{text}” is longer than {self.longest} characters. Shorten it.")
        return text


class Choice(Kind):
    """One of several words, each standing for a value."""

    def __init__(self, words: dict, **options):
        super().__init__(**options)
        self.words = words

    def of(self, text):
        if text.strip() not in self.words:
            raise Wrong(f"“{text}” is not one of: {', '.join(self.words)}.")
        return self.words[text.strip()]

    def write(self, value):
        return next((word for word, meant in self.words.items() if meant == value), value)


class Flag(Choice):
    """Yes or no, in any of YAML's words for it."""

    def __init__(self, **options):
        super().__init__({"true": True, "false": False, "yes": True, "no": False}, **options)

    def write(self, value):
        return value


class Day(Kind):
    """A date such as 2026-12-25."""

    def of(self, text):
        try:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
                return date.fromisoformat(text)
        except ValueError:
            pass
        raise Wrong(f"“{text}” is not a date. Write it as year, month and day, such as 2026-12-25.")


class Number(Kind):
    """A number with at most three decimals."""

    def of(self, text):
        if not re.fullmatch(r"-?\d{1,9}(\.\d{1,3})?", text, re.ASCII):
            raise Wrong(f"“{text}” is not a number, or is too large. Write it such as 10 or 0.5.")
        return Decimal(text)

    def write(self, value):
        return int(value) if value == int(value) else float(value)


class Plain(Kind):
    """Names with values, such as the options of a requirement: texts, numbers, true, false, nothing, lists of them."""

    def read(self, node, source):
        if is_empty(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise Wrong("Write names with values here, such as {form: risk-assessment, max_age_days: 30}.")
        return self._plain(node, source)

    def _plain(self, node, source):
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, source) for item in node.value]
        if isinstance(node, yaml.MappingNode):
            return {key: self._plain(value, source) for key, value in entries(node, source)}
        text = scalar(node)
        if not is_plain(node):
            return text
        if is_empty(node):
            return None
        if text in ("true", "false"):
            return text == "true"
        if re.fullmatch(r"-?(0|[1-9]\d{0,14})", text, re.ASCII):
            return int(text)
        return float(text) if re.fullmatch(r"-?\d{1,15}\.\d{1,15}", text, re.ASCII) else text

    def write(self, value):
        if isinstance(value, dict):  # in one order: the database keeps none
            return InlineMapping((key, self.write(value[key])) for key in sorted(value))
        return [self.write(item) for item in value] if isinstance(value, list) else value


def entries(node, source):
    """The keys of a mapping with their nodes. Notes a key that is no word, or stands there twice."""
    seen = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            source.complain(key, "Write a word before the colon, not a list or a group.")
        elif key.value in seen:
            source.complain(key, f"“{key.value}” stands here twice. Remove one.")
        else:
            seen.add(key.value)
            try:
                yield scalar(key), value
            except Wrong as wrong:
                source.complain(key, str(wrong))


class Entry(dict):
    """A record that was read, and the line it began on."""

    line = 0


class Record(Kind):
    """A group of named values, ``what`` for short; read as an Entry that has every name. ``inline`` writes it on one
    line.
    """

    def __init__(self, what: str, fields: dict[str, Kind], *, inline=False, **options):
        super().__init__(**options)
        self.what, self.fields, self.inline = what, fields, inline

    def read(self, node, source):
        if not isinstance(node, yaml.MappingNode):
            raise Wrong(f"Write the {self.what} as names with values: {', '.join(self.fields)}.")
        found = Entry({name: copy(kind.default) for name, kind in self.fields.items()})
        found.line = line_of(node)
        missing = {name for name, kind in self.fields.items() if kind.default is REQUIRED}
        for name, value in entries(node, source):
            if name not in self.fields:
                source.complain(value, f"A {self.what} has no “{name}”. It has: {', '.join(self.fields)}.")
            elif not is_empty(value):
                missing.discard(name)
                found[name] = read(self.fields[name], value, source)
        for name in self.fields:
            if name in missing:
                source.complain(node, f"“{name}” is missing from this {self.what}. Add it.")
        return found

    def write(self, value):
        kept = {name: kind for name, kind in self.fields.items() if kind.always or value[name] != kind.default}
        return (InlineMapping if self.inline else dict)((name, kind.write(value[name])) for name, kind in kept.items())


class Items(Kind):
    """A list of values of one kind, no two with the same ``once``; ``inline`` writes it on one line."""

    def __init__(self, kind: Kind, *, once=None, inline=False, default=(), **options):
        super().__init__(default=list(default) if default is not REQUIRED else REQUIRED, **options)
        self.kind, self.once, self.inline = kind, once, inline

    def read(self, node, source):
        if not isinstance(node, yaml.SequenceNode):
            raise Wrong("Write a list here: one line for each, beginning with a hyphen.")
        if len(node.value) > MOST_ITEMS:
            raise Wrong(f"This list has more than {MOST_ITEMS} items. Shorten it.")
        found, seen = [], set()
        for item in node.value:
            value = read(self.kind, item, source)
            mark = value.get(self.once) if self.once and isinstance(value, dict) else None
            if isinstance(mark, str) and mark in seen:
                source.complain(item, f"Two of this list have the {self.once} “{mark}”. Give each its own.")
            seen.add(mark if isinstance(mark, str) else None)
            found.append(value)
        return found

    def write(self, value):
        return (Inline if self.inline else list)(self.kind.write(item) for item in value)


def read(kind: Kind, node, source: Source):
    """What ``kind`` reads at ``node``; None, and an error noted, where it will not do."""
    try:
        return kind.read(node, source)
    except Wrong as wrong:
        source.complain(node, str(wrong))
        return None
