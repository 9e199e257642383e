"""A list of cases as it was asked for: narrowed, in order, each page read in one statement (of a search: in two)."""

from dataclasses import dataclass
from functools import cached_property

from cases import search
from cases.keyset import CountUpTo, Place
from cases.models import Case
from cases.web.list_filter import FilterForm

PAGE_SIZE = 25
COUNTED = 1000
FOUND = 200  # who gets more than these types more of the name
ALIKE = 25  # of those whose name is only like the one that was searched


@dataclass(frozen=True)
class Page:
    """Some of the cases, read ``with_reasons``; where the pages beside it begin; how many there are in all."""

    cases: list
    count: int
    is_cut: bool = False  # there are more than were counted
    alike: int = 0  # of them have only a name like the one that was searched
    previous: Place | None = None
    next: Place | None = None


class Listing:
    """The cases that ``user`` may see and chose; ``asked``: what was searched among them."""

    def __init__(self, choice: FilterForm, user, now, asked: search.Asked | None = None):
        self.choice, self.user, self.now, self.asked = choice, user, now, asked

    @cached_property
    def cases(self):
        return self.choice.apply(Case.objects.visible_to(self.user), self.now)

    def keys(self, most: int) -> list[int]:
        """Return the keys of the cases in their order, at most ``most``."""
        if self.asked is not None:
            return [key for key, _ in self._found[:most]]
        return [row["pk"] for row in self.choice.order.first(self.cases, most)]

    def read(self, keys):
        """Return the cases with these keys and all that a row shows, in no order."""
        return Case.objects.filter(pk__in=keys).with_reasons(self.user, self.now)

    def page(self, given) -> Page:
        """Return the page that begins after ``given["after"]`` or ends before ``given["before"]``, or the first."""
        after, before = Place.read(given.get("after")), Place.read(given.get("before"))
        if self.asked is not None:
            return self._found_page(after, before)
        if after or before:
            page = self._page(after, None if after else before)
            if page.cases and (after or len(page.cases) == PAGE_SIZE):
                return page
        return self._page()

    def _page(self, after=None, before=None):
        order, number = self.choice.order, PAGE_SIZE + 1
        if after:
            keys = order.after(self.cases, after, number)
        elif before:
            keys = order.before(self.cases, before, number)
        else:
            keys = order.first(self.cases, number)
        found = order.sorted(self.read(keys).annotate(counted=CountUpTo(self.cases, COUNTED + 1)))
        shown = found[-PAGE_SIZE:] if before else found[:PAGE_SIZE]
        counted = found[0].counted if found else 0
        has_previous = bool(after) or (bool(before) and len(found) > PAGE_SIZE)
        has_next = bool(before) or len(found) > PAGE_SIZE
        return Page(
            cases=shown,
            count=min(counted, COUNTED),
            is_cut=counted > COUNTED,
            previous=order.place_of(shown[0]) if shown and has_previous else None,
            next=order.place_of(shown[-1]) if shown and has_next else None,
        )

    @cached_property
    def _found(self) -> list[tuple[int, float]]:
        nearest = search.among(self.cases, self.asked).order_by("-nearness", *self.choice.order.in_sql())
        found = list(nearest.values_list("pk", "nearness")[: FOUND + 1])
        named = sum(near >= search.PART for _, near in found)
        return found[: named + ALIKE]

    def _found_page(self, after, before):
        keys = [key for key, _ in self._found[:FOUND]]
        begin = 0
        if after and after.pk in keys:
            begin = keys.index(after.pk) + 1
        elif before and before.pk in keys:
            begin = max(0, keys.index(before.pk) - PAGE_SIZE)
        here = keys[begin : begin + PAGE_SIZE]
        by_key = {case.pk: case for case in self.read(here)} if here else {}
        return Page(
            cases=[by_key[key] for key in here if key in by_key],
            count=len(keys),
            is_cut=len(self._found) > FOUND,
            alike=sum(near < search.PART for _, near in self._found[:FOUND]),
            previous=Place(None, here[0]) if here and begin else None,
            next=Place(None, here[-1]) if here and begin + PAGE_SIZE < len(keys) else None,
        )
