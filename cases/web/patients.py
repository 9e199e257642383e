"""The page of a patient: what is known of them, their cases as far as the reader may see them; and changing that."""

from datetime import date

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import FormView
from django.views.generic.base import TemplateView

from cases import merging, patients
from cases.models import Case, Patient
from cases.refusals import Refused
from cases.web.date_input import DateField
from cases.web.form_look import PageForm
from cases.web.pages import SignedInView

MERGES = ("merged", "merged_by", "undone_by")


class PatientView(SignedInView):
    """A page about one patient, for those who may see at least one case of theirs. All others find nothing."""

    @cached_property
    def patient(self):
        return get_object_or_404(patients.visible_to(self.request.user), pk=self.kwargs["pk"])

    def admit(self, user):
        _ = self.patient

    def get_context_data(self, **context):
        return super().get_context_data(patient=self.patient, now=self.now, **context)


class PatientPage(PatientView, TemplateView):
    template_name = "cases/patient.html"

    def get(self, request, *args, **kwargs):
        if self.patient.pk != self.kwargs["pk"]:
            return redirect("patient", pk=self.patient.pk)
        return super().get(request, *args, **kwargs)

    @cached_property
    def patient(self):
        """The patient; in place of a merged record the one that it was merged into."""
        seen = patients.visible_to(self.request.user)
        asked = Patient.objects.filter(pk=self.kwargs["pk"]).first()
        kept = asked and asked.merged_into_id
        return get_object_or_404(seen, pk=kept or self.kwargs["pk"])

    def get_context_data(self, **context):
        user = self.request.user
        cases = Case.objects.visible_to(user).filter(patient=self.patient).select_related("team", "owner")
        merges = list(self.patient.merges.select_related(*MERGES))
        return super().get_context_data(
            cases=sorted(cases, key=lambda case: (not case.is_open, -case.opened_at.timestamp())),
            changes=patients.changes(self.patient),
            merges=merges,
            may_change=patients.change_refusal(user, self.patient) is None,
            may_merge=merging.refusal(user, self.patient) is None,
            **context,
        )


class PatientAct(PatientView, FormView):
    """Ask what an act on a patient's record needs, do it, and say what was done; or say why not, with all that was
    typed.
    """

    title = button = lead = ""

    def perform(self, **cleaned_data) -> str:
        """Call the operation and return what was done, in words."""
        raise NotImplementedError

    def form_valid(self, form):
        try:
            done = self.perform(**form.cleaned_data)
        except Refused as refused:
            self.__dict__.pop("patient", None)  # somebody may have been quicker: show the record as it is now
            form = self.again(form)
            return self.render_to_response(self.get_context_data(form=form, refusals=refused.reasons))
        messages.success(self.request, done)
        return redirect(self.get_success_url())

    def again(self, form):
        """Return the form that is shown after a refusal: the one that was sent, with all that was typed."""
        return form

    def get_success_url(self):
        return reverse("patient", args=[self.patient.pk])

    def get_context_data(self, **context):
        return super().get_context_data(**{"title": self.title, "button": self.button, "lead": self.lead} | context)


class ParticularsForm(PageForm):
    """What is known of a patient: asked for a new one, and shown to be changed."""

    family_name = forms.CharField(label="Family name", max_length=100)
    given_name = forms.CharField(label="Given names", max_length=100)
    born_on = DateField(label="Date of birth", help_text="For example 27 3 1962.")
    needs = forms.CharField(
        label="What they need", required=False, max_length=200, help_text="For example: needs an interpreter (Polish)."
    )
    at_risk = forms.CharField(
        label="Why they are at risk",
        required=False,
        max_length=200,
        help_text="For a vulnerable patient. For example: has dementia and lives alone. Empty: not known to be.",
    )

    def clean_born_on(self):
        born_on = self.cleaned_data["born_on"]
        if not date(1900, 1, 1) <= born_on <= timezone.localdate():
            raise forms.ValidationError("The date of birth must be in the past, and not before 1900. Check the year.")
        return born_on


class ChangeForm(ParticularsForm):
    nhs_number = forms.CharField(
        label="NHS number",
        required=False,
        max_length=20,
        help_text="10 digits, for example 999 123 4560.",
        widget=forms.TextInput(
            attrs={"class": "nhsuk-input--width-10", "inputmode": "numeric", "autocomplete": "off"}
        ),
    )
    reason = forms.CharField(
        label="Why is it changed?",
        max_length=500,
        help_text="For example: as her daughter told us by phone. It stays on the record.",
    )

    field_order = ["family_name", "given_name", "born_on", "nhs_number", "needs", "at_risk", "reason"]


class ChangePatient(PatientAct):
    template_name = "cases/change_patient.html"
    form_class = ChangeForm
    title, button = "Change what is known of this patient", "Save"

    def admit(self, user):
        super().admit(user)
        if sentence := patients.change_refusal(user, self.patient):
            raise PermissionDenied(sentence)

    def get_initial(self):
        return {name: getattr(self.patient, name) or "" for name in patients.PARTICULARS}

    @property
    def seen(self) -> int:
        sent = self.request.POST.get("seen", "")
        return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 19 else 0

    def perform(self, reason, **particulars):
        patient = patients.change_patient(
            self.patient, by=self.request.user, reason=reason, seen=self.seen, **particulars
        )
        return f"Saved what is known of {patient}."

    def again(self, form):
        """Where nothing was typed, show what somebody has recorded meanwhile: sent again, it must not be lost."""
        typed, then = form.cleaned_data, patients.as_seen(self.patient, self.seen)
        untouched = [name for name, value in then.items() if typed[name] == (value or "")]
        return ChangeForm(initial=typed | {name: getattr(self.patient, name) or "" for name in untouched})

    def get_context_data(self, **context):
        # After a refusal too: who has read what was changed meanwhile may save over it.
        shown = {"seen": patients.seen_now(self.patient), "may_merge": merging.refusal(self.request.user) is None}
        return super().get_context_data(**shown | context)
