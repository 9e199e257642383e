"""Read the stays that figures are made of, in a fixed number of statements however many they are."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import partial
from statistics import median

import numpy as np
from django.db.models import (
    Aggregate,
    BinaryField,
    Count,
    DateTimeField,
    DurationField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    Sum,
    Value,
    When,
)
from django.db.models import Case as Choice
from django.db.models.functions import Cast, Coalesce

from cases import deadlines
from cases.durations import columns, due_times
from cases.durations.chosen import Chosen
from cases.durations.columns import Clock, Columns
from cases.durations.days import ONE_DAY
from cases.durations.stays import Stay, seconds
from cases.models import Case, Hold, StageEntry
from cases.showing import LONDON
from pathways.limits import Unit
from pathways.models import PathwayVersion, Stage

Status = PathwayVersion.Status
LENGTHS = {Unit.MINUTES: 60.0, Unit.HOURS: 3600.0, Unit.DAYS: 86400.0}


@dataclass(frozen=True)
class Place:
    """A stage under the one code that it has in all versions: as each of these has it, the newest first."""

    stages: list[Stage] = field(default_factory=list)

    @property
    def stage(self) -> Stage:
        return self.stages[0]

    @property
    def keys(self) -> list[int]:
        return [stage.pk for stage in self.stages]


def places(chosen: Chosen) -> dict[str, Place]:
    """Return the stages of the pathway's published versions by code, those of the active version first."""
    stages = Stage.objects.filter(version__pathway=chosen.pathway).exclude(version__status=Status.DRAFT)
    if chosen.version is not None:
        stages = stages.filter(version=chosen.version)
    found: dict[str, Place] = defaultdict(Place)
    active_first = Choice(When(version__status=Status.ACTIVE, then=0), default=1)
    for stage in stages.select_related("calendar").order_by(active_first, "-version__number", "position", "pk"):
        found[stage.code].stages.append(stage)
    return dict(found)


# How time is counted ------------------------------------------------------------------------------------------------


def counted(chosen: Chosen, stage: Stage) -> dict:
    """How the time of stays in ``stage`` is counted, for ``stays.seconds``. Without a calendar all time counts."""
    return {"schedule": _schedule(stage) if chosen.open_time else None, "without_holds": chosen.without_holds}


def length_of(chosen: Chosen, stage: Stage):
    """Return the function of a stay and an instant that says how many seconds it had lasted by then."""
    return partial(seconds, **counted(chosen, stage))


def limit_seconds(stage: Stage, chosen: Chosen) -> float | None:
    """How long the limit of ``stage`` is as time is counted: what it mostly came to for who entered in the last four
    weeks.
    """
    schedule, counts = _schedule(stage), counted(chosen, stage)["schedule"]
    if stage.limit is None or (stage.limit.is_working and schedule is None):
        return None
    if not (stage.limit.is_working or counts):
        return stage.limit.amount * LENGTHS[stage.limit.unit]
    middays = [datetime.combine(chosen.last - n * ONE_DAY, time(12), tzinfo=LONDON) for n in range(28)]
    used_up = (Stay(midday, stage.limit.after(midday, schedule)) for midday in middays)
    return median(seconds(stay, stay.left_at, schedule=counts) for stay in used_up)


def _schedule(stage):
    """The schedule of the stage's calendar; None if it has none, or one that is never open."""
    try:
        return stage.calendar.schedule() if stage.calendar else None
    except ValueError:
        return None


# One by one ---------------------------------------------------------------------------------------------------------


def stays_in(chosen: Chosen, code: str) -> list[Stay]:
    """Return the stays in the stage ``code`` that left in the period, and those that waited at ``as_of``.

    One that has left since still says when; ``stays.is_wait`` tells. Its due time is that of then.
    """
    keys = places(chosen).get(code, Place()).keys
    names = ("entered_at", "left_at", "due", "pk", "team_id", "facts")
    both = (_ended(chosen, keys, chosen.since), _waiting(chosen, keys))
    rows = [row for entries in both for row in entries.annotate(due=_due()).values_list(*names)]
    pauses = _pauses(both)
    known_then = _due_then(chosen, keys)
    return [
        Stay(entered_at, left_at, known_then.get(pk, due), pauses.get(pk, ()), pk, team, facts)
        for entered_at, left_at, due, pk, team, facts in rows
    ]


def _entries(chosen, keys):
    entries = StageEntry.objects.filter(stage__in=keys, ends_journey=False).order_by()
    if chosen.team is not None:
        entries = entries.filter(team=chosen.team)
    return entries.filter(facts__contains=dict(chosen.facts)) if chosen.facts else entries


def _ended(chosen, keys, since):
    return _entries(chosen, keys).filter(left_at__gte=since, left_at__lte=chosen.as_of)


def _waiting(chosen, keys):
    still = Q(left_at=None) | Q(left_at__gt=chosen.as_of)
    return _entries(chosen, keys).filter(still, entered_at__lte=chosen.as_of)


def _due():
    """When a stay is due or was: of an open one its case says it."""
    return Choice(When(left_at=None, then=F("case__due_at")), default=F("due_at"))


def _pauses(entries: Iterable) -> dict[int, tuple]:
    found = defaultdict(tuple)
    for those in entries:
        holds = Hold.objects.filter(entry__in=those.values("pk")).order_by("started_at", "pk")
        for entry, *pause in holds.values_list("entry", "started_at", "ended_at"):
            found[entry] += (tuple(pause),)
    return dict(found)


def _due_then(chosen, keys) -> dict[int, datetime | None]:
    """When those that waited at ``as_of`` were due as was known then, of those for which that is not what it is now:
    they have been held or shortened since, or were held just then.
    """
    unfinished = Hold.objects.filter(Q(ended_at=None) | Q(ended_at__gt=chosen.as_of), entry=OuterRef("pk"))
    doubtful = _waiting(chosen, keys).filter(Exists(unfinished) | Q(shortened_at__gt=chosen.as_of))
    entries, pauses, rules = list(doubtful), _pauses([doubtful]), due_times.Rules()
    return {entry.pk: _due_at(entry, pauses.get(entry.pk, ()), rules, chosen.as_of) for entry in entries}


def _due_at(entry, pauses, rules, as_of):
    if entry.shortened_at is not None and entry.shortened_at > as_of:
        entry.shortened_at = entry.due_by = None
    known = [deadlines.Pause(begin, end if end and end <= as_of else None) for begin, end in pauses if begin <= as_of]
    return due_times.due(entry, rules, known)


# All at once --------------------------------------------------------------------------------------------------------


class Packed(Aggregate):
    """Whole numbers of 64 bits of all rows, one after another: they travel many times faster than rows do."""

    template = "string_agg(%(expressions)s, ''::bytea)"
    arg_joiner = " || "
    output_field = BinaryField()

    @classmethod
    def of(cls, *instants) -> "Packed":
        """The key of each row, then the ``instants``, infinity for those that are null."""
        infinity = Cast(Value("infinity"), DateTimeField())
        return cls(Func(F("pk"), function="int8send"), *(sent(Coalesce(instant, infinity)) for instant in instants))

    @staticmethod
    def numbers(packed, width: int) -> np.ndarray:
        """The columns of what was read."""
        return np.frombuffer(packed, ">i8").reshape(-1, width).T.astype(np.int64)


def sent(instant) -> Func:
    """An instant as the database sends it: microseconds since 2000."""
    return Func(instant, function="timestamptz_send")


def columns_of(chosen: Chosen, found: dict[str, Place], since: datetime | None, *, waits=True) -> dict[str, Columns]:
    """Return by code the stays that left from ``since`` (None: none of these) to ``as_of``, and ``waits`` then."""
    keys = [key for place in found.values() for key in place.keys]
    asked = [(_waiting(chosen, keys), _due())] if waits else []
    asked += [(_ended(chosen, keys, since), F("due_at"))] if since else []
    packed = defaultdict(list)
    for entries, due in asked:
        numbers = Packed.of(F("entered_at"), F("left_at"), due)
        for stage, row in entries.values_list("stage").annotate(packed=numbers):
            packed[stage].append(Packed.numbers(row, 4))
    known_then = _due_then(chosen, keys) if waits else {}
    pauses = _pauses(entries for entries, _ in asked) if chosen.without_holds else {}
    return {
        code: _columns(chosen, place, [part for key in place.keys for part in packed.get(key, ())], known_then, pauses)
        for code, place in found.items()
    }


def _columns(chosen, place, parts, known_then, pauses) -> Columns:
    if not parts:
        return Columns()
    keys, entered, left, due = np.concatenate(parts, axis=1)
    at = {key: number for number, key in enumerate(keys.tolist())} if known_then or pauses else {}
    for key, due_at in known_then.items():
        if key in at:
            due[at[key]] = columns.NEVER if due_at is None else columns.number_of(due_at)
    held = [(at[key], *_numbers(pause)) for key, those in pauses.items() if key in at for pause in those]
    schedule = counted(chosen, place.stage)["schedule"]
    clock = Clock(schedule, int(entered.min()), columns.number_of(chosen.as_of))
    return Columns(entered, left, due, tuple(np.array(held, np.int64).reshape(-1, 3).T), clock)


def waiting_now(found: dict[str, Place], now: datetime) -> dict[str, np.ndarray]:
    """Return by code when those entered that wait now, as ``columns`` counts; read from an index alone."""
    codes = {key: code for code, place in found.items() for key in place.keys}
    waiting = StageEntry.objects.filter(stage__in=codes, left_at=None, entered_at__lte=now).order_by()
    entered = defaultdict(list)
    for stage, row in waiting.values_list("stage").annotate(packed=Packed(sent(F("entered_at")))):
        entered[codes[stage]].append(Packed.numbers(row, 1)[0])
    return {code: np.concatenate(parts) for code, parts in entered.items()}


def late_now(found: dict[str, Place], now: datetime) -> dict[str, tuple[int, float]]:
    """Return by code how many that wait now are late, and by how many seconds together; read from an index alone."""
    versions = {stage.version_id for place in found.values() for stage in place.stages}
    late = Case.objects.filter(version__in=versions, due_at__lt=now).order_by()
    together = Sum(now - F("due_at"), output_field=DurationField())
    return {
        code: (n, by.total_seconds()) for code, n, by in late.values_list("stage").annotate(n=Count("pk"), by=together)
    }


def _numbers(pause):
    begin, end = pause
    return columns.number_of(begin), columns.NEVER if end is None else columns.number_of(end)
