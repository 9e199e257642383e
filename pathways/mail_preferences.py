"""When a person gets their e-mails. Urgent ones come at once, whatever is chosen here."""

from datetime import time

from django.db import transaction

from pathways.history import save_with_history
from pathways.models import MailPreference
from pathways.publishing import Refused


def of(person) -> MailPreference:
    """Return what ``person`` has chosen, or what holds for who has chosen nothing."""
    return MailPreference.objects.filter(user=person).first() or MailPreference(user=person)


@transaction.atomic
def choose(
    *,
    by,
    digest: bool,
    digest_at: time,
    working_days_only: bool,
    quiet_from: time | None = None,
    quiet_until: time | None = None,
) -> MailPreference:
    """Record when ``by`` gets their own e-mails, and return it.

    Raises Refused if the quiet hours have a start without an end, or the other way round, or both are the same.
    """
    if (quiet_from is None) != (quiet_until is None):
        raise Refused("Quiet hours need a start and an end. Fill in both, or neither.")
    if quiet_from is not None and quiet_from == quiet_until:
        raise Refused("Quiet hours must end at another time than they start. Change one of them.")
    chosen = {
        "digest": digest,
        "digest_at": digest_at,
        "working_days_only": working_days_only,
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
    }
    preference = MailPreference.objects.select_for_update().filter(user=by).first() or MailPreference(user=by)
    if preference.pk and all(getattr(preference, name) == value for name, value in chosen.items()):
        return preference
    for name, value in chosen.items():
        setattr(preference, name, value)
    return save_with_history(preference, by=by, reason="Chosen on the page “Your e-mails and absences”")
