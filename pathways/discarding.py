"""Delete rows of the map together with what hangs on them, each leaving its trace."""

from collections.abc import Iterable

from django.db import models, router, transaction
from django.db.models.deletion import Collector


@transaction.atomic
def discard(rows: Iterable[models.Model], *, by, reason: str) -> None:
    """Delete ``rows`` (of one model) and everything below them, with a history row each that says who and why.

    A plain ``delete`` says so of the top row only. Raises ProtectedError if something else depends on one of them.
    """
    rows = list(rows)
    if not rows:
        return
    using = router.db_for_write(type(rows[0]))
    collector = Collector(using=using, origin=rows)
    collector.collect(rows)
    for instances in collector.data.values():
        for instance in instances:
            instance._history_user, instance._change_reason = by, reason
    collector.delete()
