"""Who is told when a rung is passed."""

from collections import defaultdict

from pathways.models import EscalationStep, Membership, Role

To = EscalationStep.Recipient


class Recipients:
    """Answers who is told for the given teams, whose members are read once, in one query."""

    def __init__(self, team_ids):
        self.members = defaultdict(list)
        memberships = Membership.objects.filter(team__in=set(team_ids), user__is_active=True).exclude(user__email="")
        for membership in memberships.select_related("user").order_by("pk"):
            self.members[membership.team_id].append(membership)

    def of(self, step, *, team_id, owner) -> list:
        """The active users with an e-mail address whom ``step`` tells about a case of the team; each once.

        Nobody owns the case, or its owner cannot be reached: the team's managers are told instead.
        """
        told = {}
        for whom in step.tells:
            if whom == To.OWNER and owner is not None and owner.is_active and owner.email:
                told[owner.pk] = owner
            elif whom == To.TEAM:
                told |= {m.user_id: m.user for m in self.members[team_id]}
            else:
                told |= {m.user_id: m.user for m in self.members[team_id] if m.role == Role.MANAGER}
        return list(told.values())
