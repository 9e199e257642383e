"""Appointments, decisions and contacts: what happens to a patient on the way, each a row that is never rewritten.

Statutory clocks are derived from these rows alone. Which there are, and in which words, is in ``cases.codes``. What
was recorded in error is struck out, with who and why, and stays to be read.
"""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef

from cases import access, codes, detours, showing, stays
from cases.codes import Appointment, Contact, Decision, Outcome, Told
from cases.models import Case, CaseEvent
from cases.refusals import Refused
from pathways.far_dates import too_far

__all__ = [
    "Appointment",
    "Contact",
    "Decision",
    "Outcome",
    "Recorded",
    "Told",
    "book_appointment",
    "missed",
    "record_contact",
    "record_decision",
    "record_missed",
    "record_outcome",
    "strike",
]

Kind = CaseEvent.Kind


@dataclass(frozen=True)
class Recorded:
    """The outcome of an appointment, and what followed from it in the same act."""

    event: CaseEvent
    again: CaseEvent | None = None  # the appointment that took its place
    times_missed: int = 0  # on this case, this one included; 0 if this one was not missed
    detour: Case | None = None  # the child case that began for it, or goes on
    no_detour: str = ""  # why there is none, in a sentence


@transaction.atomic
def book_appointment(case, kind, expected_at, *, by, where="", whom="", told="", text="", at=None) -> CaseEvent:
    """Record that the patient of ``case`` is expected at ``expected_at`` for ``kind`` (codes.Appointment).

    ``whom``: whom they see; ``told``: how they were told of it (codes.Told), as far as it can be shown. One in the
    past may be booked afterwards, so that its outcome can be recorded.

    Raises PermissionDenied if ``by`` is not of the case's team, Refused if the case is closed, the time is two years
    or more away, or the same appointment is booked already.
    """
    case, entry, now = _lock(case, by, at)
    stays.require_open(case)
    about = {"text": text, "told": told, "where": where, "whom": whom}
    return _book(case, entry, Appointment(kind), expected_at, now=now, by=by, **about)


@transaction.atomic
def record_outcome(appointment, outcome, *, by, text="", again_at=None, at=None) -> Recorded:
    """Record what came of an appointment (``outcome``: codes.Outcome).

    Rearranged: the one that takes its place, at ``again_at``, is booked in the same act; that is never a missed one,
    however late. Missed: the detour that the map takes for it begins, unless one goes on already.

    Raises PermissionDenied, or Refused if an outcome is recorded already, the appointment is struck out, its time has
    not come yet although the outcome needs that, or the new time is missing.
    """
    outcome = Outcome(outcome)
    case, entry, now = _lock(appointment.case, by, at)
    appointment = CaseEvent.objects.get(pk=appointment.pk)
    if appointment.kind != Kind.APPOINTMENT:
        raise Refused("Only an appointment has an outcome. Choose an appointment.")
    _require_not_struck(appointment)
    if known := appointment.outcomes.filter(struck_at=None).select_related("recorded_by").first():
        said = codes.words("outcome", known.code)
        raise Refused(f"{known.recorded_by} has recorded the outcome already: {said}. Strike that one out first.")
    if outcome in codes.KNOWN_AFTERWARDS and now < appointment.appointment_at:
        when = showing.moment(appointment.appointment_at)
        raise Refused(f"The appointment is on {when}. Record afterwards whether the patient came.")
    again = _in_its_place(case, entry, appointment, outcome, again_at, now=now, by=by)
    event = CaseEvent.objects.create(
        case=case,
        entry=entry,
        kind=Kind.OUTCOME,
        code=outcome,
        happened_on=_day(appointment.appointment_at if outcome in codes.KNOWN_AFTERWARDS else now),
        about=appointment,
        text=text.strip(),
        data={"again": again.pk} if again else {},
        recorded_at=now,
        recorded_by=by,
    )
    if outcome not in codes.MISSED:
        return Recorded(event, again)
    times = missed(case)
    story = missed_in_words(case, appointment, outcome, times, text)
    detour, why_none = detours.begin_for_missed(case, note=story, now=now, by=by)
    return Recorded(event, times_missed=times, detour=detour, no_detour=why_none)


@transaction.atomic
def record_missed(case, kind, expected_at, outcome, *, by, told="", text="", at=None) -> Recorded:
    """Record a missed appointment that was not booked here, and its outcome, in one act.

    Raises what ``book_appointment`` and ``record_outcome`` raise.
    """
    appointment = book_appointment(case, kind, expected_at, by=by, told=told, at=at)
    return record_outcome(appointment, outcome, by=by, text=text, at=at)


@transaction.atomic
def record_decision(case, code, happened_on, *, by, told="", text="", at=None) -> CaseEvent:
    """Record a decision (codes.Decision) of ``happened_on``: the day it was decided *and* the patient was told.

    ``told``: how they were told (codes.Told); needed where there is something to tell.

    Raises PermissionDenied, or Refused if the date will not do, how the patient was told is missing, or the same
    decision of that day is recorded already.
    """
    code = Decision(code)
    case, entry, now = _lock(case, by, at)
    _require_past(case, happened_on, now)
    if code not in codes.NOTHING_TO_TELL and not told:
        raise Refused("Say how the patient was told. It counts from the day on which they know.")
    _require_new(case, "This decision is recorded already", kind=Kind.DECISION, code=code, happened_on=happened_on)
    data = {"told": Told(told)} if told else {}
    return _happened(case, entry, Kind.DECISION, code, happened_on, now=now, by=by, text=text.strip(), data=data)


@transaction.atomic
def record_contact(case, code, happened_on, *, by, text, at=None) -> CaseEvent:
    """Record that the patient was spoken with or written to (codes.Contact), and what was said.

    Raises PermissionDenied, or Refused if the date will not do, nothing is said, or it is recorded already.
    """
    code, text = Contact(code), text.strip()
    case, entry, now = _lock(case, by, at)
    _require_past(case, happened_on, now)
    if not text:
        raise Refused("Say what was said or written.")
    same = {"kind": Kind.CONTACT, "code": code, "happened_on": happened_on, "text": text}
    _require_new(case, "This contact is recorded already", **same)
    return _happened(case, entry, Kind.CONTACT, code, happened_on, now=now, by=by, text=text)


@transaction.atomic
def strike(event, *, by, why, at=None) -> CaseEvent:
    """Strike out what was recorded in error, and return it: it stays to be read, and counts no more.

    Raises PermissionDenied unless ``by`` recorded it or is a manager of the case's team, Refused if it is struck out
    already, something rests on it, or the reason is missing.
    """
    case, _, now = _lock(event.case, by, at)
    event = CaseEvent.objects.select_related("struck_by").get(pk=event.pk)
    if sentence := strike_refusal(by, case, event):
        raise PermissionDenied(sentence)
    _require_not_struck(event)
    if not why.strip():
        raise Refused("Say why it is struck out.")
    if event.outcomes.filter(struck_at=None).exists():
        raise Refused("An outcome of this appointment is recorded. Strike that out first.")
    if CaseEvent.objects.filter(pk=event.data.get("again"), struck_at=None).exists():
        raise Refused("Another appointment was booked in its place. Strike that one out first.")
    event.struck_at, event.struck_by, event.struck_why = max(now, event.recorded_at), by, why.strip()
    event.save(update_fields=["struck_at", "struck_by", "struck_why"])
    return event


def strike_refusal(user, case, event) -> str | None:
    """Return a sentence if ``user`` may not strike ``event`` out; None if they may."""
    return access.strike_refusal(user, case.team, event.recorded_by_id)


def missed(case) -> int:
    """How often the patient did not attend or was not brought on this case; what was struck out does not count."""
    return case.events.filter(kind=Kind.OUTCOME, code__in=codes.MISSED, struck_at=None).count()


def missed_in_words(case, appointment, outcome, times, text="") -> str:
    """Tell of a missed appointment: “Did not attend for the 2nd time: test, 3 March 2026, 2:30pm.”"""
    what = codes.words("appointment", appointment.code).lower()
    told = [f"{outcome.label}{again(times)}: {what}, {showing.moment(appointment.appointment_at)}."]
    if text.strip():
        told.append(text.strip())
    if case.patient and case.patient.at_risk:
        told.append(f"This patient is at risk: {case.patient.at_risk}. Was not brought may be a safeguarding matter.")
    return " ".join(told)


def again(times: int) -> str:
    """Say that something happened before: “ for the 2nd time”; nothing the first time."""
    if times < 2:
        return ""
    ending = "th" if times % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(times % 10, "th")
    return f" for the {times}{ending} time"


def _lock(case, by, at):
    case, entry, _ = stays.lock(case)
    access.require(by, "event", case.team)
    return case, entry, stays.time_of(at, entry)


def _day(instant) -> date:
    return instant.astimezone(showing.LONDON).date()


def _book(case, entry, kind, expected_at, *, now, by, text="", told="", **about):
    if far := too_far(expected_at, now):
        raise Refused(far)
    same = {"kind": Kind.APPOINTMENT, "code": kind, "appointment_at": expected_at}
    _require_new(case, "This appointment is booked already", **same)
    data = {name: value.strip() for name, value in about.items() if value.strip()}
    if told:
        data["told"] = Told(told)
    booked = {"appointment_at": expected_at, "text": text.strip(), "data": data}
    return _happened(case, entry, Kind.APPOINTMENT, kind, _day(now), now=now, by=by, **booked)


def _in_its_place(case, entry, appointment, outcome, again_at, *, now, by):
    if outcome != Outcome.REARRANGED:
        return None
    if again_at is None:
        raise Refused("Say when the new appointment is. Without one, it was cancelled.")
    stays.require_open(case)
    if again_at == appointment.appointment_at:
        raise Refused("The new appointment is at the same time as the old one. Choose another time.")
    about = {name: appointment.data.get(name, "") for name in ("where", "whom")}
    return _book(case, entry, Appointment(appointment.code), again_at, now=now, by=by, **about)


def _happened(case, entry, kind, code, happened_on, *, now, by, **values):
    return CaseEvent.objects.create(
        case=case,
        entry=entry,
        kind=kind,
        code=code,
        happened_on=happened_on,
        recorded_at=now,
        recorded_by=by,
        **values,
    )


def _require_not_struck(event):
    if event.struck_at is not None:
        raise Refused(f"{event.struck_by} has struck this out. Record it again if it did happen.")


def _require_new(case, already, **values):
    """Refuse what stands on the record already: a page that was sent twice must not count twice."""
    is_over = Exists(CaseEvent.objects.filter(about=OuterRef("pk"), struck_at=None))
    same = case.events.filter(~is_over, struck_at=None, **values)
    if same.exists():
        raise Refused(f"{already}. If that one is wrong, strike it out first.")


def _require_past(case, happened_on, now):
    if happened_on > _day(now):
        raise Refused("This date is in the future. Record it when it has happened.")
    if case.patient and happened_on < case.patient.born_on:
        raise Refused("This date is before the patient was born. Check the year.")
