"""Tell the demo's stories: every act of every case and every look of the watch, in the order of time."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count, cycle
from random import Random

from cases import asked, handoffs, lifecycle, recording, to_do
from cases.demo import words
from cases.demo.answers import invented
from cases.demo.happenings import Happenings
from cases.demo.history import SLOW_LAB
from cases.demo.patients import at_risk_because, particulars
from cases.demo.routes import Standing
from cases.demo.stories import HISTORY, WORKING_DAY, WORKING_WEEK, Story, between
from cases.models import Escalation, Handoff
from cases.patients import enter_patient
from cases.watch import escalations, sweep
from pathways import registry
from pathways.limits import LONDON
from pathways.models import Role

# What happens in one life or one watch: yields the instant of its next act, and does that act when it is resumed.
Acts = Iterator[datetime]

A_LONG_WAIT = timedelta(days=4)  # for a report
LONG_AHEAD = timedelta(days=60)  # what is owed only then is not done yet
FIRST_LOOK = time(7, 45)  # the watch of the past: once, on the morning of each working day


class Telling:
    """All that happens in the demo up to ``now``. ``staff`` are the members of each team by role."""

    def __init__(self, staff: dict, now: datetime, rng):
        self.staff, self.now, self.rng = staff, now, rng
        self.chance = Random(rng.getstate()[1][0])  # noqa: S311 - invented happenings, no secrets
        self.known = Random(rng.getstate()[1][1])  # noqa: S311
        self.happenings = Happenings(self, self.chance)
        self.queue, self.order = [], count()
        self.ends_by_itself = cycle((True, False))  # every other hold

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
        """Somebody says what will be done, if the case has not moved on by then and nobody else has said it."""
        at = WORKING_WEEK.add(at, timedelta(minutes=self.rng.randint(20, 500)))
        yield at
        escalation = Escalation.objects.select_related("case__team", "case__owner").get(pk=escalation.pk)
        if escalation.resolved_at is None and escalation.acknowledged_at is None:
            case, is_late = escalation.case, not escalation.is_before_due
            by = case.owner or self.somebody(case.team.code, Role.CASEWORKER)
            if is_late and self.rng.random() < 0.5:
                by = self.somebody(case.team.code, Role.MANAGER)
            answer = self.rng.choice(words.ANSWERS_LATE if is_late else words.ANSWERS_SOON)
            by_when = self.promised(at) if is_late else None
            escalations.acknowledge(escalation, by=by, answer=answer, by_when=by_when, at=at)

    def promised(self, at: datetime) -> datetime | None:
        """By when an answer of ``at`` promises it. What is long over was kept, and promises nothing any more."""
        by_when = WORKING_WEEK.add(at, WORKING_DAY * self.chance.uniform(0.5, 3))
        return by_when if by_when > WORKING_WEEK.subtract(self.now, WORKING_DAY / 2) else None

    def somebody(self, team: str, role: Role):
        return self.rng.choice(self.staff[team, role])


class Life:
    """One case as its story goes, each act done by somebody of the team that has it."""

    def __init__(self, telling: Telling, story: Story, nhs_number: str):
        self.telling, self.story, self.nhs_number = telling, story, nhs_number
        self.now, self.rng = telling.now, telling.rng
        self.case = self.came_by = self.owner = None
        self.calls = telling.chance.sample(words.CALLS, len(words.CALLS))  # nobody says the same twice

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
        yield from self.tasks(stay)
        yield from self.telling.happenings.during(self, stay, moment)
        if stay.move:
            yield moment(0.9), partial(self.make_ready, stay)
        elif stay.stage.code == "ward-care" and rng.random() < 0.4:
            yield moment(rng.uniform(0.6, 0.95)), partial(self.fill_in, "risk-assessment", {})
        yield from self.an_offer(stay, moment)
        if self.story.standing is Standing.ON_HOLD and not stay.move:
            until = WORKING_WEEK.add(self.now, WORKING_DAY * rng.uniform(1, 12))
            yield moment(rng.uniform(0.4, 0.8)), partial(self.hold, until)
        if self.story.standing is Standing.HELD_BEFORE and not stay.move:
            yield from self.a_hold_that_ended(moment)

    def a_hold_that_ended(self, moment):
        begun, ended = moment(self.rng.uniform(0.2, 0.4)), moment(self.rng.uniform(0.6, 0.8))
        if next(self.telling.ends_by_itself):  # the watch ends it
            yield begun, partial(self.hold, ended)
        else:
            yield begun, partial(self.hold, ended + timedelta(days=5))
            yield ended, self.resume

    def tasks(self, stay):
        """What the stage asks for is done in time; some of it is still to be done."""
        for template in stay.stage.task_templates.all():
            schedule = stay.stage.calendar.schedule() if template.limit.is_working else None
            due_at = template.limit.after(stay.entered_at, schedule)
            if due_at < self.now or (due_at < self.now + LONG_AHEAD and self.rng.random() < 0.5):
                by_then = min(due_at, stay.left_at or self.now)
                at = between(stay.entered_at, by_then, self.rng.uniform(0.3, 0.9))
                yield at, partial(self.do_task, template.code)

    def an_offer(self, stay, moment):
        """A move that another team must accept is offered; some offers wait for their answer now."""
        if stay.move and stay.move.target.by_handoff:
            yield moment(0.95), partial(self.offer, stay.move)
        elif not stay.move and self.rng.random() < 0.6:
            ready = [move for move in stay.stage.transitions.all() if not move.requirements.all()]
            for move in (move for move in ready if move.target.by_handoff):
                lately = WORKING_WEEK.subtract(self.now, WORKING_DAY * self.rng.uniform(0.1, 0.9))
                yield max(lately, moment(0.5)), partial(self.offer, move)

    @property
    def by(self):
        return self.owner or self.telling.somebody(self.team, Role.CASEWORKER)

    @property
    def team(self):
        return self.case.stage_now.team.code

    def arrive(self, stay):
        at = stay.entered_at
        if self.case is not None:
            self.case = self.accept(at) if self.came_by.target.by_handoff else self.move(stay)
            self.owner = self.owner if self.case.owner_id else None
            return
        by = self.telling.somebody(stay.stage.team.code, Role.CASEWORKER)
        person = particulars(self.story.pathway, self.now, self.rng)
        at_risk = at_risk_because(self.telling.chance)
        patient = enter_patient(by=by, nhs_number=self.nhs_number, at_risk=at_risk, **person)
        self.case = lifecycle.open_case(stay.stage.version.pathway, patient, by=by, at=at)

    def move(self, stay):
        asked_for = [fact.code for fact in asked.facts_on_the_way(self.came_by.target)]
        facts = {code: self.fact(code, stay) for code in asked_for if code in words.FACTS}
        return lifecycle.move_case(self.case, self.came_by, by=self.by, facts=facts, at=stay.entered_at)

    def fact(self, code, stay):
        """What is known on the way into a stage. Whoever waits for long waits for the lab that is often slow."""
        if code == "lab" and (stay.left_at or self.now) - stay.entered_at > A_LONG_WAIT:
            return SLOW_LAB
        return self.telling.known.choice(words.FACTS[code])

    def offer(self, move, at):
        handoffs.offer(self.case, move, by=self.by, note=self.rng.choice(words.OFFERS), at=at)

    def accept(self, at):
        handoff = self.case.handoffs.get(status=Handoff.Status.OFFERED)
        by = self.telling.somebody(handoff.to_team.code, Role.CASEWORKER)
        return handoffs.accept(handoff, by=by, at=at)

    def take(self, at):
        self.owner = self.telling.somebody(self.team, Role.CASEWORKER)
        self.case = lifecycle.assign_case(self.case, self.owner, by=self.owner, at=at)

    def note(self, text, at):
        recording.write_note(self.case, text, by=self.by, at=at)

    def make_ready(self, stay, at):
        """Do what the move out of this stay requires."""
        forms = {}
        for requirement in stay.move.requirements.all():
            options = requirement.options
            if requirement.check_name == "note written":
                outcomes = words.OUTCOMES.get((stay.stage.code, stay.move.target.code), words.OUTCOME)
                self.note(self.rng.choice(outcomes), at)
            elif requirement.check_name == "task done":
                self.do_task(options["task"], at)
            elif "form" in options and requirement.refusal(self.case, at):
                said = {options["question"]: options["answer"]} if registry.hides(requirement.check_name) else {}
                forms[options["form"]] = forms.get(options["form"], {}) | said
        for code, said in forms.items():
            self.fill_in(code, said, at)

    def fill_in(self, code, said, at):
        form, known = self.case.version_map.forms[code], self.case.open_entry.facts
        said = {
            question.code: known[question.fact] for question in form.questions.all() if question.fact in known
        } | said
        recording.complete_form(self.case, form, invented(form, said, at, self.rng), by=self.by, at=at)

    def do_task(self, code, at):
        for task in self.case.tasks.filter(code=code, done_at=None, cancelled_at=None).select_related("team"):
            by = self.by if task.team.code == self.team else self.telling.somebody(task.team.code, Role.CASEWORKER)
            to_do.complete_task(task, by=by, outcome=self.rng.choice(words.DONE), at=at)

    def hold(self, until, at):
        reason = self.rng.choice(words.HOLDS[self.story.pathway])
        self.case = lifecycle.hold_case(self.case, reason=reason, until=until, by=self.by, at=at).case

    def resume(self, at):
        self.case = lifecycle.resume_case(self.case, by=self.by, note=self.rng.choice(words.RESUMED), at=at)
