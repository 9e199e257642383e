"""What is wrong with a version of the map, said in sentences before anyone depends on it.

Each check is one small generator of the version as it was drawn. To add one: write it, and add it to ``CHECKS``.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.core.validators import slug_re
from django.db.models import Model
from django.utils import timezone

from pathways import registry
from pathways.drawn import Drawn
from pathways.models import EscalationStep, PathwayVersion, Role, Stage
from pathways.models.forms import QuestionKind

MOST_REPEATS = 100  # of one rung: each is reckoned at every look at a case
LONGEST = timedelta(days=3653)  # ten years: a longer time is a slip of the finger


@dataclass(frozen=True)
class Problem:
    """Something wrong with a version: an error blocks publishing, a warning does not. ``place`` is the row to mend."""

    is_error: bool
    sentence: str
    place: Model


def error(sentence: str, place: Model) -> Problem:
    return Problem(True, sentence, place)


def warning(sentence: str, place: Model) -> Problem:
    return Problem(False, sentence, place)


def problems(version: PathwayVersion) -> list[Problem]:
    """List what is wrong with ``version``, the errors first; empty when nothing is."""
    drawn = Drawn(version)
    found = [problem for check in CHECKS for problem in check(drawn)]
    return sorted(found, key=lambda problem: not problem.is_error)


Found = Iterator[Problem]


def _where_cases_start(drawn: Drawn) -> Found:
    version, first = drawn.version, drawn.first
    if not drawn.stages:
        yield error("This version has no stages. Add the stages that a case goes through.", version)
    elif first is None:
        yield error("No stage is chosen for cases to start in. Choose the first stage.", version)
    elif first.is_final:
        yield error(f"Cases start in “{first}”, which is final. Let them start in another stage.", first)


def _teams_of_stages(drawn: Drawn) -> Found:
    for stage in drawn.stages:
        if stage.team is None:
            yield error(f"“{stage}” has no team. Choose the team that owns a case while it is there.", stage)


def _people_in_teams(drawn: Drawn) -> Found:
    for team in drawn.teams:
        if not drawn.members_of(team):
            yield warning(f"Nobody is in the team “{team}”, so nobody can work on its cases. Add its members.", team)
        elif not drawn.members_of(team, Role.MANAGER):
            yield warning(f"The team “{team}” has no manager who could be told of late cases. Add one.", team)


def _codes(drawn: Drawn) -> Found:
    rungs = [step for _, step in drawn.rungs]
    questions = [question for form in drawn.forms for question in form.questions.all()]
    for kind, things in {"stage": drawn.stages, "rung": rungs, "form": drawn.forms, "question": questions}.items():
        for thing in things:
            if not slug_re.match(thing.code):
                yield error(
                    f"The {kind} “{thing}” needs a code of letters, digits and hyphens, not “{thing.code}”.", thing
                )


def _moves(drawn: Drawn) -> Found:
    for move in drawn.moves:
        if move.source.is_final:
            yield error(
                f"The move “{move}” leads out of “{move.source}”, which is final. Remove the move, or make the stage "
                "working or waiting.",
                move,
            )
        if move.target.version_id != drawn.version.pk:
            yield error(
                f"The move “{move}” out of “{move.source}” leads to a stage of another version. Choose one of this.",
                move,
            )
        if not set(move.roles) & set(Role.values):
            yield error(
                f"Nobody may make the move “{move}” out of “{move.source}”. Choose caseworkers, managers or both.",
                move,
            )


def _requirements(drawn: Drawn) -> Found:
    forms = {form.code for form in drawn.forms}
    for requirement in drawn.requirements:
        move = requirement.transition
        for sentence in registry.problems(requirement.check_name, requirement.options, forms):
            yield error(
                f"The move “{move}” out of “{move.source}” has a requirement that is not set up rightly. {sentence}",
                requirement,
            )


def _ways(drawn: Drawn) -> Found:
    reachable = drawn.reached_from(drawn.first) if drawn.first else None
    finals = {stage.pk for stage in drawn.stages if stage.is_final}
    if drawn.stages and not finals:
        yield warning("This version has no final stage, so cases can only be closed by hand. Add one.", drawn.version)
    for stage in drawn.stages:
        if reachable is not None and stage.pk not in reachable:
            yield warning(
                f"No way of moves leads from “{drawn.first}” to “{stage}”. Add a move, or remove the stage.", stage
            )
        if stage.is_final:
            continue
        if not stage.transitions.all():
            yield warning(f"No move leads out of “{stage}”. Add one, or make the stage final.", stage)
        elif finals and not drawn.reached_from(stage) & finals:
            yield warning(f"No way of moves leads from “{stage}” to a final stage. Add one.", stage)


def _limits(drawn: Drawn) -> Found:
    for stage in drawn.stages:
        ladder = stage.ladder.all()
        if stage.is_final:
            if stage.limit or ladder:
                yield warning(
                    f"“{stage}” is final, so that no case waits there. Remove its limit and its ladder.", stage
                )
        elif stage.limit is None:
            if ladder:
                yield error(
                    f"“{stage}” has a ladder but no limit. Give it one, or remove the rungs.",
                    stage,
                )
            elif stage.kind == Stage.Kind.WAITING:
                yield warning(
                    f"“{stage}” is a waiting stage without a limit, so that no case there is ever late. Give it one.",
                    stage,
                )
        elif not ladder:
            yield warning(
                f"“{stage}” has a limit but no ladder, so that nobody is told when a case is late. Add a rung.", stage
            )


def _calendars(drawn: Drawn) -> Found:
    asked = {}  # the answer of each calendar, once
    for stage in drawn.stages:
        if stage.is_final:
            continue
        if not stage.needs_calendar:
            yield from _lengths(stage, None)
        elif stage.calendar is None:
            yield error(f"“{stage}” counts in working time but has no calendar. Choose one.", stage)
        else:
            if stage.calendar_id not in asked:
                asked[stage.calendar_id] = _why_unusable(stage.calendar)
                if sentence := asked[stage.calendar_id]:
                    yield error(sentence, stage.calendar)
            if not asked[stage.calendar_id]:
                yield from _lengths(stage, stage.calendar.schedule())


def _why_unusable(calendar) -> str | None:
    try:
        calendar.schedule()
    except ValueError as problem:
        if not calendar.opening_hours.exists():
            return f"The calendar “{calendar}” is never open. Give at least one weekday opening hours."
        return f"The calendar “{calendar}” cannot be used. {problem}"
    return None


def _lengths(stage, schedule) -> Found:
    rungs = [(f"rung “{step}”", span) for step in stage.ladder.all() for span in step.spans]
    for what, span in [("limit", stage.limit), *rungs]:
        if span and _is_too_long(span, schedule):
            yield error(f"The {what} of “{stage}” is longer than ten years: {span}. Choose a shorter time.", stage)


def _is_too_long(span, schedule):
    """Try it, from now on: how long working time really is depends on the calendar."""
    now = timezone.now()
    try:
        return span.after(now, schedule) - now > LONGEST
    except (ValueError, OverflowError):  # past the calendar's horizon, or past the year 9999
        return True


def _ladders(drawn: Drawn) -> Found:
    for stage, step in drawn.rungs:
        if not set(step.tells) & set(EscalationStep.Recipient.values):
            yield error(
                f"Nobody is told at the rung “{step}” of “{stage}”. Choose who: the owner, the team or its managers.",
                step,
            )
        elif stage.team and drawn.members_of(stage.team, Role.MANAGER) and not _reachable(drawn, stage, step):
            yield warning(
                f"Nobody whom the rung “{step}” of “{stage}” tells has an e-mail address. Add theirs.",
                step,
            )
        if step.repeat_at_most > MOST_REPEATS:
            yield error(
                f"The rung “{step}” of “{stage}” repeats {step.repeat_at_most} times. Choose {MOST_REPEATS} at most.",
                step,
            )


def _reachable(drawn, stage, step) -> bool:
    """An owner is any member of the team, and where nobody owns the case the managers are told."""
    roles = (Role.MANAGER,) if set(step.tells) == {EscalationStep.Recipient.MANAGERS} else ()
    return any(member.user.email for member in drawn.members_of(stage.team, *roles))


def _forms(drawn: Drawn) -> Found:
    for form in drawn.forms:
        questions = form.questions.all()
        if not questions:
            yield warning(f"The form “{form}” has no questions. Add some, or remove it.", form)
        for question in questions:
            if not QuestionKind(question.kind).has_choices:
                continue
            if not question.choices:
                yield error(
                    f"The question “{question}” of “{form}” has no answers to choose from. Add them.", question
                )
            elif twice := [choice for choice, times in Counter(question.choices).items() if times > 1]:
                yield error(f"The question “{question}” of “{form}” offers “{twice[0]}” twice. Remove one.", question)


def _wording(drawn: Drawn) -> Found:
    for stage in drawn.stages:
        if not stage.patient_wording.strip():
            yield warning(f"“{stage}” has no wording for the patient. Write what it means for them.", stage)


CHECKS = (
    _where_cases_start,
    _teams_of_stages,
    _people_in_teams,
    _codes,
    _moves,
    _requirements,
    _ways,
    _limits,
    _calendars,
    _ladders,
    _forms,
    _wording,
)
