"""Who is told when a rung is passed: the only answer to it, for the sweep, the pages and the explanations alike."""

from collections import defaultdict
from datetime import datetime
from functools import cached_property
from itertools import chain

from django.utils import timezone

from cases.models import StageEntry, Timer
from cases.watch.ladders import PROMISE_BROKEN
from pathways.absences import DEPUTIES
from pathways.maps import version_map
from pathways.models import Absence, Duty, EscalationStep, Membership, Pathway, Role

To = EscalationStep.Recipient

# When nobody of any rung can be reached: in this order.
AT_LAST = (EscalationStep(tells=[To.MANAGERS]), EscalationStep(tells=[To.LEAD]))


class Recipients:
    """Answers who is told, at ``at`` (now, if None) or any later instant.

    Who belongs to the teams, who leads, who is away and who is on duty is read once, in a fixed number of queries
    whatever is asked: a team that was not named is read when it is asked for.
    """

    def __init__(self, team_ids=(), *, pathway_ids=(), at=None):
        self.at = at or timezone.now()
        self._teams, self._duties, self._known_to = {}, {}, {}
        self._read_teams(set(team_ids))
        self.leads = {
            pathway.pk: pathway.lead
            for pathway in Pathway.objects.filter(pk__in=set(pathway_ids), lead__isnull=False).select_related("lead")
        }

    @cached_property
    def absences(self) -> dict[int, list[Absence]]:
        """Who is away, now or later, by the person's key."""
        found = defaultdict(list)
        for absence in Absence.objects.filter(ends_at__gt=self.at).select_related("deputy"):
            found[absence.user_id].append(absence)
        return found

    @classmethod
    def about(cls, things, at=None) -> "Recipients":
        """Read all that can be asked about ``things`` (Watched)."""
        ladders = {id(step): step for thing in things for step in thing.steps}.values()
        teams = {thing.team_id for thing in things} | {step.named_team_id for step in ladders if step.named_team_id}
        known_to = teams_that_know({thing.case.pk for thing in things if thing.case.restricted})
        teams |= {team for known in known_to.values() for team in known}
        recipients = cls(teams, pathway_ids={pathway_of(thing) for thing in things}, at=at)
        recipients._known_to = known_to
        return recipients

    def of(self, step, *, team_id, owner=None, in_person=False, pathway_lead=None, at=None, among=None) -> list:
        """The people whom the rung ``step`` tells about a case of the team; each once, deputies in the place of those
        away. Inactive people, those without an address, and those who are not ``among`` (keys; None: anybody) are
        left out.

        Nobody owns the case, or its owner has left the team or cannot be reached: the team's managers are told
        instead. ``in_person``: what the owner owes is theirs, whatever team they are in.
        """
        at, told = at or self.at, {}
        for whom in step.tells:
            if whom == To.OWNER:
                asked = [owner] if in_person or self._belongs(owner, team_id) else []
            else:
                asked = self._asked(whom, step, team_id, pathway_lead, at)
            found = self._reached(asked, at, among)
            if whom == To.OWNER and not found:
                found = self._reached(self._asked(To.MANAGERS, step, team_id, pathway_lead, at), at, among)
            told |= {person.pk: person for person in found}
        return list(told.values())

    def told(self, thing, step, at=None) -> list:
        """The people who are told that ``thing`` (Watched) has passed ``step``. Nobody can be reached: those of the
        next higher rung are told instead, at last the managers, then the pathway lead.

        An empty list is a fault of the set-up: nobody at all can be told.
        """
        who = {"team_id": thing.team_id, "owner": thing.owner, "in_person": is_in_person(thing)}
        who |= {"pathway_lead": self.lead(thing), "at": at}
        return self.first(in_turn(step, thing.steps), **who, among=self.who_may_know(thing.case))

    def first(self, rungs, **who) -> list:
        """The people of the first of the ``rungs`` that reaches anybody (see ``of``)."""
        return next((found for rung in rungs if (found := self.of(rung, **who))), [])

    def who_may_know(self, case) -> set[int] | None:
        """The keys of those who may be told of ``case``: of a restricted one the members of the teams that have or
        have had it (see ``Case.objects.visible_to``); None: anybody.
        """
        if not case.restricted:
            return None
        if case.pk not in self._known_to:
            self._known_to |= teams_that_know({case.pk})
        return {member.user_id for team in self._known_to[case.pk] for member in self.members(team)}

    def lead(self, thing):
        return self.leads.get(pathway_of(thing))

    def members(self, team_id) -> list[Membership]:
        """The active members of the team, also those whom no e-mail reaches."""
        if team_id not in self._teams:
            self._read_teams({team_id})
        return self._teams[team_id]

    def managers(self, team_id) -> list[Membership]:
        """The active managers of the team, also those whom no e-mail reaches."""
        return [member for member in self.members(team_id) if member.role == Role.MANAGER]

    def on_duty(self, team_id, at=None) -> list:
        """Whoever of the team is on duty at ``at`` and has not left it, whether they can be reached or not."""
        at = at or self.at
        if team_id not in self._duties:
            self.members(team_id)
            self._read_duties()
        return [duty.user for duty in self._duties[team_id] if duty.starts_at <= at < duty.ends_at]

    def turns(self) -> list[datetime]:
        """The instants, in order, between which nobody goes away, comes back, or takes turns on duty."""
        self._read_duties()
        spans = [*chain(*self.absences.values()), *chain(*self._duties.values())]
        return sorted({instant for span in spans for instant in (span.starts_at, span.ends_at)})

    def absence(self, user_id, at=None):
        """The absence of a person at ``at``, or None."""
        at = at or self.at
        away = self.absences.get(user_id, ())
        return next((absence for absence in away if absence.starts_at <= at < absence.ends_at), None)

    def stand_in(self, person, at=None):
        """Who gets what is meant for ``person``: themselves, or their deputy, whose deputy if that one is away too
        (see ``DEPUTIES``); None if that ends nowhere: with nobody, or who is away, inactive or has no address.
        """
        for _ in range(1 + DEPUTIES):
            if person is None or (absence := self.absence(person.pk, at)) is None:
                return person if person and person.is_active and person.email else None
            person = absence.deputy
        return None

    def _reached(self, asked, at, among):
        found = [there for person in asked if (there := self.stand_in(person, at)) is not None]
        return found if among is None else [person for person in found if person.pk in among]

    def _belongs(self, owner, team_id):
        return owner is not None and any(member.user_id == owner.pk for member in self.members(team_id))

    def _asked(self, whom, step, team_id, pathway_lead, at):
        if whom == To.LEAD:
            return [pathway_lead]
        if whom == To.ON_DUTY:
            return self.on_duty(team_id, at)
        if whom == To.MANAGERS:
            return [member.user for member in self.managers(team_id)]
        team_id = step.named_team_id if whom == To.NAMED_TEAM else team_id
        return [member.user for member in self.members(team_id)] if team_id else []

    def _read_teams(self, team_ids):
        self._teams |= {team_id: [] for team_id in team_ids}

        found = Membership.objects.filter(team__in=team_ids, user__is_active=True)
        for membership in found.select_related("user").order_by("pk") if team_ids else ():
            self._teams[membership.team_id].append(membership)

    def _read_duties(self):
        self._duties = {team_id: [] for team_id in self._teams}
        duties = Duty.objects.counted().filter(team__in=self._duties, ends_at__gt=self.at)
        for duty in duties.select_related("user"):
            self._duties[duty.team_id].append(duty)


def teams_that_know(cases) -> dict[int, set[int]]:
    """The teams that have or have had each of these restricted ``cases`` (keys)."""
    found = {pk: set() for pk in cases}
    for case, team in StageEntry.objects.filter(case__in=cases).values_list("case", "team") if cases else ():
        found[case].add(team)
    return found


def in_turn(step, ladder) -> tuple:
    """The rungs of which the first that reaches anybody is told: ``step``, those above it on its ``ladder``, at last
    the managers, then the lead.
    """
    codes = [rung.code for rung in ladder]
    higher = ladder[codes.index(step.code) + 1 :] if step.code in codes else ()
    return (step, *higher, *AT_LAST)


def is_in_person(thing) -> bool:
    """Does ``thing`` (Watched) wait for one person, who can see to it whatever team they are in: a result for its
    reader, a promise for who gave it?
    """
    return thing.kind == Timer.Kind.RESULT or (thing.kind == Timer.Kind.TASK and thing.steps[0].code == PROMISE_BROKEN)


def pathway_of(thing) -> int:
    return version_map(thing.case.version_id).pathway.pk
