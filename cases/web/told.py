"""The timeline of a case as its page lists it: narrowed to one kind, and cut, unless all of it is asked for."""

from dataclasses import dataclass
from itertools import groupby

from django.utils import timezone

from cases import access, showing
from cases.timeline import Item, Kind, timeline
from cases.web import facts

AT_FIRST = 50


@dataclass(frozen=True)
class Filter:
    """A way to narrow the list: its words, how many it leaves, and its query string."""

    label: str
    count: int
    query: str
    is_current: bool


@dataclass(frozen=True)
class Shown:
    """An item with the facts of its stay in words; ``may_strike``: the reader may strike it out."""

    item: Item
    facts: list[tuple[str, str]]
    may_strike: bool


@dataclass(frozen=True)
class Listed:
    """What is listed, by day; the filters; and how many more there are, with the query string that shows them."""

    days: list[tuple[str, str, list[Shown]]]  # the day, how long ago that is, what happened
    filters: list[Filter]
    more: int
    query_for_all: str


def listed(record, user, asked, now) -> Listed:
    """Return what happened, to ``user``, as ``asked`` (a query string's ``show`` and ``all``): a kind that is none is
    no filter.
    """
    everything = timeline(record, now)
    kind = asked.get("show") if asked.get("show") in Kind.values else ""
    items = [item for item in everything if item.kind == kind] if kind else everything
    shown = items if "all" in asked else items[:AT_FIRST]
    return Listed(
        days=_by_day(shown, record.case, user, now),
        filters=_filters(everything, kind),
        more=len(items) - len(shown),
        query_for_all=f"?show={kind}&all=1" if kind else "?all=1",
    )


def _filters(items, kind):
    counts = {}
    for item in items:
        counts[item.kind] = counts.get(item.kind, 0) + 1
    found = [Filter("All", len(items), "?", not kind)]
    return found + [
        Filter(str(one.label), counts.get(one, 0), f"?show={one}", one == kind)
        for one in Kind
        if one in counts or one == kind
    ]


def _by_day(items, case, user, now):
    days = groupby(items, key=lambda item: timezone.localdate(item.at))
    return [
        (showing.day(day), showing.ago(day, now), [_shown(item, case, user) for item in found]) for day, found in days
    ]


def _shown(item, case, user):
    return Shown(
        item,
        facts=facts.in_words(item.facts, case.version_map) if item.facts else [],
        may_strike=bool(item.strike) and access.strike_refusal(user, case.team, item.by.pk) is None,
    )
