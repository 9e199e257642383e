"""How the rows of a list get what their words need: one row of another table as JSON, in the same statement."""

from datetime import datetime

from django.db.models import Subquery


def first(found, values) -> Subquery:
    """Return the first of ``found`` (a queryset that refers to the case as OuterRef("pk")) as a dict, or None."""
    return Subquery(found.values(shown=values)[:1])


def instant(text: str | None) -> datetime | None:
    """Return an instant out of a dict of ``first``."""
    return datetime.fromisoformat(text) if text else None
