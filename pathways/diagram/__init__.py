"""A version of a pathway as a map: an SVG that people read, with the same in words beside it.

    from pathways import diagram
    diagram.draw(Drawn(version))                                   # a figure of HTML; the page links map.css
    diagram.draw(case.version_map, here=case.stage, been=codes)    # where a case is, and the way it came

``plan`` reads what is to be shown, and alone asks the database; ``grid`` and ``routes`` say where boxes stand and how
lines run, ``layout`` measures that out in pixels, ``words`` says it.
"""

from collections.abc import Iterable

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from pathways.diagram import words
from pathways.diagram.layout import layout
from pathways.diagram.plan import Plan, plan_of
from pathways.models import Stage

__all__ = ["draw", "layout", "plan_of"]

ONE_SHEET = (
    1150,
    1700,
)  # pixels: a map no wider and no higher is still read easily when it is made to fit a sheet of A4


def draw(
    drawn, *, here: str | None = None, been: Iterable[str] = (), problems_at: Iterable[str] = (), in_full: bool = False
) -> SafeString:
    """Return the map of ``drawn``, a VersionMap or a Drawn, as a figure of HTML: the SVG, its signs and the words.

    ``here`` is the code of the stage that a case is in, ``been`` the codes of those that it has left, in their order;
    ``problems_at`` are codes of stages in which something is to be mended. With ``in_full`` the words are unfolded,
    for a page to be printed. Costs two queries. A page holds one map of a version: ids are made of the version's key.
    """
    plan = plan_of(drawn, here=here, been=been, problems_at=problems_at)
    drawing = layout(plan)
    context = {
        "id": f"map-{drawn.version.pk}",
        "name": f"Map of {drawn.version.pathway.name}, version {drawn.version.number}",
        "summary": words.summary(plan),
        "drawing": drawing,
        "signs": list(_signs(plan)),
        "entries": words.entries(plan, drawing.reading_order),
        "detours": plan.detours,
        "in_full": in_full,
    }
    return render_to_string("pathways/map.html", context)


def _signs(plan: Plan):
    """The signs that occur on the map, each with what it means."""
    kinds, places = {place.kind for place in plan.places}, plan.places
    if Stage.Kind.WORKING in kinds:
        yield "working", "The team works on the case"
    if Stage.Kind.WAITING in kinds:
        yield "waiting", "The case waits for somebody or something"
    if Stage.Kind.FINAL in kinds:
        yield "final", "The journey ends"
    if any(place.agency for place in places):
        yield "agency", "Outside agency: the case is handed over"
    if any(way.requires for way in plan.ways):
        yield "padlock", "Move that requires something first"
    if any(place.is_behind for place in places):
        yield "behind", "Where this case has been"
    if any(place.is_dead_end for place in places):
        yield "dead-end", "Dead end: no way leads to an end of the journey"
    if plan.detours:
        yield "detour", "Detour: a case of its own, while the patient keeps their place"
