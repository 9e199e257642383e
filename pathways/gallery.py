"""The pathways that come with Midwatch: what each is, how it stands here, and a draft out of it."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from django.db import transaction

from pathways import exchange
from pathways.drawn import Drawn
from pathways.exchange import layout
from pathways.models import Pathway, PathwayVersion
from pathways.publishing import Refused

Status = PathwayVersion.Status


@dataclass(frozen=True)
class Shipped:
    """A pathway that comes with Midwatch, as its file says it, and the versions of it that are here."""

    document: dict
    active: PathwayVersion | None
    draft: PathwayVersion | None
    differs: bool  # the active version from the file, in anything but the words about the pathway as a whole

    @property
    def code(self) -> str:
        return self.document["pathway"]["code"]

    @property
    def about(self) -> dict:
        """Name, description, source and review_on."""
        return self.document["pathway"]

    @property
    def stages(self) -> list[dict]:
        """The stages in order, each with its name, kind, limit and the name of its team."""
        teams = {team["code"]: team["name"] for team in self.document["teams"]}
        return [stage | {"team": teams.get(stage["team"], "")} for stage in self.document["stages"]]

    @property
    def detours(self) -> list[str]:
        return [detour["name"] for detour in self.document["detours"]]

    def is_stale(self, today: date) -> bool:
        """Has the day passed by which somebody must check that the file still follows its source?"""
        return self.about["review_on"] is not None and self.about["review_on"] < today


@cache
def _documents() -> dict[str, dict]:
    """The shipped files by code, those that others need first. They do not change while a process runs."""
    codes = exchange.shipped_codes()
    read = [layout.read(exchange.shipped(code), known={"pathway": set(codes)}) for code in codes]
    return {document["pathway"]["code"]: document for document in exchange.in_order(read)}


def needed(code: str) -> list[str]:
    """The codes of the shipped pathways that the detours of ``code`` follow, and theirs, in the order to load them."""
    found, ahead = set(), [code]
    while ahead:
        fresh = {detour["pathway"] for detour in _documents()[ahead.pop()]["detours"]} - found
        found |= fresh
        ahead += fresh
    return [other for other in _documents() if other in found]


def pathways_and_detours() -> tuple[list[Shipped], list[Shipped]]:
    """All shipped pathways by name: those that patients come to, and the short ones that only detours follow."""
    here = PathwayVersion.objects.filter(pathway__code__in=_documents()).select_related("pathway")
    actives = {version.pathway.code: version for version in here.filter(status=Status.ACTIVE)}
    drafts = {version.pathway.code: version for version in here.filter(status=Status.DRAFT)}
    drawn = {one.version.pathway.code: one for one in Drawn.all_of(actives.values())}
    shipped = [
        Shipped(
            document=document,
            active=actives.get(code),
            draft=drafts.get(code),
            differs=code in drawn and not exchange.says_the_same(document, drawn[code], also_about=False),
        )
        for code, document in sorted(_documents().items(), key=lambda item: item[1]["pathway"]["name"])
    ]
    followed = {other for code in _documents() for other in needed(code)}
    return [one for one in shipped if one.code not in followed], [one for one in shipped if one.code in followed]


@transaction.atomic
def use(code: str, *, by) -> list[PathwayVersion]:
    """Make a draft of the shipped pathway ``code``; return it, after the drafts of the pathways that its detours
    follow and that are not here at all.

    A pathway that is here already keeps its own name, description, source and review date: they are shown with the
    version in use. Raises KeyError if there is no such pathway, Refused if it has a draft.
    """
    documents = _documents()
    if code not in documents:
        raise KeyError(code)
    here = {pathway.code: pathway for pathway in Pathway.objects.select_for_update(no_key=True).order_by("pk")}
    if code in here and (draft := here[code].versions.filter(status=Status.DRAFT).first()):
        raise Refused(
            f"{draft.pathway} has a draft already, version {draft.number}. Publish or delete that one first, so that "
            "nothing in it is lost."
        )
    missing = [other for other in needed(code) if other not in here]
    return [
        exchange.draft_from(_as_here(documents[wanted], here), by=by, reason="Made from the pathway that was shipped")
        for wanted in [*missing, code]
    ]


def _as_here(document, here):
    pathway = here.get(document["pathway"]["code"])
    if pathway is None or not pathway.versions.exists():
        return document
    return document | {"pathway": {name: getattr(pathway, name) for name in document["pathway"]}}
