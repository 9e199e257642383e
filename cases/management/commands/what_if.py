import json

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cases import past_stays, showing
from cases.refusals import Refused
from cases.what_if_report import report
from pathways.models import Pathway


class Command(BaseCommand):
    help = "Try a draft, another version or another calendar on the cases of the last weeks. Changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("code", metavar="CODE", help="the pathway's code")
        parser.add_argument("--version-number", metavar="N", type=int, help="try this version; else the draft")
        parser.add_argument("--calendar", metavar="CODE", help="count with this calendar in place of the stages' own")
        parser.add_argument(
            "--days", metavar="N", type=int, default=past_stays.DEFAULT_DAYS, help="how many days to look back (90)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object, all durations in seconds")

    def handle(self, *, code, version_number, calendar, days, **options):
        pathway = Pathway.objects.filter(code=code).first()
        if pathway is None:
            known = ", ".join(Pathway.objects.order_by("code").values_list("code", flat=True)) or "none yet"
            raise CommandError(f"There is no pathway “{code}”. The pathways are: {known}.")
        try:
            trial = past_stays.trial(pathway, number=version_number, calendar=calendar, days=days)
            found = report(trial, past_stays.run(trial, timezone.now()))
        except Refused as refused:
            raise CommandError(str(refused)) from None
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            for line in lines(trial, found):
                self.stdout.write(line)


def lines(trial, found) -> list[str]:
    """What was found, as lines of text."""
    told = [
        f"{trial.pathway}, the last {found['days']} days. Now: version {found['active_version']} (active). "
        f"Then: {trial.question}.",
        "",
    ]
    told += _table(
        ["Stage", "stays", "escalations", "then", "late", "then", "found earlier", "later", "only then", "only now"],
        [_stage(stage["name"], stage) for stage in found["stages"]] + [_stage("All", found["total"])],
    )
    told += [
        "",
        *_table(
            ["Who is told", "escalations", "then", "urgent", "then", "e-mails", "then"],
            [
                [
                    row["name"],
                    *(str(row[side][of]) for of in ("told", "urgent", "e_mails") for side in ("now", "then")),
                ]
                for row in found["people"]
            ],
        ),
    ]
    busiest = {side: max(found["by_day"], key=lambda day: day[side], default=None) for side in ("now", "then")}
    for side, words in (("now", "now"), ("then", "then")):
        if busiest[side]:
            told.append(f"Busiest day {words}: {busiest[side]['on']}, {busiest[side][side]} escalations.")
    return told


def _stage(name, counts):
    def shifted(which):
        number, typical = counts[which]["number"], counts[which]["median_seconds"]
        return f"{number} ({showing.duration(typical)})" if number else "0"

    return [
        name,
        str(counts["stays"]),
        *(str(counts[of][side]) for of in ("escalations", "late") for side in ("now", "then")),
        shifted("found_earlier"),
        shifted("found_later"),
        str(counts["found_only_then"]),
        str(counts["found_only_now"]),
    ]


def _table(heads, rows):
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = (text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True))
        yield "  ".join([row[0].ljust(widths[0]), *cells])
