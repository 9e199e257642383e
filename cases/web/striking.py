"""The pages on which a note, a completed form or a document is struck out that was recorded in error."""

from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from cases import access, recording
from cases.web import event_forms
from cases.web.pages import ActView


class StrikePaper(ActView):
    """Show what was recorded; strike it out. ``papers``: the name of the case's rows of its kind; ``by`` and ``at``:
    the fields that say who recorded it, and when.
    """

    template_name = "cases/strike.html"
    form_class, button = event_forms.StrikeForm, "Strike it out"
    looked_at = (*ActView.looked_at, "paper")
    papers = by = at = what = ""

    @cached_property
    def paper(self):
        rows = getattr(self.case, self.papers).select_related("struck_by", self.by)
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def admit(self, user):
        _ = self.paper

    def obstacle(self):
        if self.paper.struck_at:
            return f"{self.paper.struck_by} has struck this out: {self.paper.struck_why}"
        return access.strike_refusal(self.request.user, self.case.team, self.paper.recorder_id)

    def get_context_data(self, **context):
        recorded = {"recorder": getattr(self.paper, self.by), "recorded_at": getattr(self.paper, self.at)}
        about = {"title": f"Was this {self.what} recorded in error?", "paper": self.paper, "what": self.name}
        return super().get_context_data(**recorded, **about | context)

    @property
    def name(self) -> str:
        """What it is, in words."""
        return str(self.paper)

    def perform(self, why):
        recording.strike(self.paper, by=self.request.user, why=why)
        return f"The {self.what} is struck out. It stays to be read, and counts no more."


class StrikeNote(StrikePaper):
    papers, by, at, what, name = "notes", "written_by", "written_at", "note", "Note"


class StrikeForm(StrikePaper):
    papers, by, at, what = "form_records", "completed_by", "completed_at", "form"

    @property
    def name(self):
        return self.paper.form.name


class StrikeDocument(StrikePaper):
    papers, by, at, what = "documents", "added_by", "added_at", "document"
