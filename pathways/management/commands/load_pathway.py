"""Put a pathway file into use."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from pathways import exchange, publishing
from pathways.models import PathwayVersion, system_user


class Command(BaseCommand):
    help = "Load a pathway file as the draft of its pathway, in place of a draft that is there, and publish it."

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE.yaml", help="as dump_pathway writes it; see pathways/library")
        parser.add_argument("--draft", action="store_true", help="do not publish it")

    def handle(self, *, file, draft, **_):
        try:
            document = exchange.read(_content(Path(file)))
        except exchange.BadFile as bad:
            raise CommandError(f"{file} cannot be loaded. Nothing was changed.\n{bad}") from None
        code = document["pathway"]["code"]
        active = PathwayVersion.objects.filter(pathway__code=code, status=PathwayVersion.Status.ACTIVE).first()
        if active and exchange.says_the_same(document, active):
            self.stdout.write(f"{active.pathway}: the file is the same as version {active.number}, which is active.")
            return
        version = exchange.draft_from(document, by=system_user(), reason=f"Loaded from {Path(file).name}")
        found = publishing.problems(version)
        for problem in found:
            self.stderr.write(f"{'Error' if problem.is_error else 'Warning'}: {problem.sentence}")
        if draft:
            self.stdout.write(f"{version.pathway}: version {version.number} is the draft now.")
        elif any(problem.is_error for problem in found):
            raise CommandError(
                f"{version.pathway}: version {version.number} stays a draft. Mend the errors, then load it again."
            )
        else:
            publishing.publish(version, by=system_user(), reason=f"Loaded from {Path(file).name}")
            self.stdout.write(f"{version.pathway}: version {version.number} is active now.")


def _content(path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(exchange.MOST_BYTES + 1)  # one more than is read, so that a larger one is refused
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}. Check the name of the file.") from None
