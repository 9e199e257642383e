"""Files nobody thought of: good ones go out and in again as they were, bad ones end in sentences."""

import pytest
import yaml
from django.db import transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pathways import exchange, publishing, registry
from pathways.exchange import layout
from pathways.models import Pathway, PathwayVersion, system_user
from tests.pathways.exchange.documents import ELSEWHERE, documents

KNOWN = {"pathway": {ELSEWHERE, *exchange.shipped_codes()}}
IN_THE_DATABASE = settings(max_examples=20)


@settings(max_examples=60)
@given(documents())
def test_what_is_written_reads_as_it_was(document):
    text = layout.write(document)

    assert layout.read(text, known=KNOWN) == document
    assert layout.write(layout.read(text, known=KNOWN)) == text


@pytest.mark.django_db
@IN_THE_DATABASE
@given(documents())
def test_a_version_that_was_loaded_from_a_dump_dumps_to_the_same_text(document):
    with transaction.atomic():
        Pathway.objects.create(code=ELSEWHERE, name="Elsewhere")
        draft = exchange.draft_from(document, by=system_user(), reason="Loaded")
        text = exchange.dump(draft)

        assert text == layout.write(document)
        assert exchange.says_the_same(exchange.read(text), draft)
        publishing.problems(draft)  # whatever is in it, this finds words for it
        again = exchange.draft_from(exchange.read(text), by=system_user(), reason="Loaded again")
        assert exchange.dump(again) == text
        transaction.set_rollback(True)


SHARDS = [
    "- ",
    ": ",
    "\n",
    "  ",
    "{",
    "}",
    "[",
    "]",
    "'",
    '"',
    "|\n",
    ">\n",
    "&a ",
    "*a",
    "!!int ",
    "? ",
    "<<: ",
    "#",
    "\t",
]
WORDS = ["---\n", "stages", "to", "10 days", "null", "~", "9" * 30, "\x00", "\ud800", "\x85", "é", "1e999"]
shards = st.sampled_from(SHARDS + WORDS)


@settings(max_examples=120)
@given(st.lists(shards, max_size=30).map("".join) | st.text(max_size=40) | st.binary(max_size=40))
@example("a: " + "[" * 5000)
@example("{" * 5000)
@example('"\\ud800": 1')
@example("%YAML 9.9\n---\na")
def test_no_text_at_all_is_a_traceback(text):
    exchange.code_in(text)
    with pytest.raises(exchange.BadFile) as bad:
        layout.read(text)
    assert all(sentence.endswith(".") for sentence in bad.value.sentences)


def document_or_sentences(read, text, **known):
    try:
        return read(text, **known), []
    except exchange.BadFile as bad:
        return None, bad.sentences


def damaged(draw):
    """A shipped file in which a few places were typed over."""
    text = exchange.shipped(draw(st.sampled_from(exchange.shipped_codes())))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(shards | st.just("")) + text[at + draw(st.integers(0, 30)) :]
    return text


def rearranged(draw):
    """A shipped file in which a few lines stand elsewhere, are gone, or say what other lines say: mostly good YAML."""
    lines = exchange.shipped(draw(st.sampled_from(exchange.shipped_codes()))).split("\n")
    for _ in range(draw(st.integers(1, 6))):
        at, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        words, said = lines[at].partition(":")[0], lines[other].partition(":")[2]
        match draw(st.sampled_from(["moved", "gone", "twice", "says"])):
            case "moved":
                lines.insert(other, lines.pop(at))
            case "gone" if len(lines) > 2:
                del lines[at]
            case "twice":
                lines.insert(other, lines[at])
            case "says":
                lines[at] = f"{words}:{said}"
    return "\n".join(lines)


@settings(max_examples=120)
@given(st.data())
def test_no_damage_to_a_good_file_is_a_traceback(data):
    text = data.draw(st.sampled_from([damaged, rearranged]))(data.draw)
    exchange.code_in(text)
    document, said = document_or_sentences(layout.read, text, known=KNOWN)
    assert all(sentence.endswith(".") for sentence in said)
    assert said or layout.read(layout.write(document), known=KNOWN) == document


@pytest.mark.django_db
@IN_THE_DATABASE
@given(st.data())
def test_a_file_that_was_rearranged_loads_or_is_refused_in_sentences(data):
    """What reads without an error loads as it reads, and whatever is wrong with it then has words."""
    for code in KNOWN["pathway"]:
        Pathway.objects.get_or_create(code=code, defaults={"name": code})
    document, said = document_or_sentences(exchange.read, rearranged(data.draw))
    assert all(sentence.endswith(".") for sentence in said)
    if said:
        return
    with transaction.atomic():
        draft = exchange.draft_from(document, by=system_user(), reason="Loaded")
        assert exchange.says_the_same(document, PathwayVersion.objects.get(pk=draft.pk))
        assert all(problem.sentence.endswith(".") for problem in publishing.problems(draft))
        transaction.set_rollback(True)


keys = st.sampled_from([*layout.FILE.fields, "code", "name", "x"])
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from([*layout.FILE.fields]), trees))
def test_no_shape_of_a_file_is_a_traceback(tree):
    text = yaml.safe_dump(tree)
    exchange.code_in(text)
    with pytest.raises(exchange.BadFile):
        layout.read(text)


# The options of a requirement are whatever somebody wrote: each check finds words for all of it.
values = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(["a"]) | st.just({"a": 1})
options = st.dictionaries(
    st.sampled_from(["form", "question", "answer", "task", "by_role", "amount", "unit", "max_age_days", "name", "x"]),
    values,
)


@given(st.sampled_from(sorted(registry.CHECKS)), options)
@example("answer is", {"form": ["a"], "question": "b"})
def test_no_options_of_a_requirement_are_a_traceback(check, options):
    known = registry.Known({"form": {"question"}}, {"task"})
    assert all(sentence.endswith(".") for sentence in registry.problems(check, options, known))
