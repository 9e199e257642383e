"""What is said about one thing that is late, in a mail of its own and in a digest alike."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from cases import due_in_words, showing
from cases.due_in_words import Schedules
from cases.models import Case, Escalation, Timer
from cases.watch.ladders import PROMISE_BROKEN, UNANSWERED

Kind = Timer.Kind
# Whoever owes a task or reads a result may be of a team that cannot act on the case: the link leads to what is theirs.
PAGES = {Kind.TASK: "task", Kind.RESULT: "read_result"}


def link_to(case: Case) -> str:
    return f"{settings.MIDWATCH_BASE_URL}{case.get_absolute_url()}"


def due_at(about: Escalation) -> datetime | None:
    """When what an escalation (with its case) is about is due now. A stay has been held since, or is: then it is due
    later than when it was escalated, or has no date. What is over keeps its own.
    """
    return about.case.due_at if _is_present_stay(about) else about.due_at


def due(about: Escalation, now, schedules: Schedules) -> showing.Due:
    """Say ``due_at`` in words, or that the clock is stopped."""
    case, held = about.case, _is_present_stay(about) and about.case.is_held
    return due_in_words.due(case.stage_now, due_at(about), now, limit=about.limit, schedules=schedules, held=held)


def _is_present_stay(about):
    return about.kind == Kind.STAGE and about.resolved_at is None


@dataclass(frozen=True)
class Line:
    """One escalation in words. ``about`` is what it is about: itself, or the one that was not answered."""

    escalation: Escalation
    about: Escalation
    due: showing.Due

    @classmethod
    def of(cls, escalations, now) -> list["Line"]:
        """The lines of the ``escalations`` (with their cases), in their order; two queries at most."""
        schedules = Schedules()
        asked = [one.thing_id for one in escalations if one.kind == Kind.ESCALATION]
        first = Escalation.objects.select_related("case").in_bulk(asked) if asked else {}
        abouts = [first[one.thing_id] if one.kind == Kind.ESCALATION else one for one in escalations]
        return [cls(one, about, due(about, now, schedules)) for one, about in zip(escalations, abouts, strict=True)]

    @property
    def case(self):
        return self.escalation.case

    @property
    def stage(self):
        return self.about.stage_name

    @property
    def is_stay(self):
        return self.about.kind == Kind.STAGE

    @property
    def is_late(self):
        return self.due.kind == "late"

    @property
    def is_held(self):
        return self.due.kind == "held"

    @property
    def lateness(self):
        return self.due.words

    @property
    def is_broken_promise(self):
        return self.about.kind == Kind.TASK and self.about.rung_code == PROMISE_BROKEN

    @property
    def is_unanswered(self):
        return self.escalation.kind == Kind.ESCALATION and self.escalation.rung_code == UNANSWERED

    @property
    def state(self) -> str:
        """What is the matter, to begin a subject or a line with."""
        if self.is_broken_promise:
            return "Promise not kept"
        if self.is_unanswered:
            return "Not answered"
        if self.is_held:
            return "On hold"
        return "Late" if self.is_late else "Soon late"

    @property
    def link(self) -> str:
        if self.about.kind in PAGES:
            page = reverse(PAGES[self.about.kind], args=[self.case.reference, self.about.thing_id])
            return f"{settings.MIDWATCH_BASE_URL}{page}"
        return link_to(self.case)

    @property
    def answer_link(self) -> str:
        """Where it is answered with what will be done, and by when."""
        page = reverse("acknowledge", args=[self.case.reference, self.escalation.pk])
        return f"{settings.MIDWATCH_BASE_URL}{page}"
