"""What a row of a list needs, as SQL that is put together once.

Each row comes with two dozen conditions and subqueries. For Django to put them together takes five times as long as
for PostgreSQL to answer, and who asks, when and in which teams changes nothing but the values. So the text is made
once in each process, with marks in the place of those values, and the values are put in for each page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from django.contrib.auth import get_user_model
from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.db.models.sql import Query

from cases import access
from cases.models import Case
from cases.reasons.because import Asked
from pathways.groups import INSPECTOR

FIRST_NUMBER, FIRST_INSTANT = -(2**31) + 1000, datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Text:
    """The SQL of one annotation; its ``values`` are what to put in, or how to get that from who asks."""

    sql: str
    values: list
    output_field: object

    def filled(self, asked: Asked) -> RawSQL:
        values = [value(asked) if callable(value) else value for value in self.values]
        return RawSQL(self.sql, values, self.output_field)  # noqa: S611 - Django's own text, and values apart from it


class Marks(Asked):
    """Stands for whoever asks while the text is made: each value is a mark of its own that occurs nowhere else."""

    def __init__(self, *, teams, managed, differing, is_inspector):
        object.__setattr__(self, "meant", {})
        user = get_user_model()(pk=self._number(lambda asked: asked.user.pk))
        user._midwatch_groups = frozenset([INSPECTOR] if is_inspector else [])
        super().__init__(user, self._instant(lambda asked: asked.now))
        self.__dict__["teams"] = [self._number(lambda asked, n=n: asked.teams[n]) for n in range(teams)]
        self.__dict__["managed"] = [self._number(lambda asked, n=n: asked.managed[n]) for n in range(managed)]
        self.__dict__["differing"] = [
            self._mark(f"@{n}", lambda asked, n=n: asked.differing[n]) for n in range(differing)
        ]
        self.__dict__["tonight"] = self._instant(lambda asked: asked.tonight)

    def before(self, length: timedelta):
        return self._instant(lambda asked: asked.before(length))

    def day_before(self, length: timedelta):
        return self._mark(date(1, 1, 1) + timedelta(days=len(self.meant)), lambda asked: asked.day_before(length))

    def start_of_day_before(self, length: timedelta):
        return self._instant(lambda asked: asked.start_of_day_before(length))

    def _number(self, meaning):
        return self._mark(FIRST_NUMBER + len(self.meant), meaning)

    def _instant(self, meaning):
        return self._mark(FIRST_INSTANT + timedelta(hours=len(self.meant)), meaning)

    def _mark(self, value, meaning: Callable[[Asked], object]):
        self.meant[type(value), value] = meaning
        return value

    def meaning_of(self, value):
        """How to get what a mark stands for; the value itself, if it is none."""
        kind = next((kind for kind in (int, datetime, date, str) if isinstance(value, kind)), None)
        meaning = self.meant.get((kind, value)) if kind else None  # a datetime is a date too: the first kind that fits
        if meaning is None:
            return value
        wrap = type(value)  # an integer comes in the type of its column
        return meaning if kind is not int else lambda asked: wrap(meaning(asked))


def filled(build: Callable, asked: Asked, *options) -> dict[str, RawSQL]:
    """Return what ``build(asked, *options)`` gives, expressions about a case by name, as SQL made once.

    ``build`` may use of ``asked`` what ``Marks`` has, and whether they are an inspector.
    """
    shape = len(asked.teams), len(asked.managed), len(asked.differing), access.is_inspector(asked.user)
    return {name: text.filled(asked) for name, text in _texts(build, shape, *options).items()}


@lru_cache(maxsize=1000)
def _texts(build, shape, *options):
    teams, managed, differing, is_inspector = shape
    marks = Marks(teams=teams, managed=managed, differing=differing, is_inspector=is_inspector)
    return {name: _text(expression, marks) for name, expression in build(marks, *options).items()}


def _text(expression, marks):
    query = Query(Case)
    query.get_initial_alias()
    resolved = expression.resolve_expression(query, allow_joins=True)
    try:
        sql, values = query.get_compiler(connection=connection).compile(resolved)
    except EmptyResultSet:  # who is in no team has nothing of their teams
        sql, values = "%s", [False if isinstance(resolved.output_field, BooleanField) else None]
    except FullResultSet:
        sql, values = "%s", [True]
    if joined := [alias for alias, uses in query.alias_refcount.items() if uses and alias != Case._meta.db_table]:
        raise TypeError(f"What is shown of a case joins {joined}: use a subquery, which can be put in as text.")
    return Text(sql, [marks.meaning_of(value) for value in values], resolved.output_field)
