import json

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cases import durations
from cases.durations.summary import PERCENTILES
from cases.management.instants import instant
from cases.showing import moment
from pathways.models import Pathway

UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
SPELLS, WAITS = ("mean", "sd", "cv", "median", "p90", "max"), ("count", "median", "p90", "oldest")


class Command(BaseCommand):
    help = f"Show how long cases stay in each stage of a pathway, and how they vary. {PERCENTILES}"

    def add_arguments(self, parser):
        parser.add_argument("code", metavar="CODE", help="the pathway's code")
        parser.add_argument(
            "--as-of", metavar="TIME", help="as of this time instead of now, such as 2026-03-02T14:00:00Z"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object, all durations in seconds")

    def handle(self, *, code, as_of, **options):
        as_of = instant(as_of) if as_of else timezone.now()
        pathway = Pathway.objects.filter(code=code).first()
        if pathway is None:
            known = ", ".join(Pathway.objects.order_by("code").values_list("code", flat=True)) or "none yet"
            raise CommandError(f"There is no pathway “{code}”. The pathways are: {known}.")
        table = durations.table(pathway, as_of)
        if options["json"]:
            self.stdout.write(json.dumps(table))
            return
        self.stdout.write(f"{pathway}: how long cases stay in each stage, as of {moment(as_of)}\n\n")
        for line in lines(table):
            self.stdout.write(line)
        self.stdout.write(f"\nn: stays that have ended; waiting: those that have not. cv: sd / mean. {PERCENTILES}")


def lines(table) -> list[str]:
    """The table as lines of text: the stage's name to the left, the figures to the right of their columns."""
    heads = ["Stage", "n", *SPELLS, "waiting", "wait median", "wait p90", "oldest"]
    rows = [
        [stage["name"], str(stage["n"]), *(cell(stage, name) for name in SPELLS)]
        + [cell(stage["waiting"], name) for name in WAITS]
        for stage in table["stages"]
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in (heads, *rows)
    ]


def cell(figures, name) -> str:
    value = figures[name]
    if value is None:
        return "-"
    if name in ("cv", "count"):
        return f"{value:.2f}" if name == "cv" else str(value)
    return short(value)


def short(seconds: float) -> str:
    """A length of time in its largest unit and the one below: 2d 5h, 3h 20m, 45s. What is less is dropped."""
    left, parts = round(seconds), []
    for unit, size in UNITS:
        parts.append((left // size, unit))
        left %= size
    largest = next((place for place, (number, _) in enumerate(parts) if number), len(parts))
    return " ".join(f"{number}{unit}" for number, unit in parts[largest : largest + 2] if number) or "0s"
