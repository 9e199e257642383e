"""What a reason is: its code, the condition under which it holds, its words and the next thing to do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db import models
from django.db.models import Q

from cases import access, showing


class Reason(models.TextChoices):
    """Why a case is on a list: the most pressing first. The label is what its group is called."""

    URGENT = "urgent", "Urgent"
    BREACHED = "breached", "Late"
    TODAY = "today", "Late today"
    HANDED = "handed", "Handed to you"
    NOBODYS = "nobodys", "Nobody has it"
    TASK = "task", "Task due"
    RESULT = "result", "Result not read"
    BACK = "back", "Back from a detour"
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
    def tonight(self) -> datetime:
        """The end of this day in London."""
        local = self.now.astimezone(showing.LONDON)
        return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


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
    chip: tuple[str, str]  # what is counted: "1 task due", "2 tasks due"

    def holds(self, asked: Asked) -> Q:
        """Return the condition, in SQL alone, under which a case is on the list for this reason."""
        raise NotImplementedError

    def shows(self, asked: Asked) -> dict:
        """Return the annotations that the words need, by name."""
        return {}

    def words(self, case, age, asked: Asked) -> str:
        """Say in a sentence why the case is here."""
        raise NotImplementedError

    def next(self, case, asked: Asked) -> Next | None:
        """Return the next thing to do, if this reason knows one."""
