"""How the watch itself stands: when it last swept, what it has not got round to, what it could not do or say."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from cases import overdue, showing
from cases.models import Escalation, NoticeLine, SweepRun, Timer
from cases.watch import set_aside

SWEEP_LATE_AFTER = timedelta(minutes=5)
MAIL_LATE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Standing:
    """The watch in numbers, as of ``now``. Instants are None where there is nothing of the kind."""

    now: datetime
    last_sweep: datetime | None  # when the last one finished
    ahead: datetime | None  # when the last one would have, by a clock that is ahead of this one
    due_timers: int  # passed, and not looked at yet
    oldest_due_timer: datetime | None
    set_aside: int  # rows that raised an error when they were looked at
    unsent: int  # e-mails that could have gone
    oldest_unsent: datetime | None  # since when it could have
    refused: int  # e-mails that the mail server did not take, also where they wait for their hour again
    untold: int | None  # escalations that stand, and that there was nobody to tell of; None: not asked

    def numbers(self) -> dict:
        """The same as plain values for machines: instants as ISO 8601, ages and lags in whole seconds."""
        return {
            **{name: v.isoformat() if isinstance(v, datetime) else v for name, v in asdict(self).items()},
            "seconds_since_last_sweep": self._seconds_since(self.last_sweep),
            "lag_seconds": self._seconds_since(self.oldest_due_timer) or 0,
            "oldest_unsent_seconds": self._seconds_since(self.oldest_unsent) or 0,
        }

    def problems(self) -> list[str]:
        """Return a sentence for each thing that somebody must see to, with what to do. Those of the set-up are
        ``faults``.
        """
        return [sentence for sentence in (problem(self) for problem in PROBLEMS) if sentence]

    def _seconds_since(self, instant):
        return None if instant is None else max(0, round((self.now - instant).total_seconds()))

    def ago(self, instant) -> str:
        return showing.duration(max(timedelta(), self.now - instant))


def standing(now: datetime, *, faults: bool = True) -> Standing:
    """Read how the watch stands at ``now``: three statements that indexes answer, and one that looks for ``faults`` of
    the set-up in all escalations that stand.
    """
    no_error = Q(error="")
    timers = Timer.objects.filter(fires_at__lt=now).aggregate(
        due=Count("pk", filter=no_error),
        oldest=Min("fires_at", filter=no_error),
        set_aside=Count("pk", filter=~no_error),
    )
    could_go = Q(send_at=None) | Q(send_at__lte=now)
    owed = set_aside.to_be_sent().aggregate(
        unsent=Count("pk", filter=could_go),
        oldest=Min(Coalesce("send_at", "created_at"), filter=could_go),
        refused=Count("pk", filter=set_aside.REFUSED),
    )
    finished, ahead = _last_sweep(now)
    return Standing(
        now=now,
        last_sweep=finished,
        ahead=ahead,
        due_timers=timers["due"],
        oldest_due_timer=timers["oldest"],
        set_aside=timers["set_aside"],
        unsent=owed["unsent"],
        oldest_unsent=owed["oldest"],
        refused=owed["refused"],
        untold=untold().count() if faults else None,
    )


def last_sweep(now: datetime | None = None) -> datetime | None:
    """Return when the last sweep finished, or None if none ever did: one statement, by an index."""
    finished, _ = _last_sweep(now or timezone.now())
    return finished


def _last_sweep(now):
    """When the last sweep finished; and the same of one that finishes in the future, for as long as that lies there.

    It was recorded by a clock that was ahead. To believe it would say that somebody sweeps until that time has come.
    A second statement only where there is one.
    """
    found = SweepRun.objects.filter(finished_at__isnull=False).order_by("-finished_at")
    found = found.values_list("finished_at", flat=True)
    newest = found.first()
    if newest is None or newest <= now + SWEEP_LATE_AFTER:
        return newest, None
    return found.filter(finished_at__lte=now + SWEEP_LATE_AFTER).first(), newest


def is_late(last_sweep: datetime | None, now: datetime) -> bool:
    """Tell whether the watch sleeps: its last sweep finished more than five minutes ago, or none ever did."""
    return last_sweep is None or now - last_sweep > SWEEP_LATE_AFTER


def untold():
    """The escalations that stand and that there was nobody to tell of: a fault of the set-up.

    Of several rungs passed at once only the highest is told. The others are no fault, nor is what somebody has heard
    of since, by another rung about the same thing.
    """
    higher = Q(level__gt=OuterRef("level")) | Q(level=OuterRef("level"), occurrence__gt=OuterRef("occurrence"))
    higher = Escalation.objects.filter(kind=OuterRef("kind"), thing_id=OuterRef("thing_id")).filter(
        Q(is_told=True, raised_at__gte=OuterRef("raised_at")) | Q(higher, raised_at=OuterRef("raised_at"))
    )
    to_somebody = NoticeLine.objects.filter(escalation=OuterRef("pk"))
    standing = Escalation.objects.filter(resolved_at=None, acknowledged_at=None, is_told=False)
    return standing.filter(~Exists(higher), ~Exists(to_somebody))


# What may be wrong ---------------------------------------------------------------------------------------------------


def _ahead(it):
    # Said where it may be why the watch seems to sleep: the row itself stays for as long as it lies in the future.
    if it.ahead is None or not is_late(it.last_sweep, it.now):
        return None
    return (
        f"A sweep is recorded for {showing.moment(it.ahead)}, which has not come yet: the clock of a worker is or was "
        "ahead. Set the clocks of all machines by one source of time."
    )


def _asleep(it):
    if it.last_sweep is None:
        return "No sweep has finished yet. Start a worker and beat, and look at their logs."
    if is_late(it.last_sweep, it.now):
        return (
            f"The last sweep finished {it.ago(it.last_sweep)} ago, and there is one every minute. "
            "Check that a worker and beat are running, and look at their logs."
        )
    return None


def _behind(it):
    if it.oldest_due_timer is None or it.now - it.oldest_due_timer <= SWEEP_LATE_AFTER:
        return None
    return (
        f"{overdue.count(it.due_timers, 'timer')} passed and not looked at yet, the oldest "
        f"{it.ago(it.oldest_due_timer)} ago. If the number does not fall, start more workers."
    )


def _set_aside(it):
    if not it.set_aside:
        return None
    return (
        f"{overdue.count(it.set_aside, 'row')} set aside with an error, so that nobody is told when it is late. "
        "The page “Set aside” says which and why."
    )


def _unsent(it):
    if it.oldest_unsent is None or it.now - it.oldest_unsent <= MAIL_LATE_AFTER:
        return None
    refused = f" The mail server refused {overdue.count(it.refused, 'e-mail')}: see “Set aside”." if it.refused else ""
    return (
        f"{overdue.count(it.unsent, 'e-mail')} not sent yet, the oldest owed for {it.ago(it.oldest_unsent)}.{refused} "
        "Check the mail server and the addresses. Nothing is lost: they are sent when it takes them."
    )


PROBLEMS = (_asleep, _ahead, _behind, _set_aside, _unsent)
