"""Cases that belong together: the children of a case, and the one that it is a child of."""

from dataclasses import dataclass

from django.db.models import Q

from cases.models import Case


@dataclass(frozen=True)
class Relative:
    """A case that belongs to the one that is shown. One that the reader may not see is named, and nothing more."""

    case: Case
    is_visible: bool


def children(case, user) -> list[Relative]:
    """Return the child cases of ``case``; a restricted one that ``user`` may not see is not there at all."""
    mine = set(case.children.visible_to(user).values_list("pk", flat=True))
    named = case.children.filter(Q(restricted=False) | Q(pk__in=mine)).select_related("detour").order_by("pk")
    return [Relative(child, child.pk in mine) for child in named]


def parent(case, user) -> Relative | None:
    """Return the case that ``case`` belongs to, or None if there is none to name."""
    if case.parent_id is None:
        return None
    found = Case.objects.get(pk=case.parent_id)
    is_visible = Case.objects.visible_to(user).filter(pk=found.pk).exists()
    return Relative(found, is_visible) if is_visible or not found.restricted else None
