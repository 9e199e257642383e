from django.core.management.base import BaseCommand, CommandError

from cases.durations import due_times, rollups
from cases.models import StageEntry
from pathways.models import Pathway


class Command(BaseCommand):
    help = "Make the rollups of durations anew out of the stays, and find out when stays were due that do not say it."

    def add_arguments(self, parser):
        parser.add_argument("--pathway", metavar="CODE", help="only of this pathway")
        parser.add_argument("--check", action="store_true", help="only compare them; exit 1 if any differs")

    def handle(self, *, pathway, check, **options):
        pathway = pathway and self._pathway(pathway)
        stages = rollups.stages_of(pathway)
        if check:
            self._check(stages)
        else:
            filled = due_times.fill(StageEntry.objects.filter(stage__in=stages))
            rollups.drain()
            rollups.rebuild(stages)
            self.stdout.write(f"Rebuilt. {filled} stays learned when they were due.")

    def _pathway(self, code):
        if found := Pathway.objects.filter(code=code).first():
            return found
        raise CommandError(f"There is no pathway “{code}”.")

    def _check(self, stages):
        found = rollups.check(stages, repair=False)
        for sentence in found:
            self.stdout.write(sentence)
        if found:
            raise CommandError("Run rebuild_durations to make these anew.")
        self.stdout.write("All rollups are right.")
