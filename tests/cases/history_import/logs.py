"""Logs for tests: written in one line, imported by the command, and what becomes of them by a plain reckoning."""

import csv
import json
from io import StringIO
from itertools import groupby
from typing import NamedTuple

from django.core.management import call_command

from cases.models import Case

HEADER = ("case_id", "activity", "timestamp")


def a_log(place, rows, *, header=HEADER, name="log.csv"):
    """Write ``rows`` under ``header`` as a CSV file in the directory ``place`` and return its path."""
    path = place / name
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def bring(path, *, pathway="log", said=None, **options):
    """Import ``path`` by the command and return its JSON; notes go to ``said``."""
    answer = StringIO()
    call_command("import_history", str(path), pathway=pathway, json=True, stdout=answer, stderr=said, **options)
    return json.loads(answer.getvalue())


class Stay(NamedTuple):
    """One stay as a test reads it: stage's name, from, to, and whether it closed the case."""

    stage: str
    entered_at: object
    left_at: object
    ends_journey: bool


def journeys(pathway="log") -> dict[str, list[Stay]]:
    """The journey of each case of a pathway, by its id in the log."""
    cases = Case.objects.filter(version__pathway__code=pathway).prefetch_related("entries__stage")
    return {
        case.log_id: [Stay(e.stage.name, e.entered_at, e.left_at, e.ends_journey) for e in case.entries.all()]
        for case in cases
    }


def reckoned(events, finals=()) -> dict[str, list[Stay]]:
    """The journeys that (case, activity, instant) ``events`` tell of, those of one instant in the order given."""
    found = {}
    for case, own in groupby(sorted(events, key=lambda event: (event[0], event[2])), key=lambda event: event[0]):
        found[case] = []
        own = list(own)
        for (_, activity, at), coming in zip(own, [*own[1:], None], strict=True):
            ends = coming is None and activity in finals
            found[case].append(Stay(activity, at, coming[2] if coming else at if ends else None, ends))
    return found
