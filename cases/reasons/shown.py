"""How the rows of a list get what their words need: one row of another table as JSON, in the same statement."""

from datetime import datetime

from django.db.models import OuterRef, Subquery


def first(found, values) -> Subquery:
    """Return the first of ``found`` (a queryset that refers to the case as OuterRef("pk")) as a dict, or None."""
    return Subquery(found.values(shown=values)[:1])


def about(rows):
    """Narrow ``rows`` of another table to those about a case, to be looked up case by case.

    By the equality alone PostgreSQL may prefer to read the whole table once and hash it: quick in a test, slower with
    every case in the hospital. Nothing can be hashed by the comparison beside it.
    """
    return rows.filter(case=OuterRef("pk"), case__gte=OuterRef("pk"))


def instant(text: str | None) -> datetime | None:
    """Return an instant out of a dict of ``first``."""
    return datetime.fromisoformat(text) if text else None
