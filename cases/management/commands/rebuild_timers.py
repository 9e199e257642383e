from django.core.management.base import BaseCommand, CommandError

from cases.watch import differing, timers


class Command(BaseCommand):
    help = "Compute all timers again from the journeys, and mend those that differ."

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="only find them; exit 1 if any differs")

    def handle(self, *, check, **options):
        found = timers.rebuild(check=check)
        # The radar says what is wrong now, not what the last night found.
        still = found if check else timers.cannot_be_mended(found)
        differing.keep(still)
        for sentence in found:
            self.stdout.write(sentence)
        if not found:
            self.stdout.write("All timers are right.")
        elif check:
            raise CommandError(f"{len(found)} differ. Run rebuild_timers to mend them.")
        elif still:
            raise CommandError(
                f"{len(found) - len(still)} mended. {len(still)} cannot be computed: the log says more."
            )
        else:
            self.stdout.write(f"{len(found)} mended.")
