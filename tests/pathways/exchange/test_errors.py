"""What is wrong with a file is said in a sentence, with its line."""

import pytest

from pathways import exchange
from pathways.exchange import layout
from tests.pathways.exchange.small import SMALL


def sentences(text):
    with pytest.raises(exchange.BadFile) as bad:
        layout.read(text)
    return bad.value.sentences


A_LIMIT = "Write a number and a unit, such as 4 hours, 7 days or 10 working days."
A_MOMENT = "Write it such as “2 working days before”, “at the limit”, “1 day after” or “80 % of the limit”."

# What is changed in the small file, and what is said of it.
MISTAKES = [
    (
        "starts_in: triage",
        "starts_in: nowhere",
        2,
        "There is no stage “nowhere” in this file. Add it, or mend the code.",
    ),
    (
        "  team: booking\n  limit",
        "  team: cooking\n  limit",
        8,
        "There is no team “cooking” in this file, nor does one exist. Add it, or mend the code.",
    ),
    ("limit: 10 days", "limit: ten days", 9, f"“ten days” is no limit. {A_LIMIT}"),
    ("limit: 10 days", "limit: 0 days", 9, f"“0 days” is no limit. {A_LIMIT}"),
    ("limit: 10 days", "limit: 10", 9, f"“10” is no limit. {A_LIMIT}"),
    ("limit: 10 days", "limit: 9999999999 days", 9, "9999999999 is too large a number. Write a smaller one."),
    ("limit: 10 days", "limit: [10, days]", 9, "Write one value here, not a list or a group of values."),
    ("at the limit", "101 % of the limit", 11, f"“101 % of the limit” is no time of a rung. {A_MOMENT}"),
    ("at the limit", "2 days later", 11, f"“2 days later” is no time of a rung. {A_MOMENT}"),
    (
        "tells: [managers]",
        "tells: [patients]",
        11,
        "“patients” is not one of: owner, team, managers, on duty, named team, lead.",
    ),
    (
        "tells: [managers]",
        "tells: [managers], repeat: for ever",
        11,
        "“for ever” is no repeat. Write it such as “every 1 working day, at most 3 times”.",
    ),
    (
        "tells: [managers]",
        "tells: [managers], urgent: perhaps",
        11,
        "“perhaps” is not one of: true, false, yes, no.",
    ),
    ("kind: final", "kind: over", 16, "“over” is not one of: working, waiting, final."),
    (
        "kind: final",
        "colour: blue",
        16,
        "A stage has no “colour”. It has: code, name, kind, team, limit, calendar, entered_by_handoff, "
        "acceptance_limit, patient_wording, merged_from, ladder, tasks, moves.",
    ),
    ("kind: final", "name: Over", 16, "“name” stands here twice. Remove one."),
    ("kind: final", "? [a, b]\n  : c", 16, "Write a word before the colon, not a list or a group."),
    ("  name: Done\n", "", 14, "“name” is missing from this stage. Add it."),
    ("  name: Done\n", "  name:\n", 14, "“name” is missing from this stage. Add it."),
    ("  name: Done\n", "  name: ' '\n", 15, "Write something here."),
    ("name: Done", f"name: {'D' * 201}", 15, "This is longer than 200 characters. Shorten it."),
    ("name: Done", 'name: "D\\0one"', 15, "This text has a character in it that cannot be kept. Remove it."),
    ("code: done\n", "code: triage\n", 14, "Two of this list have the code “triage”. Give each its own."),
    ("code: done\n", f"code: {'d' * 101}\n", 14, f"The code “{'d' * 101}” is longer than 100 characters. Shorten it."),
    (
        "code: done\n",
        "code: all done\n",
        14,
        "“all done” is no code. Use letters, digits and hyphens only, such as “discharge-planning”.",
    ),
    ("- to: done", "- to: triage", 13, "This move leads to the stage it comes from. Let it lead to another one."),
    ("- to: done", "- to: done\n  - to: done", 14, "“Move to Done” stands here twice. Change or remove one."),
    (
        "- to: done",
        "- to: done\n    requires: [[note written]]",
        14,
        "Write one requirement here, such as “note written” or “form completed: {form: risk-assessment}”.",
    ),
    (
        "- to: done",
        "- to: done\n    requires: [form completed: risk]",
        14,
        "Write names with values here, such as {form: risk-assessment, max_age_days: 30}.",
    ),
    (
        "kind: final",
        "acceptance_limit: soon",
        16,
        f"“soon” is no limit. {A_LIMIT}",
    ),
    (
        "  moves:\n",
        "  tasks:\n  - {code: call, title: Ring them, for: anybody}\n  moves:\n",
        13,
        "“anybody” is not one of: owner, team.",
    ),
    (
        "  moves:\n",
        "  tasks:\n  - {code: call, title: Ring them, team: cooking}\n  moves:\n",
        13,
        "There is no team “cooking” in this file, nor does one exist. Add it, or mend the code.",
    ),
    (
        "  moves:\n",
        "  tasks:\n  - {code: call, title: Ring them}\n  - {code: call, title: Write}\n  moves:\n",
        14,
        "Two of this list have the code “call”. Give each its own.",
    ),
    ("teams:\n-", "teams:\n ", 4, "Write a list here: one line for each, beginning with a hyphen."),
    (
        "{code: small, name: Small}",
        "small",
        1,
        "Write the pathway as names with values: code, name, description, source, review_on.",
    ),
    (
        "name: Small}",
        "name: Small, review_on: 2027-02-30}",
        1,
        "“2027-02-30” is not a date. Write it as year, month and day, such as 2026-12-25.",
    ),
    ("name: Small", "name: &s Small", 1, "Anchors and aliases such as “s” are not read. Write it out in full."),
    (
        "name: Small",
        "name: !!python/name:os.system Small",
        1,
        "Tags such as “tag:yaml.org,2002:python/name:os.system” are not read. Remove it.",
    ),
    (
        "name: Done",
        "name: Done: and dusted",
        15,
        "This is not YAML: mapping values are not allowed in this context. Look at the indentation, colons and quotes "
        "here.",
    ),
    (
        "stages:",
        "---\nstages:",
        5,
        "A file holds one pathway. Remove the line of three hyphens and what follows.",
    ),
    ("name: Done", "name: D\x07ne", 15, "The character '\\x07' does not belong in a text file. Remove it."),
    ("name: Done", f"name: {'[' * 20}", 15, "This is nested more than 12 deep. Check the indentation."),
]


@pytest.mark.parametrize(("old", "new", "line", "sentence"), MISTAKES)
def test_an_error_of_a_file_names_its_line_and_what_to_do(old, new, line, sentence):
    assert old in SMALL
    assert f"Line {line}: {sentence}" in sentences(SMALL.replace(old, new, 1))


FORM = """\
pathway: {code: small, name: Small}
forms:
- code: falls
  name: Falls
  questions:
  - {code: how-many, text: How many?, answer: number, minimum: 10, maximum: 2}
  - {code: how-bad, text: How bad?, answer: essay}
  - {code: how-old, text: How old?, answer: number, minimum: much}
stages: []
"""

QUESTIONS = """\
pathway: {code: small, name: Small}
facts:
- {code: lab, name: Laboratory}
forms:
- code: test
  name: Test
  questions:
  - {code: why, text: Why?, answer: short text, asked_only_if: {question: done, is: 'no'}}
  - {code: done, text: Done?, answer: yes or no}
  - {code: who, text: Who?, answer: short text, asked_only_if: {question: done}}
  - {code: where, text: Where?, answer: short text, fact: site}
stages: []
"""


def test_errors_of_conditions_and_facts():
    assert sentences(QUESTIONS) == [
        "Line 10: “is” is missing from this condition. Add it.",
        "Line 11: There is no fact “site” in this file. Add it, or mend the code.",
    ]
    mended = QUESTIONS.replace("{question: done}", "{question: done, is: 'yes'}").replace("fact: site", "fact: lab")
    assert sentences(mended) == [
        "Line 8: No question before this one has the code “done”. Mend the code, or the order."
    ]


def test_an_answer_that_yaml_would_read_as_something_else_means_what_it_says():
    text = QUESTIONS.replace("question: done, is: 'no'", "question: first, is: no").replace(", fact: site", "")
    text = text.replace("  - {code: why", "  - {code: first, text: First?, answer: yes or no}\n  - {code: why")
    questions = layout.read(text.replace("{question: done}", "{question: done, is: yes}"))["forms"][0]["questions"]

    assert [question["asked_only_if"] for question in questions] == [
        None,
        {"question": "first", "is": "no"},
        None,
        {"question": "done", "is": "yes"},
        None,
    ]


DETOUR = """\
detours:
- code: dna
  name: Did not attend
  pathway: dna
  from: [triage, nowhere]
  stage_clock: held at most 2 working days
  roles: [porter]
  shortens_stage_to: 2 working hours
"""


def test_errors_of_detours():
    assert sentences(SMALL + DETOUR) == [
        "Line 21: There is no pathway “dna” yet. Load its file first, or both with one command.",
        "Line 22: There is no stage “nowhere” in this file. Add it, or mend the code.",
        "Line 23: “held at most 2 working days” does not say what becomes of the clock. Write “runs on”, or such as "
        "“held at most 10 days”, in minutes, hours or days.",
        "Line 24: “porter” is not one of: caseworker, manager.",
        "Line 25: “2 working hours” counts in working time. Write it in minutes, hours or days, such as 4 hours.",
    ]


def test_one_detour_at_most_is_taken_on_a_missed_appointment():
    rules = [f"- {{code: {code}, name: Away, pathway: small, taken_on_missed_appointment: true}}\n" for code in "abc"]
    assert sentences(SMALL + "detours:\n" + "".join(rules)) == [
        "Line 20: “a” is taken on a missed appointment already. Choose one of them.",
        "Line 21: “a” is taken on a missed appointment already. Choose one of them.",
    ]


def test_a_detour_to_the_files_own_pathway_can_be_read():
    """That it makes no sense is said when the version is checked."""
    detour = "detours:\n- {code: again, name: Again, pathway: small}\n"
    assert layout.read(SMALL + detour)["detours"] == [
        {
            "code": "again",
            "name": "Again",
            "pathway": "small",
            "from": [],
            "roles": ["caseworker", "manager"],
            "stage_clock": None,
            "restricted": False,
            "blocks_closing": True,
            "tell_at_once": False,
            "asks": "",
            "taken_on_missed_appointment": False,
            "raises_priority": False,
            "shortens_stage_to": None,
        }
    ]


CALENDAR = """\
pathway: {code: small, name: Small}
calendars:
- code: office
  name: Office
  bank_holidays: Cornwall
  open:
    monday: 9 to 5
    tuesday: 09:00 to 12:00, 11:00 to 17:00
    sunday: 17:00 to 09:00
  closed:
  - {on: 2026-12-24}
  - {on: 2026-12-24}
stages: []
"""


def test_all_errors_of_a_file_are_told_together():
    assert sentences(FORM) == [
        "Line 7: “essay” is not one of: short text, long text, number, date, yes or no, one of, several of.",
        "Line 8: “much” is not a number, or is too large. Write it such as 10 or 0.5.",
    ]
    assert sentences(FORM.replace("essay", "date").replace("much", "1")) == [
        "Line 6: The minimum of this question is above its maximum. Mend one of them."
    ]


def test_errors_of_a_calendar():
    assert sentences(CALENDAR) == [
        "Line 5: “Cornwall” is not one of: England, Wales, Scotland, Northern Ireland.",
        "Line 7: “9 to 5” are no opening hours. Write them such as 09:00 to 17:00, or 09:00 to 12:00, 13:00 to 17:00.",
    ]
    mended = CALENDAR.replace("Cornwall", "Wales").replace("9 to 5", "09:00 to 17:00")
    assert sentences(mended) == [
        "Line 7: The opening hours of tue overlap: change or join them.",
        "Line 12: “2026-12-24” stands here twice. Change or remove one.",
    ]
    assert sentences(mended.replace("11:00 to 17:00", "13:00 to 17:00"))[0].startswith(
        "Line 7: On sun 17:00 is not before 09:00:"
    )


def test_errors_of_whole_files():
    assert sentences("") == ["Line 1: The file is empty. Write a pathway into it."]
    assert sentences("- one\n- two")[0].startswith("Line 1: Write the pathway file as names with values: pathway,")
    assert sentences("a: 1\nb: \xff".encode("latin-1")) == ["Line 2: This is not UTF-8 text. Save the file as UTF-8."]
    assert sentences(b" " * (exchange.MOST_BYTES + 1)) == [
        "Line 1: The file is larger than 500 kilobytes, which no pathway is."
    ]
    many = sentences("pathway: {}\nstages:\n" + "- {}\n" * 100)
    assert (len(many), many[-1]) == (51, "There are 152 more errors.")
    assert sentences("pathway: {code: x, name: x}\nstages:\n" + "- {}\n" * 1001) == [
        "Line 3: This list has more than 1000 items. Shorten it."
    ]


def test_an_alias_bomb_does_not_go_off():
    bomb = "a: &a [x, x]\n" + "".join(
        f"{name}: &{name} [*{before}, *{before}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert all("Anchors and aliases" in sentence for sentence in sentences(bomb))
