"""A document as rows: the draft of its pathway, and what it refers to where that is missing."""

from datetime import time
from itertools import count

from django.db import transaction
from simple_history.utils import bulk_create_with_history

from pathways.discarding import discard
from pathways.exchange import layout
from pathways.exchange.dump import document_of
from pathways.history import save_with_history
from pathways.models import (
    Calendar,
    Closure,
    EscalationStep,
    FormDefinition,
    OpeningHours,
    Organisation,
    Pathway,
    PathwayVersion,
    Question,
    Requirement,
    Stage,
    Team,
    Transition,
)
from pathways.models.calendars import Weekday

OF_THE_MAP = ("pathway", "starts_in", "forms", "stages")  # the rest is created once, and never changed by a file


def read(content: bytes | str) -> dict:
    """Return what a pathway file says; raise BadFile with every error of the file and its line."""
    models = {"team": Team, "calendar": Calendar, "organisation": Organisation}
    return layout.read(
        content, known={kind: set(model.objects.values_list("code", flat=True)) for kind, model in models.items()}
    )


def says_the_same(document: dict, version: PathwayVersion) -> bool:
    """Tell whether loading ``document`` would make a version equal to ``version``."""
    existing = document_of(version)
    return all(document[part] == existing[part] for part in OF_THE_MAP)


@transaction.atomic
def draft_from(document: dict, *, by, reason: str) -> PathwayVersion:
    """Make ``document`` the draft of its pathway, in place of a draft that is there, and return it.

    Organisations, teams and calendars that do not exist are created; those that do stay as they are.
    """
    writer = _Writer(by, reason)
    writer.surroundings(document)
    pathway = writer.pathway(document["pathway"])
    versions = list(pathway.versions.select_for_update(no_key=True).order_by("-number"))
    draft = next((version for version in versions if version.is_draft), None)
    if draft:
        discard(draft.stages.all(), by=by, reason=reason)
        discard(draft.forms.all(), by=by, reason=reason)
    else:
        number = versions[0].number + 1 if versions else 1
        draft = writer.one(PathwayVersion(pathway=pathway, number=number))
    writer.forms(draft, document["forms"])
    writer.stages(draft, document["stages"], document["starts_in"])
    return draft


class _Writer:
    """Writes rows, each with its history."""

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

    def forms(self, version, forms):
        for values in forms:
            questions = values["questions"]
            form = FormDefinition(
                version=version, code=values["code"], name=values["name"], introduction=values["introduction"]
            )
            self.one(form)
            self.many(
                [
                    Question(form=form, position=position, kind=question["answer"], **_without(question, "answer"))
                    for position, question in in_places(questions)
                ]
            )

    def stages(self, version, stages, starts_in):
        teams = {team.code: team for team in Team.objects.all()}
        calendars = {calendar.code: calendar for calendar in Calendar.objects.all()}
        rows = {
            values["code"]: Stage(
                version=version,
                position=position,
                code=values["code"],
                name=values["name"],
                kind=values["kind"],
                is_first=values["code"] == starts_in,
                team=teams.get(values["team"]),
                limit_amount=values["limit"].amount if values["limit"] else None,
                limit_unit=values["limit"].unit if values["limit"] else "",
                calendar=calendars.get(values["calendar"]),
                patient_wording=values["patient_wording"],
            )
            for position, values in in_places(stages)
        }
        self.many(list(rows.values()))
        self.many([step for values in stages for step in _ladder(rows[values["code"]], values["ladder"])])
        moves = [
            (Transition(source=rows[values["code"]], target=rows[move["to"]], position=position, **_named(move)), move)
            for values in stages
            for position, move in in_places(values["moves"])
        ]
        self.many([row for row, _ in moves])
        self.many(
            [
                Requirement(transition=row, position=position, check_name=demand["check"], options=demand["options"])
                for row, move in moves
                for position, demand in in_places(move["requires"])
            ]
        )


def in_places(items):
    """Pair each with its position, with room between them for what an admin puts there later."""
    return zip(count(10, 10), items)


def missing(model, items):
    existing = set(model.objects.values_list("code", flat=True))
    return [values for values in items if values["code"] not in existing]


def _ladder(stage, rungs):
    for position, values in in_places(rungs):
        when, amount, unit = values["when"]
        every, times = values["repeat"] or (None, 0)
        yield EscalationStep(
            stage=stage,
            position=position,
            when=when,
            amount=amount,
            unit=unit,
            repeat_amount=every.amount if every else None,
            repeat_unit=every.unit if every else "",
            repeat_at_most=times,
            **_without(values, "when", "repeat"),
        )


def _named(move):
    return {"name": move["name"], "roles": move["roles"]}


def _without(values, *names):
    return {name: value for name, value in values.items() if name not in names}


def _time(text):
    return time(0) if text == "24:00" else time.fromisoformat(text)
