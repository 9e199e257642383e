"""Reasons that lie in who has a case: it was offered to one's team, or nobody has it."""

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import JSONObject
from django.urls import reverse

from cases import showing
from cases.models import Handoff
from cases.reasons.because import Because, Next, Reason
from cases.reasons.shown import first, instant


class HandedToMe(Because):
    """An open handoff to a team of mine: until somebody answers, the sender has the case and waits."""

    code, chip = Reason.HANDED, ("handed to you", "handed to you")

    def _offers(self, asked):
        return Handoff.objects.filter(case=OuterRef("pk"), status="offered", to_team__in=asked.teams)

    def holds(self, asked):
        return Q(Exists(self._offers(asked)))

    def shows(self, asked):
        offer = JSONObject(pk="pk", sender="from_team__name", receiver="to_team__name", due_at="due_at")
        return {"handed": first(self._offers(asked), offer)}

    def words(self, case, age, asked):
        offer, due_at = case.handed, instant(case.handed["due_at"])
        said = f"{offer['sender']} offers it to {offer['receiver']}."
        if due_at is None:
            return said
        wanted = "was wanted" if due_at < asked.now else "is wanted"
        return f"{said} Your answer {wanted} by {showing.short_when(due_at, asked.now)}."

    def next(self, case, asked):
        return Next("Answer the handoff", reverse("accept", args=[case.reference, case.handed["pk"]]))


class Nobodys(Because):
    """A case of my team, open or on hold, that has no owner."""

    code, chip = Reason.NOBODYS, ("nobody's", "nobody's")
    is_radar = True

    def holds(self, asked):
        return Q(owner=None, team__in=asked.teams) & ~Q(status="closed")

    def words(self, case, age, asked):
        return "Nobody has it."

    def next(self, case, asked):
        return Next("Take it", reverse("take", args=[case.reference]), is_act=True)
