"""Who has a case: taking one that nobody has."""

from django.db import transaction

from cases import lifecycle
from cases.models import Case
from cases.refusals import Refused


@transaction.atomic
def take_case(case, *, by, at=None):
    """Make ``by`` the one who has ``case``, if nobody has it, and return it.

    Raises PermissionDenied if ``by`` is not of its team, Refused if somebody else was quicker or it is closed.
    """
    case = Case.objects.lock(case.pk)
    if case.owner_id not in (None, by.pk):
        raise Refused(f"{case.owner} has this case already. Ask them, or use “Give to…” on its page.")
    return lifecycle.assign_case(case, by, by=by, note="Taken", at=at)
