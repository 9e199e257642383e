"""Cases that belong together: the children of a case, and the one that it is a child of."""

from django.db.models import Exists, OuterRef, Q

from cases.case_record import Child, children
from cases.models import Case

__all__ = ["children", "parent"]


def parent(case, user) -> Child | None:
    """Return the case that ``case`` belongs to, or None if there is none to name."""
    if case.parent_id is None:
        return None
    seen = Exists(Case.objects.visible_to(user).filter(pk=OuterRef("pk")))
    found = Case.objects.annotate(is_seen=seen).filter(Q(restricted=False) | Q(is_seen=True)).filter(pk=case.parent_id)
    return next((Child(parent, parent.is_seen) for parent in found), None)
