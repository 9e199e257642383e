"""The appointments of a case: its section on the case page, and the pages that book one and say what came of it."""

from dataclasses import dataclass, field

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from cases import access, codes, detours, event_words, events, showing
from cases.models import CaseEvent
from cases.web import event_forms
from cases.web.pages import ActView
from pathways.models import Role

Kind = CaseEvent.Kind


@dataclass(frozen=True)
class Shown:
    """Something that happened, as the case page lists it."""

    event: CaseEvent
    words: str
    about: list[str]
    may_strike: bool
    outcome: "Shown | None" = None


@dataclass(frozen=True)
class Appointments:
    """What is booked on a case: what came of which must still be said, what is to come, what is over; and decisions
    and contacts, the latest first.
    """

    open: list[Shown] = field(default_factory=list)  # their time has come
    coming: list[Shown] = field(default_factory=list)
    over: list[Shown] = field(default_factory=list)
    decided: list[Shown] = field(default_factory=list)
    contacts: list[Shown] = field(default_factory=list)
    missed: int = 0


def of_case(case, found, user, now) -> Appointments:
    """Sort the events of a case, read already, for its page."""
    is_manager = access.teams_of(user).get(case.team_id) == Role.MANAGER
    standing = [event for event in found if event.struck_at is None]
    outcomes = {event.about_id: event for event in standing if event.kind == Kind.OUTCOME}
    listed = Appointments(missed=sum(event.code in codes.MISSED for event in outcomes.values()))

    def shown(event, outcome=None):
        may_strike = is_manager or event.recorded_by_id == user.pk
        return Shown(event, event_words.what(event), list(event_words.about(event)), may_strike, outcome)

    for event in standing:
        if event.kind == Kind.APPOINTMENT:
            if outcome := outcomes.get(event.pk):
                listed.over.append(shown(event, shown(outcome)))
            else:
                (listed.open if event.appointment_at <= now else listed.coming).append(shown(event))
        elif event.kind in (Kind.DECISION, Kind.CONTACT):
            (listed.decided if event.kind == Kind.DECISION else listed.contacts).append(shown(event))
    for ahead in (listed.open, listed.coming):
        ahead.sort(key=lambda one: one.event.appointment_at)
    listed.over.sort(key=lambda one: one.event.appointment_at, reverse=True)
    listed.decided.reverse()
    listed.contacts.reverse()
    return listed


def where_missed(case, found, now) -> str:
    """The page on which a missed appointment is recorded: that of the one whose outcome must be said, if there is
    one.
    """
    answered = {event.about_id for event in found if event.struck_at is None}
    waiting = [
        event
        for event in found
        if event.kind == Kind.APPOINTMENT
        and event.struck_at is None
        and event.appointment_at <= now
        and event.pk not in answered
    ]
    if not waiting:
        return reverse("missed", args=[case.reference])
    last = max(waiting, key=lambda event: event.appointment_at)
    return f"{reverse('outcome', args=[case.reference, last.pk])}?outcome={codes.Outcome.DID_NOT_ATTEND}"


class EventView(ActView):
    act = "event"


class BookAppointment(EventView):
    form_class, title, button = event_forms.BookForm, "Book an appointment", "Save the appointment"
    lead = "Midwatch does not tell the patient: book it where you book appointments, and record it here."

    def obstacle(self):
        return None if self.case.is_open else "This case is closed: no appointment is booked any more."

    def perform(self, kind, expected_at, **about):
        event = events.book_appointment(self.case, kind, expected_at, by=self.request.user, **about)
        return f"{event_words.what(event)}."


class MissedView(EventView):
    """A page on which an appointment may be said to be missed: tells the rules, and who is at risk."""

    template_name = "cases/outcome.html"

    @cached_property
    def times_missed(self):
        return events.missed(self.case)

    def get_context_data(self, **context):
        rules = detours.offered(self.case)
        safeguarding = next((r for r in rules if r.restricted and not r.on_dna), None)
        if safeguarding and detours.refusal(self.request.user, self.case, safeguarding):
            safeguarding = None
        about = {"times_missed": self.times_missed, "safeguarding": safeguarding}
        return super().get_context_data(**about | context)


class RecordOutcome(MissedView):
    form_class, button = event_forms.OutcomeForm, "Save the outcome"
    looked_at = (*MissedView.looked_at, "appointment", "times_missed")

    @cached_property
    def appointment(self):
        booked = self.case.events.filter(kind=Kind.APPOINTMENT).select_related("recorded_by", "struck_by")
        return get_object_or_404(booked, pk=self.kwargs["pk"])

    def admit(self, user):
        super().admit(user)
        _ = self.appointment

    def obstacle(self):
        known = self.appointment.outcomes.filter(struck_at=None).select_related("about", "recorded_by").first()
        if self.appointment.struck_at:
            return f"This appointment was struck out by {self.appointment.struck_by}: {self.appointment.struck_why}"
        return (
            f"{known.recorded_by} has recorded the outcome: {codes.words('outcome', known.code)}." if known else None
        )

    def get_initial(self):
        return {"outcome": self.request.GET.get("outcome", "")}

    def get_context_data(self, **context):
        appointment = self.appointment
        name = codes.words("appointment", appointment.code)
        about = {
            "title": f"{name}, {showing.moment(appointment.appointment_at)}",
            "appointment": appointment,
            "about": list(event_words.about(appointment)),
            "is_first": appointment.code == codes.Appointment.FIRST,
            "is_to_come": appointment.appointment_at > self.now,
        }
        return super().get_context_data(**about | context)

    def perform(self, outcome, **given):
        recorded = events.record_outcome(self.appointment, outcome, by=self.request.user, **given)
        return told(recorded)


class RecordMissed(MissedView):
    """Record a missed appointment that was booked elsewhere, in one act."""

    form_class, button = event_forms.MissedForm, "Save the missed appointment"

    def obstacle(self):
        return None if self.case.is_open else "This case is closed: no appointment is recorded any more."

    def get_context_data(self, **context):
        return super().get_context_data(**{"title": "Record a missed appointment"} | context)

    def perform(self, **given):
        return told(events.record_missed(self.case, by=self.request.user, **given))


def told(recorded) -> str:
    """Say what was recorded, and what followed from it."""
    event = recorded.event
    said = [f"{codes.words('outcome', event.code)}{events.again(recorded.times_missed)}: recorded."]
    if recorded.again:
        said.append(f"The new appointment is on {showing.moment(recorded.again.appointment_at)}. Nothing was missed.")
    if child := recorded.detour:
        goes = "has begun" if child.opened_at == event.recorded_at else "goes on"
        said.append(f"{f'“{child.detour}”' if child.restricted else child} {goes}, with {child.team}.")
    said.append(recorded.no_detour)
    patient = event.case.patient
    if recorded.times_missed and patient and patient.at_risk:
        said.append(f"This patient is at risk: {patient.at_risk}. Think of safeguarding.")
    return " ".join(filter(None, said))


class RecordDecision(EventView):
    form_class, title, button = event_forms.DecisionForm, "Record a decision", "Save the decision"
    lead = "National waiting times are counted from what is recorded here. Record it as it was decided and told."

    def perform(self, code, happened_on, told, text):
        event = events.record_decision(self.case, code, happened_on, told=told, text=text, by=self.request.user)
        return f"{event_words.what(event)}, {showing.day(event.happened_on)}: recorded."


class RecordContact(EventView):
    form_class, title, button = event_forms.ContactForm, "Record a contact", "Save the contact"
    lead = "You spoke with the patient, or with somebody who speaks for them, or wrote to them."

    def perform(self, code, happened_on, text):
        events.record_contact(self.case, code, happened_on, text=text, by=self.request.user)
        return "The contact is recorded."


class StrikeOut(EventView):
    """Strike out what was recorded in error."""

    form_class, button = event_forms.StrikeForm, "Strike it out"
    looked_at = (*EventView.looked_at, "event")

    @cached_property
    def event(self):
        found = self.case.events.select_related("about", "recorded_by", "struck_by")
        return get_object_or_404(found, pk=self.kwargs["pk"])

    def admit(self, user):
        super().admit(user)
        _ = self.event

    def obstacle(self):
        if self.event.struck_at:
            return f"{self.event.struck_by} has struck this out: {self.event.struck_why}"
        return events.strike_refusal(self.request.user, self.case, self.event)

    def get_context_data(self, **context):
        lead = f"{event_words.what(self.event)}. Recorded by {self.event.recorded_by}."
        return super().get_context_data(**{"title": "Strike out what was recorded in error", "lead": lead} | context)

    def perform(self, why):
        event = events.strike(self.event, by=self.request.user, why=why)
        return f"“{event_words.what(event)}” is struck out. It stays to be read, and counts no more."
