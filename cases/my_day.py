"""My day: the cases that ask something of one person today, each once, in the group of its most pressing reason."""

from dataclasses import dataclass

from django.db.models import F

from cases import reasons
from cases.models import Case, Handoff, Result, Task
from cases.reasons import Asked, Reason, Row
from cases.reasons.radar_people import owner_gone
from cases.reasons.standing_in import colleagues

SHOWN = 25  # rows of a group: nobody reads more before they begin
SHOWN_ON_TRACK = 10  # nothing is to be done there today
COUNTED = 1000  # of each way in which a case comes onto the list; whoever has more is told so


@dataclass(frozen=True)
class Group:
    """The cases for which ``reason`` is the most pressing: how many there are, and the first of them as rows."""

    reason: Reason
    count: int
    rows: list[Row]

    @property
    def chip(self) -> str:
        return reasons.chip(self.reason, self.count)

    @property
    def rest(self) -> int:
        return self.count - len(self.rows)


@dataclass(frozen=True)
class MyDay:
    """``groups`` in their order, none of them empty. ``is_cut``: there are more cases than are counted."""

    groups: list[Group]
    is_cut: bool

    def count(self, reason) -> int:
        return sum(group.count for group in self.groups if group.reason == reason)


def my_day(user, now) -> MyDay:
    """Return the day of ``user`` as of ``now``, in two statements: which cases there are, and the rows shown."""
    asked = Asked(user, now)
    ways = [way[: COUNTED + 1] for way in _ways_in(asked)]
    mine = Case.objects.visible_to(user).filter(pk__in=ways[0].union(*ways[1:], all=True))
    pressing = reasons.filled(reasons.most_pressing, asked)
    found = mine.latest_first().annotate(**pressing).values_list("pk", *pressing)
    groups = {code: [] for code in Reason}
    for pk, code in found:
        if code:  # a closed case may have none any more: somebody was quicker
            groups[Reason(code)].append(pk)
    first = {code: members[: SHOWN_ON_TRACK if code == Reason.ON_TRACK else SHOWN] for code, members in groups.items()}
    shown = [pk for members in first.values() for pk in members]
    read = Case.objects.visible_to(user).with_reasons(user, now, mine=True).in_bulk(shown)
    rows = {row.case.pk: row for row in reasons.rows(read.values(), user, now)}
    return MyDay(
        [
            Group(code, len(members), [rows[pk] for pk in first[code] if pk in rows])
            for code, members in groups.items()
            if members
        ],
        is_cut=sum(map(len, groups.values())) > COUNTED,
    )


def _ways_in(asked):
    """Return each way in which a case comes into somebody's day, the most pressing first, as keys of cases.

    Team by team, so that PostgreSQL reads each in the order of an index and stops.
    """
    open_ = Case.objects.open().latest_first()
    owed = Task.objects.filter(done_at=None, cancelled_at=None).order_by(F("due_at").asc(nulls_last=True), "pk")
    unread = Result.objects.unread().filter(reader=asked.user)
    offered = Handoff.objects.filter(status="offered", to_team__in=asked.teams)
    return [
        open_.filter(owner=asked.user).values("pk"),
        open_.filter(owner__in=colleagues(asked), team__in=asked.teams).values("pk"),
        *(open_.filter(team=team, owner=None).values("pk") for team in asked.teams),
        *(open_.filter(owner_gone(asked), team=team).values("pk") for team in asked.managed),
        owed.filter(owner=asked.user).values("case"),
        owed.filter(owner__in=colleagues(asked), due_at__lt=asked.tonight).values("case"),
        *(owed.filter(team=team, owner=None, due_at__lt=asked.tonight).values("case") for team in asked.teams),
        offered.order_by("due_at", "pk").values("case"),
        unread.order_by("due_at", "pk").values("case"),
    ]
