"""Files nobody thought of: good ones go out and in again as they were, bad ones end in sentences."""

import pytest
import yaml
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pathways import exchange, publishing
from pathways.exchange import layout
from pathways.models import system_user
from tests.pathways.exchange.documents import documents


@settings(max_examples=60, deadline=None)
@given(documents())
def test_what_is_written_reads_as_it_was(document):
    text = layout.write(document)

    assert layout.read(text) == document
    assert layout.write(layout.read(text)) == text


@pytest.mark.django_db
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(documents())
def test_a_version_that_was_loaded_from_a_dump_dumps_to_the_same_text(document):
    with transaction.atomic():
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


@settings(max_examples=300, deadline=None)
@given(st.lists(shards, max_size=30).map("".join) | st.text(max_size=40) | st.binary(max_size=40))
@example("a: " + "[" * 5000)
@example("{" * 5000)
@example('"\\ud800": 1')
@example("%YAML 9.9\n---\na")
def test_no_text_at_all_is_a_traceback(text):
    with pytest.raises(exchange.BadFile) as bad:
        layout.read(text)
    assert all(sentence.endswith(".") for sentence in bad.value.sentences)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_damage_to_a_good_file_is_a_traceback(data):
    text = exchange.shipped(data.draw(st.sampled_from(["discharge-to-assess", "elective-18-weeks"])))[:4000]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(shards | st.just("")) + text[at + data.draw(st.integers(0, 30)) :]
    try:
        document = layout.read(text)
    except exchange.BadFile as bad:
        said = bad.sentences
    else:
        said = []
        assert layout.read(layout.write(document)) == document
    assert all(sentence.endswith(".") for sentence in said)


keys = st.sampled_from([*layout.FILE.fields, "code", "name", "x"])
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=15,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*layout.FILE.fields]), trees))
def test_no_shape_of_a_file_is_a_traceback(tree):
    with pytest.raises(exchange.BadFile):
        layout.read(yaml.safe_dump(tree))
