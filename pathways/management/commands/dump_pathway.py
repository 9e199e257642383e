"""Write a pathway as a file."""

from django.core.management.base import BaseCommand, CommandError

from pathways import exchange
from pathways.models import Pathway, PathwayVersion

Status = PathwayVersion.Status


class Command(BaseCommand):
    help = "Print a pathway as a file: its active version, or its draft where none is active."

    def add_arguments(self, parser):
        parser.add_argument("code", metavar="CODE", help="the code of the pathway, such as discharge-to-assess")
        parser.add_argument("--version", dest="number", type=int, metavar="N", help="this version instead")

    def create_parser(self, *args, **kwargs):
        # Django gives every command a --version of its own; here it says which version of the pathway.
        return super().create_parser(*args, conflict_handler="resolve", **kwargs)

    def handle(self, *, code, number, **_):
        pathway = Pathway.objects.filter(code=code).first()
        if pathway is None:
            codes = ", ".join(Pathway.objects.order_by("code").values_list("code", flat=True)) or "none yet"
            raise CommandError(f"There is no pathway “{code}”. The pathways are: {codes}.")
        versions = {version.number: version for version in pathway.versions.order_by("number")}
        if number is not None and number not in versions:
            raise CommandError(f"{pathway} has no version {number}. Its versions are: {_numbers(versions)}.")
        by_status = {version.status: version for version in versions.values()}  # the newest of each
        version = versions.get(number) or by_status.get(Status.ACTIVE) or by_status.get(Status.DRAFT)
        if version is None:
            raise CommandError(
                f"{pathway} has no active version and no draft. Its versions are: {_numbers(versions)}."
            )
        self.stdout.write(exchange.dump(version), ending="")


def _numbers(versions):
    return ", ".join(map(str, versions)) or "none yet"
