"""What the patient sees: a page to print or to read out. Where they are, what comes next, whom to ask.

Made of the stages' wording for patients alone. Nothing on it is meant for staff: no notes, no limits, no lateness, no
detours, so that it can lie on a kitchen table.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import cached_property
from django.views.generic.base import TemplateView

from cases.durations.usual import usual_wait
from cases.models import CaseEvent
from cases.web.pages import CaseView


@dataclass(frozen=True)
class Been:
    """Something that was so for the patient, and since when."""

    since: datetime
    words: str


class PatientPage(CaseView, TemplateView):
    template_name = "cases/patient_page.html"

    def get_context_data(self, **context):
        return super().get_context_data(obstacle=self.obstacle(), **self.told(), **context)

    def obstacle(self) -> str:
        """Return the sentence that staff read instead, where nothing is printed for a patient."""
        if self.case.restricted:
            return "Nothing is printed for the patient from a restricted case: others might read it."
        if self.case.patient is None:
            return "This case came from a log and names no patient, so that there is nobody to print this for."
        return ""

    def told(self) -> dict:
        if self.obstacle():
            return {}
        return {
            "here": self.here,
            "been": been(self.stays),
            "ahead": ahead(self.case, self.now),
            "usual": usual_wait(self.case.stage_now, self.now) if self.case.is_open else None,
            "appointments": appointments(self.case, self.now),
        }

    @cached_property
    def stays(self):
        return list(self.case.entries.select_related("stage").order_by("entered_at", "left_at", "pk"))

    @property
    def here(self) -> str:
        return self.case.stage_now.patient_wording


def been(stays) -> list[Been]:
    """Return what was so before the last of ``stays``, in its order; once, if it was so twice on end."""
    found = []
    for stay in stays[:-1]:
        words = stay.stage.patient_wording
        if words and words != stays[-1].stage.patient_wording and (not found or found[-1].words != words):
            found.append(Been(stay.entered_at, words))
    return found


def ahead(case, now) -> list[str]:
    """Return what may come next on the pathway.

    Never an end: that somebody is well, or cannot be helped, is told by a person and not by a list of what may be.
    """
    if not case.is_open:
        return []
    here, found = case.stage_now, []
    for move in case.moves_offered(now):
        target = move.target
        if not target.is_final and target.position > here.position and target.patient_wording not in ("", *found):
            found.append(target.patient_wording)
    return found


def appointments(case, now) -> list:
    """Return the appointments to come of this case, the next first: not struck out, and without an outcome."""
    booked = case.events.filter(kind=CaseEvent.Kind.APPOINTMENT, struck_at=None, appointment_at__gte=now)
    answered = case.events.filter(kind=CaseEvent.Kind.OUTCOME, struck_at=None).values("about")
    return list(booked.exclude(pk__in=answered).order_by("appointment_at", "pk"))
