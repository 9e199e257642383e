"""Reasons that lie in the time a case has: urgent, late, late today; and that it is on track."""

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
        return f"{showing.sentence(age.due.words)}."


class Today(Because):
    code, chip = Reason.TODAY, ("late today", "late today")

    def holds(self, asked):
        return Q(due_at__gte=asked.now, due_at__lt=asked.tonight)

    def words(self, case, age, asked):
        limit = f" of {age.limit}" if age.limit else ""
        return f"Its limit{limit} ends {showing.short_when(case.due_at, asked.now)}."


class OnTrack(Because):
    """An open case for which no other reason holds: its condition is made of theirs."""

    code, chip = Reason.ON_TRACK, ("on track", "on track")

    def words(self, case, age, asked):
        if case.held_until:
            return f"On hold until {showing.short_when(case.held_until, asked.now)}."
        return f"{showing.sentence(age.due.words)}."
