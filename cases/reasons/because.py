"""What a reason is: its code, the condition under which it holds, its words and the next thing to do."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from django.db import models
from django.db.models import Q

from cases import access, showing
from cases.watch import differing


class Reason(models.TextChoices):
    """Why a case is on a list: the most pressing first. The label is what its group is called."""

    URGENT = "urgent", "Urgent"
    BREACHED = "breached", "Late"
    TODAY = "today", "Late today"
    HANDED = "handed", "Handed to you"
    NOBODYS = "nobodys", "Nobody has it"
    TASK = "task", "Task due"
    RESULT = "result", "Result not read"
    OUTCOME = "outcome", "Outcome not recorded"
    BACK = "back", "Back from a detour"
    STAND_IN = "stand-in", "You stand in for somebody"
    OWNER_GONE = "owner-gone", "Whoever has it is not there"
    NO_STEP = "no-step", "No next step"
    NOT_ACCEPTED = "not-accepted", "Handed over, never accepted"
    HOLD_OVER = "hold-over", "On hold for too long"
    UNREAD = "unread", "Result unread for too long"
    FORGOTTEN = "forgotten", "Child case forgotten"
    DIFFERS = "differs", "Watched wrongly"
    NO_CONTACT = "no-contact", "No contact for 12 weeks"
    ON_TRACK = "on-track", "On track"


@dataclass(frozen=True)
class Asked:
    """Who looks at a list, and when: a task that is mine is no reason on the list of another."""

    user: object
    now: datetime

    @cached_property
    def teams(self) -> list[int]:
        return list(access.teams_of(self.user))

    @cached_property
    def managed(self) -> list[int]:
        """The teams of which they are a manager."""
        return access.managed_by(self.user)

    @cached_property
    def differing(self) -> list[str]:
        """The references of the cases whose timers the last night found to be wrong."""
        return differing.references()

    @cached_property
    def tonight(self) -> datetime:
        """The end of this day in London."""
        return self.start_of_day_before(-timedelta(days=1))

    def before(self, length: timedelta) -> datetime:
        """The instant that lies ``length`` before now."""
        return self.now - length

    def day_before(self, length: timedelta) -> date:
        """The day in London that lies ``length``, in whole days, before today."""
        return self.now.astimezone(showing.LONDON).date() - length

    def start_of_day_before(self, length: timedelta) -> datetime:
        """The instant at which that day begins."""
        return datetime.combine(self.day_before(length), time(), tzinfo=showing.LONDON)


@dataclass(frozen=True)
class Next:
    """The one thing to do next: what the link or the button says, and where it leads.

    ``is_act``: a button that does it at once, by a POST to ``url``.
    """

    text: str
    url: str
    is_act: bool = False


class Because:
    """One reason. The methods are asked with the row's case, which has what ``shows`` names."""

    code: Reason
    is_radar = False  # it is found on the radar: nobody need be late for it to be wrong
    also_closed = False  # it holds for closed cases too: a list of those for which it holds shows them
    chip: tuple[str, str]  # what is counted: "1 task due", "2 tasks due"

    def holds(self, asked: Asked) -> Q:
        """Return the condition, in SQL alone, under which a case is on the list for this reason."""
        raise NotImplementedError

    def mine(self, asked: Asked) -> Q:
        """Return the condition under which it is for whoever asks to mend: then it stands on their day."""
        return self.holds(asked)

    def shows(self, asked: Asked) -> dict:
        """Return the annotations that the words need, by name."""
        return {}

    def words(self, case, age, asked: Asked) -> str:
        """Say in a sentence why the case is here; nothing where another reason has said it."""
        raise NotImplementedError

    def next(self, case, asked: Asked) -> Next | None:
        """Return the next thing to do, if this reason knows one."""

    def beside(self, case, asked: Asked) -> list[Next]:
        """Return what else may help, without ending it."""
        return []
