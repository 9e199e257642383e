import json

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cases.management.instants import instant
from cases.watch import notices, sweep


class Command(BaseCommand):
    help = "Do one run of the sweep: record what is late, and send what is owed."

    def add_arguments(self, parser):
        parser.add_argument(
            "--at", metavar="TIME", help="as of this time instead of now, such as 2026-03-02T14:00:00Z"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, at, **options):
        as_of = instant(at) if at else timezone.now()
        # What a sweep raises stays raised: on real cases nobody may pretend that it is another time.
        if at and not settings.EMBEDDED:
            last = sweep.last_as_of()
            if as_of > timezone.now():
                raise CommandError("This time is in the future. Give a time that has passed, or leave --at out.")
            if last and as_of < last:
                raise CommandError(
                    f"The last sweep was as of {last.isoformat()}. Give a later time, or leave --at out."
                )
        run = sweep.run(as_of)
        sent = notices.send_due(at=as_of)  # a digest whose hour has come by then
        if options["json"]:
            report = {
                "as_of": as_of.isoformat(),
                "escalations": run.escalations,
                "set_aside": run.set_aside,
                "sent": sent,
            }
            self.stdout.write(json.dumps(report))
        else:
            self.stdout.write(
                f"Escalations raised: {run.escalations}. E-mails sent: {sent}. Set aside: {run.set_aside}."
            )
