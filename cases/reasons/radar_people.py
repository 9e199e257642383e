"""Radar: what is wrong because somebody on whom a case depends is not there, or did not answer."""

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db.models import DateTimeField, Exists, F, Func, OuterRef, Q
from django.db.models.functions import JSONObject
from django.db.models.lookups import LessThan
from django.urls import reverse

from cases import access, showing
from cases.models import Case, Handoff, Hold, Result, StageEntry, Task
from cases.reasons import onward
from cases.reasons.because import Next, Reason
from cases.reasons.follow_ups import TAKEN_UP
from cases.reasons.radar import Radar, is_booked
from cases.reasons.shown import about, first, instant
from pathways import absences
from pathways.models import Absence, Membership

NOBODY = Q(pk__in=[])


def owner_gone(asked) -> Q:
    """Return the condition that whoever has a case cannot see to it: their account is closed, they have left the team,
    or they are away and nobody who is there stands in who could see to it: see ``StandIn``, on whose day it would be.
    """
    closed = get_user_model().objects.filter(is_active=False)
    belongs = Membership.objects.filter(team=OuterRef("team"), user=OuterRef("owner"))
    # The first half is asked once for all cases, the second only of those who are away.
    uncovered = Q(owner__in=_away(asked).values("user")) & Exists(_uncovered(asked))
    return Q(owner__isnull=False) & (Q(owner__in=closed.values("pk")) | uncovered | ~Exists(belongs))


def _away(asked):
    return Absence.objects.filter(starts_at__lte=asked.now, ends_at__gt=asked.now)


def _uncovered(asked):
    """The absence of a case's owner in which neither their deputy nor, if that one is away too, the deputy's deputy is
    there and in the case's team. A deputy of one of their teams need not be in the others.
    """
    return _away(asked).filter(~_covered(asked, OuterRef("team")), user=OuterRef("owner"))


def _covered(asked, team, steps=absences.DEPUTIES) -> Q:
    """The condition that somebody of ``team`` stands in during an absence; of the ``team`` as that refers to it."""
    away, team = _away(asked), OuterRef(team)
    there = Membership.objects.filter(user=OuterRef("deputy"), user__is_active=True, team=team)
    found = Q(Exists(there.exclude(user__in=away.values("user"))))
    if steps == 1:
        return found
    return found | Q(Exists(away.filter(_covered(asked, team, steps - 1), user=OuterRef("deputy"))))


class OwnerGone(Radar):
    """Whoever has the case cannot see to it. The team's managers give it to somebody else."""

    code, chip = Reason.OWNER_GONE, ("with somebody who is not there", "with somebody who is not there")

    def is_wrong(self, asked):
        return owner_gone(asked)

    def mine(self, asked):
        return self.holds(asked) & Q(team__in=asked.managed)

    def shows(self, asked):
        away = JSONObject(
            until="ends_at",
            deputy="deputy",
            first_name="deputy__first_name",
            last_name="deputy__last_name",
            username="deputy__username",
            is_active="deputy__is_active",
            is_away=Exists(_away(asked).filter(user=OuterRef("deputy"))),
        )
        return {"owner_away": first(_uncovered(asked), away)}

    def words(self, case, age, asked):
        if not case.owner.is_active:
            return f"{case.owner} has it, whose account is closed."
        if case.owner_away:
            until = absences.until(instant(case.owner_away["until"]))
            return f"{case.owner} has it, who is away until {until}, and {self._why_nobody(case)}."
        return f"{case.owner} has it, who is not in {case.team} any more."

    def _why_nobody(self, case):
        absence = case.owner_away
        if absence["deputy"] is None:
            return "nobody stands in"
        deputy = get_user_model()(**{name: absence[name] for name in ("first_name", "last_name", "username")})
        if absence["is_away"]:
            return f"their deputy {deputy} is away too"
        if not absence["is_active"]:
            return f"the account of their deputy {deputy} is closed"
        return f"their deputy {deputy} is not in {case.team}"

    def next(self, case, asked):
        return Next("Give it to somebody", reverse("assign", args=[case.reference]))


class NotAccepted(Radar):
    """Offered to another team and not answered by the time agreed; where none was, for a week."""

    code, chip = Reason.NOT_ACCEPTED, ("never accepted", "never accepted")
    without_limit = timedelta(days=7)

    def is_wrong(self, asked):
        overdue = Q(due_at__lt=asked.now) | Q(due_at=None, offered_at__lt=asked.before(self.without_limit))
        offers = Handoff.objects.filter(overdue, case=OuterRef("pk"), status="offered", from_team__in=asked.teams)
        return Q(Exists(offers))

    def words(self, case, age, asked):
        return "Handed over and never accepted."

    def next(self, case, asked):
        return onward.the_offer(case)

    def beside(self, case, asked):
        return onward.chasing(case)


class ResultUnreadTooLong(Radar):
    """A result lies unread past the time by which it was to be read, whoever its reader is: also of a closed case,
    since it may have arrived later.

    On their own day it stands as a result to read: this is for the others of the team.
    """

    code, chip = Reason.UNREAD, ("result unread for too long", "results unread for too long")
    also_closed = True

    def _results(self, asked):
        return about(Result.objects.unread().filter(due_at__lt=asked.now))

    def is_wrong(self, asked):
        return Q(Exists(self._results(asked)))

    def mine(self, asked):
        return NOBODY

    def shows(self, asked):
        result = JSONObject(
            pk="pk",
            what="what",
            due_at="due_at",
            first_name="reader__first_name",
            last_name="reader__last_name",
            username="reader__username",
        )
        # Of others, where there are such: their own is said already.
        others = self._results(asked).exclude(reader=asked.user)
        return {"unread": first(others.order_by("due_at", "pk"), result)}

    def words(self, case, age, asked):
        result = case.unread
        if result is None:
            return ""
        names = {name: result[name] for name in ("first_name", "last_name", "username")}
        reader, due_at = get_user_model()(**names), showing.short_when(instant(result["due_at"]), asked.now)
        return f"Result not read: {reader} was to read {result['what']} by {due_at}."

    def next(self, case, asked):
        if case.unread is None:
            return None
        return Next("Choose another reader", reverse("change_reader", args=[case.reference, case.unread["pk"]]))


class LastHappened(Func):
    """When the last thing happened in a case, given an expression of its key. In SQL as text: as subqueries of
    Django's it would take longer to put together than to answer.
    """

    output_field = DateTimeField()
    happenings = (
        (StageEntry, "entered_at"),
        *TAKEN_UP.items(),
        (Task, "made_at"),
        (Hold, "ended_at"),
        (Handoff, "answered_at"),
        (Result, "arrived_at"),
        (Result, "read_at"),
    )
    rows = ", ".join(
        f"(SELECT MAX(r.{when}) FROM {model._meta.db_table} r WHERE r.case_id = %(expressions)s)"  # noqa: S608 - ours
        for model, when in happenings
    )
    template = f"GREATEST({rows})"


class ForgottenChild(Radar):
    """A child case, open although the case it belongs to is closed, or in which nothing has happened for four weeks
    and nothing is planned: it is not on hold, no appointment is ahead, no task falls due.

    What its own stage allows may be longer: a child case is meant to be short.
    """

    code, chip = Reason.FORGOTTEN, ("child case forgotten", "child cases forgotten")
    quiet_for = timedelta(weeks=4)

    def _parent_is_closed(self, asked):
        closed = Case.objects.filter(pk=OuterRef("parent"), status="closed")
        if access.is_inspector(asked.user):
            return Exists(closed)
        # What becomes of a restricted case is for its own teams only.
        ours = StageEntry.objects.filter(case=OuterRef("pk"), team__in=asked.teams)
        return Exists(closed.filter(Q(restricted=False) | Exists(ours)))

    def is_wrong(self, asked):
        since = asked.before(self.quiet_for)
        quiet = Q(LessThan(LastHappened(F("pk")), since)) & ~self._planned(asked)
        return Q(parent__isnull=False) & (Q(self._parent_is_closed(asked)) | quiet)

    def _planned(self, asked):
        held = Hold.objects.filter(ended_at=None, until__gte=asked.now)
        owed = Task.objects.filter(done_at=None, cancelled_at=None, due_at__gte=asked.now)
        return Q(Exists(about(held))) | Q(is_booked(asked)) | Q(Exists(about(owed)))

    def shows(self, asked):
        return {"parent_is_closed": self._parent_is_closed(asked)}

    def words(self, case, age, asked):
        if case.parent_is_closed:
            return "Still open, although the case it belongs to is closed."
        return "Nothing has happened in it for four weeks, and nothing is planned."

    def next(self, case, asked):
        what = "Finish it" if case.parent_is_closed else "Finish it or plan the next step"
        return Next(what, case.get_absolute_url())
