from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cases import tasks
from cases.demo import loading
from cases.models import Case


class Command(BaseCommand):
    help = "Load the demo: an invented trust, its staff, 200 invented patients and their journeys up to now."

    def handle(self, *, verbosity, **_):
        if not settings.EMBEDDED:
            raise CommandError(
                "The demo's patients are invented and must not stand beside real ones. The demo is loaded only into "
                "the embedded database: leave DATABASE_URL, REDIS_URL and EMAIL_URL unset."
            )
        loaded = loading.load()
        if loaded:  # what the nights before would have found, for the first morning
            tasks.check_timers()
            tasks.look_at_the_setup()
        if verbosity:
            cases = Case.objects.filter(parent=None)
            known, earlier = cases.filter(log_id=""), cases.exclude(log_id="")
            self.stdout.write(
                f"The demo is loaded: {known.count()} cases, {known.open().count()} of them open, and "
                f"{earlier.count()} finished ones from a log of the year before."
                if loaded
                else "The demo is here already. Nothing was added."
            )
