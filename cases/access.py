"""Who may see and do what. Roles are judged in the team that owns the stage a case is in."""

from django.core.exceptions import PermissionDenied

from pathways.groups import INSPECTOR, PATHWAY_ADMINISTRATOR
from pathways.models import Membership, Role
from pathways.models.people import SYSTEM_USERNAME

ANY_ROLE = (Role.CASEWORKER, Role.MANAGER)

# What each act needs. A move has roles of its own, which the map names.
ROLES = {
    "open": ANY_ROLE,
    "hold": ANY_ROLE,
    "resume": ANY_ROLE,
    "close": ANY_ROLE,
    "reopen": (Role.MANAGER,),
    "assign": ANY_ROLE,
    "note": ANY_ROLE,
    "form": ANY_ROLE,
    "acknowledge": ANY_ROLE,
    "task": ANY_ROLE,
    "document": ANY_ROLE,
    "result": ANY_ROLE,
    "handoff": ANY_ROLE,
    "event": ANY_ROLE,
    "watch": ANY_ROLE,
}

REFUSALS = {
    "open": "You cannot open cases on this pathway. They are opened by {team}.",
    "move": "You cannot make this move. It is made by a {roles} of {team}.",
    "reopen": "You cannot reopen this case. That is done by a manager of {team}.",
}
NO_IMPORT = "Logs are brought in by pathway administrators: it makes pathways, and cases without patients. Ask yours."
REFUSAL = "You can read this case but not change it. It is with {team} now."


def groups_of(user) -> frozenset[str]:
    """The names of the global groups of ``user``, asked of the database once per request."""
    if not hasattr(user, "_midwatch_groups"):
        user._midwatch_groups = frozenset(user.groups.values_list("name", flat=True)) if user.pk else frozenset()
    return user._midwatch_groups


def is_inspector(user) -> bool:
    return INSPECTOR in groups_of(user)


def is_pathway_administrator(user) -> bool:
    return PATHWAY_ADMINISTRATOR in groups_of(user)


def role_in(user, team_id) -> str | None:
    """What ``user`` is in the team, or None; without a statement if this request has asked for their teams already."""
    if hasattr(user, "_midwatch_teams"):
        return user._midwatch_teams.get(team_id)
    roles = Membership.objects.filter(team=team_id, user=user).order_by().values_list("role", flat=True)
    return next(iter(roles), None)  # one at most


def teams_of(user) -> dict[int, str]:
    """What ``user`` is in which team, by the team's id, asked of the database once per request."""
    if not hasattr(user, "_midwatch_teams"):
        user._midwatch_teams = dict(user.memberships.values_list("team", "role")) if user.pk else {}
    return user._midwatch_teams


def managed_by(user) -> list[int]:
    """The ids of the teams of which ``user`` is a manager."""
    return [team for team, role in teams_of(user).items() if role == Role.MANAGER]


def manages_something(user) -> bool:
    return bool(managed_by(user))


def sees_figures(user) -> bool:
    """May ``user`` read pages that hold counts and durations but no patient?"""
    return is_inspector(user) or is_pathway_administrator(user) or manages_something(user)


def require_import(user) -> None:
    """Raise PermissionDenied with the sentence unless ``user`` may bring in logs: it makes pathways, and cases that
    have no patient, and is theirs who set up the map.
    """
    if not (user.is_active and is_pathway_administrator(user)):
        raise PermissionDenied(NO_IMPORT)


def refusal(user, act, team, *, transition=None) -> str | None:
    """Return a sentence if ``user`` may not do ``act`` on a case that is with ``team``; None if they may."""
    roles = transition.roles if transition else ROLES[act]
    if _has_one_of(roles, user, team.pk):
        return None
    named = " or ".join(Role(role).label for role in roles) or "nobody"
    return REFUSALS.get(act, REFUSAL).format(team=team, roles=named)


def strike_refusal(user, team, recorder_id) -> str | None:
    """Return a sentence if ``user`` may not strike out what somebody recorded in error on a case that is with
    ``team``; None if they may.
    """
    if sentence := refusal(user, "event", team):
        return sentence
    if recorder_id == user.pk or role_in(user, team.pk) == Role.MANAGER:
        return None
    return f"This can be struck out by who recorded it, or by a manager of {team}."


def require(user, act, team, *, transition=None) -> None:
    """Raise PermissionDenied with the sentence unless ``user`` may do ``act`` on a case that is with ``team``."""
    if sentence := refusal(user, act, team, transition=transition):
        raise PermissionDenied(sentence)


def require_move(user, case, transition) -> None:
    """Raise PermissionDenied with the sentence unless ``user`` may move ``case`` along ``transition``.

    As ``require``, but the team is read only to name it.
    """
    if not _has_one_of(transition.roles, user, case.team_id):
        require(user, "move", case.team, transition=transition)


def _has_one_of(roles, user, team_id) -> bool:
    return user.username == SYSTEM_USERNAME or (user.is_active and role_in(user, team_id) in roles)
