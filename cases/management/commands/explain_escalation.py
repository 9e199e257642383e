import json
from dataclasses import asdict
from datetime import datetime

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cases.explanation import Explanation, explain
from cases.management.instants import instant
from cases.models import Case
from cases.refusals import Refused
from cases.showing import moment


class Command(BaseCommand):
    help = "Say why a case was, or was not, escalated at a moment. Changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("reference", metavar="REFERENCE", help="of the case, such as MW-2026-000123")
        parser.add_argument("--at", metavar="TIME", help="which moment, such as 2026-03-02T14:00:00Z; else now")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, reference, at, **options):
        at = instant(at) if at else timezone.now()
        case = Case.objects.filter(reference=reference.strip().upper()).first()
        if case is None:
            raise CommandError(f"There is no case “{reference}”. A reference looks like MW-2026-000123.")
        try:
            found = explain(case, at)
        except Refused as refused:
            raise CommandError(str(refused)) from None
        if options["json"]:
            self.stdout.write(json.dumps(asdict(found), default=datetime.isoformat))
        else:
            for line in lines(found):
                self.stdout.write(line)


def lines(found: Explanation) -> list[str]:
    """The explanation as lines of text."""
    told = [f"{found.reference} at {moment(found.at)}", *found.watch, *found.remarks]
    if not found.things:
        told.append("Nothing was watched at this moment.")
    for thing in found.things:
        told += ["", f"{thing.title}, since {moment(thing.since)}", *(f"  {sentence}" for sentence in thing.how)]
        if not thing.rungs:
            told.append("  It has no ladder: nobody is told.")
        for rung in thing.rungs:
            told += [f"  {rung.name}", *(f"    {sentence}" for sentence in rung.sentences)]
    return told
