"""The parts of a document as rows, each with its history."""

from datetime import time
from itertools import count

from simple_history.utils import bulk_create_with_history

from pathways.history import save_with_history
from pathways.models import (
    Calendar,
    Closure,
    DetourRule,
    EscalationStep,
    FactDefinition,
    FormDefinition,
    OpeningHours,
    Organisation,
    Pathway,
    Question,
    Requirement,
    Stage,
    TaskTemplate,
    Team,
    Transition,
)
from pathways.models.calendars import Weekday


class Writer:
    """Writes what a document says, ``by`` somebody and for a ``reason``."""

    def __init__(self, by, reason):
        self.by, self.reason = by, reason

    def one(self, row):
        return save_with_history(row, by=self.by, reason=self.reason)

    def many(self, rows):
        if rows:
            bulk_create_with_history(
                rows, type(rows[0]), default_user=self.by, default_change_reason=self.reason, batch_size=1000
            )
        return rows

    def pathway(self, values):
        found = Pathway.objects.select_for_update(no_key=True).filter(code=values["code"]).first()
        pathway = found or Pathway(code=values["code"])
        changed = {name: value for name, value in values.items() if getattr(pathway, name) != value}
        for name, value in changed.items():
            setattr(pathway, name, value)
        return self.one(pathway) if changed or not found else pathway

    def surroundings(self, document):
        """Create the organisations, calendars and teams that do not exist; those that do stay as they are."""
        for values in missing(Organisation, document["organisations"]):
            self.one(Organisation(**values))
        for values in missing(Calendar, document["calendars"]):
            self.calendar(values)
        for values in missing(Team, document["teams"]):
            code = values["organisation"]
            organisation = Organisation.objects.get(code=code) if code else self.trust()
            self.one(Team(code=values["code"], name=values["name"], organisation=organisation))

    def trust(self):
        """The organisation that runs this installation: teams are its own unless the file says whose they are."""
        trust = Organisation.objects.filter(is_own=True).first()
        return trust or self.one(Organisation(code="trust", name="This trust", is_own=True))

    def calendar(self, values):
        calendar = self.one(Calendar(code=values["code"], name=values["name"], nation=values["bank_holidays"]))
        hours = [(weekday, span) for weekday in Weekday for span in values["open"].get(weekday.name.lower(), ())]
        self.many(
            [
                OpeningHours(calendar=calendar, weekday=weekday, opens=_time(opens), closes=_time(closes))
                for weekday, (opens, closes) in hours
            ]
        )
        self.many([Closure(calendar=calendar, **closed) for closed in values["closed"]])

    def version(self, version, document):
        """Write what hangs on ``version``, which is empty yet."""
        self.many(
            [
                FactDefinition(
                    version=version,
                    stages=values["asked_on_the_way_into"],
                    **_without(values, "asked_on_the_way_into"),
                )
                for values in document["facts"]
            ]
        )
        for values in document["forms"]:
            form = self.one(FormDefinition(version=version, **_without(values, "questions")))
            self.many(list(_questions(form, values["questions"])))
        self.stages(version, document["stages"], document["starts_in"])
        pathways = Pathway.objects.in_bulk({values["pathway"] for values in document["detours"]}, field_name="code")
        self.many(list(_detours(version, document["detours"], pathways)))

    def stages(self, version, stages, starts_in):
        teams, calendars = ({row.code: row for row in model.objects.all()} for model in (Team, Calendar))
        rows = {
            values["code"]: _stage(version, position, values, starts_in, teams, calendars)
            for position, values in in_places(stages)
        }
        self.many(list(rows.values()))
        self.many([step for values in stages for step in _ladder(rows[values["code"]], values["ladder"], teams)])
        self.many([task for values in stages for task in _tasks(rows[values["code"]], values["tasks"], teams)])
        moves = [
            (Transition(source=rows[values["code"]], target=rows[move["to"]], position=position, **_named(move)), move)
            for values in stages
            for position, move in in_places(values["moves"])
        ]
        self.many([row for row, _ in moves])
        self.many(
            [
                Requirement(
                    transition=row,
                    position=position,
                    check_name=demand["check"],
                    options=demand["options"],
                    override_roles=demand["overridden_by"],
                )
                for row, move in moves
                for position, demand in in_places(move["requires"])
            ]
        )


def missing(model, items):
    existing = set(model.objects.values_list("code", flat=True))
    return [values for values in items if values["code"] not in existing]


def in_places(items):
    """Pair each with its position, with room between them for what an admin puts there later."""
    return zip(count(10, 10), items)


def _stage(version, position, values, starts_in, teams, calendars):
    return Stage(
        version=version,
        position=position,
        code=values["code"],
        name=values["name"],
        kind=values["kind"],
        is_first=values["code"] == starts_in,
        team=teams.get(values["team"]),
        calendar=calendars.get(values["calendar"]),
        by_handoff=values["entered_by_handoff"],
        patient_wording=values["patient_wording"],
        merged_from=values["merged_from"],
        **_span("limit", values["limit"]),
        **_span("accept", values["acceptance_limit"]),
    )


SAME_IN_RUNG = ("code", "name", "tells", "urgent", "raises_priority")


def _ladder(stage, rungs, teams):
    for position, values in in_places(rungs):
        when, amount, unit = values["when"]
        every, times = values["repeat"] or (None, 0)
        yield EscalationStep(
            stage=stage,
            position=position,
            when=when,
            amount=amount,
            unit=unit,
            named_team=teams.get(values["team_told"]),
            task_title=values["makes_task"],
            repeat_at_most=times,
            **_span("answer", values["to_be_answered_within"]),
            **_span("repeat", every),
            **{name: values[name] for name in SAME_IN_RUNG},
        )


def _tasks(stage, tasks, teams):
    for position, values in in_places(tasks):
        yield TaskTemplate(
            stage=stage,
            position=position,
            whose=values["for"],
            team=teams.get(values["team"]),
            **_span("limit", values["limit"]),
            **_without(values, "for", "team", "limit"),
        )


def _questions(form, questions):
    for position, values in in_places(questions):
        condition = values["asked_only_if"] or {"question": "", "is": ""}
        yield Question(
            form=form,
            position=position,
            kind=values["answer"],
            shown_if_code=condition["question"],
            shown_if_answer=condition["is"],
            **_without(values, "answer", "asked_only_if"),
        )


SAME_IN_DETOUR = ("code", "name", "roles", "restricted", "blocks_closing", "tell_at_once", "raises_priority")


def _detours(version, detours, pathways):
    for position, values in in_places(detours):
        held = values["stage_clock"]
        yield DetourRule(
            version=version,
            position=position,
            pathway=pathways[values["pathway"]],
            stages=values["from"],
            clock=DetourRule.Clock.HELD if held else DetourRule.Clock.RUNS,
            form=values["asks"],
            on_dna=values["taken_on_missed_appointment"],
            **_span("hold", held),
            **_span("shorten", values["shortens_stage_to"]),
            **{name: values[name] for name in SAME_IN_DETOUR},
        )


def _span(name, span):
    return {f"{name}_amount": span.amount if span else None, f"{name}_unit": span.unit if span else ""}


def _named(move):
    return {"name": move["name"], "roles": move["roles"]}


def _without(values, *names):
    return {name: value for name, value in values.items() if name not in names}


def _time(text):
    return time(0) if text == "24:00" else time.fromisoformat(text)
