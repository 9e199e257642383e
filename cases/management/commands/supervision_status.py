import json

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cases.showing import moment
from cases.watch import watchman
from cases.watch.faults import faults_of_setup


class Command(BaseCommand):
    help = "Say whether the watch is awake, and what it could not do. The exit code is 1 if something is wrong."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, **options):
        standing = watchman.standing(timezone.now())
        problems = [*standing.problems(), *faults_of_setup()]
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not problems, **standing.numbers(), "problems": problems}))
        else:
            for name, value in lines(standing):
                self.stdout.write(f"{name:<28}{value}")
        if problems:
            raise CommandError(" ".join(problems))


def lines(it: watchman.Standing) -> list[tuple[str, str]]:
    """The figures as a person reads them, each with its name."""

    def since(instant):
        return f", the oldest for {it.ago(instant)}" if instant else ""

    last = f"{moment(it.last_sweep)}, {it.ago(it.last_sweep)} ago" if it.last_sweep else "never"
    return [
        ("Last sweep finished", last),
        ("Timers to be looked at", f"{it.due_timers}{since(it.oldest_due_timer)}"),
        ("Set aside with an error", str(it.set_aside)),
        ("E-mails to be sent", f"{it.unsent}{since(it.oldest_unsent)}"),
        ("E-mails refused", str(it.refused)),
        ("Escalations told to nobody", str(it.untold)),
    ]
