"""YAML as text: read into nodes that know their line, without what could surprise; and written for people to read."""

from collections import defaultdict

import yaml

MOST_BYTES = 500_000  # two hundred stages take a fifth of it
DEEPEST = 12
MOST_ERRORS = 50  # shown at once

# The one in C reads a large file ten times faster; both know the line of what they read.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BadFile(Exception):
    """A file that is no pathway; ``sentences`` say what to mend, each with its line."""

    def __init__(self, errors: list[tuple[int, str]]):
        errors = sorted(set(errors))
        self.sentences = [f"Line {line}: {sentence}" for line, sentence in errors[:MOST_ERRORS]]
        if len(errors) > MOST_ERRORS:
            self.sentences.append(f"There are {len(errors) - MOST_ERRORS} more errors.")
        super().__init__("\n".join(self.sentences))


class Source:
    """A file that is being read: what is wrong with it so far, what it names, and what it refers to."""

    def __init__(self, known=None):
        self.errors: list[tuple[int, str]] = []
        self.named = defaultdict(set, {kind: set(codes) for kind, codes in (known or {}).items()})
        self.referred: list[tuple[int, str, str]] = []

    def complain(self, place, sentence: str) -> None:
        """Note an error; ``place`` is a line, or a node that begins on it."""
        self.errors.append((place if isinstance(place, int) else line_of(place), sentence))

    def stop_if_bad(self) -> None:
        if self.errors:
            raise BadFile(self.errors)


def line_of(node) -> int:
    return node.start_mark.line + 1


def nodes(content: bytes | str, source: Source):
    """Return the root node of a YAML text, or None when it is empty; raise BadFile if it is not plain, modest YAML."""
    text = _decoded(content, source)
    try:
        _refuse_what_is_not_plain(text, source)
        source.stop_if_bad()
        return yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = f"This is not YAML: {error.problem or error.context}. Look at the indentation, colons and quotes here."
        source.complain(mark.line + 1 if mark else 1, said)
    except (yaml.YAMLError, ValueError):
        source.complain(1, "This is not YAML. Look for characters that cannot be seen.")
    raise BadFile(source.errors)


def _decoded(content, source) -> str:
    if len(content) > MOST_BYTES:
        source.complain(1, f"The file is larger than {MOST_BYTES // 1000} kilobytes, which no pathway is.")
        source.stop_if_bad()
    if isinstance(content, bytes):
        try:
            content = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            source.complain(line, "This is not UTF-8 text. Save the file as UTF-8.")
            source.stop_if_bad()
    if found := yaml.reader.Reader.NON_PRINTABLE.search(content):
        line = content.count("\n", 0, found.start()) + 1
        source.complain(line, f"The character {found[0]!r} does not belong in a text file. Remove it.")
        source.stop_if_bad()
    return content


def _refuse_what_is_not_plain(text, source):
    """Anchors can make a small file a huge one, tags can ask for anything, and a depth without end for the stack."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=LOADER):
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if documents > 1:
            return source.complain(
                event, "A file holds one pathway. Remove the line of three hyphens and what follows."
            )
        if depth > DEEPEST:
            return source.complain(event, f"This is nested more than {DEEPEST} deep. Check the indentation.")
        if getattr(event, "anchor", None):
            source.complain(event, f"Anchors and aliases such as “{event.anchor}” are not read. Write it out in full.")
        if getattr(event, "tag", None):
            source.complain(event, f"Tags such as “{event.tag}” are not read. Remove it.")
    return None


class Inline(list):
    """A list that is written on one line."""


class InlineMapping(dict):
    """A mapping that is written on one line."""


class _Writer(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


def _text(writer, value):
    style = "|" if "\n" in value else None
    return writer.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Writer.add_representer(str, _text)
_Writer.add_representer(Inline, lambda w, v: w.represent_sequence("tag:yaml.org,2002:seq", v, flow_style=True))
_Writer.add_representer(InlineMapping, lambda w, v: w.represent_mapping("tag:yaml.org,2002:map", v, flow_style=True))


def written(plain: dict) -> str:
    """Return ``plain`` (mappings, lists and scalars) as YAML for people: in its own order, long texts as blocks."""
    return yaml.dump(plain, Dumper=_Writer, allow_unicode=True, sort_keys=False, default_flow_style=False, width=100)
