"""Tell the demo's stories: every act of every case and every look of the watch, in the order of time."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count

from cases import lifecycle, recording
from cases.demo import words
from cases.demo.patients import particulars
from cases.demo.routes import Standing
from cases.demo.stories import HISTORY, WORKING_DAY, WORKING_WEEK, Story, between
from cases.models import Escalation
from cases.patients import enter_patient
from cases.watch import escalations, sweep
from pathways.limits import LONDON
from pathways.models import Role

# What happens in one life or one watch: yields the instant of its next act, and does that act when it is resumed.
Acts = Iterator[datetime]

FIRST_LOOK = time(7, 45)  # the watch of the past: once, on the morning of each working day


class Telling:
    """All that happens in the demo up to ``now``. ``staff`` are the members of each team by role."""

    def __init__(self, staff: dict, now: datetime, rng):
        self.staff, self.now, self.rng = staff, now, rng
        self.queue, self.order = [], count()

    def tell(self, stories: list[Story], numbers: Iterator[str]) -> None:
        """Let all of it happen, in order of time; what would come after ``now`` has not happened yet."""
        for story in stories:
            self.begin(Life(self, story, next(numbers)).acts())
        self.begin(self.watch())
        while self.queue and self.queue[0][0] <= self.now:
            _, _, acts = heappop(self.queue)
            self.begin(acts)

    def begin(self, acts: Acts) -> None:
        """Do the act whose time has come, and put the next into the queue."""
        if (at := next(acts, None)) is not None:
            heappush(self.queue, (at, next(self.order), acts))

    def watch(self) -> Acts:
        """Look at all cases on every working morning, as the real watch does every minute, and once more now."""
        day = (self.now - HISTORY).date()
        while (at := datetime.combine(day, FIRST_LOOK, LONDON)) < self.now:
            if WORKING_WEEK.is_working_day(day):
                yield at
                self.look(at)
            day += timedelta(days=1)
        yield self.now
        self.look(self.now)

    def look(self, at: datetime) -> None:
        # The record of the run goes: that the watch is awake must be proved by the watch itself.
        sweep.run(at).delete()
        for escalation in Escalation.objects.filter(raised_at=at, is_told=True, resolved_at=None).order_by("pk"):
            if self.rng.random() < 0.55:
                self.begin(self.answer(escalation, at))

    def answer(self, escalation: Escalation, at: datetime) -> Acts:
        """Somebody says what will be done, if the case has not moved on by then."""
        at = WORKING_WEEK.add(at, timedelta(minutes=self.rng.randint(20, 500)))
        yield at
        escalation = Escalation.objects.select_related("case__team", "case__owner").get(pk=escalation.pk)
        if escalation.resolved_at is None:
            case, is_late = escalation.case, not escalation.is_before_due
            by = case.owner or self.somebody(case.team.code, Role.CASEWORKER)
            if is_late and self.rng.random() < 0.5:
                by = self.somebody(case.team.code, Role.MANAGER)
            answer = self.rng.choice(words.ANSWERS_LATE if is_late else words.ANSWERS_SOON)
            escalations.acknowledge(escalation, by=by, answer=answer, at=at)

    def somebody(self, team: str, role: Role):
        return self.rng.choice(self.staff[team, role])


class Life:
    """One case as its story goes, each act done by somebody of the team that has it."""

    def __init__(self, telling: Telling, story: Story, nhs_number: str):
        self.telling, self.story, self.nhs_number = telling, story, nhs_number
        self.now, self.rng = telling.now, telling.rng
        self.case = self.came_by = self.owner = None

    def acts(self) -> Acts:
        for stay in self.story.stays:
            yield stay.entered_at
            self.arrive(stay)
            for at, act in sorted(self.during(stay), key=lambda moment: moment[0]):
                yield at
                act(at)
            self.came_by = stay.move

    def during(self, stay):
        """What is done in one stay besides coming and going: (at, act of at)."""
        if stay.stage.is_final:
            return
        moment, rng = partial(between, stay.entered_at, stay.left_at or self.now), self.rng
        if self.owner is None and rng.random() < 0.85:
            yield moment(rng.uniform(0.02, 0.1)), self.take
        for text in rng.sample(words.NOTES[stay.stage.code], rng.choices((0, 1, 2), (6, 4, 1))[0]):
            yield moment(rng.uniform(0.15, 0.85)), partial(self.note, text)
        if stay.move:
            yield moment(0.9), partial(self.make_ready, stay)
        elif stay.stage.code == "ward-care" and rng.random() < 0.4:
            yield moment(rng.uniform(0.6, 0.95)), self.assess_risk
        if self.story.standing is Standing.ON_HOLD and not stay.move:
            until = WORKING_WEEK.add(self.now, WORKING_DAY * rng.uniform(1, 12))
            yield moment(rng.uniform(0.4, 0.8)), partial(self.hold, until)
        if self.story.standing is Standing.HELD_BEFORE and not stay.move:
            yield from self.a_hold_that_ended(moment)

    def a_hold_that_ended(self, moment):
        begun, ended = moment(self.rng.uniform(0.2, 0.4)), moment(self.rng.uniform(0.6, 0.8))
        if self.rng.random() < 0.5:  # by itself: the watch ends it
            yield begun, partial(self.hold, ended)
        else:
            yield begun, partial(self.hold, ended + timedelta(days=5))
            yield ended, self.resume

    @property
    def by(self):
        return self.owner or self.telling.somebody(self.team, Role.CASEWORKER)

    @property
    def team(self):
        return self.case.stage_now.team.code

    def arrive(self, stay):
        at = stay.entered_at
        if self.case is not None:
            self.case = lifecycle.move_case(self.case, self.came_by, by=self.by, at=at)
            self.owner = self.owner if self.case.owner_id else None
            return
        by = self.telling.somebody(stay.stage.team.code, Role.CASEWORKER)
        person = particulars(self.story.pathway, self.now, self.rng)
        patient = enter_patient(by=by, nhs_number=self.nhs_number, **person)
        self.case = lifecycle.open_case(stay.stage.version.pathway, patient, by=by, at=at)

    def take(self, at):
        self.owner = self.telling.somebody(self.team, Role.CASEWORKER)
        self.case = lifecycle.assign_case(self.case, self.owner, by=self.owner, at=at)

    def note(self, text, at):
        recording.write_note(self.case, text, by=self.by, at=at)

    def make_ready(self, stay, at):
        """Do what the move out of this stay requires."""
        for requirement in stay.move.requirements.all():
            if requirement.check_name == "note written":
                outcomes = words.OUTCOMES.get((stay.stage.code, stay.move.target.code), words.OUTCOME)
                self.note(self.rng.choice(outcomes), at)
            elif requirement.check_name == "form completed" and requirement.refusal(self.case, at):
                self.assess_risk(at)

    def assess_risk(self, at):
        form = self.case.version_map.forms["risk-assessment"]
        answers = {code: self.rng.choice(given) for code, given in self.rng.choice(words.RISK_ASSESSMENTS).items()}
        answers["assessed-on"] = at.astimezone(LONDON).date().isoformat()
        recording.complete_form(self.case, form, answers, by=self.by, at=at)

    def hold(self, until, at):
        reason = self.rng.choice(words.HOLDS[self.story.pathway])
        self.case = lifecycle.hold_case(self.case, reason=reason, until=until, by=self.by, at=at).case

    def resume(self, at):
        self.case = lifecycle.resume_case(self.case, by=self.by, note=self.rng.choice(words.RESUMED), at=at)
