"""The lists that were saved: save one, give it another name, share it, delete it."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView

from cases import access, saved_views
from cases.models import SavedView
from cases.refusals import Refused
from cases.web.form_look import PageForm
from cases.web.pages import SignedInView
from cases.web.worklist import ListView
from pathways.models import Team


def seen_by(user):
    """The lists that ``user`` saved, and those that are shared with a team of theirs."""
    mine = Q(owner=user) | Q(shared_with__in=list(access.teams_of(user)))
    return SavedView.objects.filter(mine).select_related("owner", "shared_with")


class SavedViewForm(PageForm):
    """What a list is called, and who sees it besides oneself."""

    name = forms.CharField(
        label="What is the list called?",
        max_length=100,
        help_text="For example: Late in triage. Leave patients' names out of it.",
    )
    team = forms.ModelChoiceField(
        label="Who sees it?", queryset=Team.objects.none(), required=False, empty_label="Only me"
    )

    def __init__(self, *args, teams, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams
        self.fields["team"].label_from_instance = lambda team: f"Everybody in {team}"


class SavedViewAct(ListView, FormView):
    """Ask for the name of a list and who sees it."""

    template_name = "cases/list_act.html"
    form_class = SavedViewForm
    title = button = ""

    @cached_property
    def view(self):
        return get_object_or_404(seen_by(self.request.user), pk=self.kwargs["pk"])

    def get_form_kwargs(self):
        teams = Q(pk__in=list(access.teams_of(self.request.user)))
        if "pk" in self.kwargs:  # a list that there is, and may be shared with a team that its owner has left
            teams |= Q(saved_views=self.kwargs["pk"])
        return super().get_form_kwargs() | {"teams": Team.objects.filter(teams).distinct()}

    def form_valid(self, form):
        try:
            view = self.perform(**form.cleaned_data)
        except Refused as refused:
            return self.render_to_response(self.get_context_data(form=form, refusals=refused.reasons))
        with_whom = f" Everybody in {view.shared_with} sees it." if view.shared_with else ""
        messages.success(self.request, f"The list is saved as “{view}”.{with_whom}")
        return redirect("saved_view", view.pk)

    def get_context_data(self, **context):
        return super().get_context_data(title=self.title, button=self.button, **context)


class SaveView(SavedViewAct):
    """Save the list whose choices stand in the address."""

    title, button = "Save this list", "Save the list"

    def perform(self, name, team):
        return saved_views.save_view(name, self.choice.query, team=team, by=self.request.user)

    def get_context_data(self, **context):
        back = f"{reverse('cases')}?{self.choice.query}"
        return super().get_context_data(
            back=back,
            lead="The choices are saved, not the cases: it always shows the cases that are like this then.",
            **context,
        )


class ChangeView(SavedViewAct):
    """Give a list another name, or share it with another team."""

    title, button = "Change a saved list", "Save"

    def admit(self, user):
        if not saved_views.may_change(user, self.view):
            raise PermissionDenied(f"This list is {self.view.owner}'s. Save one of your own instead.")

    def get_initial(self):
        return {"name": self.view.name, "team": self.view.shared_with_id}

    def perform(self, name, team):
        return saved_views.change_view(self.view, name=name, team=team, by=self.request.user)

    def get_context_data(self, **context):
        return super().get_context_data(back=reverse("saved_views"), **context)


class DeleteView(ChangeView):
    """Ask whether a list is to be deleted."""

    title, button = "Delete a saved list", "Delete the list"
    form_class = PageForm

    def get_form_kwargs(self):
        return FormView.get_form_kwargs(self)

    def get_initial(self):
        return {}

    def form_valid(self, form):
        name = str(self.view)
        saved_views.delete_view(self.view, by=self.request.user)
        messages.success(self.request, f"The list “{name}” is deleted. The cases are where they were.")
        return redirect("saved_views")

    def get_context_data(self, **context):
        shared = f" Nobody in {self.view.shared_with} can open it any more." if self.view.shared_with else ""
        return super().get_context_data(lead=f"“{self.view}” is deleted, the cases stay.{shared}", **context)


class SavedViews(SignedInView, TemplateView):
    """All lists that one has saved, or that are shared with a team of one's own."""

    template_name = "cases/saved_views.html"

    def get_context_data(self, **context):
        user = self.request.user
        views = [(view, saved_views.may_change(user, view)) for view in seen_by(user)]
        return super().get_context_data(views=views, **context)
