"""Pathway documents nobody thought of: any that the layout allows."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from pathways.limits import Span, Unit
from pathways.models import EscalationStep, Role, Stage, TaskTemplate
from pathways.models.calendars import Nation, Weekday
from pathways.models.forms import QuestionKind

When = EscalationStep.When
ELSEWHERE = "elsewhere"  # the pathway, besides the file's own, that detours may follow

codes = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True) | st.sampled_from(
    ["no", "null", "true", "12", "1e3", "-"]
)
characters = st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t:#-'\"%&*!|>@`{}[],?~ ")


def tidied(text):
    """As a file is read: without space around it."""
    return text.strip()


long_texts = st.text(characters, max_size=120).map(tidied)
texts = long_texts.map(lambda text: " ".join(text.split("\n")).strip()[:40].strip())
names = texts.filter(bool)
amounts = st.integers(1, 2_147_483_647)
spans = st.builds(Span, amounts, st.sampled_from(Unit))
numbers = st.integers(-999_999, 999_999).map(lambda n: (Decimal(n) / 1000).normalize())
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(characters, max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(characters, max_size=5), inner, max_size=3),
    max_leaves=5,
)
options = st.dictionaries(st.text(characters, max_size=8), plain, max_size=3)


def some(values, most=3):
    return st.lists(st.sampled_from(values), unique=True, max_size=most)


def once(items, key, most=3, least=0):
    return st.lists(items, unique_by=lambda item: item[key], min_size=least, max_size=most)


moments = (
    st.tuples(st.sampled_from([When.BEFORE, When.AFTER]), amounts, st.sampled_from(Unit))
    | st.tuples(st.just(When.SHARE), st.integers(1, 100), st.just(""))
    | st.just((When.AFTER, 0, Unit.DAYS))
)


def rungs(teams):
    return st.fixed_dictionaries(
        {
            "code": codes,
            "name": names,
            "when": moments,
            "tells": some(list(EscalationStep.Recipient)),
            "team_told": st.sampled_from([None, *teams]),
            "urgent": st.booleans(),
            "to_be_answered_within": st.none() | spans,
            "raises_priority": st.booleans(),
            "makes_task": texts,
            "repeat": st.none() | st.tuples(spans, st.integers(1, 32767)),
        }
    )


def questions(facts):
    asked = st.fixed_dictionaries(
        {
            "code": codes,
            "text": names,
            "hint": texts,
            "answer": st.sampled_from(QuestionKind),
            "choices": st.lists(names, max_size=3),
            "minimum": st.none() | numbers,
            "maximum": st.none() | numbers.map(lambda number: number + 1000),
            "required": st.booleans(),
            "asked_only_if": st.none(),
            "fact": st.sampled_from(["", *facts]),
        }
    )
    return asked.filter(lambda q: None in (q["minimum"], q["maximum"]) or q["minimum"] <= q["maximum"])


@st.composite
def forms(draw, facts):
    form = st.fixed_dictionaries(
        {"code": codes, "name": names, "introduction": long_texts, "questions": once(questions(facts), "code")}
    )
    found = draw(form)
    before = []
    for question in found["questions"]:
        if before and draw(st.booleans()):
            question["asked_only_if"] = {"question": draw(st.sampled_from(before)), "is": draw(names)}
        before.append(question["code"])
    return found


hours = st.sampled_from([[], [("09:00", "17:00")], [("00:00", "12:00"), ("13:00", "24:00")]])
calendars = st.fixed_dictionaries(
    {
        "code": codes,
        "name": names,
        "bank_holidays": st.sampled_from(["", *Nation]),
        "open": st.fixed_dictionaries({day.name.lower(): hours for day in Weekday}).map(
            lambda week: week if any(week.values()) else {}
        ),
        "closed": once(st.fixed_dictionaries({"on": st.dates(date(2000, 1, 1)), "name": texts}), "on").map(
            lambda days: sorted(days, key=lambda day: day["on"])
        ),
    }
)


def facts(codes_of_stages):
    asked = some(codes_of_stages) if codes_of_stages else st.just([])
    return st.fixed_dictionaries(
        {
            "code": codes,
            "name": names,
            "asked_on_the_way_into": asked,
            "question": texts,
            "choices": st.lists(names, max_size=3),
        }
    )


demands = st.fixed_dictionaries({"check": names, "options": options, "overridden_by": some(list(Role))})


@st.composite
def stages(draw, codes_of_stages, code, teams, known_calendars):
    limit = draw(st.none() | spans)
    others = [other for other in codes_of_stages if other != code]
    move = st.fixed_dictionaries(
        {
            "to": st.sampled_from(others),
            "name": names,
            "roles": some(list(Role)),
            "requires": st.lists(demands, max_size=2),
        }
    )
    task = st.fixed_dictionaries(
        {
            "code": codes,
            "title": names,
            "text": long_texts,
            "for": st.sampled_from(TaskTemplate.For),
            "team": st.sampled_from([None, *teams]),
            "limit": st.none() | spans,
        }
    )
    return {
        "code": code,
        "name": draw(names),
        "kind": draw(st.sampled_from(Stage.Kind)),
        "team": draw(st.sampled_from([None, *teams])),
        "limit": limit,
        "calendar": draw(st.sampled_from([None, *known_calendars])),
        "entered_by_handoff": draw(st.booleans()),
        "acceptance_limit": draw(st.none() | spans),
        "patient_wording": draw(long_texts),
        "merged_from": draw(st.lists(codes, max_size=2, unique=True)),
        "ladder": draw(once(rungs(teams), "code")),
        "tasks": draw(once(task, "code", most=2)),
        "moves": draw(once(move, "name")) if others else [],
    }


def detours(codes_of_stages, pathway):
    elapsed = st.builds(Span, amounts, st.sampled_from([unit for unit in Unit if not unit.is_working]))
    rule = st.fixed_dictionaries(
        {
            "code": codes,
            "name": names,
            "pathway": st.sampled_from([pathway, ELSEWHERE]),
            "from": some(codes_of_stages) if codes_of_stages else st.just([]),
            "roles": some(list(Role)),
            "stage_clock": st.none() | elapsed,
            "restricted": st.booleans(),
            "blocks_closing": st.booleans(),
            "tell_at_once": st.booleans(),
            "asks": st.just("") | codes,
            "taken_on_missed_appointment": st.booleans(),
            "raises_priority": st.booleans(),
            "shortens_stage_to": st.none() | elapsed,
        }
    )
    return once(rule, "code", most=2).map(_one_for_missed_appointments)


def _one_for_missed_appointments(rules):
    for rule in rules[1:]:
        rule["taken_on_missed_appointment"] &= not rules[0]["taken_on_missed_appointment"]
    return rules


@st.composite
def documents(draw):
    """A document such as ``exchange.read`` returns; everything that it lists is referred to, as in a dump."""
    agencies = draw(once(st.fixed_dictionaries({"code": codes, "name": names}), "code", most=2))
    organisation = st.sampled_from([None, *(agency["code"] for agency in agencies)])
    team = st.fixed_dictionaries({"code": codes, "name": names, "organisation": organisation})
    teams, known_calendars = draw(once(team, "code", most=2)), draw(once(calendars, "code", most=2))
    codes_of_stages = draw(st.lists(codes, unique=True, max_size=4))
    found = [
        draw(stages(codes_of_stages, code, [t["code"] for t in teams], [c["code"] for c in known_calendars]))
        for code in codes_of_stages
    ]
    pathway = {
        "code": draw(codes),
        "name": draw(names),
        "description": draw(long_texts),
        "source": draw(long_texts),
        "review_on": draw(st.none() | st.dates()),
    }
    used = {stage["team"] for stage in found} | {task["team"] for stage in found for task in stage["tasks"]}
    used |= {rung["team_told"] for stage in found for rung in stage["ladder"]}
    known_facts = sorted(draw(once(facts(codes_of_stages), "code", most=2)), key=lambda fact: fact["code"])
    teams = sorted((team for team in teams if team["code"] in used), key=lambda team: team["code"])
    owners = {team["organisation"] for team in teams}
    return {
        "pathway": pathway,
        "starts_in": draw(st.sampled_from([None, *codes_of_stages])),
        "organisations": sorted((a for a in agencies if a["code"] in owners), key=lambda agency: agency["code"]),
        "teams": teams,
        "calendars": sorted(
            (c for c in known_calendars if c["code"] in {stage["calendar"] for stage in found}),
            key=lambda c: c["code"],
        ),
        "facts": known_facts,
        "forms": sorted(
            draw(once(forms([fact["code"] for fact in known_facts]), "code", most=2)), key=lambda form: form["code"]
        ),
        "stages": found,
        "detours": draw(detours(codes_of_stages, pathway["code"])),
    }
