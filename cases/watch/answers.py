"""Escalations by what was answered to them: not answered yet, promised, and promised but not kept.

One row for each thing that is late: of several rungs that nobody has answered the highest, since an answer to it
answers the lower ones too. That one was not answered in time, or that a promise was not kept, is an escalation of its
own for the mails; here it is told on the row of the one that it is about.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Case as Cases
from django.db.models import Count, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast, Concat
from django.db.models.lookups import LessThan

from cases import access, who_was_told
from cases.models import Case, Escalation, NoticeLine, Timer
from cases.watch.ladders import PROMISE_BROKEN

Kind = Timer.Kind


class State(models.TextChoices):
    """The label is what its list is called."""

    OPEN = "open", "Not answered"
    BROKEN = "broken", "Promise not kept"
    PROMISED = "promised", "Promised"


# What an escalation is about, as one value.
THING = Concat("kind", Value("/"), Cast("thing_id", models.TextField()), output_field=models.TextField())
AGES = (1, 3, 7)  # days past the due time
# When what an escalation that stands is about is due now (see ``lines.due_at``); null while it is held.
DUE_NOW = Cases(When(kind=Kind.STAGE, then=F("case__due_at")), default=F("due_at"))


def for_user(user):
    """The escalations that ``user`` reads on their list: those that concern them; all that stand for an inspector."""
    return Escalation.objects.filter(resolved_at=None) if access.is_inspector(user) else concerning(user)


def concerning(user):
    """The escalations that concern ``user``: of the teams they manage, of the cases they have, and about the things
    of which they were told, as far as they may see the case.
    """
    teams, standing = list(access.teams_of(user)), Escalation.objects.filter(resolved_at=None)
    told_of = standing.filter(lines__notice__recipient=user).values("case")
    ways = (
        standing.filter(case__team__in=access.managed_by(user)).values("pk"),
        standing.filter(case__owner=user, case__team__in=teams).values("pk"),
        # Of a rung that others were told of the list shows the highest.
        standing.alias(thing=THING).filter(thing__in=_told(user).values_list(THING), case__in=told_of).values("pk"),
    )
    return Escalation.objects.filter(pk__in=ways[0].union(*ways[1:], all=True))


def _told(user):
    """What ``user`` was told of: that another one was not answered, or a promise not kept, was told of that one."""
    seen = Case.objects.visible_to(user)
    told = Escalation.objects.filter(lines__notice__recipient=user, resolved_at=None, case__in=seen)
    broken = told.filter(kind=Kind.TASK, rung_code=PROMISE_BROKEN)
    ways = (
        told.exclude(kind=Kind.ESCALATION).values("pk"),
        told.filter(kind=Kind.ESCALATION).values("thing_id"),
        Escalation.objects.filter(promise__in=broken.values("thing_id")).values("pk"),
    )
    return Escalation.objects.filter(pk__in=ways[0].union(*ways[1:], all=True))


def has_any(user) -> bool:
    """Is there a list of escalations for ``user``? For all who are in a team, who were told of one that stands, and
    for inspectors.
    """
    if access.teams_of(user) or access.is_inspector(user):
        return True
    return NoticeLine.objects.filter(notice__recipient=user.pk, escalation__resolved_at=None).exists()


def of_teams(teams):
    """The escalations of the cases that these teams have."""
    return Escalation.objects.filter(case__team__in=teams)


def in_state(rows, state, now):
    """Narrow ``rows`` to those which stand so at ``now``. A promise may be kept until its time is used up."""
    rows = rows.filter(resolved_at=None).exclude(kind=Kind.ESCALATION)
    if state == State.OPEN:
        same = Escalation.objects.filter(
            kind=OuterRef("kind"), thing_id=OuterRef("thing_id"), acknowledged_at=None, resolved_at=None
        )
        rows = rows.filter(acknowledged_at=None).exclude(kind=Kind.TASK, rung_code=PROMISE_BROKEN)
        return rows.filter(~Exists(same.filter(_higher())))
    same = Escalation.objects.filter(promise=OuterRef("promise"), resolved_at=None).exclude(kind=Kind.ESCALATION)
    rows = rows.filter(promise__isnull=False, promise__done_at=None, promise__cancelled_at=None)
    rows = rows.filter(~Exists(same.filter(_higher())))
    if state == State.PROMISED:
        return rows.filter(promise__due_at__gte=now)
    return rows.filter(~Exists(told_broken().exclude(acknowledged_at=None)), promise__due_at__lt=now)


@dataclass(frozen=True)
class Promised:
    """A promise that stands: the rung that was answered, and the ``answer`` that holds it: where it was not kept and
    promised anew, the newer one.
    """

    rung_code: str
    answer: Escalation


def promised(kind, things, now) -> dict[int, list[Promised]]:
    """Return by its key what stands promised at ``now`` about each of the ``things`` (keys) of one kind: it is neither
    done nor cancelled, and its time has not passed.
    """
    still = Escalation.objects.filter(promise__done_at=None, promise__cancelled_at=None, promise__isnull=False)
    still = still.select_related("promise")
    found = defaultdict(list)
    answered = [(one, one) for one in still.filter(kind=kind, thing_id__any=things)]
    while answered:
        late = defaultdict(list)
        for first, one in answered:
            if one.promise.due_at >= now:
                found[first.thing_id].append(Promised(first.rung_code, one))
            else:
                late[one.promise_id].append(first)
        anew = still.filter(kind=Kind.TASK, rung_code=PROMISE_BROKEN, thing_id__in=late) if late else ()
        answered = [(first, one) for one in anew for first in late[one.thing_id]]
    return found


def quiet_until(kind, thing, ladder, now) -> dict[int, datetime]:
    """Return until when what was promised about a thing (its key) stands, by the level of the rungs of its ``ladder``
    of which nobody is told until then: the one that was answered and the lower ones.
    """
    levels, found = {rung.code: rung.level for rung in ladder}, {}
    for one in promised(kind, [thing], now)[thing]:
        until = one.answer.promise.due_at
        for level in range(1, levels.get(one.rung_code, 0) + 1):
            found[level] = max(until, found.get(level, until))
    return found


def told_broken():
    """The escalations that the promise of the outer one was not kept: answered, they are promised anew."""
    return Escalation.objects.filter(kind=Kind.TASK, rung_code=PROMISE_BROKEN, thing_id=OuterRef("promise"))


def late_by(days, now):
    """The condition that an escalation which stands is about what was due more than so many days ago."""
    return LessThan(DUE_NOW, now - timedelta(days=days))


def counted(rows, now):
    """Return how many of ``rows`` there are by state, version, stage and team of their case, and age in days (the
    highest of ``AGES`` that is past, or 0), in one statement: dicts with ``count``.
    """
    age = Cases(*(When(late_by(days, now), then=Value(days)) for days in reversed(AGES)), default=Value(0))
    counts = [
        in_state(rows, state, now)
        .order_by()
        .values(
            state=Value(state.value),
            version=F("case__version"),
            stage=F("case__stage"),
            team_id=F("case__team"),
            team=F("case__team__code"),
            team_name=F("case__team__name"),
            age=age,
        )
        .annotate(count=Count("pk"))
        for state in State
    ]
    return counts[0].union(*counts[1:], all=True)


@dataclass
class ToldOf:
    """Who was told of one thing, or will be; and who was to be and was not: their digest is switched off, say."""

    people: list
    missed: list


def told(escalations) -> dict[int, ToldOf]:
    """Return who was told of each of the ``escalations``, by its key, in one statement: of itself, of another that the
    same promise answers, that it was not answered, or that what was promised was not kept.
    """
    keys = [one.pk for one in escalations]
    by_promise = {one.promise_id: one.pk for one in escalations if one.promise_id}
    lines = NoticeLine.objects.filter(
        Q(escalation__in=keys)
        | Q(escalation__kind=Kind.ESCALATION, escalation__thing_id__in=keys)
        | Q(escalation__kind=Kind.TASK, escalation__rung_code=PROMISE_BROKEN, escalation__thing_id__in=by_promise)
        | Q(escalation__promise__in=by_promise)
    )
    found, meant = {key: {} for key in keys}, {key: {} for key in keys}
    for line in lines.select_related("escalation", "recipient", "notice"):
        about = line.escalation
        key = about.pk
        if key not in found:
            key = _told_with(about, found, by_promise)
        of = found if who_was_told.tells(line) else meant
        of[key][line.recipient_id] = line.recipient
    return {
        key: ToldOf(list(people.values()), [one for pk, one in meant[key].items() if pk not in people])
        for key, people in found.items()
    }


def _told_with(about, found, by_promise) -> int:
    """The key of the escalation that who was told of ``about`` was told of too."""
    if about.kind == Kind.ESCALATION and about.thing_id in found:
        return about.thing_id
    return by_promise[about.promise_id if about.promise_id in by_promise else about.thing_id]


def _higher():
    """The condition that one comes after the outer one: a higher level, a later repeat."""
    return (
        Q(level__gt=OuterRef("level"))
        | Q(level=OuterRef("level"), occurrence__gt=OuterRef("occurrence"))
        | Q(level=OuterRef("level"), occurrence=OuterRef("occurrence"), pk__gt=OuterRef("pk"))
    )
