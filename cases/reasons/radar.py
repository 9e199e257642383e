"""Radar: what is wrong with a case although nothing need be late, as far as it lies in the case's own watching.

Each holds for the cases of one's teams, and is for whoever looks after the case to mend.
"""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Greatest
from django.urls import reverse

from cases import showing
from cases.codes import Outcome
from cases.models import CaseEvent, Handoff, Hold, Task, Timer
from cases.reasons.because import Because, Next, Reason
from cases.reasons.shown import about
from cases.reasons.standing_in import looks_after


class Radar(Because):
    """A reason of the radar."""

    is_radar = True

    def holds(self, asked):
        still = Q() if self.also_closed else ~Q(status="closed")
        return Q(team__in=asked.teams) & still & self.is_wrong(asked)

    def is_wrong(self, asked) -> Q:
        """Return the condition, for a case of a team of theirs, which is open unless ``also_closed``."""
        raise NotImplementedError

    def mine(self, asked):
        return self.holds(asked) & looks_after(asked)


def is_booked(asked) -> Exists:
    """The condition that an appointment is ahead that has no outcome, such as having been cancelled."""
    answered = CaseEvent.objects.filter(about=OuterRef("pk"), kind="outcome", struck_at=None)
    booked = CaseEvent.objects.filter(kind="appointment", struck_at=None, appointment_at__gte=asked.now)
    return Exists(about(booked.filter(~Exists(answered))))


class NoNextStep(Radar):
    """Nothing will ever bring the case up again: no timer that will fire, task with a date, appointment ahead, offer
    or hold.

    A task without a date stands on the page of the case and on no day's list: nobody is ever told of it.
    """

    code, chip = Reason.NO_STEP, ("without a next step", "without a next step")

    def is_wrong(self, asked):
        return (
            Q(status="open")
            & ~Exists(about(Timer.objects.filter(fires_at__isnull=False)))
            & ~Exists(about(Task.objects.filter(done_at=None, cancelled_at=None, due_at__isnull=False)))
            & ~is_booked(asked)
            & ~Exists(about(Handoff.objects.filter(status="offered")))
        )

    def words(self, case, age, asked):
        return "No next step: nothing is planned, and nobody will be told of it."

    def next(self, case, asked):
        return Next("Plan the next step", reverse("add_task", args=[case.reference]))


class HoldOver(Radar):
    """On hold past its ceiling, at which the sweep should have resumed it."""

    code, chip = Reason.HOLD_OVER, ("on hold for too long", "on hold for too long")

    def is_wrong(self, asked):
        over = Hold.objects.filter(case=OuterRef("pk"), ended_at=None, until__lt=asked.now)
        return Q(status="on_hold") & Exists(over)

    def words(self, case, age, asked):
        return f"Still on hold, although it was to resume {showing.short_when(case.held_until, asked.now)}."

    def next(self, case, asked):
        return Next("Resume the case", reverse("resume", args=[case.reference]))


class Differs(Radar):
    """When all were last looked at its timers were not what the record says they must be: it may not be told when it
    is late. A closed case may still be watched, and results of it are.
    """

    code, chip = Reason.DIFFERS, ("watched wrongly", "watched wrongly")
    also_closed = True

    def is_wrong(self, asked):
        return Q(reference__in=asked.differing)

    def words(self, case, age, asked):
        return "Its dates are not watched as they should be: nobody may be told when it is late."

    def next(self, case, asked):
        return Next("Set it right", reverse("set_right", args=[case.reference]))


class NoContact(Radar):
    """For 12 weeks nobody was in contact with the patient about it, nor have they come to an appointment.

    Contacts of a detour are contacts of the case from which it was taken; detours have no such term of their own.
    """

    code, chip = Reason.NO_CONTACT, ("without contact for 12 weeks", "without contact for 12 weeks")
    within = timedelta(weeks=12)  # as NHS England asks for waiting lists to be validated

    def _contacts(self):
        """The contacts about a case, and those of its detours: apart, so that each is found by an index."""
        happened = CaseEvent.objects.filter(
            Q(kind="contact") | Q(kind="outcome", code=Outcome.ATTENDED), struck_at=None
        )
        return about(happened), happened.filter(case__parent=OuterRef("pk"), case__restricted=False)

    def is_wrong(self, asked):
        day, since = asked.day_before(self.within), asked.start_of_day_before(self.within)
        own, of_detours = (Exists(contacts.filter(happened_on__gte=day)) for contacts in self._contacts())
        return Q(patient__isnull=False, parent=None, opened_at__lt=since) & ~own & ~of_detours

    def shows(self, asked):
        last = (Subquery(contacts.order_by("-happened_on").values("happened_on")[:1]) for contacts in self._contacts())
        return {"last_contact": Greatest(*last)}

    def words(self, case, age, asked):
        if case.last_contact is None:
            opened = showing.day(case.opened_at, asked.now)
            return f"No contact with the patient is recorded since it was opened on {opened}."
        return f"No contact with the patient since {showing.day(case.last_contact, asked.now)}."

    def next(self, case, asked):
        return Next("Record a contact", reverse("contact", args=[case.reference]))
