"""What happens in the demo besides moves, tasks and forms: appointments, results, decisions, calls, things gone wrong.

Drawn from a chance of its own, so that the journeys stay as they are.
"""

from functools import partial

from cases import codes, detours, events, lifecycle, results
from cases.demo import words
from cases.demo.answers import invented
from cases.demo.routes import Standing
from cases.demo.stories import WORKING_DAY, WORKING_WEEK
from pathways.limits import LONDON
from pathways.models import Role

# What the patient is expected for while the case is in a stage.
APPOINTMENTS = {
    "awaiting-specialist-review": codes.Appointment.FIRST,
    "diagnostics": codes.Appointment.TEST,
    "awaiting-treatment": codes.Appointment.TREATMENT,
}
# What is awaited from elsewhere in a stage, and in how many of a hundred stays.
RESULTS = {
    "awaiting-diagnostic-report": (100, ["Echocardiogram", "24-hour tape", "CT coronary angiogram"]),
    "ward-care": (25, ["Chest X-ray", "Blood cultures", "CT head"]),
    "discharge-planning": (15, ["Swallowing assessment", "Kidney function"]),
}
DECISIONS = {
    ("decision", "awaiting-treatment"): codes.Decision.DECISION_TO_TREAT,
    ("awaiting-treatment", "treated"): codes.Decision.FIRST_TREATMENT,
}
# What goes wrong just now: where, which detour, how many working days ago, and whether it is over again.
GOES_WRONG = [
    ("ward-care", "urgent", 0.1, False),
    ("discharge-planning", "safeguarding", 0.8, False),
    ("ward-care", "urgent", 1.2, True),
    ("discharge-planning", "urgent", 0.6, True),
]
MISSES = [1, 2]  # how often the patients missed an appointment whose story says so
NOT_SAID = 2  # appointments of yesterday of which nobody has recorded what came of them


class Happenings:
    """What happens in all cases, one after the other; of some things there are a few only."""

    def __init__(self, telling, chance):
        self.telling, self.now, self.chance = telling, telling.now, chance
        self.goes_wrong, self.misses, self.not_said = list(GOES_WRONG), list(MISSES), NOT_SAID

    def during(self, life, stay, moment):
        """What happens in one stay: (at, act of at). ``moment``: the working moment at a share of the stay."""
        yield from self.decisions(life, stay, moment)
        yield from self.contacts(life, stay, moment)
        if kind := APPOINTMENTS.get(stay.stage.code):
            yield from self.appointments(life, stay, moment, kind)
        share, names = RESULTS.get(stay.stage.code, (0, None))
        if self.chance.random() * 100 < share:
            yield from self.result(life, stay, moment, self.chance.choice(names))
        if not stay.move and life.story.standing is Standing.ON_TIME:
            yield from self.trouble(life, stay)

    def decisions(self, life, stay, moment):
        if stay.stage.code == "referral-received":
            yield moment(0.01), partial(self.decide, life, codes.Decision.REFERRAL_RECEIVED, "")
        if stay.move and stay.move.target.code == "discharged-to-gp":
            yield moment(0.96), partial(self.decide, life, codes.Decision.DISCHARGED_TO_GP, codes.Told.LETTER)
        elif stay.move and (code := DECISIONS.get((stay.stage.code, stay.move.target.code))):
            yield moment(0.96), partial(self.decide, life, code, codes.Told.IN_PERSON)

    def contacts(self, life, stay, moment):
        if self.chance.random() < 0.25 and life.calls:
            yield moment(self.chance.uniform(0.1, 0.9)), partial(self.call, life, life.calls.pop())

    def appointments(self, life, stay, moment, kind):
        booked = moment(self.chance.uniform(0.05, 0.15))
        yesterday = on_the_clock(WORKING_WEEK.subtract(self.now, WORKING_DAY * 0.8))
        if stay.move:  # seen, and then moved on
            expected = on_the_clock(moment(0.8))
            if booked < expected:
                yield booked, partial(self.book, life, kind, expected)
                yield moment(0.85), partial(self.outcome, life, codes.Outcome.ATTENDED)
        elif self.misses and life.story.standing is Standing.LATE:
            for time in range(self.misses.pop()):
                expected = on_the_clock(moment(0.4 + 0.3 * time))
                yield moment(0.1 + 0.4 * time), partial(self.book, life, kind, expected)
                yield moment(0.45 + 0.3 * time), partial(self.outcome, life, codes.Outcome.DID_NOT_ATTEND)
        elif self.not_said and booked < yesterday and life.story.standing is Standing.ON_TIME:
            self.not_said -= 1
            yield booked, partial(self.book, life, kind, yesterday)
        elif self.chance.random() < 0.7:
            ahead = WORKING_WEEK.add(self.now, WORKING_DAY * self.chance.uniform(1, 9))
            yield booked, partial(self.book, life, kind, on_the_clock(ahead))

    def result(self, life, stay, moment, what):
        yield moment(0.04), partial(self.ask_for, life, what)
        if stay.move or self.chance.random() < 0.5:
            yield moment(0.6), partial(self.arrives, life, what)
        if stay.move or self.chance.random() < 0.3:
            yield moment(0.7), partial(self.is_read, life, what)

    def trouble(self, life, stay):
        """The next thing that goes wrong, if it is this stage's turn."""
        found = next((one for one in self.goes_wrong if one[0] == stay.stage.code), None)
        if found is None:
            return
        _, code, days_ago, is_over = found
        began = WORKING_WEEK.subtract(self.now, WORKING_DAY * days_ago)
        if began > stay.entered_at:
            self.goes_wrong.remove(found)
            yield began, partial(self.detour, life, code)
            if is_over:
                yield WORKING_WEEK.add(began, WORKING_DAY * days_ago / 2), partial(self.detour_ends, life, code)

    def decide(self, life, code, told, at):
        events.record_decision(life.case, code, at.astimezone(LONDON).date(), by=life.by, told=told, at=at)

    def call(self, life, said, at):
        events.record_contact(
            life.case, codes.Contact.PHONE, at.astimezone(LONDON).date(), by=life.by, text=said, at=at
        )

    def book(self, life, kind, expected_at, at):
        where, whom = self.chance.choice(words.WHERE), self.chance.choice(words.WHOM)
        told = codes.Told.LETTER
        events.book_appointment(life.case, kind, expected_at, by=life.by, where=where, whom=whom, told=told, at=at)

    def outcome(self, life, outcome, at):
        open_one = life.case.events.filter(kind="appointment", outcomes=None).last()
        if open_one is not None and open_one.appointment_at <= at:
            events.record_outcome(open_one, outcome, by=life.by, at=at)

    def ask_for(self, life, what, at):
        results.request_result(life.case, what, life.by, by=life.by, at=at)

    def arrives(self, life, what, at):
        result = life.case.results.get(what=what, arrived_at=None)
        results.record_arrival(result, self.chance.choice(words.FINDINGS), by=life.by, at=at)

    def is_read(self, life, what, at):
        for result in life.case.results.filter(what=what, arrived_at__isnull=False, read_at=None):
            results.read_result(result, by=result.reader, at=at)

    def detour(self, life, code, at):
        rule = life.case.version_map.detour_rules[code]
        form = detours.form_of(rule)
        answers = invented(form, {}, at, self.chance) if form else {}
        detours.take(
            life.case, rule, by=life.by, note=self.chance.choice(words.WENT_WRONG[code]), answers=answers, at=at
        )

    def detour_ends(self, life, code, at):
        child = life.case.children.get(detour__code=code)
        by = self.telling.somebody(child.team.code, Role.CASEWORKER)
        lifecycle.close_case(child, by=by, reason=self.chance.choice(words.OVER_AGAIN), at=at)


def on_the_clock(at):
    """An appointment is at a time that can be said."""
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
