"""What an administrator sees of a version before its rows: what is wrong with it, its map, and what it changes."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q
from django.utils.safestring import SafeString

from pathways import diagram
from pathways.admin.drafts import ancestors, page_of
from pathways.checking import Problem, problems
from pathways.difference import difference
from pathways.drawn import Drawn
from pathways.models import PathwayVersion, Stage

Status = PathwayVersion.Status
Linked = list[tuple[str, str]]  # a sentence, and the address of the page on which it is mended


def linked(found: list[Problem]) -> Linked:
    return [(problem.sentence, page_of(problem.place)) for problem in found]


@dataclass
class Overview:
    """Reads ``version`` and the active one of its pathway together: in as many statements as one."""

    version: PathwayVersion

    @cached_property
    def _drawn(self) -> dict[int, Drawn]:
        wanted = Q(pk=self.version.pk)
        if self.version.is_draft:
            wanted |= Q(pathway=self.version.pathway_id, status=Status.ACTIVE)
        return {drawn.version.pk: drawn for drawn in Drawn.all_of(PathwayVersion.objects.filter(wanted))}

    @property
    def drawn(self) -> Drawn:
        return self._drawn[self.version.pk]

    @property
    def active(self) -> PathwayVersion | None:
        """The version that this draft would take the place of."""
        return next((drawn.version for key, drawn in self._drawn.items() if key != self.version.pk), None)

    @cached_property
    def problems(self) -> list[Problem]:
        return [] if self.version.status == Status.RETIRED else problems(self.drawn)

    @property
    def errors(self) -> Linked:
        return linked([problem for problem in self.problems if problem.is_error])

    @property
    def warnings(self) -> Linked:
        return linked([problem for problem in self.problems if not problem.is_error])

    @property
    def changes(self) -> list[str]:
        """What is different from the active version, in words."""
        return difference(self._drawn[self.active.pk], self.drawn) if self.active else []

    @property
    def map(self) -> SafeString:
        places = [row for problem in self.problems for row in [*ancestors(problem.place), problem.place]]
        return diagram.draw(self.drawn, problems_at={row.code for row in places if isinstance(row, Stage)})
