import csv
import json

from django.core.management.base import BaseCommand, CommandError

from cases import history_import
from cases.refusals import Refused


class Command(BaseCommand):
    help = (
        "Import an event log (CSV, UTF-8, with a header): each row begins a stay of its case in a stage. Makes the "
        "pathway if there is none. Bad rows are rejected and reported; an event that was imported before is not taken "
        "again. Times without an offset are London's wall clock, and in an hour that comes twice in autumn the first."
    )

    def add_arguments(self, parser):
        columns = history_import.Columns()
        parser.add_argument("file", metavar="FILE.csv")
        parser.add_argument("--pathway", metavar="CODE", required=True, help="the pathway's code")
        parser.add_argument("--name", default="", help="the name of a new pathway (its code, if left out)")
        parser.add_argument("--case", metavar="COL", default=columns.case, help="column of the case id (%(default)s)")
        parser.add_argument("--stage", metavar="COL", default=columns.stage, help="column of the stage (%(default)s)")
        parser.add_argument("--time", metavar="COL", default=columns.time, help="column of the time (%(default)s)")
        parser.add_argument("--facts", metavar="COL,COL", default="", help="columns to keep as facts of the stay")
        parser.add_argument(
            "--final", metavar="STAGE", nargs="+", action="extend", default=[], help="final stages of a new pathway"
        )
        parser.add_argument("--dry-run", action="store_true", help="write nothing, report the same")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, file, pathway, name, dry_run, final, **options):
        facts = next(csv.reader([options["facts"]]), [])
        columns = history_import.Columns(
            options["case"], options["stage"], options["time"], tuple(name.strip() for name in facts if name.strip())
        )
        try:
            with history_import.imported(
                file, pathway, columns=columns, name=name, finals=final, dry_run=dry_run
            ) as report:
                for note in report.notes:
                    self.stderr.write(note)
                (self._json if options["json"] else self._words)(report, dry_run)
        except Refused as refused:
            raise CommandError("\n".join(refused.reasons)) from None

    def _json(self, report, dry_run):
        """Write one object, its rejected rows as they come: there may be more of them than memory."""
        head = json.dumps({"cases": report.cases, "events": report.events, "added": report.added})
        self.stdout.write(f'{head[:-1]}, "rejected": [', ending="")
        for place, (row, reason) in enumerate(report.rejections()):
            self.stdout.write(f"{', ' if place else ''}{json.dumps({'row': row, 'reason': reason})}", ending="")
        self.stdout.write("]}")

    def _words(self, report, dry_run):
        self.stdout.write(
            f"{report.events:,} events of {report.cases:,} cases, {report.added:,} of them new. "
            f"Rejected rows: {report.rejected:,}."
        )
        for row, reason in report.rejections():
            self.stdout.write(f"Row {row}: {reason}")
        if dry_run:
            self.stdout.write("Nothing was written: this was a dry run.")
