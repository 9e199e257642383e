"""Invent journeys that end at the present moment: backwards from how a case stands now to the day it was opened."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from cases import deadlines
from cases.demo.routes import FINISHED, IN_PROGRESS, OUTLIERS, STAYS, TIMES_LONGER, WAYS, Standing
from cases.watch import time_rules
from pathways.limits import LONDON
from pathways.models import Stage, Transition
from pathways.models.calendars import ClosedDays, Nation
from pathways.working_time import Schedule

HISTORY = timedelta(days=120)
WORKING_DAY = timedelta(hours=9)
WORKING_WEEK = Schedule(
    LONDON,
    {day: [["08:30", "17:30"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    ClosedDays(Nation.ENGLAND, {}),
)
STEP = timedelta(minutes=40)  # between the moments at which somebody may have come into a stage


def between(start: datetime, end: datetime, share: float) -> datetime:
    """Return the working moment at which ``share`` of the working time from ``start`` to ``end`` has passed."""
    at = WORKING_WEEK.add(start, WORKING_WEEK.open_time(start, end) * share)
    return max(start, min(end, at.replace(second=0, microsecond=0)))


@dataclass(frozen=True)
class Stay:
    """A stay in a stage, which ends with ``move`` at ``left_at``; None and None: the case is there now."""

    stage: Stage
    entered_at: datetime
    left_at: datetime | None
    move: Transition | None


@dataclass(frozen=True)
class Story:
    """One case on a pathway, from its first stage to where it is now; finished if ``standing`` is None."""

    pathway: str
    stays: list[Stay]
    standing: Standing | None


class Inventor:
    """Invents stories on one version of a shipped pathway, as they look at ``now``."""

    def __init__(self, version_map, now: datetime, rng):
        self.map, self.now, self.rng = version_map, now, rng
        self.code = version_map.pathway.code
        self.moments = cache(self._moments)

    def stories(self) -> Iterator[Story]:
        for _ in range(FINISHED[self.code]):
            yield self.story(None, None)
        for stage, standings in IN_PROGRESS[self.code].items():
            for standing in standings:
                yield self.story(stage, standing)

    def story(self, stage: str | None, standing: Standing | None) -> Story:
        """Invent a story that stands like this in ``stage`` now, or a finished one."""
        while True:
            route = self.route(stage)
            times = self.times(route, self.entered(stage, standing) if stage else self.finished())
            if times[0] >= self.now - HISTORY:
                return Story(self.code, self.stays(route, times), standing)

    def route(self, until: str | None) -> list[str]:
        """Go through the stages by chance, up to ``until`` or to an end."""
        ways = WAYS[self.code]
        while True:
            route = [self.map.first_stage.code]
            while route[-1] != until and route[-1] in ways:
                onward = ways[route[-1]]
                route += self.rng.choices(list(onward), onward.values())
            if until in (None, route[-1]):
                return route

    def times(self, route: list[str], last: datetime) -> list[datetime]:
        """When each stage of ``route`` was entered, if the last one was at ``last``."""
        times = [last]
        for code in reversed(route[:-1]):
            entered = WORKING_WEEK.subtract(times[0], self.length(code))
            times.insert(0, entered.replace(second=0, microsecond=0))
        return times

    def length(self, stage: str) -> timedelta:
        """How long a stay lasts, in working time."""
        median, spread = STAYS[self.code][stage]
        longer = TIMES_LONGER if self.rng.random() < OUTLIERS else 1
        return WORKING_DAY * median * self.rng.lognormvariate(0, spread) * longer

    def stays(self, route, times) -> list[Stay]:
        stages = [self.map.by_code[code] for code in route]
        onward = [*zip(times[1:], stages[1:], strict=True), (None, None)]
        return [
            Stay(stage, entered_at, left_at, self.move(stage, target) if target else None)
            for stage, entered_at, (left_at, target) in zip(stages, times, onward, strict=True)
        ]

    @staticmethod
    def move(source: Stage, target: Stage) -> Transition:
        return next(move for move in source.transitions.all() if move.target == target)

    def finished(self) -> datetime:
        moment = WORKING_WEEK.subtract(self.now, WORKING_DAY * self.rng.uniform(0.2, 80))
        return moment.replace(second=0, microsecond=0)

    def entered(self, stage: str, standing: Standing) -> datetime:
        """When a case came into ``stage`` that stands like this now; as near to it as the working week allows."""
        least, most = standing.value
        fitting = [at for at, used in self.moments(stage) if least <= used <= most]
        nearest = sorted(self.moments(stage), key=lambda moment: abs(moment[1] - (least + most) / 2))
        return self.rng.choice(fitting or [at for at, _ in nearest[:5]])

    def _moments(self, stage: str) -> list[tuple[datetime, float]]:
        """The working moments of the last weeks, each with how much of its limit a case that came then has used.

        Above 1 it is 1 and the days by which the case is late.
        """
        stay, found, used = time_rules.stay_in(self.map.by_code[stage], self.now), [], 0
        at = self.now
        while used < 1 + Standing.LATE_BY_WEEKS.value[1] and at > self.now - HISTORY:
            at = WORKING_WEEK.subtract(at, STEP).replace(second=0, microsecond=0)
            due_at = deadlines.first_due(replace(stay, entered_at=at))
            over = self.now - due_at
            used = 1 + over / timedelta(days=1) if due_at < self.now else (self.now - at) / (due_at - at)
            found.append((at, used))
        return found
