"""Who answers for a team: its managers. A change of its people leaves no team with stages in use without one."""

from collections.abc import Iterable

from pathways.models import Membership, PathwayVersion, Role, Stage, Team

LEFT_ALONE = (
    "{team} has stages in use and would have no manager: nobody would be told of its late cases. Make somebody else a "
    "manager first, on the page of the team."
)


def refusal(before: Iterable[Membership], after: Iterable[Membership]) -> str | None:
    """Return a sentence if a team loses its last manager when the rows ``before`` become the rows ``after``; None if
    none does. The caller saves them in this transaction: until then nobody else takes a manager away from the team.
    """
    rows = {row.pk for row in before}
    managed = Membership.objects.filter(pk__in=rows, role=Role.MANAGER, user__is_active=True).values("team")
    kept = {row.team_id for row in after if row.role == Role.MANAGER and row.user.is_active}
    for team in Team.objects.select_for_update(no_key=True).filter(pk__in=managed).order_by("pk"):
        others = Membership.objects.filter(team=team, role=Role.MANAGER, user__is_active=True).exclude(pk__in=rows)
        if team.pk not in kept and not others.exists() and _has_stages_in_use(team):
            return LEFT_ALONE.format(team=team)
    return None


def _has_stages_in_use(team) -> bool:
    """A retired version is in use, too: cases stay on it until they are moved."""
    return Stage.objects.filter(team=team).exclude(version__status=PathwayVersion.Status.DRAFT).exists()
