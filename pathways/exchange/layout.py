"""How a pathway file is laid out: its parts, their names, and what is checked between them."""

import yaml

from pathways.exchange import kinds
from pathways.exchange.kinds import (
    Choice,
    Code,
    Day,
    Entry,
    Flag,
    Items,
    Kind,
    Number,
    Plain,
    Record,
    Text,
    Wrong,
    entries,
    scalar,
)
from pathways.exchange.text import BadFile, Source, nodes, written
from pathways.exchange.times import Elapsed, Hours, Limit, Moment, Repeat, StageClock
from pathways.models import EscalationStep, Role, Stage, TaskTemplate
from pathways.models.calendars import Nation, Weekday
from pathways.models.forms import QuestionKind
from pathways.opening_hours import week

HEADER = "# A pathway of Midwatch. To put it into use: manage.py load_pathway FILE.yaml\n"

EVERYBODY = [Role.CASEWORKER, Role.MANAGER]

ANSWERS = {
    "short text": QuestionKind.TEXT,
    "long text": QuestionKind.LONG_TEXT,
    "number": QuestionKind.NUMBER,
    "date": QuestionKind.DATE,
    "yes or no": QuestionKind.YES_NO,
    "one of": QuestionKind.ONE_OF,
    "several of": QuestionKind.SEVERAL_OF,
}


def words(choices) -> dict:
    return {choice.value.replace("_", " "): choice for choice in choices}


class Demand(Kind):
    """A requirement: the name of a check, or the name with its options, and beside it who may override it. As
    {"check", "options", "overridden_by"}.
    """

    OVERRIDE = "may be overridden by"
    ROLES = Items(Choice(words(Role)), inline=True)

    def read(self, node, source):
        if not hasattr(node, "value") or not isinstance(node.value, list):
            return self._named(scalar(node), {}, [])
        pairs = list(entries(node, source)) if all(isinstance(pair, tuple) for pair in node.value) else []
        roles = next((value for name, value in pairs if name == self.OVERRIDE), None)
        pairs = [pair for pair in pairs if pair[0] != self.OVERRIDE]
        if len(pairs) != 1:
            raise Wrong(
                "Write one requirement here, such as “note written” or “form completed: {form: risk-assessment}”."
            )
        name, options = pairs[0]
        overridden_by = [] if roles is None else kinds.read(self.ROLES, roles, source)
        return self._named(name, kinds.read(Plain(), options, source), overridden_by)

    def _named(self, name, options, overridden_by):
        return {"check": Text(100).of(name), "options": options, "overridden_by": overridden_by}

    def write(self, value):
        options = Plain().write(value["options"])
        if value["overridden_by"]:
            return {value["check"]: options, self.OVERRIDE: self.ROLES.write(value["overridden_by"])}
        return {value["check"]: options} if options else value["check"]


class Fact(Record):
    """A fact stands on one line, unless it says more than what it is called."""

    def write(self, value):
        written = super().write(value)
        return written if len(written) <= 2 else dict(written)


QUESTION = Record(
    "question",
    {
        "code": Code(),
        "text": Text(500),
        "hint": Text(500, default=""),
        "answer": Choice(ANSWERS),
        "choices": Items(Text(200)),
        "minimum": Number(default=None),
        "maximum": Number(default=None),
        "required": Flag(default=True),
        "asked_only_if": Record("condition", {"question": Code(), "is": Text(200)}, inline=True, default=None),
        "fact": Code(refers_to="fact", default=""),
    },
)
RUNG = Record(
    "rung",
    {
        "code": Code(),
        "name": Text(200),
        "when": Moment(),
        "tells": Items(Choice(words(EscalationStep.Recipient)), inline=True, always=True),
        "team_told": Code(refers_to="team", default=None),  # the named team
        "urgent": Flag(default=False),
        "to_be_answered_within": Limit(default=None),
        "raises_priority": Flag(default=False),
        "makes_task": Text(200, default=""),
        "repeat": Repeat(default=None),
    },
)
TASK = Record(
    "task",
    {
        "code": Code(),
        "title": Text(200),
        "text": Text(lines=True, default=""),
        "for": Choice(words(TaskTemplate.For), default=TaskTemplate.For.TEAM, always=True),
        "team": Code(refers_to="team", default=None),
        "limit": Limit(default=None),
    },
)
MOVE = Record(
    "move",
    {
        "to": Code(100, refers_to="stage"),
        "name": Text(200, default=None),
        "roles": Items(Choice(words(Role)), inline=True, default=EVERYBODY, always=True),
        "requires": Items(Demand()),
    },
)
STAGE = Record(
    "stage",
    {
        "code": Code(100, names="stage"),
        "name": Text(200),
        "kind": Choice(words(Stage.Kind), default=Stage.Kind.WORKING, always=True),
        "team": Code(refers_to="team", default=None),
        "limit": Limit(default=None),
        "calendar": Code(refers_to="calendar", default=None),
        "entered_by_handoff": Flag(default=False),
        "acceptance_limit": Limit(default=None),
        "patient_wording": Text(lines=True, default=""),
        "merged_from": Items(Code(100), inline=True),  # stages of earlier versions that went into it
        "ladder": Items(RUNG, once="code"),
        "tasks": Items(TASK, once="code"),
        "moves": Items(MOVE),
    },
)
DETOUR = Record(
    "detour",
    {
        "code": Code(),
        "name": Text(200),
        "pathway": Code(100, refers_to="pathway"),
        "from": Items(Code(100, refers_to="stage"), inline=True),  # none: from every stage
        "roles": Items(Choice(words(Role)), inline=True, default=EVERYBODY, always=True),
        "stage_clock": StageClock(default=None, always=True),
        "restricted": Flag(default=False),
        "blocks_closing": Flag(default=True),
        "tell_at_once": Flag(default=False),
        "asks": Code(default=""),  # a form of the detour's pathway
        "taken_on_missed_appointment": Flag(default=False),
        "raises_priority": Flag(default=False),
        "shortens_stage_to": Elapsed(default=None),
    },
)
FACT = Fact(
    "fact",
    {
        "code": Code(names="fact"),
        "name": Text(200),
        "asked_on_the_way_into": Items(Code(100, refers_to="stage"), inline=True),
        "question": Text(500, default=""),
        "choices": Items(Text(200)),
    },
    inline=True,
)
FORM = Record(
    "form",
    {
        "code": Code(),
        "name": Text(200),
        "introduction": Text(lines=True, default=""),
        "questions": Items(QUESTION, once="code"),
    },
)
WEEK = Record("week", {day.name.lower(): Hours(default=[]) for day in Weekday}, default={})
CALENDAR = Record(
    "calendar",
    {
        "code": Code(names="calendar"),
        "name": Text(200),
        "bank_holidays": Choice({nation.label: nation for nation in Nation}, default=""),
        "open": WEEK,
        "closed": Items(Record("closed day", {"on": Day(), "name": Text(200, default="")})),
    },
)
TEAM = Record(
    "team",
    {"code": Code(names="team"), "name": Text(200), "organisation": Code(refers_to="organisation", default=None)},
)
ORGANISATION = Record("organisation", {"code": Code(names="organisation"), "name": Text(200)})
PATHWAY = Record(
    "pathway",
    {
        "code": Code(100, names="pathway"),
        "name": Text(200),
        "description": Text(lines=True, default=""),
        "source": Text(lines=True, default=""),
        "review_on": Day(default=None),
    },
)
FILE = Record(
    "pathway file",
    {
        "pathway": PATHWAY,
        "starts_in": Code(100, refers_to="stage", default=None),
        "organisations": Items(ORGANISATION, once="code"),
        "teams": Items(TEAM, once="code"),
        "calendars": Items(CALENDAR, once="code"),
        "facts": Items(FACT, once="code"),
        "forms": Items(FORM, once="code"),
        "stages": Items(STAGE, once="code", always=True),
        "detours": Items(DETOUR, once="code"),
    },
)


def read(content: bytes | str, *, known: dict[str, set[str]] | None = None) -> Entry:
    """Return what a pathway file says, as FILE lays it out; raise BadFile with every error of the file and its line.

    ``known`` are the codes of teams, calendars, organisations and pathways that exist already: {"team": {...}, ...}.
    """
    source = Source(known)
    root = nodes(content, source)
    if root is None:
        raise BadFile([(1, "The file is empty. Write a pathway into it.")])
    document = kinds.read(FILE, root, source)
    for line, kind, code in source.referred:
        if code not in source.named[kind]:
            source.complain(line, _not_there(kind, code))
    source.stop_if_bad()
    _finish(document, source)
    source.stop_if_bad()
    return document


def code_in(content: bytes | str) -> str | None:
    """Return the code of the pathway that a file is about, or None where it cannot be found."""
    try:
        node = nodes(content, Source())
    except BadFile:
        return None
    for name in ("pathway", "code"):
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        node = next((value for key, value in pairs if getattr(key, "value", None) == name), None)
    return node.value if isinstance(node, yaml.ScalarNode) else None


def _not_there(kind, code):
    if kind == "pathway":
        return f"There is no pathway “{code}” yet. Load its file first, or both with one command."
    where = "" if kind in ("stage", "fact") else ", nor does one exist"
    return f"There is no {kind} “{code}” in this file{where}. Add it, or mend the code."


def _finish(document, source):
    """Check what concerns several values at once, and fill in what may be left out."""
    names = {stage["code"]: stage["name"] for stage in document["stages"]}
    for stage in document["stages"]:
        for move in stage["moves"]:
            move["name"] = move["name"] or f"Move to {names[move['to']]}"[:200]
            if move["to"] == stage["code"]:
                source.complain(move.line, "This move leads to the stage it comes from. Let it lead to another one.")
        _once(stage["moves"], "name", source)
    for form in document["forms"]:
        _check_questions(form["questions"], source)
    for calendar in document["calendars"]:
        _check_week(calendar, source)
        _once(calendar["closed"], "on", source)
        calendar["closed"].sort(key=lambda closed: closed["on"])
    _one_for_missed_appointments(document["detours"], source)
    for part in ("facts", "forms"):
        document[part].sort(key=lambda entry: entry["code"])


def _one_for_missed_appointments(detours, source):
    first, *others = [detour for detour in detours if detour["taken_on_missed_appointment"]] or [None]
    for other in others:
        source.complain(other.line, f"“{first['code']}” is taken on a missed appointment already. Choose one of them.")


def _check_questions(questions, source):
    asked = set()
    for question in questions:
        least, most, condition = question["minimum"], question["maximum"], question["asked_only_if"]
        if least is not None and most is not None and least > most:
            source.complain(question.line, "The minimum of this question is above its maximum. Mend one of them.")
        if condition and condition["question"] not in asked:
            source.complain(
                condition.line,
                f"No question before this one has the code “{condition['question']}”. Mend the code, or the order.",
            )
        asked.add(question["code"])


def _once(entries, name, source):
    seen = set()
    for entry in entries:
        if entry[name] in seen:
            source.complain(entry.line, f"“{entry[name]}” stands here twice. Change or remove one.")
        seen.add(entry[name])


def _check_week(calendar, source):
    try:
        if any(calendar["open"].values()):
            week({name[:3]: spans for name, spans in calendar["open"].items()})
    except ValueError as problem:
        source.complain(calendar["open"].line, str(problem))


def write(document: dict) -> str:
    """Return ``document`` as a pathway file: the inverse of ``read``, always the same text for the same document."""
    return HEADER + written(FILE.write(document))
