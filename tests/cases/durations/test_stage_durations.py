"""The command: the table as JSON and in words."""

import json
import re
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from cases import durations
from cases.management.commands.stage_durations import short
from pathways.models import Pathway
from tests.cases.history_import.logs import a_log, bring

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pathway(tmp_path):
    days = {"A": (1, 3), "B": (1, 5), "C": (1, 4)}
    rows = [
        (case, name, f"2025-01-0{day}T00:00:00Z")
        for case, (begin, end) in days.items()
        for name, day in (("Referred", begin), ("Seen", end))
    ]
    bring(a_log(tmp_path, rows))


def run(*arguments, **options):
    answer = StringIO()
    call_command("stage_durations", *arguments, stdout=answer, **options)
    return answer.getvalue()


def test_the_json_is_the_table():
    answer = json.loads(run("log", as_of="2025-01-06T12:00:00Z", json=True))
    assert answer == durations.table(Pathway.objects.get(), datetime(2025, 1, 6, 12, tzinfo=UTC))
    assert list(answer) == ["pathway", "as_of", "stages"]
    shares, late = ["variance", "q1", "q3", "p85", "p95"], ["beyond", "excess"]
    named = [
        "code",
        "name",
        "n",
        "mean",
        "sd",
        "cv",
        "median",
        "p90",
        "max",
        *shares,
        "share_beyond",
        *late,
        "waiting",
    ]
    assert list(answer["stages"][0]) == named
    assert list(answer["stages"][0]["waiting"]) == ["count", "median", "p90", "oldest", *late]


def test_the_words_line_up_and_say_how_p90_is_found():
    lines = run("log", as_of="2025-01-06T12:00:00Z").splitlines()
    assert lines[0] == "log: how long cases stay in each stage, as of 6 January 2025, midday"
    assert [line.split("  ")[0] for line in lines[2:5]] == ["Stage", "Referred", "Seen"]
    referred = ["Referred", "3", "3d", "1d", "0.33", "3d", "3d 19h", "4d", "0", "-", "-", "-"]
    assert re.split(r"\s{2,}", lines[3].strip()) == referred
    assert len({len(line) for line in lines[2:5]}) == 1
    assert "by linear interpolation" in lines[-1]


def test_without_a_time_it_is_as_of_now():
    stages = json.loads(run("log", json=True))["stages"]
    assert stages[1]["waiting"]["count"] == 3


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        (["nowhere"], {}, "There is no pathway “nowhere”. The pathways are: log."),
        (["log"], {"as_of": "soon"}, "“soon” is not a time. Write it like 2025-05-04T14:00:00Z."),
        (
            ["log"],
            {"as_of": "0001-01-01T00:00:00+01:00"},
            "The year 1 cannot be right: a time lies between 1950 and 2099.",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_sentence(arguments, options, sentence):
    with pytest.raises(CommandError) as refused:
        run(*arguments, **options)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (0.4, "0s"), (59.6, "1m"), (61, "1m 1s"), (3600, "1h"), (86400 + 59, "1d"), (200_000.5, "2d 7h")],
)
def test_a_length_of_time_is_shown_in_its_two_largest_units(seconds, words):
    assert short(seconds) == words
