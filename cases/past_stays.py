"""Try a map on the journeys there were: read the stays of the last weeks, and count with ``what_if``.

Set-based: a fixed number of statements however many cases there are, rows as plain values. Writes nothing.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.contrib.auth import get_user_model
from django.db.models import Q

from cases.deadlines import Pause
from cases.models import Case, Hold, StageEntry
from cases.refusals import Refused
from cases.watch import mail_times, time_rules
from cases.watch.recipients import Recipients, in_turn, teams_that_know
from cases.what_if import PastStay, Rules, StageRules, WhatIf, compare
from pathways.maps import VersionMap
from pathways.models import Calendar, EscalationStep, MailPreference, PathwayVersion

DAYS = range(1, 731)
DEFAULT_DAYS = 90


@dataclass(frozen=True)
class Trial:
    """What is compared: the active version of a pathway, and another version, another calendar, or both."""

    pathway: object
    active: PathwayVersion
    other: PathwayVersion
    calendar: Calendar | None
    days: int

    @property
    def question(self) -> str:
        what = f"version {self.other.number}" if self.other != self.active else f"version {self.active.number}"
        what += " (draft)" if self.other.is_draft else ""
        return f"{what} with the calendar “{self.calendar}”" if self.calendar else what


def trial(pathway, *, number=None, calendar=None, days=DEFAULT_DAYS) -> Trial:
    """Return what to compare: the draft, or the version ``number``; with ``calendar`` (its code) in place of all
    calendars the stages have.

    Raises Refused if there is nothing to compare, or nothing to compare it with.
    """
    if days not in DAYS:
        raise Refused(f"Give the days as a whole number from {DAYS[0]} to {DAYS[-1]}.")
    versions = {version.number: version for version in pathway.versions.all()}
    active = next((v for v in versions.values() if v.status == PathwayVersion.Status.ACTIVE), None)
    if active is None:
        raise Refused(f"“{pathway}” has no active version yet, so that there is nothing to compare a draft with.")
    if calendar is not None:
        known = {one.code: one for one in Calendar.objects.all()}
        if calendar not in known:
            raise Refused(f"There is no calendar “{calendar}”. The calendars are: {', '.join(known) or 'none yet'}.")
        calendar = known[calendar]
    draft = next((version for version in versions.values() if version.is_draft), None)
    if number is not None and number not in versions:
        raise Refused(f"“{pathway}” has no version {number}. It has {', '.join(map(str, sorted(versions)))}.")
    other = versions[number] if number is not None else draft or active
    if other == active and calendar is None:
        raise Refused(
            f"“{pathway}” has no draft. Revise it and change the draft, or choose another calendar to try out."
        )
    return Trial(pathway, active, other, calendar, days)


def number_of_stays(trial: Trial, until: datetime) -> int:
    return _entries(trial, until).count()


def run(trial: Trial, until: datetime) -> WhatIf:
    """Try it on the stays of the last days before ``until``.

    Raises Refused if a calendar, or a time of one of the versions, cannot be counted with.
    """
    since = until - timedelta(days=trial.days)
    now, then = Map(trial.active), Map(trial.other, trial.calendar)
    rungs = [*now.steps.values(), *then.steps.values()]
    teams = {step.named_team_id for step in rungs if step.named_team_id} | set(now.teams.values())
    known_to = _known_to(trial, until)
    teams = teams.union(then.teams.values(), *known_to.values())
    recipients = Recipients(teams, pathway_ids=[trial.pathway.pk], at=since)
    lead = recipients.leads.get(trial.pathway.pk)
    who = Who(recipients, lead, _owners(trial, until, rungs), recipients.turns(), known_to)
    return compare(
        _read(trial, until),
        now=now.rules,
        then=then.rules,
        since=since,
        until=until,
        told_now=who.told_by(now),
        told_then=who.told_by(then),
        digest_at=Digests(since, until).at,
    )


def people(found: WhatIf) -> dict[int, object]:
    """The people who are told by either, by their keys."""
    return get_user_model().objects.in_bulk(found.now.told.keys() | found.then.told.keys())


class Map:
    """A version as it is needed here: rules, teams and rungs by the stage's code."""

    def __init__(self, version, calendar=None):
        self.stages = {stage.code: stage for stage in VersionMap(version).stages}
        self.calendars = time_rules.calendars_of(*self.stages.values())
        if calendar is not None:
            self.calendars = dict.fromkeys((stage.calendar_id for stage in self.stages.values()), calendar)
        self.teams = {code: stage.team_id for code, stage in self.stages.items() if stage.team_id}
        self.steps = {(code, step.code): step for code, stage in self.stages.items() for step in stage.ladder.all()}
        self.rules: Rules = {code: self._rules(stage) for code, stage in self.stages.items() if not stage.is_final}

    def _rules(self, stage) -> StageRules:
        ladder = stage.ladder.all()
        return StageRules(
            stage.name,
            stage.limit,
            time_rules.rungs_of(ladder),
            self._schedule(stage) if stage.needs_calendar else None,
            frozenset(step.code for step in ladder if step.urgent),
        )

    def _schedule(self, stage):
        calendar = self.calendars.get(stage.calendar_id)
        if calendar is None:
            raise Refused(f"{stage} counts working time and has no calendar. Give it one first.")
        try:
            return calendar.schedule()
        except ValueError:
            raise Refused(f"The calendar “{calendar}” is never open. Give it opening hours first.") from None

    def rungs_from(self, stage: str, code: str) -> tuple[EscalationStep]:
        """A rung, and those that are told in its place when nobody of it can be reached."""
        return in_turn(self.steps[stage, code], self.stages[stage].ladder.all())


@dataclass
class Who:
    """Answers who would have been told: by the teams of today, and by who had the case, was away or on duty at that
    moment; of a restricted case only those who may know of it.
    """

    recipients: Recipients
    lead: object
    owners: dict[int, tuple[list[datetime], list]]  # by stay: from when on, who
    turns: list[datetime]  # when somebody goes away or on duty, or comes back from it
    known_to: dict[int, frozenset[int]]  # by stay of a restricted case: the teams that may know of it

    def told_by(self, version: Map):
        known = {}

        def whom(stay, code, at):
            owner, teams = self.owner(stay, at), self.known_to.get(stay.pk)
            key = (stay.stage, code, owner and owner.pk, teams, bisect_right(self.turns, at))
            if key not in known:
                who = {"team_id": version.teams.get(stay.stage), "owner": owner, "pathway_lead": self.lead, "at": at}
                found = self.recipients.first(version.rungs_from(stay.stage, code), **who, among=self.among(teams))
                known[key] = tuple(person.pk for person in found)
            return known[key]

        return whom

    def among(self, teams):
        """The keys of those who are in one of the ``teams``; None of None: anybody may know."""
        if teams is None:
            return None
        return {member.user_id for team in teams for member in self.recipients.members(team)}

    def owner(self, stay, at):
        since, owners = self.owners.get(stay.pk, ((), ()))
        place = bisect_right(since, at)
        return owners[place - 1] if place else None


class Digests:
    """Answers when the digest of a person goes that tells of what is reached at an instant of the time that is tried,
    by what everybody has chosen today.
    """

    def __init__(self, since: datetime, until: datetime):
        self.since, self.until, self.times = since, until, {}

    @cached_property
    def chosen(self) -> dict[int, MailPreference]:
        return MailPreference.objects.in_bulk(field_name="user_id")

    def at(self, person: int, reached_at: datetime) -> datetime | None:
        preference = self.chosen.get(person, mail_times.DEFAULT)
        if not preference.digest:
            return None
        if preference.pk not in self.times:
            self.times[preference.pk] = self._times(preference)
        times = self.times[preference.pk]
        return times[bisect_left(times, reached_at)]

    def _times(self, preference):
        """All times at which a digest goes, the last after the end: thousands of rungs are looked up in them."""
        times = [mail_times.next_digest(preference, self.since)]
        while times[-1] < self.until:
            times.append(mail_times.next_digest(preference, times[-1] + timedelta(microseconds=1)))
        return times


# Reading -------------------------------------------------------------------------------------------------------------


def _entries(trial, until):
    since = until - timedelta(days=trial.days)
    entries = StageEntry.objects.filter(stage__version__pathway=trial.pathway, ends_journey=False)
    return entries.filter(Q(left_at=None) | Q(left_at__gt=since), entered_at__lt=until).order_by()


def _read(trial, until):
    pauses = defaultdict(tuple)
    holds = Hold.objects.filter(entry__in=_entries(trial, until), started_at__lt=until).order_by("started_at", "pk")
    for entry, start, end in holds.values_list("entry", "started_at", "ended_at"):
        pauses[entry] += (Pause(start, end),)
    rows = _entries(trial, until).values_list("pk", "stage__code", "entered_at", "left_at", "shortened_at", "due_by")
    for pk, stage, entered_at, left_at, shortened_at, due_by in rows.iterator(chunk_size=5000):
        yield PastStay(pk, stage, entered_at, left_at, pauses.get(pk, ()), shortened_at, due_by)


def _owners(trial, until, rungs):
    """By stay, from when on who had its case; nothing is read if no rung tells the owner."""
    if not any(EscalationStep.Recipient.OWNER in step.tells for step in rungs):
        return {}
    entries = _entries(trial, until)
    changes = defaultdict(lambda: ([], []))
    trail = Case.history.filter(id__in=entries.values("case")).order_by("id", "history_date", "history_id")
    for case, at, owner in trail.values_list("id", "history_date", "owner_id"):
        since, owners = changes[case]
        if not owners or owners[-1] != owner:
            since.append(at)
            owners.append(owner)
    users = get_user_model().objects.in_bulk({owner for _, owners in changes.values() for owner in owners if owner})
    people = {case: (since, [users.get(owner) for owner in owners]) for case, (since, owners) in changes.items()}
    return {entry: people[case] for entry, case in entries.values_list("pk", "case") if case in people}


def _known_to(trial, until):
    """By stay of a restricted case, the teams that have or have had that: nobody else is told of it."""
    cases = dict(_entries(trial, until).filter(case__restricted=True).values_list("pk", "case"))
    teams = teams_that_know(set(cases.values()))
    return {entry: frozenset(teams[case]) for entry, case in cases.items()}
