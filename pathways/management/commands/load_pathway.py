"""Put pathway files into use."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from pathways import exchange, publishing
from pathways.models import PathwayVersion, system_user


class Command(BaseCommand):
    help = (
        "Load pathway files, each as the draft of its pathway, in place of a draft that is there, and publish them. "
        "Several files are loaded in the order in which their detours need each other."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "files", nargs="+", metavar="FILE.yaml", help="as dump_pathway writes it; see pathways/library"
        )
        parser.add_argument("--draft", action="store_true", help="do not publish")

    def handle(self, *, files, draft, **_):
        documents = _read({Path(file): _content(Path(file)) for file in files})
        names = {document["pathway"]["code"]: path.name for path, document in documents.items()}
        try:
            ordered = exchange.in_order(documents.values())
        except ValueError as sentence:
            raise CommandError(f"{sentence} Nothing was changed.") from None
        codes = [document["pathway"]["code"] for document in ordered]
        for place, document in enumerate(ordered, start=1):
            self.load(document, names[codes[place - 1]], draft, after=[names[code] for code in codes[place:]])

    def load(self, document, name, draft, *, after):
        """Load one file; those ``after`` it are not loaded if it has errors."""
        code, reason = document["pathway"]["code"], f"Loaded from {name}"
        active = PathwayVersion.objects.filter(pathway__code=code, status=PathwayVersion.Status.ACTIVE).first()
        if active and exchange.says_the_same(document, active):
            self.stdout.write(f"{active.pathway}: the file is the same as version {active.number}, which is active.")
            return
        version = exchange.draft_from(document, by=system_user(), reason=reason)
        found = publishing.problems(version)
        for problem in found:
            self.stderr.write(f"{'Error' if problem.is_error else 'Warning'}: {problem.sentence}")
        if draft:
            self.stdout.write(f"{version.pathway}: version {version.number} is the draft now.")
        elif any(problem.is_error for problem in found):
            raise CommandError(
                f"{version.pathway}: version {version.number} stays a draft. Mend the errors, then load it again."
                + (f" Not loaded: {', '.join(after)}." if after else "")
            )
        else:
            publishing.publish(version, by=system_user(), reason=reason)
            self.stdout.write(f"{version.pathway}: version {version.number} is active now.")


def _content(path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(exchange.MOST_BYTES + 1)  # one more than is read, so that a larger one is refused
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}. Check the name of the file.") from None


def _read(contents: dict[Path, bytes]) -> dict[Path, dict]:
    beside = {code for content in contents.values() if (code := exchange.code_in(content))}
    documents, wrong = {}, []
    for path, content in contents.items():
        try:
            documents[path] = exchange.read(content, beside=beside)
        except exchange.BadFile as bad:
            wrong.append(f"{path} cannot be loaded. Nothing was changed.\n{bad}")
    if wrong:
        raise CommandError("\n".join(wrong))
    return documents
