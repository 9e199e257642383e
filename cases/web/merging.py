"""Two records of one patient: find the other one, look at both side by side, make them one; and take them apart."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property

from cases import duplicates, merging, patients
from cases.models import Case, Patient
from cases.models.patient import validate_nhs_number
from cases.refusals import Refused
from cases.web.date_input import DateField
from cases.web.form_look import PageForm
from cases.web.patients import MERGES, PatientAct


class OtherRecordForm(PageForm):
    """By what the other record is looked for: its NHS number, or name and date of birth."""

    nhs_number = forms.CharField(
        label="NHS number of the other record",
        required=False,
        max_length=20,
        widget=forms.TextInput(
            attrs={"class": "nhsuk-input--width-10", "inputmode": "numeric", "autocomplete": "off"}
        ),
    )
    family_name = forms.CharField(label="Or its family name", required=False, max_length=100)
    given_name = forms.CharField(label="Given names", required=False, max_length=100)
    born_on = DateField(label="Date of birth", required=False, help_text="For example 27 3 1962.")

    def clean_nhs_number(self):
        number = "".join(self.cleaned_data["nhs_number"].split())
        if number:
            validate_nhs_number(number)
        return number

    def clean(self):
        typed = self.cleaned_data
        whole = typed.get("family_name") and typed.get("given_name") and typed.get("born_on")
        if not self.errors and not typed.get("nhs_number") and not whole:
            raise forms.ValidationError("Fill in the NHS number, or the whole name and the date of birth.")
        return typed


class MergeForm(PageForm):
    keep = forms.ChoiceField(
        label="Which record is kept?",
        widget=forms.RadioSelect,
        help_text="Its name, date of birth and NHS number stand. The number of the other record leads to it.",
    )
    reason = forms.CharField(
        label="How do you know that both are one person?",
        max_length=500,
        help_text="For example: same address and GP, and she told us that she has married.",
    )

    def __init__(self, *args, records, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["keep"].choices = [
            (str(record.pk), f"{record}, {'with' if record.nhs_number else 'without'} an NHS number")
            for record in records
        ]


@dataclass(frozen=True)
class Side:
    """One of two records as the page compares them."""

    patient: Patient
    cases: list[Case]


class MergePatients(PatientAct):
    """Three steps at one address, each sent by POST: an address holds nothing about a person."""

    template_name = "cases/merge.html"
    form_class = OtherRecordForm
    title = "Merge two records of one patient"

    def admit(self, user):
        super().admit(user)
        if sentence := merging.refusal(user, self.patient):
            raise PermissionDenied(sentence)

    def post(self, request, *args, **kwargs):
        if self.other is None:
            return super().post(request, *args, **kwargs)
        if request.POST.get("step") != "merge":
            return self.compare(self.merge_form())
        form = self.merge_form(request.POST)
        if not form.is_valid():
            return self.compare(form)
        kept, merged = (self.patient, self.other)
        if form.cleaned_data["keep"] == str(merged.pk):
            kept, merged = merged, kept
        try:
            merging.merge(kept, merged, by=request.user, reason=form.cleaned_data["reason"])
        except Refused as refused:
            return self.compare(form, refusals=refused.reasons)
        messages.success(request, f"Merged. All cases are with the record of {kept}.")
        return redirect("patient", pk=kept.pk)

    @cached_property
    def other(self):
        """The record that was chosen, if its chooser may see it."""
        sent = self.request.POST.get("other", "")
        if not (sent.isascii() and sent.isdigit() and len(sent) < 19):
            return None
        return patients.visible_to(self.request.user).exclude(pk=self.patient.pk).filter(pk=sent).first()

    def form_valid(self, form):
        """Look for the other record; show what was found."""
        found = self.found(**form.cleaned_data)
        return self.render_to_response(self.get_context_data(form=form, found=found))

    def found(self, nhs_number, family_name, given_name, born_on) -> duplicates.Alike:
        user = self.request.user
        if not nhs_number:
            alike = duplicates.alike(family_name=family_name, given_name=given_name, born_on=born_on, user=user)
            mine = [record for record in alike.seen if record != self.patient]
            return duplicates.Alike(mine, alike.unseen)
        patient = patients.find(nhs_number)
        if patient is None or patient == self.patient:
            return duplicates.Alike([], 0)
        is_seen = patients.visible_to(user).filter(pk=patient.pk).exists()
        return duplicates.Alike([patient] if is_seen else [], int(not is_seen))

    def merge_form(self, data=None):
        records = [self.patient, self.other]
        first = next((record for record in records if record.nhs_number), self.patient)
        return MergeForm(data, records=records, initial={"keep": str(first.pk)})

    def compare(self, form, **context):
        cases = Case.objects.visible_to(self.request.user).select_related("team").order_by("-opened_at", "-pk")
        sides = [Side(record, list(cases.filter(patient=record))) for record in (self.patient, self.other)]
        here, there = self.patient, self.other
        differ = [
            patients.PARTICULARS[name]
            for name in ("born_on", "nhs_number")
            if getattr(here, name) and getattr(there, name) and getattr(here, name) != getattr(there, name)
        ]
        carried = merging.what_moves(here, there) or merging.what_moves(there, here)
        return self.render_to_response(
            self.get_context_data(form=form, sides=sides, differ=differ, carried=carried, **context)
        )


class UndoForm(PageForm):
    why = forms.CharField(
        label="Why are they taken apart again?",
        max_length=500,
        help_text="For example: they are twins, as their mother told us.",
    )


class UndoMerge(PatientAct):
    template_name = "cases/undo_merge.html"
    form_class = UndoForm
    title, button = "Take these records apart again", "Take them apart"

    @cached_property
    def record(self):
        return get_object_or_404(self.patient.merges.select_related("kept", *MERGES), pk=self.kwargs["merge"])

    def admit(self, user):
        super().admit(user)
        if sentence := merging.refusal(user, self.patient):
            raise PermissionDenied(sentence)
        _ = self.record

    def perform(self, why):
        record = merging.undo(self.record, by=self.request.user, why=why)
        return f"Taken apart again: the cases of {record.merged} are with that record."

    def get_context_data(self, **context):
        given_back = Case.objects.visible_to(self.request.user).filter(pk__in=self.record.case_ids)
        return super().get_context_data(record=self.record, given_back=given_back.order_by("pk"), **context)

    def form_valid(self, form):
        self.__dict__.pop("record", None)
        return super().form_valid(form)
