"""Lists that people keep: saved, changed, shared with a team, deleted.

What is saved are the choices. Whoever opens the list sees the cases that they may see themselves.
"""

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from cases import access
from cases.models import SavedView
from cases.refusals import Refused
from pathways.history import delete_with_history, save_with_history
from pathways.models import Role

TAKEN = "You have a list of this name already. Choose another name."


def may_change(user, view) -> bool:
    """Is ``view`` this user's own, or shared with a team that they manage?"""
    return view.owner_id == user.pk or access.teams_of(user).get(view.shared_with_id) == Role.MANAGER


def save_view(name, query, *, by, team=None) -> SavedView:
    """Save the choices ``query`` as a list of ``by``, shared with ``team`` (None: with nobody), and return it.

    Raises Refused if the name is missing or taken, there is too much in ``query``, or ``by`` is not in ``team``.
    """
    longest = SavedView._meta.get_field("query").max_length
    if len(query) > longest:
        raise Refused("So many choices cannot be saved. Choose less.")
    return _keep(SavedView(owner=by, query=query), name, team, by=by, reason="List saved")


def change_view(view, *, name, team, by) -> SavedView:
    """Give ``view`` another name, and share it with ``team`` or (None) with nobody any more; return it.

    Raises PermissionDenied if it is neither theirs nor shared with a team they manage, Refused as ``save_view`` does.
    """
    _require(by, view)
    return _keep(view, name, team, by=by, reason="List changed")


def delete_view(view, *, by) -> None:
    """Delete ``view``; the cases stay. Raises PermissionDenied as ``change_view`` does."""
    _require(by, view)
    delete_with_history(view, by=by, reason="List deleted")


def _require(by, view):
    if not may_change(by, view):
        raise PermissionDenied(f"This list is {view.owner}'s. Only they, or a manager of the team, can change it.")


def _keep(view, name, team, *, by, reason):
    if not name.strip():
        raise Refused("Give the list a name.")
    if team is not None and team.pk != view.shared_with_id and team.pk not in access.teams_of(by):
        raise Refused(f"You are not in {team}. Share the list with a team of yours.")
    view.name, view.shared_with = name.strip(), team
    try:
        with transaction.atomic():
            return save_with_history(view, by=by, reason=reason)
    except IntegrityError as error:
        raise Refused(TAKEN) from error
