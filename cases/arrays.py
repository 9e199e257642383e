"""Many keys or instants in one parameter. PostgreSQL's driver prepares each value of a list by itself, which takes
longer than to find thousands of rows by them.
"""

from django.db import models


def array(values) -> str:
    """Write whole numbers or instants (or None) as an array of PostgreSQL: a parameter for ``%s::type[]``."""
    return f"{{{','.join('NULL' if value is None else str(value) for value in values)}}}"


@models.Field.register_lookup
class AnyOf(models.Lookup):
    """``pk__any=keys``: is it one of a set of whole numbers?"""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::bigint[])", (*params, array(self.rhs))
