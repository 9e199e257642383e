"""A document as the draft of its pathway; and several files in the order in which they need each other."""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from django.db import transaction

from pathways.discarding import discard
from pathways.drawn import Drawn
from pathways.exchange import layout
from pathways.exchange.dump import document_of
from pathways.exchange.rows import Writer
from pathways.models import Calendar, Organisation, Pathway, PathwayVersion, Team

# The rest of a document is created once, and never changed by a file.
OF_THE_MAP = ("pathway", "starts_in", "facts", "forms", "stages", "detours")


def read(content: bytes | str, *, beside: Iterable[str] = ()) -> dict:
    """Return what a pathway file says; raise BadFile with every error of the file and its line.

    ``beside`` are the codes of pathways that will be there before this one is loaded.
    """
    models = {"team": Team, "calendar": Calendar, "organisation": Organisation, "pathway": Pathway}
    known = {kind: set(model.objects.values_list("code", flat=True)) for kind, model in models.items()}
    known["pathway"].update(beside)
    return layout.read(content, known=known)


def in_order(documents: Iterable[dict]) -> list[dict]:
    """Return ``documents`` so that the pathway of a detour comes before those from which the detour is taken.

    Raises ValueError with a sentence if two are of one pathway, or if they need each other in a circle.
    """
    by_code = {}
    for document in documents:
        code = document["pathway"]["code"]
        if code in by_code:
            raise ValueError(f"Two of these files are of the pathway “{code}”. Load one of them.")
        by_code[code] = document
    needs = {code: sorted(_others(document) & by_code.keys()) for code, document in by_code.items()}
    try:
        return [by_code[code] for code in TopologicalSorter(needs).static_order()]
    except CycleError as circle:
        codes = " → ".join(f"“{code}”" for code in reversed(circle.args[1]))
        raise ValueError(f"These pathways have detours to each other: {codes}. Take one of the detours out.") from None


def _others(document):
    return {detour["pathway"] for detour in document["detours"]} - {document["pathway"]["code"]}


def says_the_same(document: dict, version: PathwayVersion | Drawn, *, also_about=True) -> bool:
    """Tell whether loading ``document`` would make a version equal to ``version``; without ``also_about`` the words
    about the pathway as a whole may differ.
    """
    existing = document_of(version)
    return all(document[part] == existing[part] for part in OF_THE_MAP if also_about or part != "pathway")


@transaction.atomic
def draft_from(document: dict, *, by, reason: str) -> PathwayVersion:
    """Make ``document`` the draft of its pathway, in place of a draft that is there, and return it.

    Organisations, teams and calendars that do not exist are created; those that do stay as they are.
    """
    writer = Writer(by, reason)
    writer.surroundings(document)
    pathway = writer.pathway(document["pathway"])
    versions = list(pathway.versions.select_for_update(no_key=True).order_by("-number"))
    draft = next((version for version in versions if version.is_draft), None)
    if draft:
        for rows in (draft.detour_rules, draft.stages, draft.forms, draft.facts):
            discard(rows.all(), by=by, reason=reason)
    else:
        number = versions[0].number + 1 if versions else 1
        draft = writer.one(PathwayVersion(pathway=pathway, number=number))
    writer.version(draft, document)
    return draft
