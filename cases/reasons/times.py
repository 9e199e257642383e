"""Reasons that lie in the time a case has: urgent, late, late today."""

from django.db.models import Q

from cases import showing
from cases.reasons.because import Because, Reason


class Urgent(Because):
    code, chip = Reason.URGENT, ("urgent", "urgent")

    def holds(self, asked):
        return Q(priority__gt=0) & ~Q(status="closed")

    def words(self, case, age, asked):
        return "Urgent."


class Breached(Because):
    code, chip = Reason.BREACHED, ("late", "late")

    def holds(self, asked):
        return Q(due_at__lt=asked.now)

    def words(self, case, age, asked):
        return f"{showing.sentence(age.due.words)} in {case.stage_name}."


class Today(Because):
    code, chip = Reason.TODAY, ("late today", "late today")

    def holds(self, asked):
        return Q(due_at__gte=asked.now, due_at__lt=asked.tonight)

    def words(self, case, age, asked):
        limit = f" of {age.limit}" if age.limit else ""
        return f"Its limit{limit} in {case.stage_name} ends {showing.short_when(case.due_at, asked.now)}."
