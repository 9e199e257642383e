"""Tidy a pathway that was discovered in a log: names, limits, and stages that are two names of one."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.views.generic.base import TemplateView

from cases.proposed_limits import AT_LEAST, proposed_limits
from cases.web.form_look import PageForm
from cases.web.pages import SignedInView
from pathways import publishing, tidying
from pathways.difference import difference
from pathways.models import Pathway, PathwayVersion

NOT_YOURS = "Pathways are tidied by pathway administrators who may use the admin. Ask one of them."


class StageForm(PageForm):
    """One stage of the draft: its name, and whether it gets the limit that is proposed."""

    name = forms.CharField(
        label="Name", max_length=tidying.LONGEST_NAME, error_messages={"required": "Give it a name."}
    )
    accept = forms.BooleanField(required=False)

    marks_optional = False

    def __init__(self, *args, stage, proposal, **kwargs):
        super().__init__(*args, prefix=stage.code, initial={"name": stage.name}, **kwargs)
        self.stage, self.proposal = stage, proposal
        self.fields["name"].label = f"Name of “{stage}”"
        self.limit = proposal.limit if proposal else None
        if self.limit is None or self.limit == stage.limit:
            del self.fields["accept"]
        else:
            self.fields["accept"].label = f"{self.limit}"


class MergeForm(PageForm):
    """Which stage goes into which."""

    gone = forms.ChoiceField(label="This stage goes", widget=forms.Select)
    into = forms.ChoiceField(label="into this one, which stays", widget=forms.Select)

    marks_optional = False

    def __init__(self, *args, stages, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.choices = [("", "Choose a stage"), *((stage.code, stage.name) for stage in stages)]


class Tidy(SignedInView, TemplateView):
    """The stages of the draft; without one, the button that makes it."""

    template_name = "imports/tidy.html"

    def admit(self, user):
        if not (user.is_staff and user.has_perm("pathways.change_pathwayversion")):
            raise PermissionDenied(NOT_YOURS)

    @cached_property
    def pathway(self):
        return get_object_or_404(Pathway, code=self.kwargs["code"])

    @cached_property
    def draft(self) -> PathwayVersion | None:
        return self.pathway.versions.filter(status=PathwayVersion.Status.DRAFT).select_related("pathway").first()

    @cached_property
    def stages(self):
        return list(self.draft.stages.all())

    @cached_property
    def rows(self) -> list[StageForm]:
        proposals = proposed_limits(self.draft)
        sent = self.request.POST if "save" in self.request.POST else None
        return [StageForm(sent, stage=stage, proposal=proposals.get(stage.code)) for stage in self.stages]

    @property
    def rows_are_valid(self):
        """Are all names right? Each is looked at, so that each error is shown."""
        return len([row for row in self.rows if row.is_valid()]) == len(self.rows)

    def post(self, request, *args, **kwargs):
        try:
            if self.draft is None:
                draft = publishing.revise(self.pathway, by=request.user)
                messages.success(request, f"Version {draft.number} is the draft now. Nothing changes for cases yet.")
            elif not self.rows_are_valid:
                return self.render_to_response(self.get_context_data(wrong=True), status=422)
            else:
                messages.success(request, self._save())
        except publishing.Refused as refused:
            return self.refuse(refused)
        return redirect("tidy", self.pathway.code)

    def _save(self):
        names = {row.stage.code: row.cleaned_data["name"] for row in self.rows}
        limits = {row.stage.code: row.limit for row in self.rows if row.cleaned_data.get("accept")}
        changed = tidying.tidy(self.draft, names=names, limits=limits, by=self.request.user)
        return f"{changed} stage{' was' if changed == 1 else 's were'} changed." if changed else "Nothing was changed."

    def refuse(self, refused, **context):
        for read in ("draft", "stages", "rows"):  # as it is now
            self.__dict__.pop(read, None)
        return self.render_to_response(self.get_context_data(refusals=refused.reasons, **context), status=409)

    def get_context_data(self, **context):
        if self.draft is None:
            return super().get_context_data(pathway=self.pathway, active=self.pathway.active_version, **context)
        active = self.pathway.active_version
        shown = {"rows": self.rows, "merge_form": MergeForm(stages=self.stages), "at_least": AT_LEAST}
        return super().get_context_data(
            pathway=self.pathway,
            draft=self.draft,
            changes=difference(active, self.draft) if active else [],
            **shown | context,
        )


class MergeStages(Tidy):
    http_method_names = ["post"]

    def post(self, request, *args, **kwargs):
        if self.draft is None:
            raise Http404
        form = MergeForm(request.POST, stages=self.stages)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form, merge_form=form), status=422)
        names = {stage.code: stage.name for stage in self.stages}
        gone, into = form.cleaned_data["gone"], form.cleaned_data["into"]
        try:
            tidying.merge(self.draft, gone, into, by=request.user)
        except publishing.Refused as refused:
            return self.refuse(refused, merge_form=form)
        messages.success(request, f"“{names[gone]}” was merged into “{names[into]}”.")
        return redirect("tidy", self.pathway.code)
