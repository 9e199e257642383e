"""Open a case: choose the pathway, find the patient or enter a new one, look once more, open."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.views.generic.base import TemplateView

from cases import access, duplicates, patients
from cases.models.patient import validate_nhs_number
from cases.refusals import Refused
from cases.web.form_look import PageForm
from cases.web.forms import long_text
from cases.web.pages import SignedInView
from cases.web.patients import ParticularsForm
from pathways.maps import version_map
from pathways.models import PathwayVersion, Team


def pathways_to_open(user) -> list:
    """Return the pathways with an active version on which ``user`` may open cases."""
    versions = PathwayVersion.objects.filter(status="active").select_related("pathway").order_by("pathway__name")
    firsts = {version.pathway: version_map(version.pk).first_stage for version in versions}
    teams = Team.objects.in_bulk({first.team_id for first in firsts.values()})
    return [pathway for pathway, first in firsts.items() if access.refusal(user, "open", teams[first.team_id]) is None]


class FindForm(PageForm):
    """On which pathway, and for whom: ``patient`` is the one Midwatch knows by that NHS number, or None."""

    pathway = forms.ChoiceField(label="Pathway", widget=forms.RadioSelect)
    nhs_number = forms.CharField(
        label="NHS number",
        required=False,
        max_length=20,
        help_text="10 digits, for example 999 123 4560. Leave it empty only if the patient has none yet.",
        widget=forms.TextInput(
            attrs={"class": "nhsuk-input--width-10", "inputmode": "numeric", "autocomplete": "off"}
        ),
    )

    patient = None

    def __init__(self, *args, pathways, **kwargs):
        self.pathways = {pathway.code: pathway for pathway in pathways}
        super().__init__(*args, **kwargs)
        self.fields["pathway"].choices = [(pathway.code, pathway.name) for pathway in pathways]

    def clean_pathway(self):
        return self.pathways[self.cleaned_data["pathway"]]

    def clean_nhs_number(self):
        number = "".join(self.cleaned_data["nhs_number"].split())
        if number:
            validate_nhs_number(number)
            self.patient = patients.find(number)
        return number


class KnownPatientForm(PageForm):
    """``open_already``: the patient's open cases on the pathway. If there are any, another one must be meant."""

    although_open = forms.BooleanField(label="Open another case all the same: it is for something else")
    note = long_text("Note", required=False, help_text="Why the case is opened.")

    def __init__(self, *args, open_already, **kwargs):
        super().__init__(*args, **kwargs)
        if not open_already:
            del self.fields["although_open"]


class NewPatientForm(ParticularsForm):
    """``alike``: patients with a like name. If there are any, it must be meant that this is none of them."""

    is_new = forms.BooleanField(label="None of these: enter a new patient")
    note = long_text("Note", required=False, help_text="Why the case is opened.")

    field_order = ["family_name", "given_name", "born_on", "needs", "at_risk", "note", "is_new"]

    def __init__(self, *args, alike=None, **kwargs):
        super().__init__(*args, **kwargs)
        if not alike:
            del self.fields["is_new"]


class OpenCase(SignedInView, TemplateView):
    """Steps at one address, each sending on what the last one asked: find, then known patient or new patient, and
    before a new one is entered, whether it is one of those with a like name.

    Always POST: an NHS number in an address would be kept by the browser and by every log on the way.
    """

    template_name = "cases/open.html"

    def get(self, request):
        return self.show("find", self.find_form())

    def post(self, request):
        self.find = self.find_form(request.POST)
        if not self.find.is_valid():
            return self.show("find", self.find)
        return self.open_for_known() if self.patient else self.open_for_new()

    def find_form(self, data=None):
        pathways = pathways_to_open(self.request.user)
        only = {"pathway": pathways[0].code} if len(pathways) == 1 else {}
        return FindForm(data, pathways=pathways, initial=only)

    @cached_property
    def patient(self):
        """The one with that NHS number; else the one who was chosen among those with a like name."""
        chosen = self.request.POST.get("chosen", "")
        if self.find.patient or not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
            return self.find.patient
        return patients.visible_to(self.request.user).filter(merged_into=None, pk=chosen).first()

    @property
    def pathway(self):
        return self.find.cleaned_data["pathway"]

    def is_sent(self, step) -> bool:
        """Was this step shown and sent, instead of only reached now?"""
        return self.request.POST.get("step") == step

    def open_for_known(self):
        already = duplicates.open_already(self.patient, self.pathway, self.request.user)
        if not self.is_sent("known"):
            form = KnownPatientForm(open_already=already, initial={"note": self.request.POST.get("note", "")})
            return self.show("known", form, open_already=already)
        form = KnownPatientForm(self.request.POST, open_already=already)
        if not form.is_valid():
            return self.show("known", form, open_already=already)
        try:
            return self.done(self.open(self.patient, **form.cleaned_data))
        except Refused as refused:  # somebody may have opened one since
            already = duplicates.open_already(self.patient, self.pathway, self.request.user)
            form = KnownPatientForm(self.request.POST, open_already=already)
            return self.show("known", form, open_already=already, refusals=refused.reasons)

    def open_for_new(self):
        if not self.is_sent("new"):
            return self.show("new", NewPatientForm())
        form, alike = NewPatientForm(self.request.POST), None
        if form.is_valid():
            asked = {name: form.cleaned_data[name] for name in ("family_name", "given_name", "born_on")}
            alike = duplicates.alike(**asked, user=self.request.user)
            if alike and alike.key != self.request.POST.get("alike"):  # not asked about these yet
                return self.show("new", NewPatientForm(alike=alike, initial=form.cleaned_data), alike=alike)
            form = NewPatientForm(self.request.POST, alike=alike)
        if not form.is_valid():
            return self.show("new", form, alike=alike)
        try:
            return self.done(self.enter_and_open(**form.cleaned_data))
        except Refused as refused:
            return self.show("new", form, alike=alike, refusals=refused.reasons)

    @transaction.atomic
    def enter_and_open(self, *, note, is_new=False, **particulars):
        number = self.find.cleaned_data["nhs_number"]
        patient = patients.enter_patient(by=self.request.user, nhs_number=number, **particulars)
        return self.open(patient, note=note)

    def open(self, patient, *, note, although_open=False):
        return duplicates.open_case(
            self.pathway, patient, by=self.request.user, note=note, although_open=although_open
        )

    def done(self, case):
        messages.success(self.request, f"{case} is open in {case.stage_name}, with {case.team}.")
        return redirect(case)

    def show(self, step, form, **context):
        if step != "find":
            context |= {"find": self.find, "patient": self.patient, "now": self.now}
        return self.render_to_response(self.get_context_data(step=step, form=form, **context))
