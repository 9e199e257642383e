"""What the pages of durations share: who may open them, the pathway, the choices, and where a number leads."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from cases import access
from cases.web.durations.choice import Choice
from cases.web.pages import SignedInView
from pathways.models import Pathway, PathwayVersion

NOT_YOURS = (
    "Where patients are stuck is for managers of a team, pathway administrators and inspectors. Ask your manager."
)


class FiguresView(SignedInView):
    def admit(self, user):
        if not access.sees_figures(user):
            raise PermissionDenied(NOT_YOURS)


class PathwayFigures(FiguresView):
    """A page about the durations of one pathway, as its choices say."""

    @cached_property
    def pathway(self):
        return get_object_or_404(Pathway, code=self.kwargs["code"])

    @cached_property
    def versions(self):
        """The published versions of the pathway, the one in use first."""
        published = self.pathway.versions.exclude(status=PathwayVersion.Status.DRAFT)
        found = sorted(published, key=lambda v: (v.status != PathwayVersion.Status.ACTIVE, -v.number))
        if not found:
            raise Http404
        return found

    @cached_property
    def choice(self) -> Choice:
        return Choice(self.request.GET, pathway=self.pathway, versions=self.versions, now=self.now)

    @cached_property
    def stage(self):
        """The stage in the newest version that has it. Its code is the same in all."""
        for version in self.versions:
            if found := version.stages.filter(code=self.kwargs["stage"]).select_related("team", "calendar").first():
                return found
        raise Http404

    def behind(self, stage: str, which: str, **more) -> str:
        """The address of the cases behind a number: of ``which`` stays in the stage with this code."""
        asked = {"stage": stage, "which": which} | {name: value for name, value in more.items() if value is not None}
        address = reverse("durations_behind", args=[self.pathway.code])
        return f"{address}?{'&'.join(filter(None, (self.choice.query(), urlencode(asked))))}"

    def page_of(self, stage: str) -> str:
        return self.address_of("durations_stage", stage)

    def address_of(self, view: str, stage: str) -> str:
        """The address of a page about the stage with this code, with the same choices."""
        return f"{reverse(view, args=[self.pathway.code, stage])}?{self.choice.query()}"

    def get_context_data(self, **context):
        known = {
            "pathway": self.pathway,
            "choice": self.choice,
            "chosen": self.choice.chosen,
            "form": self.choice,  # whose errors stand at the head of the page, unless the page asks something itself
            "now": self.now,
        }
        return super().get_context_data(**known | context)
