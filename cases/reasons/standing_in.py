"""Standing in for a colleague who is away: what they have is on the day of their deputy as well."""

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import JSONObject

from cases.reasons.because import Because, Reason
from cases.reasons.shown import first, instant
from pathways import absences
from pathways.models import Absence


def _absences(asked, steps=absences.DEPUTIES):
    """The absences, now, in which whoever asks is the deputy, or the deputy of a deputy who is away too."""
    now = Absence.objects.filter(starts_at__lte=asked.now, ends_at__gt=asked.now)
    if steps == 1:
        return now.filter(deputy=asked.user)
    further = _absences(asked, steps - 1).filter(user=OuterRef("deputy"))
    return now.filter(Q(deputy=asked.user) | Exists(further))


def colleagues(asked):
    """The keys of those for whom whoever asks stands in now, as a subquery."""
    return _absences(asked).values("user")


def looks_after(asked) -> Q:
    """The condition that a case is theirs to look after: their own, that of a colleague for whom they stand in, or
    nobody's.
    """
    return Q(owner=asked.user) | Q(owner=None) | Q(owner__in=colleagues(asked))


class StandIn(Because):
    """A case of my team that a colleague has who is away, and for whom I stand in."""

    code, chip = Reason.STAND_IN, ("of a colleague who is away", "of colleagues who are away")

    def holds(self, asked):
        away = _absences(asked).filter(user=OuterRef("owner"))
        return Q(team__in=asked.teams) & ~Q(status="closed") & Q(Exists(away))

    def shows(self, asked):
        return {"stood_in": first(_absences(asked).filter(user=OuterRef("owner")), JSONObject(until="ends_at"))}

    def words(self, case, age, asked):
        until = absences.until(instant(case.stood_in["until"]))
        return f"You stand in for {case.owner}, who is away until {until}."
