"""A version of the map as a document, laid out as in ``layout``."""

from decimal import Decimal

from pathways.drawn import Drawn
from pathways.exchange.kinds import Text
from pathways.limits import Span, Unit
from pathways.models import PathwayVersion
from pathways.models.calendars import Weekday
from pathways.models.forms import QuestionKind


def document_of(version: PathwayVersion | Drawn) -> dict:
    """Return ``version`` as a document, with the teams and calendars that its stages, rungs and tasks refer to."""
    drawn = version if isinstance(version, Drawn) else Drawn(version)
    pathway = drawn.version.pathway
    teams = by_code({team.pk: team for team in [*drawn.teams, *drawn.teams_told]}.values())
    agencies = {team.organisation.code: team.organisation for team in teams if not team.organisation.is_own}
    calendars = {stage.calendar.code: stage.calendar for stage in drawn.stages if stage.calendar}
    return {
        "pathway": {
            "code": pathway.code,
            "name": line(pathway.name),
            "description": lines(pathway.description),
            "source": lines(pathway.source),
            "review_on": pathway.review_on,
        },
        "starts_in": drawn.first.code if drawn.first else None,
        "organisations": [{"code": code, "name": line(agencies[code].name)} for code in sorted(agencies)],
        "teams": [_team(team) for team in teams],
        "calendars": [_calendar(calendars[code]) for code in sorted(calendars)],
        "facts": [_fact(fact) for fact in by_code(drawn.facts)],
        "forms": [_form(form) for form in by_code(drawn.forms)],
        "stages": [_stage(stage) for stage in drawn.stages],
        "detours": [_detour(rule) for rule in drawn.detour_rules],
    }


def by_code(rows):
    return sorted(rows, key=lambda row: row.code)  # not by the database, whose alphabet may be another


# As the file is read: browsers send texts with other line ends, and people leave spaces at the end.
line = Text().write
lines = Text(lines=True).write


def _team(team):
    organisation = None if team.organisation.is_own else team.organisation.code
    return {"code": team.code, "name": line(team.name), "organisation": organisation}


def _calendar(calendar):
    week = {day.name.lower(): [] for day in Weekday}
    for hours in calendar.opening_hours.all():
        closes = f"{hours.closes:%H:%M}"
        span = (f"{hours.opens:%H:%M}", "24:00" if closes == "00:00" else closes)
        week[Weekday(hours.weekday).name.lower()].append(span)
    return {
        "code": calendar.code,
        "name": line(calendar.name),
        "bank_holidays": calendar.nation,
        "open": week if any(week.values()) else {},
        "closed": [{"on": closure.on, "name": line(closure.name)} for closure in calendar.closures.all()],
    }


def _fact(fact):
    return {
        "code": fact.code,
        "name": line(fact.name),
        "asked_on_the_way_into": fact.stages,
        "question": line(fact.question),
        "choices": [line(choice) for choice in fact.choices],
    }


def _form(form):
    return {
        "code": form.code,
        "name": line(form.name),
        "introduction": lines(form.introduction),
        "questions": [_question(question) for question in form.questions.all()],
    }


def _question(question):
    return {
        "code": question.code,
        "text": line(question.text),
        "hint": line(question.hint),
        "answer": QuestionKind(question.kind),
        "choices": [line(choice) for choice in question.choices],
        "minimum": _decimal(question.minimum),
        "maximum": _decimal(question.maximum),
        "required": question.required,
        "asked_only_if": _condition(question) if question.shown_if_code else None,
        "fact": question.fact,
    }


def _condition(question):
    return {"question": question.shown_if_code, "is": line(question.shown_if_answer)}


def _decimal(value) -> Decimal | None:
    return value if value is None else value.normalize()


def _stage(stage):
    return {
        "code": stage.code,
        "name": line(stage.name),
        "kind": stage.kind,
        "team": stage.team.code if stage.team else None,
        "limit": stage.limit,
        "calendar": stage.calendar.code if stage.calendar else None,
        "entered_by_handoff": stage.by_handoff,
        "acceptance_limit": stage.acceptance_limit,
        "patient_wording": lines(stage.patient_wording),
        "merged_from": stage.merged_from,
        "ladder": [_rung(step) for step in stage.ladder.all()],
        "tasks": [_task(task) for task in stage.task_templates.all()],
        "moves": [_move(move) for move in stage.transitions.all()],
    }


def _rung(step):
    amount, unit = (step.amount, step.unit and Unit(step.unit)) if step.amount else (0, Unit.DAYS)
    return {
        "code": step.code,
        "name": line(step.name),
        "when": (step.when if step.amount else step.When.AFTER, amount, unit),
        "tells": step.tells,
        "team_told": step.named_team.code if step.named_team else None,
        "urgent": step.urgent,
        "to_be_answered_within": step.answer_within,
        "raises_priority": step.raises_priority,
        "makes_task": line(step.task_title),
        "repeat": (step.repeat, step.repeat_at_most) if isinstance(step.repeat, Span) else None,
    }


def _task(task):
    return {
        "code": task.code,
        "title": line(task.title),
        "text": lines(task.text),
        "for": task.whose,
        "team": task.team.code if task.team else None,
        "limit": task.limit,
    }


def _detour(rule):
    return {
        "code": rule.code,
        "name": line(rule.name),
        "pathway": rule.pathway.code,
        "from": rule.stages,
        "roles": rule.roles,
        "stage_clock": rule.hold_at_most,
        "restricted": rule.restricted,
        "blocks_closing": rule.blocks_closing,
        "tell_at_once": rule.tell_at_once,
        "asks": rule.form,
        "taken_on_missed_appointment": rule.on_dna,
        "raises_priority": rule.raises_priority,
        "shortens_stage_to": rule.shortens_to,
    }


def _move(move):
    return {
        "to": move.target.code,
        "name": line(move.name),
        "roles": move.roles,
        "requires": [
            {
                "check": requirement.check_name,
                "options": requirement.options,
                "overridden_by": requirement.override_roles,
            }
            for requirement in move.requirements.all()
        ],
    }
