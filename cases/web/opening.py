"""Open a case: choose the pathway, find the patient or enter a new one, look once more, open."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect
from django.views.generic.base import TemplateView

from cases import access, lifecycle
from cases.models import Case
from cases.patients import enter_patient
from cases.refusals import Refused
from cases.web.forms import FindForm, KnownPatientForm, NewPatientForm
from cases.web.pages import SignedInView
from pathways.maps import version_map
from pathways.models import PathwayVersion, Team


def pathways_to_open(user) -> list:
    """Return the pathways with an active version on which ``user`` may open cases."""
    versions = PathwayVersion.objects.filter(status="active").select_related("pathway").order_by("pathway__name")
    firsts = {version.pathway: version_map(version.pk).first_stage for version in versions}
    teams = Team.objects.in_bulk({first.team_id for first in firsts.values()})
    return [pathway for pathway, first in firsts.items() if access.refusal(user, "open", teams[first.team_id]) is None]


class OpenCase(SignedInView, TemplateView):
    """Three steps at one address, each sending on what the last one asked: find, then known patient or new patient.

    Always POST: an NHS number in an address would be kept by the browser and by every log on the way.
    """

    template_name = "cases/open.html"
    STEPS = {"known": KnownPatientForm, "new": NewPatientForm}

    def get(self, request):
        return self.show("find", self.find_form())

    def post(self, request):
        find = self.find_form(request.POST)
        if not find.is_valid():
            return self.show("find", find)
        step = "known" if find.patient else "new"
        if request.POST.get("step") != step:
            return self.show(step, self.STEPS[step](), find)
        form = self.STEPS[step](request.POST)
        if not form.is_valid():
            return self.show(step, form, find)
        try:
            case = self.open(find, **form.cleaned_data)
        except Refused as refused:
            return self.show(step, form, find, refusals=refused.reasons)
        messages.success(request, f"{case} is open in {case.stage_name}, with {case.team}.")
        return redirect(case)

    @transaction.atomic
    def open(self, find, *, note, **particulars):
        by = self.request.user
        patient = find.patient or enter_patient(by=by, nhs_number=find.cleaned_data["nhs_number"], **particulars)
        return lifecycle.open_case(find.cleaned_data["pathway"], patient, by=by, note=note)

    def find_form(self, data=None):
        pathways = pathways_to_open(self.request.user)
        only = {"pathway": pathways[0].code} if len(pathways) == 1 else {}
        return FindForm(data, pathways=pathways, initial=only)

    def show(self, step, form, find=None, **context):
        if find is not None:
            context |= {
                "find": find,
                "patient": find.patient,
                "open_already": self.open_already(find),
                "now": self.now,
            }
        return self.render_to_response(self.get_context_data(step=step, form=form, **context))

    def open_already(self, find):
        """The open cases of this patient on this pathway; those of teams the user is not in are counted, not named."""
        if find.patient is None:
            return None
        of_patient = Case.objects.filter(patient=find.patient, version__pathway=find.cleaned_data["pathway"]).open()
        seen = list(of_patient.visible_to(self.request.user).select_related("team"))
        others = of_patient.filter(restricted=False).exclude(pk__in=[case.pk for case in seen])
        return {"seen": seen, "unseen": others.count()}
