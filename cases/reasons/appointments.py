"""Reasons that lie in an appointment: it is over, and nobody has recorded what came of it."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import JSONObject
from django.urls import reverse

from cases import codes, showing
from cases.models import CaseEvent
from cases.reasons.because import Because, Next, Reason
from cases.reasons.shown import about, first, instant
from cases.reasons.standing_in import looks_after


class OutcomeMissing(Because):
    """An appointment of an open case of my team whose time has passed, without an outcome: nobody can say whether the
    patient was seen. It is for whoever looks after the case to say.
    """

    code, chip = Reason.OUTCOME, ("outcome not recorded", "outcomes not recorded")
    takes = timedelta(hours=1)  # whoever is with the patient is not reminded

    def _over(self, asked):
        known = CaseEvent.objects.filter(about=OuterRef("pk"), kind="outcome", struck_at=None)
        booked = CaseEvent.objects.filter(
            ~Exists(known), kind="appointment", struck_at=None, appointment_at__lt=asked.before(self.takes)
        )
        return about(booked)

    def holds(self, asked):
        return Q(team__in=asked.teams) & ~Q(status="closed") & Q(Exists(self._over(asked)))

    def mine(self, asked):
        return self.holds(asked) & looks_after(asked)

    def shows(self, asked):
        appointment = JSONObject(pk="pk", code="code", expected_at="appointment_at")
        return {"outcome_missing": first(self._over(asked).order_by("appointment_at", "pk"), appointment)}

    def words(self, case, age, asked):
        what = codes.words("appointment", case.outcome_missing["code"])
        was = showing.short_when(instant(case.outcome_missing["expected_at"]), asked.now)
        return f"{what} was {was}: nobody has recorded what came of it."

    def next(self, case, asked):
        return Next("Record what happened", reverse("outcome", args=[case.reference, case.outcome_missing["pk"]]))
