"""“Your e-mails and absences”: what everybody sets for themselves."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import FormView
from django.views.generic.base import View

from cases.showing import time_of_day
from cases.watch import mail_times, notices
from cases.web.pages import SignedInView
from cases.web.people_forms import AbsenceForm, MailForm
from pathways import absences, mail_preferences
from pathways.models import Absence, Team
from pathways.publishing import Refused

MAIL = ("digest", "digest_at", "working_days_only", "quiet_from", "quiet_until")


class SetUpView(SignedInView, FormView):
    """Ask, call the operation, say what was done; a refusal is the same page with the reasons."""

    template_name = "people/act.html"
    title = button = lead = ""

    def perform(self, **cleaned_data) -> str:
        """Call the operation and return what was done, in words."""
        raise NotImplementedError

    def form_valid(self, form):
        try:
            done = self.perform(**form.cleaned_data)
        except Refused as refused:
            return self.render_to_response(self.get_context_data(form=form, refusals=refused.reasons))
        messages.success(self.request, done)
        return redirect(self.get_success_url())

    def warn(self, sentences):
        for sentence in sentences:
            messages.warning(self.request, sentence)

    def get_context_data(self, **context):
        words = {"title": self.title, "button": self.button, "lead": self.lead, "back": self.get_success_url()}
        return super().get_context_data(**words | context)


class Me(SetUpView):
    template_name = "people/me.html"
    form_class = MailForm

    def get_initial(self):
        chosen = mail_preferences.of(self.request.user)
        return {name: getattr(chosen, name) for name in MAIL}

    def perform(self, **chosen):
        with transaction.atomic():
            preference = mail_preferences.choose(by=self.request.user, **chosen)
            notices.come_as_chosen(self.request.user)
        if not preference.digest:
            return "Saved. You get no digest, only urgent e-mails."
        is_put_off = mail_times.is_quiet(preference, preference.digest_at)
        why = ", when your quiet hours end" if is_put_off else ""
        return f"Saved. Your digest comes at {time_of_day(mail_times.hour(preference))}{why}."

    def get_success_url(self):
        return reverse("me")

    def get_context_data(self, **context):
        user = self.request.user
        mine = Absence.objects.filter(user=user, ends_at__gt=self.now).select_related("deputy")
        instead = Absence.objects.filter(deputy=user, ends_at__gt=self.now).select_related("user")
        return super().get_context_data(
            absences=list(mine),
            deputises=list(instead),
            teams=list(Team.objects.filter(memberships__user=user)),
            now=self.now,
            **context,
        )


class AddAbsence(SetUpView):
    title, button = "Say when you are away", "Save"
    lead = (
        "Your cases stay yours. While you are away they are on the day of your deputy too, who is sent what you would "
        "be, urgent e-mails as well."
    )
    form_class = AbsenceForm

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"colleagues": absences.colleagues(self.request.user)}

    def perform(self, deputy, starts_at, ends_at):
        absence = absences.add_absence(self.request.user, starts_at, ends_at, deputy=deputy, by=self.request.user)
        self.warn(absences.warnings_about(absence))
        return f"You are away {absences.said(absence)}."

    def get_success_url(self):
        return reverse("me")


class EndAbsence(SignedInView, View):
    """The button beside an absence: take it back, or be there again. It leads back to the page it stands on."""

    http_method_names = ["post"]

    @cached_property
    def absence(self):
        return get_object_or_404(Absence.objects.select_related("user"), pk=self.kwargs["pk"])

    def admit(self, user):
        if not absences.may_set(self.absence.user, by=user):
            raise PermissionDenied(
                "Only the managers of a person's team, and they themselves, say when they are away."
            )

    def post(self, request, pk):
        try:
            left = absences.end_absence(self.absence, by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            who = "You are" if self.absence.user == request.user else f"{self.absence.user} is"
            messages.success(request, f"{who} there again from now on." if left else "The absence is taken back.")
        code = request.POST.get("team", "").replace("\0", "")  # which the database cannot take
        team = Team.objects.filter(code=code).first()
        return redirect("team", team.code) if team else redirect("me")
