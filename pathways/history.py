"""What simple-history needs to be told the same way everywhere: who, why, and a key that never runs out."""

from django.db import models
from simple_history.models import HistoricalRecords


class ChangesOnly(HistoricalRecords):
    """History of the changes of a row that is its own record of how it began."""

    def post_save(self, instance, created, using=None, **kwargs):
        if not created:
            super().post_save(instance, created, using=using, **kwargs)


def trail(kind=HistoricalRecords, **options):
    """Return the history of an audited model: one row a change, with user and reason.

    The key is 64 bit (the default is 32) and a reason may have any length. ``no_db_index`` names the columns whose
    copies need no index: evidence is read by row, and those indexes cost a third of its size.
    """
    return kind(
        history_id_field=models.BigAutoField(), history_change_reason_field=models.TextField(null=True), **options
    )


def save_with_history(instance, *, by, reason, at=None, **options):
    """Save ``instance`` with one history row that says who (``by``) and why (``reason``).

    ``at`` is when that was, for journeys that are built up from elsewhere; None: now.
    """
    instance._history_user = by
    instance._change_reason = reason
    if at is None:
        instance.save(**options)
        return instance
    instance._history_date = at
    instance.save(**options)
    del instance._history_date  # what is changed next is changed at a time of its own
    return instance


def delete_with_history(instance, *, by, reason):
    """Delete ``instance``, leaving one history row that says who and why."""
    instance._history_user = by
    instance._change_reason = reason
    instance.delete()
